/*! Records have what the agent was told, whoever said it, and when. */

use std::sync::Arc;

use integration::shared::case;
use integration::wait::Gate;
use integration::{Call, Gateway, Reply, Upstream, sample};
use serde_json::json;

const BUNDLE: &str = "\
bundle: {name: leaks, version: '1', extends: [personal-data]}
rules:
  - name: no-ssn
    on: response
    match: {findings: us-ssn}
    effect: deny
";

#[test]
fn what_the_gateway_told_the_agent_is_in_the_record() {
    let case = case();
    let call = case.call("DELETE", "customers/5").header("x-gatehouse-wait", "0");
    let pending = call.send(case.gateway);
    let dropped = Call::tool(
        case.under("/tools", "mcp"),
        json!(7),
        "query_db",
        json!({"sql": "DROP DATABASE c"}),
    );
    let blocked = dropped.token(&case.token).send(case.gateway).expect(200);
    let unknown = case.get("anybody").token("x").send(case.gateway).expect(401);
    for told in [pending, blocked, unknown] {
        let record = case.gateway.record_of(&told.reference().unwrap()).record;
        let answer = &record["answer"];
        assert_eq!((&answer["by"], &answer["status"]), (&json!("gateway"), &json!(told.status)));
        assert_eq!(answer["body"], told.text(), "{record}");
        assert_eq!(record["response"]["status"], 0, "{record}");
    }
}

#[test]
fn what_took_the_place_of_an_answer_is_in_the_record_beside_it() {
    let upstream = Upstream::start();
    let gateway = Gateway::build().upstream("/", &upstream.url()).bundle(BUNDLE).start();
    upstream.reply("/leak", Reply::json(200, &json!({ "ssn": sample::ssn() })));
    let told = Call::get("/leak").token(&gateway.token("robot")).send(&gateway);
    assert!(!told.text().contains(&sample::ssn()));
    let record = gateway.record("/leak", |entry| entry.path() == "/leak").record;
    assert_eq!(record["answer"]["body"], told.text(), "{record}");
    assert_eq!(record["response"]["edits"], json!(["replaced"]), "{record}");
    assert_eq!(record["response"]["body"]["text"], r#"{"ssn":"[REDACTED:us-ssn]"}"#, "{record}");
}

#[test]
fn what_envoy_told_the_agent_is_not_taken_for_the_upstreams() {
    let case = case();
    case.reply("silent", Reply { steps: vec![integration::reply::Step::Close] });
    let told = case.get("silent").send(case.gateway).expect(503);
    let record = case.record("silent").record;
    let answer = json!({ "by": "envoy", "status": 503, "body": told.text() });
    assert_eq!(record["answer"], answer, "{record}");
    assert_eq!(record["response"]["body"]["text"], "", "{record}");
}

#[test]
fn a_picture_is_recorded_as_none_of_text() {
    let case = case();
    let picture = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01";
    case.reply("picture", Reply::new(200, &[("content-type", "image/png")], picture));
    let got = case.get("picture").send(case.gateway).expect(200);
    assert_eq!(got.message.body, picture);
    let record = case.record("picture").record;
    let body = &record["response"]["body"];
    assert_eq!((&body["text"], &body["size"]), (&json!(""), &json!(picture.len())));
    let why = json!(["response body: it is not text, not recorded"]);
    assert_eq!(record["not_inspected"], why);
}

#[test]
fn phases_are_told_in_order() {
    let case = case();
    let (head, end) = (Arc::new(Gate::default()), Arc::new(Gate::default()));
    let mut reply = Reply { steps: vec![integration::reply::Step::Wait(Arc::clone(&head))] };
    let begun = Reply::event_stream().chunk("data: begun\n\n").wait(&end).end(&[]);
    reply.steps.extend(begun.steps);
    case.reply("slow", reply);
    let answer = case.post("slow").json(&json!({"a": 1})).start(case.gateway);
    for gate in [head, end] {
        gate.wait_until_reached();
        // The clock has to be seen to move on while the upstream says nothing.
        let reached = std::time::Instant::now();
        while reached.elapsed().as_millis() < 20 {
            std::thread::yield_now();
        }
        gate.open();
    }
    answer.join().unwrap().expect(200);
    let record = case.record("slow").record;
    let time =
        |name: &str| record["timings"][name].as_u64().unwrap_or_else(|| panic!("{name}: {record}"));
    let names = ["body_ms", "judged_ms", "released_ms", "answered_ms", "answer_end_ms", "total_ms"];
    let times = names.map(time);
    assert!(times.is_sorted(), "{times:?}");
    // Each is cut to whole milliseconds, and the gate is reached a little before its time is taken.
    assert!(times[3] >= times[2] + 15 && times[4] >= times[3] + 15, "{times:?}");
}
