/*! Options with their values, in the way of getopt. */

use super::argv::Call;
use super::expand::Field;

#[derive(Default)]
pub(super) struct Parsed<'f> {
    /// By the letter or the whole long name.
    pub values: Vec<(String, Field)>,
    pub operands: Vec<&'f Field>,
}

impl Parsed<'_> {
    pub fn of(&self, names: &[&str]) -> impl Iterator<Item = &Field> {
        self.values
            .iter()
            .filter(|(name, _)| names.contains(&name.as_str()))
            .map(|(_, field)| field)
    }
}

impl<'f> Call<'f> {
    /// `valued` letters take what follows them in their word, or the next word; of what follows an
    /// `optional` letter no letter is an option. Long names may be shortened, and debuggers and `go` write
    /// them with one dash.
    pub fn parsed(&self, valued: &str, optional: &str, long: &[&str]) -> Parsed<'f> {
        let mut parsed = Parsed::default();
        let mut args = self.args.iter();
        let mut ended = false;
        while let Some(field) = args.next() {
            let text = field.text.as_str();
            if ended || text.len() < 2 || !text.starts_with('-') {
                parsed.operands.push(field);
                continue;
            }
            ended = text == "--";
            let part = |value: &str| Field { text: value.to_owned(), ..field.clone() };
            let bare = text.trim_start_matches('-');
            let (name, value) =
                bare.split_once('=').map_or((bare, None), |(name, value)| (name, Some(value)));
            let shortened = text.starts_with("--") && name.len() > 1;
            let known =
                long.iter().find(|one| **one == name || (shortened && one.starts_with(name)));
            if let Some(known) = known {
                let value = value.map(part).or_else(|| args.next().cloned());
                parsed.values.extend(value.map(|value| ((*known).to_owned(), value)));
                continue;
            }
            if text.starts_with("--") {
                continue;
            }
            let letters = bare.char_indices().take_while(|(_, letter)| !optional.contains(*letter));
            let Some((at, letter)) = letters.into_iter().find(|(_, one)| valued.contains(*one))
            else {
                continue;
            };
            let value = match bare.get(at + letter.len_utf8()..).unwrap_or_default() {
                "" => args.next().cloned(),
                rest => Some(part(rest)),
            };
            parsed.values.extend(value.map(|value| (letter.to_string(), value)));
        }
        parsed
    }
}
