/*!
Cutting text into tokens by the rules of one database.

Linear: every byte is looked at a bounded number of times, whatever the text.
*/

use super::rules::Rules;
use super::token::{Kind, Token};
use super::work::Work;

/// Bytes of white space, comments and literals that cost as much as a look at a token.
const BYTES_PER_LOOK: usize = 16;

/// More tokens than this are not judged, so that they fit into 10 MB of the module's memory (20 bytes
/// each). A megabyte of `INSERT` has 350 000.
const MAX_TOKENS: usize = 500_000;

pub(super) struct Lexed<'a> {
    pub tokens: Vec<Token<'a>>,
    /// Some literal or comment never ends, or a name is written in escapes.
    pub broken: bool,
    /// There is more than `MAX_TOKENS`, or than the work allows.
    pub cut: bool,
}

pub(super) fn lex<'a>(text: &'a str, rules: Rules, work: &Work) -> Lexed<'a> {
    let mut cut = !work.spend(text.len() / BYTES_PER_LOOK);
    let mut lexer = Lexer { text, at: 0, rules, in_version_comment: false, broken: false };
    let mut tokens = Vec::new();
    while let Some(token) = lexer.next() {
        cut |= tokens.len() >= MAX_TOKENS || !work.spend(0);
        if cut {
            break;
        }
        tokens.push(token);
    }
    Lexed { tokens, broken: lexer.broken, cut }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    rules: Rules,
    in_version_comment: bool,
    broken: bool,
}

impl<'a> Lexer<'a> {
    fn next(&mut self) -> Option<Token<'a>> {
        self.skip_blank();
        let start = self.at;
        let first = self.rest().chars().next()?;
        let token = match first {
            '\'' => self.literal(start, '\'', self.rules.backslash),
            '"' if self.rules.double_quoted_text => self.literal(start, '"', self.rules.backslash),
            '"' => self.quoted('"'),
            '`' if self.rules.backticks => self.quoted('`'),
            '[' if self.rules.brackets => self.quoted(']'),
            '$' => self.dollar(),
            '@' if self.rules.variables => self.param("@"),
            ':' if self.byte(1).is_some_and(is_word_start) => self.param(":"),
            '?' => self.symbol(Kind::Param, 1),
            '0'..='9' => self.number(),
            '.' if self.byte(1).is_some_and(|b| b.is_ascii_digit()) && !self.follows_name() => {
                self.number()
            }
            '#' if self.byte(1).is_some_and(|b| is_word_start(b) || b == b'#') => self.word(),
            c if c == '_' || c.is_ascii_alphabetic() || !c.is_ascii() => self.word(),
            _ => self.operator(),
        };
        Some(token)
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    fn starts(&self, prefix: &str) -> bool {
        self.text.as_bytes().get(self.at..).is_some_and(|rest| rest.starts_with(prefix.as_bytes()))
    }

