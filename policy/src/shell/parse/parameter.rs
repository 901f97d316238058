/*! What stands between `${` and `}`. */

use super::Parser;
use crate::shell::syntax::{Operation, Parameter};

impl Parser<'_, '_> {
    pub(super) fn parameter(&mut self, inside: &str) -> Parameter {
        let (lead, rest) = match inside.chars().next() {
            Some('#') if inside.len() > 1 => (Some('#'), inside.get(1..).unwrap_or_default()),
            Some('!') if inside.len() > 1 => (Some('!'), inside.get(1..).unwrap_or_default()),
            _ => (None, inside),
        };
        let special = rest.starts_with(|c: char| "@*#?-$!".contains(c));
        let end = rest.find(|c: char| c != '_' && !c.is_ascii_alphanumeric());
        let end = if special { 1 } else { end.unwrap_or(rest.len()) };
        let (name, mut behind) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let mut name = name.to_owned();
        if behind.starts_with('[')
            && let Some(close) = behind.find(']')
        {
            name.push_str(behind.get(..=close).unwrap_or_default());
            behind = behind.get(close + 1..).unwrap_or_default();
        }
        let operation = match lead {
            Some('#') => Operation::Length,
            Some(_) => Operation::Indirect,
            None => self.operation(behind),
        };
        Parameter { name, operation }
    }

    fn operation(&mut self, text: &str) -> Operation {
        let strip =
            |prefixes: &[&str]| prefixes.iter().find_map(|prefix| text.strip_prefix(prefix));
        if text.is_empty() {
            return Operation::None;
        }
        if let Some(rest) = strip(&[":-", ":=", "-", "="]) {
            return Operation::Default(self.inner_word(rest));
        }
        if let Some(rest) = strip(&[":+", "+"]) {
            return Operation::Alternate(self.inner_word(rest));
        }
        if strip(&[":?", "?"]).is_some() {
            return Operation::None;
        }
        if let Some(rest) = strip(&["##", "#"]) {
            return Operation::Trim { pattern: self.inner_word(rest), end: false };
        }
        if let Some(rest) = strip(&["%%", "%"]) {
            return Operation::Trim { pattern: self.inner_word(rest), end: true };
        }
        if let Some(rest) = strip(&["//", "/"]) {
            let (pattern, with) = rest.split_once('/').unwrap_or((rest, ""));
            let (pattern, text_) = (self.inner_word(pattern), self.inner_word(with));
            return Operation::Replace { pattern, text: text_, all: text.starts_with("//") };
        }
        match text {
            "^^" | "^" | "@U" | "@u" => {
                return Operation::Case { upper: true, all: matches!(text, "^^" | "@U") };
            }
            ",," | "," | "@L" => {
                return Operation::Case { upper: false, all: text != "," };
            }
            "@Q" | "@E" | "@P" => return Operation::None,
            _ => {}
        }
        if let Some(rest) = text.strip_prefix(':') {
            let (offset, length) = match rest.split_once(':') {
                Some((offset, length)) => (offset, Some(length)),
                None => (rest, None),
            };
            let number = |text: &str| text.trim().parse::<i64>().ok();
            if let Some(offset) = number(offset)
                && length.is_none_or(|length| number(length).is_some())
            {
                return Operation::Part(offset, length.and_then(number));
            }
        }
        // What is substituted in it runs.
        match self.inner_word(text).as_text() {
            Some(_) => Operation::Other,
            None => Operation::Default(self.inner_word(text)),
        }
    }
}
