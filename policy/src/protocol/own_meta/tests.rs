use proptest::prelude::*;

use crate::call::Kind;
use crate::json::{MAX_DEPTH, parse_strict};
use crate::protocol::{read, without_own_meta};

fn rest(text: &str) -> Option<String> {
    let headers = [("content-type".to_owned(), "application/json".to_owned())];
    let protocol = read(Kind::Mcp, "POST", &headers, text).unwrap();
    without_own_meta(&protocol.json.unwrap(), text).map(Result::unwrap)
}

fn run(text: &str) -> Option<String> {
    read(Kind::Mcp, "POST", &[], text).unwrap().mcp.unwrap().run
}

fn call(meta: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":1.0,"method":"tools/call","params":{{"name":"t","_meta":{meta},"arguments":{{"n":1e2}}}}}}"#
    )
}

#[test]
fn what_is_said_to_the_gateway_is_read_and_goes_no_further() {
    for (meta, after, said) in [
        (r#"{"gatehouse/run":"r1"}"#, "{}", Some("r1")),
        (r#"{"a":1, "gatehouse/run" : "r1" ,"b":2}"#, r#"{"a":1 ,"b":2}"#, Some("r1")),
        (r#"{"gatehouse\/\u0072un":"r\u0031","b":[2]}"#, r#"{"b":[2]}"#, Some("r1")),
        // Only the one spelling is read, all of them go.
        (r#"{"GateHouse/Run":"r1","gatehou\u017fe/x":{"gatehouse/run":"r2"}}"#, "{}", None),
        (r#"{"gatehouse/run":7,"gatehouse/decision":"allow"}"#, "{}", None),
        (r#"{"gatehouse/run":" "}"#, "{}", None),
    ] {
        let text = call(meta);
        assert_eq!(rest(&text), Some(call(after)), "{meta}");
        assert_eq!(run(&text).as_deref(), said, "{meta}");
        assert_eq!(rest(&call(after)), None, "nothing is left");
    }
    for meta in [r#"{"gatehouse":1,"x/gatehouse/run":"r","gatehouse.run":"r"}"#, "7", "null", "[]"]
    {
        assert_eq!((rest(&call(meta)), run(&call(meta))), (None, None), "{meta}");
    }
}

#[test]
fn an_answer_has_it_deeper_and_arguments_are_the_callers_own() {
    let answer = r#"{"jsonrpc":"2.0","id":1,"result":{"_meta":{"gatehouse/a":1},"content":[{"type":"text","text":"x","_META":{"gatehouse/b":2,"c":3}}]}}"#;
    let after = r#"{"jsonrpc":"2.0","id":1,"result":{"_meta":{},"content":[{"type":"text","text":"x","_META":{"c":3}}]}}"#;
    assert_eq!(rest(answer).as_deref(), Some(after));
    let own = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","arguments":{"_meta":{"gatehouse/run":"r"}}}}"#;
    assert_eq!((rest(own), run(own)), (None, None));
    // Elsewhere in the message something is said, and the arguments still stay.
    let both = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","arguments":{"_meta":{"gatehouse/run":"r"}},"inputResponses":{"k":{"_meta":{"gatehouse/x":1}}}}}"#;
    assert_eq!(rest(both).unwrap(), both.replace(r#""gatehouse/x":1"#, ""));
    let arguments =
        r#"{"jsonrpc":"2.0","id":1,"result":{"arguments":{"_meta":{"gatehouse/x":1}}}}"#;
    assert_eq!(rest(arguments).unwrap(), arguments.replace(r#""gatehouse/x":1"#, ""));
}

proptest! {
    /// Whatever else is said stays, byte for byte.
    #[test]
    fn all_else_stays(
        before in prop::collection::vec("[a-z/]{1,4}", 0..4),
        after in prop::collection::vec("[A-Z]{1,4}", 0..4),
        own in "gatehouse/[a-z]{0,4}",
        space in "[ \t\n]{0,2}",
    ) {
        let member = |name: &String| format!("{space}\"{name}\"{space}:{space}1e2{space}");
        let distinct = |names: Vec<String>| {
            let mut names = names;
            names.sort();
            names.dedup();
            names
        };
        let (before, after) = (distinct(before), distinct(after));
        let others: Vec<String> = before.iter().chain(&after).map(member).collect();
        let mut with = others.clone();
        with.insert(before.len(), member(&own));
        let text = call(&format!("{{{}}}", with.join(",")));
        let rest = rest(&text).unwrap();
        prop_assert!(parse_strict(&rest, MAX_DEPTH).is_ok());
        // But for white space beside what went.
        let plain = |text: &str| text.replace([' ', '\t', '\n'], "");
        prop_assert_eq!(plain(&rest), plain(&call(&format!("{{{}}}", others.join(",")))));
    }
}
