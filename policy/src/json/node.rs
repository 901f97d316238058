/*! JSON as a tree that borrows from its text: nothing is copied but what was written in escapes. */

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::JsonError;
use super::reader::{Reader, Token};

/// Members stand in the order of the text. No name stands twice.
#[derive(Clone, Debug, PartialEq)]
pub enum Node<'a> {
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
    Array(Vec<Node<'a>>),
    Text(Cow<'a, str>),
    /// The literal as written.
    Number(&'a str),
    Bool(bool),
    Null,
}

impl<'a> Node<'a> {
    /// One JSON value with nothing before or behind it but white space, of whose numbers a double can
    /// hold each. `max_depth` counts open arrays and objects.
    pub fn parse(text: &'a str, max_depth: usize) -> Result<Self, JsonError> {
        Self::read(text, max_depth, in_range)
    }

    /// The same with numbers of any size.
    pub(super) fn parse_literals(text: &'a str, max_depth: usize) -> Result<Self, JsonError> {
        Self::read(text, max_depth, |_| true)
    }

    fn read(
        text: &'a str,
        max_depth: usize,
        takes: impl Fn(&str) -> bool,
    ) -> Result<Self, JsonError> {
        let mut reader = Reader::new(text, max_depth)?;
        // The open containers, each with the name under which the next value goes into it.
        let mut open: Vec<(Node<'a>, Cow<'a, str>)> = Vec::new();
        let mut whole = None;
        while let Some(token) = reader.next()? {
            let node = match token {
                Token::ObjectStart => {
                    open.push((Node::Object(Vec::new()), Cow::Borrowed("")));
                    continue;
                }
                Token::ArrayStart => {
                    open.push((Node::Array(Vec::new()), Cow::Borrowed("")));
                    continue;
                }
                Token::Key(key) => {
                    if let Some((_, name)) = open.last_mut() {
                        *name = key;
                    }
                    continue;
                }
                Token::ObjectEnd | Token::ArrayEnd => {
                    let (node, _) = open.pop().ok_or(JsonError::Syntax(reader.offset()))?;
                    if matches!(&node, Node::Object(members) if names_twice(members)) {
                        return Err(JsonError::DuplicateKey(reader.offset()));
                    }
                    node
                }
                Token::Text(text) => Node::Text(text),
                Token::Number(literal) if takes(literal) => Node::Number(literal),
                Token::Number(_) => return Err(JsonError::NumberRange(reader.offset())),
                Token::True => Node::Bool(true),
                Token::False => Node::Bool(false),
                Token::Null => Node::Null,
            };
            match open.last_mut() {
                Some((Node::Object(members), name)) => members.push((std::mem::take(name), node)),
                Some((Node::Array(items), _)) => items.push(node),
                _ => whole = Some(node),
            }
        }
        whole.ok_or(JsonError::Syntax(reader.offset()))
    }

    /// The member of that name, if it is an object.
    pub fn get(&self, name: &str) -> Option<&Node<'a>> {
        self.members()?.iter().find(|(member, _)| member == name).map(|(_, node)| node)
    }

    pub fn members(&self) -> Option<&[(Cow<'a, str>, Node<'a>)]> {
        match self {
            Node::Object(members) => Some(members),
            _ => None,
        }
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Node::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Every string value; names of members are not among them. Recurses as deep as the tree is.
    pub fn texts(&self, visit: &mut impl FnMut(&str)) {
        match self {
            Node::Text(text) => visit(text),
            Node::Array(items) => items.iter().for_each(|item| item.texts(visit)),
            Node::Object(members) => members.iter().for_each(|(_, member)| member.texts(visit)),
            Node::Number(_) | Node::Bool(_) | Node::Null => {}
        }
    }

    /// Numbers a double cannot hold exactly become the nearest one.
    pub fn into_value(self) -> Value {
        match self {
            Node::Object(members) => {
                let members = members.into_iter();
                let members = members.map(|(name, node)| (name.into_owned(), node.into_value()));
                Value::Object(members.collect::<Map<_, _>>())
            }
            Node::Array(items) => items.into_iter().map(Node::into_value).collect(),
            Node::Text(text) => Value::String(text.into_owned()),
            Node::Number(literal) => serde_json::from_str(literal).unwrap_or_default(),
            Node::Bool(value) => Value::Bool(value),
            Node::Null => Value::Null,
        }
    }
}

/// Up to here comparing every two is the quicker way.
const FEW: usize = 8;

fn names_twice(members: &[(Cow<'_, str>, Node<'_>)]) -> bool {
    if members.len() <= FEW {
        let mut rest = members.iter();
        return std::iter::from_fn(|| rest.next().map(|(name, _)| (name, rest.clone())))
            .any(|(name, mut others)| others.any(|(other, _)| other == name));
    }
    let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_ref()).collect();
    names.sort_unstable();
    names.windows(2).any(|pair| matches!(pair, [one, other] if one == other))
}

/// Most literals are too short to leave the range of a double.
fn in_range(literal: &str) -> bool {
    (literal.len() < 300 && !literal.contains(['e', 'E']))
        || literal.parse::<f64>().is_ok_and(f64::is_finite)
}
