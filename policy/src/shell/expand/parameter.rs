/*! What a variable stands for. */

use super::Choice;
use crate::shell::flow::{ANY, PLAIN};
use crate::shell::judge::Judge;
use crate::shell::syntax::{Operation, Parameter, Piece, Word};

/// Combinations of values a command is judged with.
pub(in crate::shell) const MAX_CHOICES: usize = 16;

impl Judge<'_> {
    /// The values of one choice.
    pub fn value(&mut self, parameter: &Parameter, choice: &Choice) -> Vec<String> {
        let (name, index) = match parameter.name.split_once('[') {
            Some((name, index)) => (name, Some(index.trim_end_matches(']'))),
            None => (parameter.name.as_str(), None),
        };
        let mut value = self.chosen(name, choice);
        match index {
            Some("@" | "*") => {}
            None if name == "@" || name == "*" => {}
            _ => {
                let at = index.map_or(Some(0), |index| index.parse().ok());
                let all = value.join(" ");
                value = match at {
                    Some(at) => vec![value.get(at).cloned().unwrap_or_default()],
                    None => vec![all],
                };
            }
        }
        let text = || value.join(" ");
        let computed = |text: Option<String>| vec![text.unwrap_or_else(|| ANY.to_string())];
        match &parameter.operation {
            Operation::None => value,
            Operation::Length => vec![PLAIN.to_string()],
            Operation::Indirect => {
                let inner = text();
                if inner.contains([ANY, PLAIN]) {
                    computed(None)
                } else {
                    self.chosen(&inner, choice)
                }
            }
            Operation::Default(word) => {
                let default = self.one(word, choice).text;
                let is_set = self.state.is_set(name) && !text().is_empty();
                if is_set {
                    value
                } else if text().is_empty() || self.takes_default(name) {
                    vec![default]
                } else {
                    // It may have a value that is not seen here.
                    vec![ANY.to_string()]
                }
            }
            Operation::Alternate(word) => vec![self.one(word, choice).text],
            Operation::Part(offset, length) => computed(part(name, &text(), *offset, *length)),
            Operation::Trim { pattern, end } => {
                let pattern = self.one(pattern, choice);
                computed(trimmed(&text(), &pattern.text, pattern.glob, *end))
            }
            Operation::Replace { pattern, text: with, all } => {
                let (pattern, with) = (self.one(pattern, choice), self.one(with, choice));
                computed(replaced(&text(), (&pattern.text, pattern.glob), &with.text, *all))
            }
            Operation::Case { upper, all } => computed(cased(&text(), *upper, *all)),
            Operation::Other if text().is_empty() => value,
            Operation::Other => computed(None),
        }
    }

    fn chosen(&self, name: &str, choice: &Choice) -> Vec<String> {
        let values = self.state.values(name);
        self.work.spend(values.iter().flatten().map(String::len).sum());
        let at = choice.get(name).copied().unwrap_or_default();
        values.get(at).or(values.first()).cloned().unwrap_or_default()
    }

    /// `${EDITOR:-vi}`: a default that is a word is most likely what is meant, where it decides nothing.
    fn takes_default(&self, name: &str) -> bool {
        self.state.values(name).iter().flatten().all(|text| text.chars().all(|c| c == PLAIN))
    }

    /// Each combination of values of the variables in these words, as far as there are few.
    pub fn choices(&self, words: &[&Word]) -> Vec<Choice> {
        let mut choices = vec![Choice::new()];
        let mut names = Vec::new();
        words.iter().for_each(|word| names_in(word, &mut names, 0));
        names.sort_unstable();
        names.dedup();
        for name in names {
            let count = self.state.values(&name).len();
            if count < 2 {
                continue;
            }
            if choices.len() * count > MAX_CHOICES {
                // Each value all the same, if not with each of the others.
                for (at, choice) in choices.iter_mut().enumerate() {
                    choice.insert(name.clone(), at % count);
                }
                continue;
            }
            let with = |at: usize| {
                let add = move |choice: &Choice, name: &str| {
                    let mut choice = choice.clone();
                    choice.insert(name.to_owned(), at);
                    choice
                };
                choices.iter().map(|choice| add(choice, &name)).collect::<Vec<_>>()
            };
            choices = (0..count).flat_map(with).collect();
        }
        choices
    }
}

fn names_in(word: &Word, names: &mut Vec<String>, depth: usize) {
    if depth > 4 {
        return;
    }
    for piece in &word.pieces {
        match piece {
            Piece::Parameter { parameter, .. } => {
                let name = parameter.name.split('[').next().unwrap_or_default();
                names.push(name.to_owned());
                if let Operation::Default(word) | Operation::Alternate(word) = &parameter.operation
                {
                    names_in(word, names, depth + 1);
                }
            }
            Piece::Number(word) => names_in(word, names, depth + 1),
            _ => {}
        }
    }
}

/// A variable that holds a key or a password by its name.
pub(super) fn names_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    #[rustfmt::skip]
    const WORDS: &[&str] = &[
        "SECRET", "TOKEN", "PASSWORD", "PASSWD", "API_KEY", "APIKEY", "PRIVATE_KEY", "CREDENTIAL",
        "ACCESS_KEY", "DATABASE_URL",
    ];
    WORDS.iter().any(|word| name.contains(word))
}

fn part(name: &str, text: &str, offset: i64, length: Option<i64>) -> Option<String> {
    // `${PATH:0:1}` is a slash on every machine.
    let text = match name {
        "PATH" | "HOME" | "PWD" if offset == 0 && length == Some(1) => "/",
        _ if text.contains([ANY, PLAIN]) => return None,
        _ => text,
    };
    let count = i64::try_from(text.chars().count()).ok()?;
    let from = if offset < 0 { count.checked_add(offset)? } else { offset };
    let to = match length {
        None => count,
        Some(length) if length < 0 => count.checked_add(length)?,
        Some(length) => from.checked_add(length)?,
    };
    let (from, to) = (usize::try_from(from).ok()?, usize::try_from(to).unwrap_or_default());
    Some(text.chars().skip(from).take(to.saturating_sub(from)).collect())
}

fn trimmed(text: &str, pattern: &str, glob: bool, end: bool) -> Option<String> {
    if text.contains([ANY, PLAIN]) || glob || pattern.contains([ANY, PLAIN]) {
        return None;
    }
    let cut = if end { text.strip_suffix(pattern) } else { text.strip_prefix(pattern) };
    Some(cut.unwrap_or(text).to_owned())
}

fn replaced(text: &str, (pattern, glob): (&str, bool), with: &str, all: bool) -> Option<String> {
    if text.contains([ANY, PLAIN]) || glob || pattern.contains([ANY, PLAIN]) || pattern.is_empty() {
        return None;
    }
    let anchored = pattern.starts_with(['#', '%']);
    match (anchored, all) {
        (true, _) => None,
        (_, true) => Some(text.replace(pattern, with)),
        (_, false) => Some(text.replacen(pattern, with, 1)),
    }
}

fn cased(text: &str, upper: bool, all: bool) -> Option<String> {
    if text.contains([ANY, PLAIN]) {
        return None;
    }
    let change = |text: &str| if upper { text.to_uppercase() } else { text.to_lowercase() };
    if all {
        return Some(change(text));
    }
    let mut chars = text.chars();
    let first = chars.next().map(String::from).unwrap_or_default();
    Some(change(&first) + chars.as_str())
}
