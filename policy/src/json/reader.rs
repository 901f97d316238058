/*! A pull reader for strict JSON: one token at a time, no recursion, nothing copied that has no escapes. */

use std::borrow::Cow;

use super::JsonError;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    ObjectStart,
    ObjectEnd,
    ArrayStart,
    ArrayEnd,
    /// Decoded name of a member; its value follows.
    Key(Cow<'a, str>),
    /// Decoded.
    Text(Cow<'a, str>),
    /// The literal as written.
    Number(&'a str),
    True,
    False,
    Null,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    /// A value, or the end of an array that is still empty.
    ValueOrEnd,
    Key,
    /// A key, or the end of an object that is still empty.
    KeyOrEnd,
    CommaOrEnd,
    Nothing,
}

pub(crate) struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// Where the last token begins.
    start: usize,
    /// The open containers, from the outside; true for an object.
    open: Vec<bool>,
    max_depth: usize,
    expect: Expect,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(text: &'a str, max_depth: usize) -> Result<Self, JsonError> {
        if text.starts_with('\u{feff}') {
            return Err(JsonError::ByteOrderMark);
        }
        Ok(Self { text, at: 0, start: 0, open: Vec::new(), max_depth, expect: Expect::Value })
    }

    /// Bytes read so far.
    pub(crate) fn offset(&self) -> usize {
        self.at
    }

    /// Where the last token begins.
    pub(crate) fn start(&self) -> usize {
        self.start
    }

    /// The next token, `None` after the end of the one value.
    pub(crate) fn next(&mut self) -> Result<Option<Token<'a>>, JsonError> {
        self.skip_space();
        if self.expect == Expect::CommaOrEnd && self.peek() == Some(b',') {
            self.at += 1;
            self.expect = if self.open.last() == Some(&true) { Expect::Key } else { Expect::Value };
            self.skip_space();
        }
        let Some(byte) = self.peek() else {
            return if self.expect == Expect::Nothing { Ok(None) } else { Err(self.wrong()) };
        };
        self.start = self.at;
        match (self.expect, byte) {
            (Expect::Nothing, 0) => Err(JsonError::Nul(self.at)),
            (Expect::Nothing, _) => Err(JsonError::Trailing(self.at)),
            (Expect::KeyOrEnd, b'}') => Ok(Some(self.close(Token::ObjectEnd))),
            (Expect::ValueOrEnd, b']') => Ok(Some(self.close(Token::ArrayEnd))),
            (Expect::CommaOrEnd, b'}') if self.open.last() == Some(&true) => {
                Ok(Some(self.close(Token::ObjectEnd)))
            }
            (Expect::CommaOrEnd, b']') if self.open.last() == Some(&false) => {
                Ok(Some(self.close(Token::ArrayEnd)))
            }
            (Expect::CommaOrEnd, _) => Err(self.wrong()),
            (Expect::Key | Expect::KeyOrEnd, b'"') => self.key().map(Some),
            (Expect::Key | Expect::KeyOrEnd, _) => Err(self.wrong()),
            (Expect::Value | Expect::ValueOrEnd, _) => self.value(byte).map(Some),
        }
    }

    fn value(&mut self, byte: u8) -> Result<Token<'a>, JsonError> {
        let token = match byte {
            b'{' => return self.open(true, Expect::KeyOrEnd, Token::ObjectStart),
            b'[' => return self.open(false, Expect::ValueOrEnd, Token::ArrayStart),
            b'"' => Token::Text(self.string()?),
            b't' => self.word("true", Token::True)?,
            b'f' => self.word("false", Token::False)?,
            b'n' => self.word("null", Token::Null)?,
            b'-' | b'0'..=b'9' => self.number()?,
            _ => return Err(self.wrong()),
        };
        self.expect = self.after_value();
        Ok(token)
    }

    fn open(
        &mut self,
        object: bool,
        expect: Expect,
        token: Token<'a>,
    ) -> Result<Token<'a>, JsonError> {
        if self.open.len() >= self.max_depth {
            return Err(JsonError::TooDeep(self.max_depth));
        }
        self.at += 1;
        self.open.push(object);
        self.expect = expect;
        Ok(token)
    }

    fn close(&mut self, token: Token<'a>) -> Token<'a> {
        self.at += 1;
        self.open.pop();
        self.expect = self.after_value();
        token
    }

    fn after_value(&self) -> Expect {
        if self.open.is_empty() { Expect::Nothing } else { Expect::CommaOrEnd }
    }

    fn key(&mut self) -> Result<Token<'a>, JsonError> {
        let key = self.string()?;
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(self.wrong());
        }
        self.at += 1;
        self.expect = Expect::Value;
        Ok(Token::Key(key))
    }

    /// A string at the opening quote. Escapes are decoded by serde_json, which refuses unpaired
    /// surrogates; control characters are refused here.
    fn string(&mut self) -> Result<Cow<'a, str>, JsonError> {
        let start = self.at;
        let mut escaped = false;
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    // The byte behind a backslash never ends the string.
                    self.at += 2;
                }
                Some(byte) if byte >= 0x20 => self.at += 1,
                _ => return Err(self.wrong()),
            }
        }
        self.at += 1;
        if escaped {
            let literal = self.text.get(start..self.at).unwrap_or_default();
            return serde_json::from_str(literal)
                .map(Cow::Owned)
                .map_err(|_| JsonError::Syntax(start));
        }
        let inner = self.text.get(start + 1..self.at - 1);
        inner.map(Cow::Borrowed).ok_or(JsonError::Syntax(start))
    }

    fn number(&mut self) -> Result<Token<'a>, JsonError> {
        let start = self.at;
        self.skip_if(|byte| byte == b'-');
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits()?,
            _ => return Err(self.wrong()),
        }
        if self.skip_if(|byte| byte == b'.') {
            self.digits()?;
        }
        if self.skip_if(|byte| matches!(byte, b'e' | b'E')) {
            self.skip_if(|byte| matches!(byte, b'+' | b'-'));
            self.digits()?;
        }
        self.text.get(start..self.at).map(Token::Number).ok_or(JsonError::Syntax(start))
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        if !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return Err(self.wrong());
        }
        while self.skip_if(|byte| byte.is_ascii_digit()) {}
        Ok(())
    }

    fn word(&mut self, word: &str, token: Token<'a>) -> Result<Token<'a>, JsonError> {
        if self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            self.at += word.len();
            return Ok(token);
        }
        Err(self.wrong())
    }

    fn skip_space(&mut self) {
        while self.skip_if(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) {}
    }

    fn skip_if(&mut self, wanted: impl Fn(u8) -> bool) -> bool {
        let found = self.peek().is_some_and(wanted);
        if found {
            self.at += 1;
        }
        found
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn wrong(&self) -> JsonError {
        match self.peek() {
            Some(0) => JsonError::Nul(self.at),
            _ => JsonError::Syntax(self.at),
        }
    }
}
