/*! One spelling for every JSON text that means the same to every reader. */

use super::MAX_DEPTH;
use super::node::Node;

/// Members sorted by name (as UTF-8 bytes), no white space, number literals verbatim, strings
/// decoded and escaped again as little as JSON allows.
///
/// `keep` is asked for each member by its path and may leave it out; an element of an array adds
/// `[]` to the paths below it. `None` if the text is not strict JSON or deeper than [`MAX_DEPTH`].
pub fn canonical(text: &str, keep: impl Fn(&[&str]) -> bool) -> Option<String> {
    let tree = Node::parse_literals(text, MAX_DEPTH).ok()?;
    let mut out = String::with_capacity(text.len());
    write(&tree, &mut Vec::new(), &keep, &mut out);
    Some(out)
}

/// Recursion goes no deeper than `MAX_DEPTH`, which the reader has checked.
fn write<'n>(
    node: &'n Node<'_>,
    path: &mut Vec<&'n str>,
    keep: &impl Fn(&[&str]) -> bool,
    out: &mut String,
) {
    match node {
        Node::Number(literal) => out.push_str(literal),
        Node::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Node::Null => out.push_str("null"),
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
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
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
