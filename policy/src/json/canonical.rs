/*! One spelling for every JSON text that means the same to every reader. */

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::reader::{Reader, Token};
use super::{JsonError, MAX_DEPTH};

/// Members sorted by name (as UTF-8 bytes), no white space, number literals verbatim, strings
/// decoded and escaped again as little as JSON allows.
///
/// `keep` is asked for each member by its path and may leave it out; an element of an array adds
/// `[]` to the paths below it. `None` if the text is not strict JSON or deeper than [`MAX_DEPTH`].
pub fn canonical(text: &str, keep: impl Fn(&[&str]) -> bool) -> Option<String> {
    let tree = parse(text).ok()?;
    let mut out = String::with_capacity(text.len());
    write(&tree, &mut Vec::new(), &keep, &mut out);
    Some(out)
}

enum Node<'a> {
    Object(BTreeMap<Cow<'a, str>, Node<'a>>),
    Array(Vec<Node<'a>>),
    Text(Cow<'a, str>),
    /// Numbers, booleans and null.
    Literal(&'a str),
}

fn parse(text: &str) -> Result<Node<'_>, JsonError> {
    let mut reader = Reader::new(text, MAX_DEPTH)?;
    // The open containers with the names under which they go into their parents.
    let mut open: Vec<(Node<'_>, Cow<'_, str>)> = Vec::new();
    let mut name = Cow::Borrowed("");
    let mut whole = None;
    while let Some(token) = reader.next()? {
        let (node, own_name) = match token {
            Token::ObjectStart => {
                open.push((Node::Object(BTreeMap::new()), std::mem::take(&mut name)));
                continue;
            }
            Token::ArrayStart => {
                open.push((Node::Array(Vec::new()), std::mem::take(&mut name)));
                continue;
            }
            Token::Key(key) => {
                name = key;
                continue;
            }
            Token::ObjectEnd | Token::ArrayEnd => {
                open.pop().ok_or(JsonError::Syntax(reader.offset()))?
            }
            Token::Text(text) => (Node::Text(text), std::mem::take(&mut name)),
            Token::Number(literal) => (Node::Literal(literal), std::mem::take(&mut name)),
            Token::True => (Node::Literal("true"), std::mem::take(&mut name)),
            Token::False => (Node::Literal("false"), std::mem::take(&mut name)),
            Token::Null => (Node::Literal("null"), std::mem::take(&mut name)),
        };
        match open.last_mut() {
            Some((Node::Object(members), _)) => {
                if members.insert(own_name, node).is_some() {
                    return Err(JsonError::DuplicateKey(reader.offset()));
                }
            }
            Some((Node::Array(items), _)) => items.push(node),
            _ => whole = Some(node),
        }
    }
    whole.ok_or(JsonError::Syntax(reader.offset()))
}

/// Recursion goes no deeper than `MAX_DEPTH`, which the reader has checked.
fn write<'n>(
    node: &'n Node<'_>,
    path: &mut Vec<&'n str>,
    keep: &impl Fn(&[&str]) -> bool,
    out: &mut String,
) {
    match node {
        Node::Literal(literal) => out.push_str(literal),
        Node::Text(text) => write_text(text, out),
        Node::Array(items) => {
            out.push('[');
            path.push("[]");
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(item, path, keep, out);
            }
            path.pop();
            out.push(']');
        }
        Node::Object(members) => {
            out.push('{');
            let mut first = true;
            for (name, member) in members {
                path.push(name);
                if keep(path) {
                    if !first {
                        out.push(',');
                    }
                    first = false;
                    write_text(name, out);
                    out.push(':');
                    write(member, path, keep, out);
                }
                path.pop();
            }
            out.push('}');
        }
    }
}

/// RFC 8259 asks for escapes of the quote, the backslash and control characters, and no others.
fn write_text(text: &str, out: &mut String) {
    out.push('"');
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(text.get(plain..at).unwrap_or_default());
        plain = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            control => out.push_str(&format!("\\u{control:04x}")),
        }
    }
    out.push_str(text.get(plain..).unwrap_or_default());
    out.push('"');
}
