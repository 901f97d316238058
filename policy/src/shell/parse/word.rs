/*! Words: quotes, backslashes and everything behind a `$`. */

use std::rc::Rc;

use super::{Parser, decoded, is_meta};
use crate::shell::syntax::{Operation, Parameter, Piece, Word};

impl<'a, 'w> Parser<'a, 'w> {
    pub(super) fn word(&mut self) -> Option<Word> {
        let start = self.at;
        let mut word = Word::default();
        while let Some(c) = self.peek() {
            match c {
                '<' | '>' if self.at == start && self.byte(1) == Some(b'(') => {
                    self.at += 2;
                    let script = Rc::new(self.list(&[]));
                    self.close(")");
                    word.pieces.push(Piece::Process { script, written: c == '>' });
                }
                '(' if word_ends_in_pattern(&word) => {
                    self.balanced('(', ')');
                    word.push("*", false);
                }
                c if is_meta(c) => break,
                _ => self.piece(&mut word),
            }
        }
        (self.at > start).then_some(word)
    }

    /// What stands behind `=`; may be nothing.
    pub(super) fn word_of_value(&mut self) -> Word {
        self.word().unwrap_or_default()
    }

    fn piece(&mut self, word: &mut Word) {
        match self.peek() {
            Some('\'') => {
                self.at += 1;
                let inner = self.single_quoted();
                word.push(inner, true);
            }
            Some('"') => {
                self.at += 1;
                self.double_quoted(word);
            }
            Some('\\') => {
                self.at += 1;
                if self.take("\n") || self.take("\r\n") {
                    return;
                }
                let text = self.one();
                word.push(if text.is_empty() { "\\" } else { text }, true);
            }
            Some('$' | '`') => self.substitution(word, false),
            Some('=') if self.starts("=(") && word.pieces.is_empty() => {
                self.at += 2;
                let script = Rc::new(self.list(&[]));
                self.close(")");
                word.pieces.push(Piece::Process { script, written: false });
            }
            _ => {
                let rest = self.rest();
                let special = |c: char| is_meta(c) || "'\"\\$`".contains(c);
                let plain = rest.char_indices().skip(1).find(|(_, c)| special(*c));
                let plain = rest.get(..plain.map_or(rest.len(), |(at, _)| at)).unwrap_or_default();
                self.at += plain.len();
                word.push(plain, false);
            }
        }
    }

