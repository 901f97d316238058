/*! A caller asks the gateway what became of its hold. */

use integration::approver::{Approver, Question};
use integration::envoy::Envoy;
use integration::{Call, Gateway, Reply, Upstream};
use serde_json::{Value, json};

const BUNDLE: &str = "\
bundle: {name: status, version: '1'}
rules:
  - {name: ask, on: request, match: {http: {method: DELETE}}, effect: hold}
  - {name: tool, on: request, match: {mcp: {tool: pay}}, effect: hold}
";

#[test]
fn a_caller_learns_what_became_of_its_own_holds() {
    let (upstream, approver) = (Upstream::start(), Approver::start());
    let gateway = Gateway::build()
        .upstream("/", &upstream.url())
        .upstream("/tools", &upstream.url())
        .arg("--kind")
        .arg("/tools=mcp")
        .bundle(BUNDLE)
        .start();
    let envoy = Envoy::start(&gateway, |config| approver.serves(config));
    approver.says("pending");
    // An upstream that answers there: it is not asked.
    upstream.reply("/.well-known/gatehouse", Reply::text("of the upstream"));
    let as_ = |subject: &str, call: Call| call.token(&gateway.token(subject));
    let held = as_("ada", Call::delete("/held").header("x-gatehouse-wait", "0"));
    let told = held.send_to(&envoy.address).expect_refusal(403, "pending").json();
    let path = told["status_path"].as_str().unwrap().to_owned();
    assert_eq!(path, format!("/.well-known/gatehouse/holds/{}", told["hold"].as_str().unwrap()));
    let ask = |subject: &str, path: &str| as_(subject, Call::get(path)).send_to(&envoy.address);
    let document = ask("ada", &path).expect(200).json();
    assert_eq!(document["status"], "pending");
    assert_eq!((&document["hold"], &document["url"]), (&told["hold"], &told["url"]));
    approver.says("denied");
    assert_eq!(ask("ada", &path).expect(200).json()["status"], "denied");

    // Somebody else's and none at all are told alike.
    let told = |path: &str| {
        let mut told = ask("eve", path).expect_refusal(404, "hold_unknown").json();
        told["error"]["ref"].take();
        told
    };
    assert_eq!(told(&path), told("/.well-known/gatehouse/holds/h4711"));
    Call::get(&path).send_to(&envoy.address).expect_refusal(401, "unauthenticated");
    as_("ada", Call::post(&path)).send_to(&envoy.address).expect_refusal(405, "method_not_allowed");
    assert_eq!(approver.asked(Question::Status).len(), 4, "of others it hears nothing");
    let record = envoy.record("the question", |entry| entry.path() == path);
    assert_eq!(record.record["end"], "answered");
    assert_eq!(record.record["principal"]["subject"], "ada");

    // The same by a message of MCP.
    approver.says("pending");
    let tool = Call::tool("/tools/mcp", json!(1), "pay", json!({}));
    let tool = as_("ada", tool.header("x-gatehouse-wait", "0"));
    let told: Value = tool.send_to(&envoy.address).expect(200).json();
    let path = told["result"]["_meta"]["gatehouse/status_path"].as_str().unwrap();
    assert_eq!(ask("ada", path).expect(200).json()["status"], "pending");
    let text = told["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.contains(&format!("Its status is at {path}.")), "{text}");

    // A service that is away says nothing of anybody.
    approver.breaks(Question::Status, 1);
    ask("ada", path).expect_refusal(503, "approval_unavailable");
    upstream.assert_untouched();
}
