/*! What a message says to the gateway, wherever it says it: all of that goes, and nothing else. */

use bolero::check;
use policy::call::Kind;
use policy::protocol::{read, without_own_meta};
use serde_json::{Map, Value, json};

const NAMES: [&str; 8] = [
    "_meta",
    "_META",
    "gatehouse/run",
    "GateHouse/x",
    "gatehou\u{17f}e/y",
    "arguments",
    "params",
    "a\"}{,gatehouse/",
];

/// A value that the bytes stand for.
fn value(bytes: &mut impl Iterator<Item = u8>, depth: usize) -> Value {
    let byte = bytes.next().unwrap_or(0);
    let count = usize::from(byte >> 4) % 4;
    match byte % 4 {
        0 | 1 if depth > 0 => Value::Object(members(bytes, count, depth - 1)),
        2 if depth > 0 => (0..count).map(|_| value(bytes, depth - 1)).collect(),
        3 => json!("\",\"gatehouse/run\":{"),
        _ => json!(byte),
    }
}

fn members(bytes: &mut impl Iterator<Item = u8>, count: usize, depth: usize) -> Map<String, Value> {
    let one = |_| {
        let name = NAMES[usize::from(bytes.next().unwrap_or(0)) % NAMES.len()];
        (name.to_owned(), value(bytes, depth))
    };
    (0..count).map(one).collect()
}

/// The same by way of values. `at`: the names on the way to it.
fn pruned(value: Value, at: &[&str]) -> Value {
    let argument = at.starts_with(&["params", "arguments"]);
    let in_meta = at.last().is_some_and(|name| name.to_lowercase() == "_meta");
    match value {
        Value::Array(items) => {
            items.into_iter().map(|item| pruned(item, &[at, &[""]].concat())).collect()
        }
        Value::Object(members) => {
            let own = |name: &str| name.to_uppercase().starts_with("GATEHOUSE/");
            let stay = members.into_iter().filter(|(name, _)| argument || !in_meta || !own(name));
            stay.map(|(name, member)| {
                let member = pruned(member, &[at, &[name.as_str()]].concat());
                (name, member)
            })
            .collect::<Map<_, _>>()
            .into()
        }
        other => other,
    }
}

#[test]
fn own_meta() {
    check!().with_type::<(Vec<u8>, bool)>().for_each(|(bytes, answers)| {
        let inner = members(&mut bytes.iter().copied(), 3, 5);
        let message = match answers {
            true => json!({ "jsonrpc": "2.0", "id": 1, "result": inner }),
            false => json!({ "jsonrpc": "2.0", "id": 1, "method": "m", "params": inner }),
        };
        let text = message.to_string();
        // A member in the wrong case, for one, is refused.
        let Ok(protocol) = read(Kind::Mcp, "POST", &[], &text) else { return };
        let rest = without_own_meta(&protocol.json.unwrap(), &text).map(Result::unwrap);
        let expected = pruned(message.clone(), &[]);
        assert_eq!(rest.is_some(), expected != message, "{text}");
        let rest = rest.unwrap_or(text);
        assert_eq!(serde_json::from_str::<Value>(&rest).unwrap(), expected, "{rest}");
        let again = read(Kind::Mcp, "POST", &[], &rest).unwrap();
        assert_eq!(again.mcp.unwrap().run, None);
        assert!(without_own_meta(&again.json.unwrap(), &rest).is_none(), "{rest}");
    });
}