    fn one(&mut self) -> &'a str {
        let rest = self.rest();
        let length = rest.chars().next().map_or(0, char::len_utf8);
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    /// Up to the next `'`.
    fn single_quoted(&mut self) -> &'a str {
        let rest = self.rest();
        let end = rest.find('\'');
        self.broken |= end.is_none();
        self.at += end.map_or(rest.len(), |end| end + 1);
        rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
    }

    fn double_quoted(&mut self, word: &mut Word) {
        word.push("", true);
        loop {
            match self.peek() {
                None => {
                    self.broken = true;
                    return;
                }
                Some('"') => {
                    self.at += 1;
                    return;
                }
                _ => self.quoted_piece(word, "$`\"\\"),
            }
        }
    }

    fn quoted_piece(&mut self, word: &mut Word, escapable: &str) {
        match self.peek() {
            Some('\\') => {
                self.at += 1;
                if self.take("\n") {
                    return;
                }
                let text = self.one();
                if !text.chars().all(|c| escapable.contains(c)) || text.is_empty() {
                    word.push("\\", true);
                }
                word.push(text, true);
            }
            Some('$' | '`') => self.substitution(word, true),
            _ => {
                let rest = self.rest();
                let end = rest.char_indices().skip(1).find(|(_, c)| "\"\\$`".contains(*c));
                let plain = rest.get(..end.map_or(rest.len(), |(at, _)| at)).unwrap_or_default();
                self.at += plain.len();
                word.push(plain, true);
            }
        }
    }

    /// The body of a here-document, or a part of an expansion: `"` means itself.
    pub(super) fn quoted_word(&mut self, text: &str) -> Word {
        self.within(text, |inner| {
            let mut word = Word::default();
            word.push("", true);
            while inner.peek().is_some() {
                inner.quoted_piece(&mut word, "$`\\");
            }
            word
        })
    }

    /// A word of its own, blanks included.
    pub(super) fn inner_word(&mut self, text: &str) -> Word {
        self.within(text, |inner| {
            let mut word = Word::default();
            while let Some(c) = inner.peek() {
                if is_meta(c) {
                    inner.at += c.len_utf8();
                    word.push(c.encode_utf8(&mut [0; 4]), false);
                } else {
                    inner.piece(&mut word);
                }
            }
            word
        })
    }

    fn within<T>(&mut self, text: &str, read: impl FnOnce(&mut Parser<'_, '_>) -> T) -> T
    where
        T: Default,
    {
        if self.depth >= super::MAX_DEPTH {
            self.broken = true;
            return T::default();
        }
        let mut inner = Parser::new(text, self.work, self.depth + 1);
        let value = read(&mut inner);
        self.broken |= inner.broken;
        self.assigned.append(&mut inner.assigned);
        value
    }

    /// What begins with `$` or a backtick.
    fn substitution(&mut self, word: &mut Word, quoted: bool) {
        if self.take("`") {
            let script = Rc::new(self.backticks(quoted));
            word.pieces.push(Piece::Output { script, quoted });
        } else if !quoted && self.take("$'") {
            let text = self.dollar_quoted();
            word.push(&decoded(text), true);
        } else if !quoted && self.take("$\"") {
            self.double_quoted(word);
        } else if let Some(inner) = self.number() {
            word.pieces.push(Piece::Number(Rc::new(inner)));
        } else if self.take("$(") {
            let script = Rc::new(self.list(&[]));
            self.close(")");
            word.pieces.push(Piece::Output { script, quoted });
        } else if self.starts("${") {
            self.at += 1;
            let inside = self.balanced('{', '}');
            let parameter = Rc::new(self.parameter(inside));
            word.pieces.push(Piece::Parameter { parameter, quoted });
        } else if self.starts("$[") {
            self.at += 1;
            let inside = self.balanced('[', ']');
            let inner = self.quoted_word(inside);
            word.pieces.push(Piece::Number(Rc::new(inner)));
        } else {
            self.at += 1;
            let rest = self.rest();
            let named = rest.find(|c: char| c != '_' && !c.is_ascii_alphanumeric());
            let mut length = named.unwrap_or(rest.len());
            if rest.starts_with(|c: char| c.is_ascii_digit() || "@*#?-$!".contains(c)) {
                length = 1;
            }
            self.at += length;
            match rest.get(..length).unwrap_or_default() {
                "" => word.push("$", quoted),
                name => {
                    let parameter = Parameter { name: name.to_owned(), operation: Operation::None };
                    let parameter = Rc::new(parameter);
                    word.pieces.push(Piece::Parameter { parameter, quoted });
                }
            }
        }
    }

    /// `$(( .. ))`
    fn number(&mut self) -> Option<Word> {
        let before = self.at;
        if !self.take("$") {
            return None;
        }
        let inner = self.starts("((").then(|| self.arithmetic()).flatten();
        if inner.is_none() {
            self.at = before;
        }
        inner
    }

    /// `(( .. ))`; `None`: it is a subshell in a subshell.
    pub(super) fn arithmetic(&mut self) -> Option<Word> {
        let (before, was_broken) = (self.at, self.broken);
        let inside = self.balanced('(', ')');
        if !inside.ends_with(')') {
            (self.at, self.broken) = (before, was_broken);
        }
        let inside = inside.strip_prefix('(')?.strip_suffix(')')?;
        Some(self.quoted_word(inside))
    }

    /// What is between a bracket, which is next, and the one that closes it.
    pub(super) fn balanced(&mut self, open: char, close: char) -> &'a str {
        self.at += 1;
        let start = self.at;
        let mut depth = 1usize;
        while let Some(c) = self.peek() {
            self.at += c.len_utf8();
            if c == '\\' {
                self.skip(1);
            } else if c == '\'' {
                let rest = self.rest();
                // An apostrophe within double quotes closes nowhere.
                self.at += rest.find('\'').map_or(0, |end| end + 1);
            } else if c == open {
                depth += 1;
            } else if c == close {
                depth -= 1;
                if depth == 0 {
                    return self.text.get(start..self.at - 1).unwrap_or_default();
                }
            }
        }
        self.broken = true;
        self.text.get(start..).unwrap_or_default()
    }

    fn dollar_quoted(&mut self) -> &'a str {
        let start = self.at;
        while let Some(c) = self.peek() {
            self.at += c.len_utf8();
            if c == '\\' {
                self.skip(1);
            } else if c == '\'' {
                return self.text.get(start..self.at - 1).unwrap_or_default();
            }
        }
        self.broken = true;
        self.text.get(start..).unwrap_or_default()
    }

    fn backticks(&mut self, quoted: bool) -> crate::shell::syntax::Script {
        let mut inner = String::new();
        loop {
            match self.one() {
                "" => {
                    self.broken = true;
                    break;
                }
                "`" => break,
                "\\" => {
                    let next = self.one();
                    let unescapes = matches!(next, "`" | "\\" | "$") || (quoted && next == "\"");
                    if !unescapes {
                        inner.push('\\');
                    }
                    inner.push_str(next);
                }
                other => inner.push_str(other),
            }
        }
        self.within(&inner, |parser| {
            let script = parser.list(&[]);
            parser.broken |= !parser.rest().is_empty();
            parser.documents();
            script
        })
    }
}

/// `!(a|b)` and its like.
fn word_ends_in_pattern(word: &Word) -> bool {
    matches!(word.pieces.last(), Some(Piece::Text { text, quoted: false })
        if text.ends_with(['?', '*', '+', '@', '!']))
}
