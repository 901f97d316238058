/*! A program with its arguments, and the usual ways to write options. */

use super::expand::Field;

#[derive(Clone, Copy)]
pub(super) struct Call<'f> {
    pub name: &'f str,
    pub args: &'f [Field],
}

impl<'f> Call<'f> {
    pub fn texts(&self) -> impl Iterator<Item = &'f str> + use<'f> {
        self.args.iter().map(|field| field.text.as_str())
    }

    /// Up to `--`.
    fn options(&self) -> impl Iterator<Item = &'f str> + use<'f> {
        self.texts()
            .take_while(|text| *text != "--")
            .filter(|text| text.len() > 1 && text.starts_with('-'))
    }

    /// One of these letters, alone or among others, or a long option or the beginning of one.
    pub fn has(&self, letters: &str, long: &[&str]) -> bool {
        self.options().any(|option| match option.strip_prefix("--") {
            Some(name) => {
                let name = name.split('=').next().unwrap_or_default();
                !name.is_empty() && long.iter().any(|long| long.starts_with(name))
            }
            None => option.chars().skip(1).any(|letter| letters.contains(letter)),
        })
    }

    /// The word itself is among the arguments.
    pub fn says(&self, words: &[&str]) -> bool {
        self.texts().any(|text| words.contains(&text))
    }

    /// Arguments that are no options; these letters and long options take the next one.
    pub fn operands(&self, valued: &str, long: &[&str]) -> Vec<&'f Field> {
        let mut operands = Vec::new();
        let mut args = self.args.iter();
        let mut all = false;
        while let Some(field) = args.next() {
            let text = field.text.as_str();
            if all || text == "-" || !text.starts_with('-') {
                operands.push(field);
            } else if text == "--" {
                all = true;
            } else if takes_next(text, valued, long) {
                args.next();
            }
        }
        operands
    }

    /// Values of an option, however they are attached.
    pub fn values(&self, letters: &str, long: &[&str]) -> Vec<Field> {
        let mut values = Vec::new();
        let mut args = self.args.iter();
        while let Some(field) = args.next() {
            let text = field.text.as_str();
            let part = |value: &str| Field { text: value.to_owned(), ..field.clone() };
            if let Some(name) = text.strip_prefix("--") {
                match name.split_once('=') {
                    Some((name, value)) if long.contains(&name) => values.push(part(value)),
                    None if long.contains(&name) => values.extend(args.next().cloned()),
                    _ => {}
                }
            } else if let Some(group) = text.strip_prefix('-')
                && let Some((at, letter)) = group.char_indices().find(|(_, c)| letters.contains(*c))
            {
                // Single letters before it take no value, or these would be theirs.
                match group.get(at + letter.len_utf8()..).unwrap_or_default() {
                    "" => values.extend(args.next().cloned()),
                    value => values.push(part(value.strip_prefix('=').unwrap_or(value))),
                }
            }
        }
        values
    }

    /// It only tells about itself.
    pub fn asks_help(&self) -> bool {
        match self.args {
            [first, ..] if ["--help", "--version"].contains(&first.text.as_str()) => true,
            [only] => ["-h", "-V", "-?", "help", "version"].contains(&only.text.as_str()),
            _ => false,
        }
    }

    /// An argument that may be an option, or several.
    pub fn is_open(&self) -> bool {
        self.args.iter().take_while(|field| field.text != "--").any(Field::may_be_option)
    }

    pub fn rest(&self, from: usize) -> &'f [Field] {
        self.args.get(from..).unwrap_or_default()
    }
}

pub(super) fn takes_next(option: &str, valued: &str, long: &[&str]) -> bool {
    match option.strip_prefix("--") {
        Some(name) => long.contains(&name),
        // `-u root`, and `-uroot` with its value attached.
        None => option.find(|c| valued.contains(c)).is_some_and(|at| at + 1 == option.len()),
    }
}

/// With blanks between, as programs that run text join their arguments.
pub(super) fn joined(fields: &[Field]) -> Field {
    let mut one = Field { quoted: true, ..Field::default() };
    for field in fields {
        if !one.text.is_empty() {
            one.text.push(' ');
        }
        one.text.push_str(&field.text);
        one.flow.remote |= field.flow.remote;
        one.flow.secret |= field.flow.secret;
        one.flow.local |= field.flow.local;
    }
    one
}
