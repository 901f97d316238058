/*! What a rule's JSON pointer means in a body: for a server that tells `SQL` from `sql`, and for one that does not. */

use crate::json::{Node, folded};

/// Every value at the pointer, names compared without their case. More than one where the body has a
/// member in several spellings: which of them counts, only the server knows.
pub(super) fn nodes<'n, 'a>(root: &'n Node<'a>, pointer: &str) -> Vec<&'n Node<'a>> {
    let mut found = vec![root];
    for name in pointer.split('/').skip(1) {
        let name = name.replace("~1", "/").replace("~0", "~");
        let wanted = folded(&name);
        found = found.into_iter().flat_map(|node| children(node, &name, &wanted)).collect();
    }
    found
}

fn children<'n, 'a>(node: &'n Node<'a>, name: &str, wanted: &str) -> Vec<&'n Node<'a>> {
    match node {
        Node::Object(members) => {
            let named = members.iter().filter(|(member, _)| folded(member) == wanted);
            named.map(|(_, node)| node).collect()
        }
        Node::Array(items) => {
            name.parse().ok().and_then(|at: usize| items.get(at)).into_iter().collect()
        }
        _ => Vec::new(),
    }
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
        assert_eq!(nodes(&body, ""), [&body]);
        assert!(at("/params/sql/x").is_empty() && at("/a~1b/x").is_empty());
    }
}
