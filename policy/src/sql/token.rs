/*! Tokens of SQL text, borrowed from it. */

use super::verb;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A bare keyword or identifier.
    Word,
    /// A quoted identifier, without its quotes.
    Quoted,
    /// A string literal, without its quotes and with its escapes.
    Text,
    Number,
    /// `?`, `$1`, `:name`, `@name`.
    Param,
    Symbol,
    /// Past the end.
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
    /// The upper-case keyword that a bare word is, else empty.
    pub word: &'static str,
}

impl<'a> Token<'a> {
    pub const END: Token<'static> = Token { kind: Kind::End, text: "", word: "" };

    pub fn new(kind: Kind, text: &'a str) -> Self {
        let word = if kind == Kind::Word { verb::keyword(text) } else { "" };
        Self { kind, text, word }
    }

    pub fn is(&self, symbol: &str) -> bool {
        self.kind == Kind::Symbol && self.text == symbol
    }

    pub fn is_word(&self, words: &[&str]) -> bool {
        !self.word.is_empty() && words.contains(&self.word)
    }

    /// An identifier, quoted or not; keywords too, since most can be names.
    pub fn is_name(&self) -> bool {
        matches!(self.kind, Kind::Word | Kind::Quoted)
    }

    /// The same name or literal as far as text can tell: case of names aside.
    pub fn same(&self, other: &Token<'_>) -> bool {
        if self.is_name() && other.is_name() {
            return self.text.eq_ignore_ascii_case(other.text);
        }
        self.kind == other.kind && self.text == other.text
    }
}

/// Reading a slice of tokens past either end.
pub(super) trait Tokens<'a> {
    fn at(&self, index: usize) -> Token<'a>;
    fn before(&self, index: usize) -> Token<'a>;
    fn part(&self, from: usize, to: usize) -> &[Token<'a>];
}

impl<'a> Tokens<'a> for [Token<'a>] {
    fn at(&self, index: usize) -> Token<'a> {
        self.get(index).copied().unwrap_or(Token::END)
    }

    fn before(&self, index: usize) -> Token<'a> {
        index.checked_sub(1).map_or(Token::END, |index| self.at(index))
    }

    fn part(&self, from: usize, to: usize) -> &[Token<'a>] {
        self.get(from..to.min(self.len())).unwrap_or_default()
    }
}
