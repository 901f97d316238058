/*! What `explain` proposes is put into the bundle, and the very call passes, on the gateway that refused it. */

use std::path::Path;

use integration::wait::{SOON, until};
use integration::{Call, Gateway, Reply, Upstream, place};
use serde_json::{Value, json};

const RULES: &str = "
bundle: {name: shop, version: 0.1.0, serial: 1}
rules:
  - name: no-large-refunds
    on: request
    match: {mcp: {tool: refund}}
    when: action.arguments.cents >= 500
    effect: deny
  - {name: no-delete, on: request, match: {http: {method: DELETE}}, effect: deny}
";

fn explained(gateway: &Gateway, reference: &str) -> Value {
    let text = gateway.cli_ok(&["explain", reference, "--format", "json"]);
    serde_json::from_str(&text).unwrap()
}

/// As somebody does who edits the file.
fn follow(change: &Value) {
    let file = Path::new(change["file"].as_str().unwrap());
    let text = std::fs::read_to_string(file).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    let from = usize::try_from(change["line"].as_u64().unwrap()).unwrap() - 1;
    let to = from + usize::try_from(change["remove"].as_u64().unwrap()).unwrap();
    lines.splice(from..to, change["text"].as_str().unwrap().lines());
    std::fs::write(file, lines.join("\n") + "\n").unwrap();
}

#[test]
fn what_is_proposed_lets_the_call_pass_and_no_other() {
    let upstream = Upstream::start();
    upstream.reply("/mcp", Reply::json(200, &json!({"jsonrpc": "2.0", "id": 1, "result": {}})));
    let folder = place::folder();
    let bundle = folder.path().join("shop.yaml");
    std::fs::write(&bundle, RULES).unwrap();
    let data = folder.path().join("data");
    let start = |more: &[&str]| {
        let mut builder = Gateway::build().upstream("/api", &upstream.url()).data(&data);
        builder = builder.arg("--kind").arg("/api=mcp").arg("--bundle").arg(&bundle);
        more.iter().fold(builder, |builder, one| builder.arg(*one)).start()
    };
    let refund = |cents: u64| {
        Call::tool("/api/mcp", json!(1), "refund", json!({ "cents": cents, "to": "x's" }))
    };
    let sent = |gateway: &Gateway, call: Call, who: &str| {
        let answer = call.token(&gateway.token(who)).send(gateway);
        let reason = answer.reason();
        (answer, reason)
    };
    // A message of MCP is answered with 200 all the same.
    let refused = |gateway: &Gateway, call: Call, who: &str| {
        let (answer, reason) = sent(gateway, call, who);
        assert_eq!(reason.as_deref(), Some("denied"), "{}", answer.text());
        answer.reference().unwrap()
    };
    let mut gateway = start(&[]);
    let reference = refused(&gateway, refund(900), "ada");
    let told = explained(&gateway, &reference);
    let rules = &told["by_rules"];
    assert_eq!(rules["allow"]["tried"], "passes", "{told}");
    assert_eq!(rules["rules"][0]["written"]["from"], 4, "{told}");
    let parts = json!([{"name": "match.mcp.tool", "held": "yes"}, {"name": "when", "held": "yes"}]);
    assert_eq!(rules["rules"][0]["parts"], parts, "{told}");
    for change in rules["allow"]["changes"].as_array().unwrap() {
        follow(change);
    }
    // The file is another by now, and the bundle that judged it is still at hand.
    assert_eq!(explained(&gateway, &reference)["by_rules"]["rules"], rules["rules"]);
    let elsewhere = gateway.records_file();
    let other = ["explain", &reference, "--records", elsewhere.to_str().unwrap(), "--bundle"];
    let text = gateway.cli_ok(&[&other[..], &[bundle.to_str().unwrap()]].concat());
    assert!(text.contains("is another than judged it"), "{text}");
    gateway.stop();

    let gateway = start(&["--subjects", "keyed"]);
    let (answer, reason) = sent(&gateway, refund(900), "ada");
    assert_eq!((answer.status, reason), (200, None), "{}", answer.text());
    for (cents, who) in [(901, "ada"), (900, "bob")] {
        refused(&gateway, refund(cents), who);
    }
    let reference = refused(&gateway, Call::delete("/api/orders/7"), "ada");
    let told = explained(&gateway, &reference);
    let key = told["record"]["principal"]["subject"].as_str().unwrap();
    assert!(key.starts_with("p_") && !told["record"].to_string().contains("\"ada\""), "{told}");
    let wider = &told["by_rules"]["allow"]["wider"];
    assert!(wider.to_string().contains("only keys of subjects"), "{told}");
    until("all to be recorded", SOON, || (gateway.records().len() >= 5).then_some(()));
}