    /// `1.` in `t1.2`: the point belongs to a name.
    fn follows_name(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|at| self.text.as_bytes().get(at));
        before.is_some_and(|&byte| is_word_part(byte) || matches!(byte, b'"' | b'`' | b']'))
    }

    fn slice(&self, from: usize, to: usize) -> &'a str {
        self.text.get(from..to).unwrap_or_default()
    }

    fn symbol(&mut self, kind: Kind, length: usize) -> Token<'a> {
        let start = self.at;
        self.at += length;
        Token::new(kind, self.slice(start, self.at))
    }

    fn operator(&mut self) -> Token<'a> {
        const LONG: &[&str] =
            &["<=>", "<=", ">=", "<>", "!=", "==", "||", "&&", "::", ":=", "!~*", "!~", "~*", "*/"];
        let length = match LONG.iter().find(|op| self.starts(op)) {
            // `SELECT */**/FROM`: a star and a comment.
            Some(&"*/") if self.byte(2) == Some(b'*') => 1,
            Some(op) => op.len(),
            None => 1,
        };
        self.symbol(Kind::Symbol, length)
    }

    fn skip_blank(&mut self) {
        loop {
            let rest = self.rest();
            let blank: usize = rest.chars().take_while(|c| is_blank(*c)).map(char::len_utf8).sum();
            self.at += blank;
            if self.in_version_comment && self.starts("*/") {
                self.in_version_comment = false;
                self.at += 2;
            } else if self.starts("/*") {
                self.comment();
            } else if self.line_comment_starts() {
                let rest = self.rest();
                let returns = self.rules.return_ends_line;
                let end = rest.find(|c| c == '\n' || (returns && c == '\r'));
                self.at += end.unwrap_or(rest.len());
            } else if blank == 0 {
                return;
            }
        }
    }

    fn line_comment_starts(&self) -> bool {
        if self.starts("--") {
            return !self.rules.dash_needs_space
                || self.byte(2).is_none_or(|byte| byte <= b' ' || byte == 0x7f);
        }
        self.rules.hash_comments && self.byte(0) == Some(b'#')
    }

    fn comment(&mut self) {
        let version = ["/*!", "/*M!", "/*m!"].into_iter().find(|opening| self.starts(opening));
        if let (true, Some(opening)) = (self.rules.version_comments, version) {
            self.at += opening.len();
            while self.byte(0).is_some_and(|byte| byte.is_ascii_digit()) {
                self.at += 1;
            }
            self.in_version_comment = true;
            return;
        }
        let mut open = 0usize;
        loop {
            if self.starts("/*") && (open == 0 || self.rules.nested_comments) {
                open += 1;
                self.at += 2;
            } else if self.starts("*/") {
                open -= 1;
                self.at += 2;
                if open == 0 {
                    return;
                }
            } else if self.byte(0).is_some() {
                self.at += 1;
            } else {
                self.broken |= !self.rules.open_comment_at_end;
                return;
            }
        }
    }

    /// A string literal whose opening quote is next; `start` is where its prefix began.
    fn literal(&mut self, start: usize, quote: char, backslash: bool) -> Token<'a> {
        let quote = quote as u8;
        self.at += 1;
        let inner = self.at;
        while let Some(byte) = self.byte(0) {
            if byte == quote {
                if self.byte(1) != Some(quote) {
                    self.at += 1;
                    return Token::new(Kind::Text, self.slice(inner, self.at - 1));
                }
                self.at += 2;
            } else if byte == b'\\' && backslash {
                self.at += 2;
            } else {
                self.at += 1;
            }
        }
        self.unfinished(start)
    }

    fn quoted(&mut self, close: char) -> Token<'a> {
        let (start, close) = (self.at, close as u8);
        self.at += 1;
        let inner = self.at;
        while let Some(byte) = self.byte(0) {
            self.at += 1;
            if byte == close {
                if self.byte(0) != Some(close) {
                    return Token::new(Kind::Quoted, self.slice(inner, self.at - 1));
                }
                self.at += 1;
            }
        }
        self.unfinished(start)
    }

    /// Everything to the end is inside something that does not end.
    fn unfinished(&mut self, start: usize) -> Token<'a> {
        self.broken = true;
        self.at = self.text.len();
        Token::new(Kind::Text, self.slice(start, self.at))
    }

    fn dollar(&mut self) -> Token<'a> {
        if self.rules.dollar_quotes {
            let rest = self.rest().as_bytes();
            let tag = rest.iter().skip(1).take_while(|b| is_word_part(**b) && **b != b'$').count();
            let digit_first = rest.get(1).is_some_and(u8::is_ascii_digit);
            if rest.get(tag + 1) == Some(&b'$') && !digit_first {
                let start = self.at;
                let (fence, inner) = (self.slice(start, start + tag + 2), start + tag + 2);
                return match self.slice(inner, self.text.len()).find(fence) {
                    Some(length) => {
                        self.at = inner + length + fence.len();
                        Token::new(Kind::Text, self.slice(inner, inner + length))
                    }
                    None => self.unfinished(start),
                };
            }
        }
        self.param("$")
    }

    fn param(&mut self, sigil: &str) -> Token<'a> {
        let start = self.at;
        while self.starts(sigil) {
            self.at += 1;
        }
        while self.byte(0).is_some_and(is_word_part) {
            self.at += 1;
        }
        Token::new(Kind::Param, self.slice(start, self.at))
    }

    /// Ends where it cannot go on, as in `1FROM t`.
    fn number(&mut self) -> Token<'a> {
        let start = self.at;
        if self.starts("0x") || self.starts("0X") {
            self.at += 2;
            self.skip(|byte| byte.is_ascii_hexdigit());
        } else {
            self.skip(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'_'));
            let sign = usize::from(matches!(self.byte(1), Some(b'+' | b'-')));
            if matches!(self.byte(0), Some(b'e' | b'E'))
                && self.byte(1 + sign).is_some_and(|byte| byte.is_ascii_digit())
            {
                self.at += 1 + sign;
                self.skip(|byte| byte.is_ascii_digit());
            }
        }
        Token::new(Kind::Number, self.slice(start, self.at))
    }

    fn skip(&mut self, wanted: impl Fn(u8) -> bool) {
        while self.byte(0).is_some_and(&wanted) {
            self.at += 1;
        }
    }

    fn word(&mut self) -> Token<'a> {
        let start = self.at;
        let length: usize = self
            .rest()
            .chars()
            .take_while(|c| {
                if c.is_ascii() { is_word_part(*c as u8) || *c == '#' } else { !is_blank(*c) }
            })
            .map(char::len_utf8)
            .sum();
        let length = if self.rules.hash_comments {
            self.slice(start, start + length).find('#').unwrap_or(length)
        } else {
            length
        };
        self.at += length;
        let word = self.slice(start, self.at);
        match self.byte(0) {
            Some(b'\'') => self.prefixed(start, word),
            Some(b'&') if word.eq_ignore_ascii_case("u") && self.byte(1) == Some(b'"') => {
                self.at += 1;
                let name = self.quoted('"');
                // A name in escapes is not what it looks like.
                self.broken |= name.text.contains('\\');
                name
            }
            Some(b'&') if word.eq_ignore_ascii_case("u") && self.byte(1) == Some(b'\'') => {
                self.at += 1;
                self.literal(start, '\'', self.rules.backslash)
            }
            _ => Token::new(Kind::Word, word),
        }
    }

    /// `N'..'`, `X'..'`, `E'..'`, `_utf8'..'`, `q'[..]'`.
    fn prefixed(&mut self, start: usize, word: &'a str) -> Token<'a> {
        let escapes = self.rules.escape_strings && word.eq_ignore_ascii_case("e");
        let known = ["n", "x", "b", "r"].iter().any(|prefix| word.eq_ignore_ascii_case(prefix));
        if self.rules.q_quotes
            && (word.eq_ignore_ascii_case("q") || word.eq_ignore_ascii_case("nq"))
        {
            return self.q_quote(start);
        }
        if escapes || known || word.starts_with('_') {
            return self.literal(start, '\'', escapes || self.rules.backslash);
        }
        Token::new(Kind::Word, word)
    }

    fn q_quote(&mut self, start: usize) -> Token<'a> {
        let fence: String = match self.slice(self.at + 1, self.text.len()).chars().next() {
            Some('[') => "]'".into(),
            Some('{') => "}'".into(),
            Some('(') => ")'".into(),
            Some('<') => ">'".into(),
            Some(other) => format!("{other}'"),
            None => return self.unfinished(start),
        };
        let inner = self.at + fence.len();
        match self.slice(inner, self.text.len()).find(&fence) {
            Some(length) => {
                self.at = inner + length + fence.len();
                Token::new(Kind::Text, self.slice(inner, inner + length))
            }
            None => self.unfinished(start),
        }
    }
}

fn is_word_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn is_word_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}

/// What some database takes for white space, and what nobody sees.
fn is_blank(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}
