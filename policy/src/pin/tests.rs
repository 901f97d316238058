use std::collections::BTreeMap;

use super::{
    Definition, Observed, PinSet, Place, ToolDigest, concerned, of_answer, of_call, unsound,
};
use crate::condition::Fault;

fn set(text: &str) -> PinSet {
    serde_json::from_str(text).unwrap()
}

fn digest(byte: u8) -> ToolDigest {
    ToolDigest([byte; 32])
}

fn pinned(name: &str, tools: &[(&str, ToolDigest)]) -> PinSet {
    let tools: BTreeMap<String, ToolDigest> =
        tools.iter().map(|(name, digest)| ((*name).to_owned(), *digest)).collect();
    let tools = serde_json::to_string(&tools).unwrap();
    set(&format!(r#"{{"name":"{name}","tools":{tools}}}"#))
}

#[test]
fn a_digest_is_of_what_a_definition_means() {
    let of = |text: &str| ToolDigest::of(text).unwrap();
    let tool = r#"{"name":"a","description":"d","inputSchema":{"type":"object","maximum":1}}"#;
    let same = r#"{ "inputSchema":{"maximum":1, "type":"object"},"_meta":{"x":1},"name":"\u0061","description":"d"}"#;
    assert_eq!(of(tool), of(same));
    for other in [
        tool.replace('d', "e"),
        tool.replace("1}", "1.0}"),
        tool.replace(r#""name""#, r#""title":"t","name""#),
        tool.replace(r#""maximum""#, r#""_meta":1,"maximum""#),
        tool.replace(r#""a""#, r#""A""#),
    ] {
        assert_ne!(of(tool), of(&other), "{other}");
    }
    for none in ["[]", "7", "", r#"{"a":1,"a":2}"#, r#"{"a":"#] {
        assert_eq!(ToolDigest::of(none), None, "{none}");
    }
    let text = String::from(of(tool));
    assert_eq!((text.len(), ToolDigest::try_from(text)), (71, Ok(of(tool))));
    for wrong in ["", "sha256:", "sha512:00", &format!("sha256:{}", "G".repeat(64))] {
        assert!(ToolDigest::try_from(wrong.to_owned()).is_err(), "{wrong}");
    }
    assert!(ToolDigest::try_from(format!("sha256:{}", "AB".repeat(32))).is_err());
}

#[test]
fn no_set_speaks_for_what_another_lacks() {
    let one = pinned("one", &[("a", digest(1)), ("b", digest(1))]);
    let two = pinned("two", &[("a", digest(2)), ("b", digest(1))]);
    let shadow = PinSet { mode: crate::rule::Mode::Shadow, ..pinned("shadow", &[]) };
    let of = |sets: &[&PinSet], tool: &str, seen: Observed| of_call(sets, tool, &|_, _| seen);
    let seen = |byte| Observed::Digest(digest(byte));
    use Definition::{Changed, Pinned, Unpinned};
    for (sets, tool, observed, wanted) in [
        (vec![], "a", Observed::Nothing, Ok(None)),
        (vec![&shadow], "a", Observed::Nothing, Ok(None)),
        (vec![&one], "a", Observed::Nothing, Ok(Some(Pinned))),
        (vec![&one, &shadow], "a", seen(1), Ok(Some(Pinned))),
        (vec![&one], "a", seen(2), Ok(Some(Changed))),
        (vec![&one], "c", seen(1), Ok(Some(Unpinned))),
        (vec![&one], "A", seen(1), Ok(Some(Unpinned))),
        (vec![&one, &two], "b", seen(1), Ok(Some(Pinned))),
        (vec![&one, &two], "a", seen(1), Ok(Some(Changed))),
        (vec![&one], "a", Observed::Garbled, Err(Fault::Unreadable)),
    ] {
        assert_eq!(of(&sets, tool, observed), wanted, "{tool} {observed:?}");
    }
    let three = pinned("three", &[("c", digest(1))]);
    assert_eq!(of(&[&one, &three], "a", seen(1)), Ok(Some(Unpinned)));
    assert_eq!(of(&[&three, &one], "a", seen(2)), Ok(Some(Changed)));
}

#[test]
fn sets_are_for_sections_and_places() {
    let pins = [
        set(r#"{"name":"all","tools":{}}"#),
        set(r#"{"name":"stock","sections":["stock"],"tools":{}}"#),
        set(r#"{"name":"mcp","match":{"http":{"path":["/mcp/**"]}},"tools":{}}"#),
        set(r#"{"name":"host","match":{"http":{"host":["a.*"]}},"tools":{}}"#),
    ];
    let of = |path: &str, host: &str, sections: &[&str]| {
        let sets = concerned(&pins, Place { path, host, sections });
        sets.iter().map(|set| set.name.clone()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(of("/x", "b.example", &[]), "all");
    assert_eq!(of("/MCP", "b.example", &["stock", "x"]), "all stock mcp");
    assert_eq!(of("/x", "a.example", &[]), "all host");
    assert_eq!(unsound(&pins), None);
    assert!(unsound(&[pins[0].clone(), pins[0].clone()]).is_some());
    let large: Vec<PinSet> =
        (0..65).map(|n| PinSet { name: format!("p{n}"), ..pins[0].clone() }).collect();
    assert!(unsound(&large).is_some() && unsound(&large[1..]).is_none());
}

#[test]
fn pins_are_made_from_an_answer() {
    let tools = r#"{"tools":[{"name":"b","x":1},{"name":"a"},{"name":"b","x":1,"_meta":{}}]}"#;
    let pins = of_answer(tools).unwrap();
    assert_eq!(pins.keys().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(pins["a"], ToolDigest::of(r#"{"name":"a"}"#).unwrap());
    let message = format!(r#" {{"jsonrpc":"2.0","id":1,"result":{tools}}} "#);
    assert_eq!(of_answer(&message).unwrap(), pins);
    for (text, told) in [
        ("", "not JSON"),
        (r#"{"tools":[],"tools":[]}"#, "twice"),
        (r#"{"result":{}}"#, "no list `tools`"),
        (r#"{"tools":[{"title":"x"}]}"#, "no name"),
        (r#"{"tools":[7]}"#, "no name"),
        (r#"{"tools":[{"name":"a"},{"name":"a","x":1}]}"#, "two tools named `a`"),
    ] {
        let error = of_answer(text).unwrap_err();
        assert!(error.contains(told), "{text}: {error}");
    }
}
