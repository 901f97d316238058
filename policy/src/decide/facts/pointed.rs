/*! What a rule's JSON pointer means in a body: for a server that tells `SQL` from `sql`, and for one that does not. */

use crate::condition::{Fault, Steps};
use crate::json::{self, Node, folded};

/// What stands at a pointer.
#[derive(Debug, Default, PartialEq)]
pub struct Pointed<'n, 'a> {
    /// More than one where the body has a member in several spellings: which of them counts, only the
    /// server knows.
    pub nodes: Vec<&'n Node<'a>>,
    /// On the way was a value that has no members, or a list where a member was named.
    pub blocked: bool,
}

/// Every value at the pointer, names compared without their case. `*` is whatever is in a list or map,
/// and a single value that stands in the place of a list.
pub(super) fn nodes<'n, 'a>(root: &'n Node<'a>, pointer: &str) -> Vec<&'n Node<'a>> {
    let mut found = Pointed { nodes: vec![root], blocked: false };
    for name in json::steps(pointer) {
        found = below(&found, &name, |_| Ok(())).unwrap_or_default();
    }
    found.nodes
}

/// The same with its work counted, and told whether the body has such places at all.
///
/// # Errors
///
/// `OverBudget`.
pub(super) fn counted<'n, 'a>(
    root: &'n Node<'a>,
    names: impl IntoIterator<Item = String>,
    steps: &Steps,
) -> Result<Pointed<'n, 'a>, Fault> {
    let mut found = Pointed { nodes: vec![root], blocked: false };
    for name in names {
        let blocked = found.blocked;
        found = below(&found, &name, |bytes| steps.text(bytes))?;
        found.blocked |= blocked;
    }
    Ok(found)
}

fn below<'n, 'a>(
    above: &Pointed<'n, 'a>,
    name: &str,
    mut pay: impl FnMut(usize) -> Result<(), Fault>,
) -> Result<Pointed<'n, 'a>, Fault> {
    let wanted = folded(name);
    let mut found = Pointed::default();
    for node in &above.nodes {
        match node {
            Node::Null => {}
            Node::Object(members) => {
                for (member, node) in members {
                    pay(member.len())?;
                    if name == "*" || folded(member) == wanted {
                        found.nodes.push(node);
                    }
                }
            }
            Node::Array(items) if name == "*" => {
                pay(items.len())?;
                found.nodes.extend(items);
            }
            Node::Array(items) => match name.parse::<usize>() {
                Ok(at) => found.nodes.extend(items.get(at)),
                Err(_) => found.blocked = true,
            },
            Node::Text(_) | Node::Number(_) | Node::Bool(_) if name == "*" => {
                found.nodes.push(node);
            }
            Node::Text(_) | Node::Number(_) | Node::Bool(_) => found.blocked = true,
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_found() {
        let body = r#"{"params": {"sql": 1, "SQL": 2, "ſql": 3, "sq": 4}, "Params": {"Sql": 5},
            "a/b": [6, 7]}"#;
        let body = Node::parse(body, 8).unwrap();
        let at = |pointer: &str| -> Vec<Node<'_>> {
            nodes(&body, pointer).into_iter().cloned().collect()
        };
        assert_eq!(at("/params/sql"), ["1", "2", "3", "5"].map(Node::Number));
        assert_eq!(at("/a~1b/1"), [Node::Number("7")]);
        assert_eq!(at("/a~1b/*"), ["6", "7"].map(Node::Number));
        assert_eq!(at("/params/sq/*"), [Node::Number("4")]);
        assert_eq!(nodes(&body, ""), [&body]);
        assert!(at("/params/sql/x").is_empty() && at("/a~1b/x").is_empty());
    }

    #[test]
    fn a_way_that_is_blocked_is_told() {
        let body = r#"{"a": [{"b": 1}, {"b": 2}, 3], "n": null, "o": {"b": 4}, "t": "x"}"#;
        let body = Node::parse(body, 8).unwrap();
        let at = |pointer: &str| {
            let steps = Steps::for_bytes(100);
            let found = counted(&body, json::steps(pointer), &steps).unwrap();
            (found.nodes.len(), found.blocked)
        };
        assert_eq!(at("/a/*/b"), (2, true));
        assert_eq!(at("/a/0/b"), (1, false));
        assert_eq!(at("/a/9/b"), (0, false));
        assert_eq!(at("/a/b"), (0, true));
        assert_eq!(at("/t/b"), (0, true));
        assert_eq!(at("/t/b/c/d"), (0, true));
        assert_eq!(at("/n/b"), (0, false));
        assert_eq!(at("/x/b"), (0, false));
        assert_eq!(at("/o/*"), (1, false));
        let steps = Steps::for_bytes(0);
        steps.spend(usize::MAX).unwrap_err();
        assert_eq!(counted(&body, json::steps("/a"), &steps), Err(Fault::OverBudget));
    }
}
