/*! Names of members that some readers take for other names. */

use crate::json::Node;

use super::ReadError;

/// A name that ends at a NUL for readers written in C is there another one, maybe a second of that name.
/// Copied member by member, `__proto__` of JavaScript is what all names are looked up in that are missing.
///
/// # Errors
///
/// `BodyUnreadable` if one is there, however deep.
pub(super) fn check(node: &Node<'_>) -> Result<(), ReadError> {
    match node {
        Node::Array(entries) => entries.iter().try_for_each(check),
        Node::Object(members) => members.iter().try_for_each(|(name, member)| {
            if name.contains('\0') {
                return Err(ReadError::unreadable(
                    "the name of a member holds a NUL; leave it out",
                ));
            }
            if name == "__proto__" {
                let detail = "a member is named `__proto__`, which some servers take for the \
                    prototype of the object; leave it out";
                return Err(ReadError::unreadable(detail));
            }
            check(member)
        }),
        Node::Text(_) | Node::Number(_) | Node::Bool(_) | Node::Null => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::json::Node;
    use crate::reason::Reason;

    #[test]
    fn names_that_are_others_are_found_wherever_they_stand() {
        let refused =
            |text: &str| check(&Node::parse(text, 64).unwrap()).err().map(|error| error.reason);
        for text in [
            r#"{"__proto__":1}"#,
            r#"{"a":[1,{"_\u005fproto__":{}}]}"#,
            r#"{"a\u0000":1}"#,
            r#"[[{"a":{"\u0000b":null}}]]"#,
        ] {
            assert_eq!(refused(text), Some(Reason::BodyUnreadable), "{text}");
        }
        for text in [r#"{"a":"__proto__","b":["\u0000"],"proto":1,"__PROTO__":2}"#, "[]", "\"a\""] {
            assert_eq!(refused(text), None, "{text}");
        }
    }
}
