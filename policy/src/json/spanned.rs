/*! JSON as a tree that knows where each value stands, for edits on the original bytes. */

use std::borrow::Cow;
use std::ops::Range;

use super::reader::{Reader, Token};
use super::{JsonError, MAX_DEPTH};

/// A value and its span in the text, quotes and brackets included.
#[derive(Clone, Debug, PartialEq)]
pub struct Spanned<'a> {
    pub span: Range<usize>,
    pub shape: Shape<'a>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Shape<'a> {
    Object(Vec<Member<'a>>),
    Array(Vec<Spanned<'a>>),
    /// Decoded.
    Text(Cow<'a, str>),
    /// Number, boolean or null: the span is the literal.
    Other,
}

/// Name and value.
pub type Member<'a> = (Cow<'a, str>, Spanned<'a>);

impl<'a> Spanned<'a> {
    /// A name that stands twice is not refused here: where that matters [`super::Node::parse`] has read the
    /// text before.
    pub fn parse(text: &'a str) -> Result<Self, JsonError> {
        let mut reader = Reader::new(text, MAX_DEPTH)?;
        // The open containers, each with the name under which the next value goes into it.
        let mut open: Vec<(Spanned<'a>, Cow<'a, str>)> = Vec::new();
        let mut whole = None;
        while let Some(token) = reader.next()? {
            let span = reader.start()..reader.offset();
            let node = match token {
                Token::ObjectStart => {
                    open.push((Self { span, shape: Shape::Object(Vec::new()) }, "".into()));
                    continue;
                }
                Token::ArrayStart => {
                    open.push((Self { span, shape: Shape::Array(Vec::new()) }, "".into()));
                    continue;
                }
                Token::Key(key) => {
                    if let Some((_, name)) = open.last_mut() {
                        *name = key;
                    }
                    continue;
                }
                Token::ObjectEnd | Token::ArrayEnd => {
                    let (mut node, _) = open.pop().ok_or(JsonError::Syntax(span.end))?;
                    node.span.end = span.end;
                    node
                }
                Token::Text(text) => Self { span, shape: Shape::Text(text) },
                Token::Number(_) | Token::True | Token::False | Token::Null => {
                    Self { span, shape: Shape::Other }
                }
            };
            match open.last_mut() {
                Some((Self { shape: Shape::Object(members), .. }, name)) => {
                    members.push((std::mem::take(name), node));
                }
                Some((Self { shape: Shape::Array(items), .. }, _)) => items.push(node),
                _ => whole = Some(node),
            }
        }
        whole.ok_or(JsonError::Syntax(reader.offset()))
    }

    pub fn get(&self, name: &str) -> Option<&Spanned<'a>> {
        self.members().iter().find(|(member, _)| member == name).map(|(_, value)| value)
    }

    /// None of what is no object.
    pub fn members(&self) -> &[Member<'a>] {
        match &self.shape {
            Shape::Object(members) => members,
            _ => &[],
        }
    }

    /// None of what is no array.
    pub fn items(&self) -> &[Spanned<'a>] {
        match &self.shape {
            Shape::Array(items) => items,
            _ => &[],
        }
    }

    pub fn text(&self) -> Option<&str> {
        match &self.shape {
            Shape::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Of a string, between its quotes.
    pub fn inner(&self) -> Range<usize> {
        self.span.start + 1..self.span.end.saturating_sub(1).max(self.span.start + 1)
    }
}
