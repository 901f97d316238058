//! What is withheld of an answer.

use integration::Reply;

use super::*;

const BUNDLE: &str = "\
bundle: {name: payments, version: '1'}
rules:
  - {name: ask-before-paying, on: proposal, match: {mcp: {tool: pay}}, effect: hold}
";

fn pay(whom: &str) -> Value {
    json!({ "type": "function_call", "id": format!("fc_{whom}"), "call_id": format!("call_{whom}"),
        "status": "completed", "name": "pay", "arguments": json!({ "to": whom }).to_string() })
}

fn whole() -> Value {
    json!({ "id": "resp_1", "object": "response", "status": "completed", "model": "m",
        "output": [pay("ada"), pay("ben")] })
}

fn streamed() -> Reply {
    let done = |index: usize| json!({ "type": "response.output_item.done", "output_index": index, "item": whole()["output"][index] });
    let end = json!({ "type": "response.completed", "response": whole() });
    let event =
        |data: Value| format!("event: {}\ndata: {data}\n\n", data["type"].as_str().unwrap());
    [done(0), done(1), end]
        .into_iter()
        .map(event)
        .fold(Reply::event_stream(), Reply::chunk)
        .end(&[])
}

#[test]
fn a_withheld_answer_outlives_the_service() {
    let (upstream, approver) = (Upstream::start(), Approver::start());
    let gateway = Gateway::build().upstream("/", &upstream.url()).arg("--kind").arg("/=openai");
    let gateway = gateway.bundle(BUNDLE).start();
    let envoy = Envoy::start(&gateway, |config| approver.serves(config));
    upstream.script(|request| {
        let asked: Value = serde_json::from_slice(request.body()).ok()?;
        Some(if asked["stream"] == true { streamed() } else { Reply::json(200, &whole()) })
    });
    let call = |stream: bool, wait: &str| {
        let call = Call::post("/v1/responses").token(&gateway.token("robot"));
        let call = call.header("x-gatehouse-wait", wait);
        call.json(&json!({ "model": "m", "input": "pay both", "stream": stream }))
    };
    for stream in [false, true] {
        for question in [Question::Hold, Question::News, Question::Redemption] {
            let before = approver.asked(question).len();
            approver.says(if question == Question::News { "pending" } else { "approved" });
            approver.breaks(question, 3);
            let answer = start(&call(stream, "60"), &envoy);
            until("tries after those that broke", SOON, || {
                (approver.asked(question).len() >= before + 4).then_some(())
            });
            approver.says("approved");
            let text = answer.join().unwrap().expect(200).text();
            assert!(text.contains("call_ada") && text.contains("call_ben"), "{question:?}: {text}");
            assert!(!text.contains("gatehouse"), "{text}");
        }
        // Both calls wait as long as one.
        approver.breaks(Question::Redemption, usize::MAX);
        let began = Instant::now();
        let text = call(stream, "2").send_to(&envoy.address).text();
        assert!(text.contains("redemption_unknown") && !text.contains("call_ada"), "{text}");
        assert!(began.elapsed() > Duration::from_millis(1_500), "it gave up early");
        approver.mends();
    }
}
