/*! A rule with a condition: who calls, and with which argument of a tool. */

use integration::{Call, Gateway, Upstream, place};
use serde_json::{Value, json};

/// The bundle of the guide, refusing at once what it would hold.
fn bundle() -> String {
    let guide = std::fs::read_to_string(place::root().join("docs/guide/bundles.md")).unwrap();
    let mut blocks = guide.split("```yaml\n").filter_map(|rest| rest.split_once("```"));
    let (text, _) = blocks.find(|(text, _)| text.contains("when:")).unwrap();
    text.split("tests:").next().unwrap().replace("effect: hold", "effect: deny")
}

#[test]
fn a_group_and_an_argument_decide_together() {
    let folder = place::folder();
    let file = folder.path().join("refunds.yaml");
    std::fs::write(&file, bundle()).unwrap();
    let upstream = Upstream::start();
    let gateway = Gateway::build()
        .upstream("/", &upstream.url())
        .arg("--kind")
        .arg("/=mcp")
        .arg("--bundle")
        .arg(&file)
        .start();
    let support = gateway.cli_ok(&["token", "--sub", "a", "--group", "eu", "--group", "support"]);
    let other = gateway.cli_ok(&["token", "--sub", "b", "--group", "eu"]);
    let ask = |path: &str, token: &str, tool: &str, arguments: Value| {
        Call::tool(path, json!(7), tool, arguments).token(token.trim()).send(&gateway)
    };
    ask("/small", &support, "refund", json!({ "cents": 900 })).expect(200);
    ask("/elsewhere", &other, "orders", json!({})).expect(200);
    for (path, token, arguments, reason) in [
        ("/large", &support, json!({ "cents": 5001 }), "denied"),
        ("/other", &other, json!({ "cents": 1 }), "denied"),
        ("/none", &support, json!({}), "fact_unavailable"),
        ("/text", &support, json!({ "cents": "900" }), "fact_unavailable"),
        ("/spelled", &support, json!({ "cents": 1, "Cents": 900_000 }), "fact_unavailable"),
    ] {
        ask(path, token, "refund", arguments);
        let entry = gateway.record(path, |entry| entry.path().contains(path));
        assert_eq!((entry.effect(), entry.reason()), ("deny", reason), "{path}");
        assert_eq!(entry.rules(), ["hold-large-refunds"], "{path}");
        assert!(!upstream.saw(path), "{path}");
    }
    assert!(upstream.saw("/small") && upstream.saw("/elsewhere"));
}
