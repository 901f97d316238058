/*! What a rule's JSON pointer means in a body: for a server that tells `SQL` from `sql`, and for one that does not. */

use serde_json::Value;

use crate::json::folded;

/// Every value at the pointer, names compared without their case. More than one where the body has a
/// member in several spellings: which of them counts, only the server knows.
pub(super) fn values<'v>(root: &'v Value, pointer: &str) -> Vec<&'v Value> {
    let mut found = vec![root];
    for name in pointer.split('/').skip(1) {
        let name = name.replace("~1", "/").replace("~0", "~");
        let wanted = folded(&name);
        found = found.into_iter().flat_map(|value| children(value, &name, &wanted)).collect();
    }
    found
}

fn children<'v>(value: &'v Value, name: &str, wanted: &str) -> Vec<&'v Value> {
    match value {
        Value::Object(members) => {
            let named = members.iter().filter(|(member, _)| folded(member) == wanted);
            named.map(|(_, value)| value).collect()
        }
        Value::Array(items) => {
            name.parse().ok().and_then(|at: usize| items.get(at)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_spelling_is_found() {
        let body = json!({"params": {"sql": 1, "SQL": 2, "ſql": 3, "sq": 4}, "Params": {"Sql": 5}, "a/b": [6, 7]});
        let mut found: Vec<_> =
            values(&body, "/params/sql").into_iter().filter_map(Value::as_u64).collect();
        found.sort_unstable();
        assert_eq!(found, [1, 2, 3, 5]);
        assert_eq!(values(&body, "/a~1b/1"), [&json!(7)]);
        assert_eq!(values(&body, ""), [&body]);
        assert!(values(&body, "/params/sql/x").is_empty() && values(&body, "/a~1b/x").is_empty());
    }
}
