/*! JSON as a tree of values, and walks over it. */

use serde_json::Value;

use super::JsonError;
use super::node::Node;
use super::reader::{Reader, Token};

/// One JSON value with nothing before or behind it but white space.
///
/// `max_depth` counts open arrays and objects. Numbers a double cannot hold become the nearest
/// double; where literals matter use [`super::canonical`] or [`raw_scalar`].
pub fn parse_strict(text: &str, max_depth: usize) -> Result<Value, JsonError> {
    Node::parse(text, max_depth).map(Node::into_value)
}

/// The literal of the string, number, boolean or null at a path of member names, as it stands in
/// the text: an id `7.0` is answered as `7.0`. `None` too if the text is not strict JSON.
pub fn raw_scalar<'a>(text: &'a str, path: &[&str]) -> Option<&'a str> {
    let mut reader = Reader::new(text, super::MAX_DEPTH).ok()?;
    // Depth of the container being read, and how many names of the path lead into it.
    let (mut depth, mut along) = (0usize, 0usize);
    let mut matched = false;
    loop {
        match reader.next().ok()?? {
            Token::Key(name) => {
                matched =
                    along + 1 == depth && path.get(along).is_some_and(|wanted| *wanted == name);
                if matched && along + 1 == path.len() {
                    let from = reader.offset();
                    let scalar =
                        !matches!(reader.next().ok()??, Token::ObjectStart | Token::ArrayStart);
                    let literal = text.get(from..reader.offset()).unwrap_or_default().trim();
                    return scalar.then_some(literal);
                }
            }
            Token::ObjectStart => {
                along += usize::from(matched);
                depth += 1;
                matched = false;
            }
            Token::ArrayStart => {
                depth += 1;
                matched = false;
            }
            Token::ObjectEnd | Token::ArrayEnd => {
                depth -= 1;
                along = along.min(depth.saturating_sub(1));
                matched = false;
            }
            _ => matched = false,
        }
    }
}

/// Every string value with its JSON pointer (RFC 6901), in no promised order. Names of members are
/// in the pointers only.
pub fn strings(value: &Value, mut visit: impl FnMut(&str, &str)) {
    let mut pointer = String::new();
    // What is still to come of each open container, with the length of its own pointer.
    let mut open: Vec<(Children<'_>, usize)> = Vec::new();
    let mut current = Some(value);
    loop {
        match current {
            Some(Value::String(text)) => visit(&pointer, text),
            Some(Value::Array(items)) => {
                open.push((Children::Array(items.iter().enumerate()), pointer.len()));
            }
            Some(Value::Object(members)) => {
                open.push((Children::Object(members.iter()), pointer.len()));
            }
            _ => {}
        }
        let Some((children, length)) = open.last_mut() else { return };
        pointer.truncate(*length);
        current = children.next(&mut pointer);
        if current.is_none() {
            open.pop();
        }
    }
}

enum Children<'a> {
    Array(std::iter::Enumerate<std::slice::Iter<'a, Value>>),
    Object(serde_json::map::Iter<'a>),
}

impl<'a> Children<'a> {
    fn next(&mut self, pointer: &mut String) -> Option<&'a Value> {
        pointer.push('/');
        match self {
            Children::Array(items) => items.next().map(|(index, value)| {
                pointer.push_str(&index.to_string());
                value
            }),
            Children::Object(members) => members.next().map(|(name, value)| {
                for character in name.chars() {
                    match character {
                        '~' => pointer.push_str("~0"),
                        '/' => pointer.push_str("~1"),
                        other => pointer.push(other),
                    }
                }
                value
            }),
        }
    }
}
