/*! Redirections, and the bodies of here-documents. */

use std::cell::OnceCell;
use std::rc::Rc;

use super::Parser;
use crate::shell::syntax::{Direction, Redirect, Word};

/// A here-document whose body begins with the next line.
pub(super) struct Pending {
    delimiter: String,
    strips_tabs: bool,
    is_literal: bool,
    body: Rc<OnceCell<Word>>,
}

const OPERATORS: &[(&str, Direction)] = &[
    ("&>>", Direction::Append),
    ("&>", Direction::Write),
    ("<<<", Direction::Text),
    ("<<-", Direction::Document),
    ("<<", Direction::Document),
    ("<>", Direction::Both),
    ("<&", Direction::Duplicate),
    (">&", Direction::Duplicate),
    (">>", Direction::Append),
    (">|", Direction::Write),
    ("<", Direction::Read),
    (">", Direction::Write),
];

impl Parser<'_, '_> {
    pub(super) fn redirect(&mut self) -> Option<Redirect> {
        let rest = self.rest();
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let mut behind = rest.get(digits..)?;
        let descriptor = rest.get(..digits)?.parse().ok();
        if let Some(named) = rest.strip_prefix('{')
            && let Some((_, after)) = named.split_once('}').filter(|(name, _)| super::is_name(name))
            && after.starts_with(['<', '>'])
        {
            behind = after;
        }
        if behind.starts_with("<(") || behind.starts_with(">(") {
            return None;
        }
        let (operator, direction) = OPERATORS.iter().find(|(text, _)| behind.starts_with(text))?;
        if operator.starts_with('&') && digits > 0 {
            return None;
        }
        self.at = self.text.len() - behind.len() + operator.len();
        self.blanks();
        let target = self.word();
        self.broken |= target.is_none();
        let target = target.unwrap_or_default();
        let mut document = None;
        if *direction == Direction::Document {
            let body = Rc::new(OnceCell::new());
            self.pending.push(Pending {
                delimiter: target.as_text().unwrap_or_default(),
                strips_tabs: *operator == "<<-",
                is_literal: target.pieces.iter().any(is_quoted),
                body: Rc::clone(&body),
            });
            document = Some(body);
        }
        Some(Redirect { direction: *direction, descriptor, target, document })
    }

    /// The bodies that were announced on the line that has ended.
    pub(super) fn documents(&mut self) {
        for pending in std::mem::take(&mut self.pending) {
            let mut body = String::new();
            while let Some(line) = self.line() {
                let line = if pending.strips_tabs { line.trim_start_matches('\t') } else { line };
                if line.trim_end_matches('\r') == pending.delimiter {
                    break;
                }
                body.push_str(line);
                body.push('\n');
            }
            let word = match pending.is_literal {
                true => Word::literal(&body),
                false => self.quoted_word(&body),
            };
            let _ = pending.body.set(word);
        }
    }

    fn line(&mut self) -> Option<&str> {
        let rest = self.rest();
        if rest.is_empty() {
            return None;
        }
        let line = rest.split('\n').next().unwrap_or_default();
        self.at = (self.at + line.len() + 1).min(self.text.len());
        Some(line)
    }
}

fn is_quoted(piece: &crate::shell::syntax::Piece) -> bool {
    matches!(piece, crate::shell::syntax::Piece::Text { quoted: true, .. })
}
