/*! What the filter writes into a buffer of Envoy's that is not empty, by the size of it: over Envoy's limit it would end the VM. */

use std::time::Duration;

use integration::approver::{Approver, Question};
use integration::envoy::Envoy;
use integration::wait::until;
use integration::{Call, Gateway, Reply, Upstream, place, sample};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(60);

const REDACTED: &str = "
bundle: {name: growing, version: '1'}
rules:
  - {name: deletions, on: request, match: {http: {method: DELETE}}, effect: hold}
  - name: sent
    on: request
    match: {findings: email}
    effect: redact
    redact: {as: fixed, text: (here stood the address of somebody who need not be known there)}
";

#[test]
fn a_redaction_makes_no_body_longer_than_one_may_be() {
    let folder = place::folder();
    std::fs::create_dir(folder.path().join("patterns")).unwrap();
    std::fs::write(folder.path().join("rules.yaml"), REDACTED).unwrap();
    let pattern = place::root().join("policy-bundles/personal-data/patterns/email.yaml");
    std::fs::copy(pattern, folder.path().join("patterns/email.yaml")).unwrap();
    let (upstream, approver) = (Upstream::start(), Approver::start());
    let gateway =
        Gateway::build().upstream("/", &upstream.url()).arg("--bundle").arg(folder.path()).start();
    let envoy = Envoy::start(&gateway, |config| approver.serves(config));
    approver.says("pending");
    let call = |call: Call| call.token(&gateway.token("robot")).header("x-gatehouse-wait", "90");
    let address = envoy.address.clone();
    let bystander = call(Call::delete("/held"));
    let bystander = std::thread::spawn(move || bystander.send_to(&address));
    until("a call on hold", SOON, || (!approver.asked(Question::News).is_empty()).then_some(()));
    let mails = |bytes: usize| {
        let one = format!("{}, ", sample::email());
        one.repeat(bytes / one.len())
    };
    // It would go on as more than three times of that, which is over what Envoy keeps.
    let large =
        call(Call::post("/large")).header("content-type", "text/plain").body(mails(1 << 20));
    large.send_to(&envoy.address).expect_refusal(413, "body_too_large");
    let small =
        call(Call::post("/small")).header("content-type", "text/plain").body(mails(200_000));
    small.send_to(&envoy.address).expect(200);
    let sent = upstream.requests("/small")[0].text();
    assert!(sent.len() > 500_000 && !sent.contains(&sample::email()), "{}", sent.len());
    assert!(!upstream.saw("/large") && !upstream.saw("/held"));
    approver.says("approved");
    bystander.join().unwrap().expect(200);
}

const WITHHELD: &str = "
bundle: {name: payments, version: '1'}
rules:
  - {name: ask-before-paying, on: proposal, match: {mcp: {tool: pay}}, effect: hold}
";

/// An answer of that many bytes behind the call that it proposes.
fn answer(bytes: usize) -> Value {
    let pay = json!({ "type": "function_call", "id": "fc_1", "call_id": "call_1",
        "status": "completed", "name": "pay", "arguments": json!({ "to": "ada" }).to_string() });
    let text = json!({ "type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
        "content": [{ "type": "output_text", "text": "word ".repeat(bytes / 5), "annotations": [] }] });
    json!({ "id": "resp_1", "object": "response", "status": "completed", "model": "m",
        "output": [pay, text] })
}

/// In events of a size that models send, behind the call.
fn streamed(bytes: usize) -> Reply {
    const EACH: usize = 16 * 1024;
    let event =
        |data: Value| format!("event: {}\ndata: {data}\n\n", data["type"].as_str().unwrap());
    let whole = answer(0);
    let item = &whole["output"][0];
    let done = json!({ "type": "response.output_item.done", "output_index": 0, "item": item });
    let delta = json!({ "type": "response.output_text.delta", "item_id": "msg_1",
        "output_index": 1, "content_index": 0, "delta": "word ".repeat(EACH / 5) });
    let end = event(json!({ "type": "response.completed", "response": whole }));
    let text = event(delta).repeat(bytes / EACH);
    Reply::event_stream().chunk(event(done)).chunk(text).chunk(end).end(&[])
}

#[test]
fn a_large_answer_that_was_withheld_is_let_go() {
    let (upstream, approver) = (Upstream::start(), Approver::start());
    let gateway = Gateway::build().upstream("/", &upstream.url()).arg("--kind").arg("/=openai");
    let gateway = gateway.bundle(WITHHELD).start();
    let envoy = Envoy::start(&gateway, |config| approver.serves(config));
    upstream.script(|request| {
        let asked: Value = serde_json::from_slice(request.body()).ok()?;
        let bytes = asked["max_output_tokens"].as_u64()? as usize;
        Some(if asked["stream"] == true {
            streamed(bytes)
        } else {
            Reply::json(200, &answer(bytes))
        })
    });
    for bytes in [2 << 20, (39 << 20) / 10] {
        for stream in [false, true] {
            let call = Call::post("/v1/responses").token(&gateway.token("robot"));
            let call = call.header("x-gatehouse-wait", "60").json(&json!({ "model": "m",
                "input": "pay", "stream": stream, "max_output_tokens": bytes }));
            let text = call.send_to(&envoy.address).expect(200).text();
            let whole = text.len() > bytes && text.contains("call_1") && text.contains("word word");
            assert!(whole, "{bytes}, {stream}: {} {}", text.len(), &text[..text.len().min(300)]);
        }
    }
}
