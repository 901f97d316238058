use serde_json::{Value, json};

use super::lab::*;
use crate::call::Kind;
use crate::exchange::{Event, Exchange, Flow, Now, Step, Steps};
use crate::hold::{HoldRequest, HoldStatus, RedeemRequest};
use crate::record::End;
use crate::rule::Effect;

const RULE: &str = r"
  - name: ask-before-refund
    description: pays money back
    on: proposal
    match: {mcp: {tool: [refund]}}
    effect: hold
    hold: {approvers: [dba], wait: 60s}
patterns:";

fn lab() -> Lab {
    let mut lab = Lab::new();
    lab.engine.activate(changed("\npatterns:", RULE));
    lab.engine.limits.response_body = 4096;
    lab
}

/// A model is asked, and its answer begins.
fn asked(lab: &mut Lab, content_type: &str) -> Exchange {
    asked_with(lab, "200", content_type)
}

fn asked_with(lab: &mut Lab, status: &str, content_type: &str) -> Exchange {
    let mut head = lab.head("POST", "/v1/responses", false);
    head.route.kind = Kind::Openai;
    let (mut exchange, _) = lab.begin(head);
    assert!(releases(&lab.body(&mut exchange, r#"{"model":"m","input":"x"}"#)));
    let headers = vec![
        (":status".to_owned(), status.into()),
        ("content-type".to_owned(), content_type.into()),
    ];
    let steps = lab.on(&mut exchange, Event::ResponseHeaders { headers, end_of_stream: false });
    assert_eq!(steps.flow, Flow::Continue);
    exchange
}

fn refund(amount: u32) -> Value {
    let arguments = json!({"amount": amount}).to_string();
    json!({"type": "function_call", "name": "refund", "arguments": arguments})
}

fn whole(calls: &[Value]) -> String {
    json!({"object": "response", "output": calls}).to_string()
}

fn ends(lab: &mut Lab, exchange: &mut Exchange, text: &str) -> Steps {
    let end = Event::ResponseBody { chunk: text.as_bytes(), end_of_stream: true };
    lab.on(exchange, end)
}

/// An answer that proposes these refunds, all of it.
fn proposed(lab: &mut Lab, amounts: &[u32]) -> (Exchange, String, Steps) {
    let mut exchange = asked(lab, "application/json");
    let calls: Vec<Value> = amounts.iter().map(|amount| refund(*amount)).collect();
    let text = whole(&calls);
    let steps = ends(lab, &mut exchange, &text);
    (exchange, text, steps)
}

fn request(steps: &Steps) -> HoldRequest {
    assert_eq!(call(steps).path, "/v1/holds");
    serde_json::from_slice(&call(steps).body).unwrap()
}

fn pair(lab: &Lab, request: &HoldRequest, steps: &Steps, hold: &str) -> String {
    assert_eq!(call(steps).path, format!("/v1/holds/{hold}/redeem"));
    let redeem: RedeemRequest = serde_json::from_slice(&call(steps).body).unwrap();
    let (grant, receipt) = lab.honest(request, &redeem);
    lab.pair(hold, grant, receipt)
}

fn goes_on(steps: &Steps) -> bool {
    steps.list.contains(&Step::ResumeResponse)
}

#[test]
fn an_answer_that_waits_goes_to_nobody_whom_the_kill_switch_stops() {
    let mut lab = lab();
    let (mut exchange, _, steps) = proposed(&mut lab, &[7, 8]);
    request(&steps);
    super::kills::kill_ada(&mut lab);
    let steps = lab.on(&mut exchange, Event::Killed);
    assert!(goes_on(&steps), "{steps:?}");
    let told = chunk(&steps).unwrap();
    assert!(
        told.contains("An operator has stopped this caller") && !told.contains("refund"),
        "{told}"
    );
    assert_eq!(lab.engine.telling.take()[0].0, "/v1/leave");
    let steps = lab.answer(&mut exchange, 200, &state(HoldStatus::Approved));
    assert_eq!(steps.list, []);
    let record = record(&lab.on(&mut exchange, Event::Log(None)));
    assert_eq!(record.verdict.kill.as_deref(), Some("k_1"));
    assert_eq!(record.end, End::Refused);
}

#[test]
fn an_answer_waits_for_the_approval_of_the_call_in_it() {
    let mut lab = lab();
    assert!(asked(&mut lab, "").is_timed(), "how long it may wait has to be known");
    let (mut exchange, text, steps) = proposed(&mut lab, &[7]);
    assert_eq!((chunk(&steps), steps.flow), (Some(String::new()), Flow::Pause));
    let asked = request(&steps);
    assert_eq!(asked.rules, ["ask-before-refund"]);
    assert!(asked.call.proposed && asked.call.path == "/v1/responses");
    let message: Value = serde_json::from_str(&asked.call.body).unwrap();
    assert_eq!(message["params"], json!({"name": "refund", "arguments": {"amount": 7}}));

    let steps = lab.answer(&mut exchange, 200, &state(HoldStatus::Pending));
    assert!(call(&steps).path.starts_with("/v1/holds/h_1/wait?ms="));
    let steps = lab.answer(&mut exchange, 200, &state(HoldStatus::Approved));
    let pair = pair(&lab, &asked, &steps, "h_1");
    let steps = lab.answer(&mut exchange, 200, &pair);
    assert_eq!(steps.list, [Step::ReplaceResponseChunk(text.into()), Step::ResumeResponse]);
    assert_eq!(lab.answer(&mut exchange, 200, &pair).list, [], "a second answer means nothing");
    let record = record(&lab.on(&mut exchange, Event::Log(None)));
    assert_eq!(record.end, End::Complete);
    assert_eq!(record.response.holds[0].approvals, [approval("grace", &["dba"])]);
    let call = &record.response.calls[0];
    assert_eq!((call.tool.as_str(), call.effect), ("refund", Effect::Hold));
    assert_eq!(
        (record.response.calls.len(), &call.rules),
        (1, &vec!["ask-before-refund".to_owned()])
    );
    assert_eq!(record.hold, None);
    assert!(lab.engine.telling.take().is_empty());
}

/// Of several calls none is approved alone.
#[test]
fn all_calls_of_an_answer_are_asked_for_and_then_redeemed() {
    let mut lab = lab();
    let (mut exchange, text, steps) = proposed(&mut lab, &[1, 2]);
    let first = request(&steps);
    let pending = |hold: &str| state(HoldStatus::Pending).replace("h_1", hold);
    let approved = |hold: &str| state(HoldStatus::Approved).replace("h_1", hold);
    let steps = lab.answer(&mut exchange, 200, &approved("h_1"));
    let second = request(&steps);
    assert_ne!(first.call.body, second.call.body);
    let steps = lab.answer(&mut exchange, 200, &pending("h_2"));
    assert!(call(&steps).path.starts_with("/v1/holds/h_2/wait?ms="));
    let steps = lab.answer(&mut exchange, 200, &approved("h_2"));
    let pair_1 = pair(&lab, &first, &steps, "h_1");
    let steps = lab.answer(&mut exchange, 200, &pair_1);
    let pair_2 = pair(&lab, &second, &steps, "h_2");
    let steps = lab.answer(&mut exchange, 200, &pair_2);
    assert_eq!(chunk(&steps), Some(text));
    assert!(goes_on(&steps));
    let record = record(&lab.on(&mut exchange, Event::Log(None)));
    let holds: Vec<&str> = record.response.holds.iter().map(|one| one.hold.as_str()).collect();
    assert_eq!(holds, ["h_1", "h_2"]);
}

#[test]
fn one_denial_stops_all_and_nothing_is_redeemed() {
    let mut lab = lab();
    let (mut exchange, _, _) = proposed(&mut lab, &[1, 2]);
    lab.answer(&mut exchange, 200, &state(HoldStatus::Approved));
    let denied = state(HoldStatus::Denied).replace("h_1", "h_2");
    let steps = lab.answer(&mut exchange, 200, &denied);
    let told = chunk(&steps).unwrap();
    assert!(goes_on(&steps) && told.contains("hold_denied"), "{told}");
    assert!(!told.contains("function_call"), "{told}");
    assert_eq!(lab.engine.telling.take().len(), 1, "the service hears that nobody waits any more");
    let record = record(&lab.on(&mut exchange, Event::Log(None)));
    assert_eq!(record.end, End::Refused);
    assert_eq!(record.verdict.reason.map(|reason| reason.code()), Some("hold_denied"));
}

#[test]
fn what_was_streamed_before_is_not_taken_back() {
    let mut lab = lab();
    let event = |value: &Value| format!("data: {value}\n\n");
    let before = event(&json!({"type": "response.output_text.delta", "delta": "Well."}));
    let item = json!({"type": "response.output_item.done", "output_index": 0, "item": refund(3)});
    let done = json!({"type": "response.completed", "response": {"output": [refund(3)]}});
    for allow in [true, false] {
        let mut exchange = asked(&mut lab, "text/event-stream");
        let mut flows = |text: &str| {
            let chunk = Event::ResponseBody { chunk: text.as_bytes(), end_of_stream: false };
            lab.on(&mut exchange, chunk)
        };
        assert_eq!(chunk(&flows(&before)), None);
        let steps = flows(&event(&item));
        assert_eq!((chunk(&steps), steps.flow), (Some(String::new()), Flow::Continue));
        let steps = ends(&mut lab, &mut exchange, &event(&done));
        assert_eq!((chunk(&steps), steps.flow), (Some(String::new()), Flow::Pause));
        let asked = request(&steps);
        if allow {
            let steps = lab.answer(&mut exchange, 200, &state(HoldStatus::Approved));
            let pair = pair(&lab, &asked, &steps, "h_1");
            let steps = lab.answer(&mut exchange, 200, &pair);
            assert_eq!(chunk(&steps), Some(event(&item) + &event(&done)));
        } else {
            let steps = lab.answer(&mut exchange, 200, &state(HoldStatus::Denied));
            let told = chunk(&steps).unwrap();
            assert!(told.starts_with("event: error\ndata: {") && goes_on(&steps), "{told}");
        }
    }
}

#[test]
fn nobody_decides_in_time() {
    let mut lab = lab();
    let (mut exchange, _, _) = proposed(&mut lab, &[7]);
    lab.answer(&mut exchange, 200, &state(HoldStatus::Pending));
    let later = Now { unix_ms: NOW.unix_ms + 60_000 };
    let pending = state(HoldStatus::Pending);
    let steps = lab.answer_on(&mut exchange, 200, &pending, route(), later);
    let told = chunk(&steps).unwrap();
    assert!(told.contains("pending") && told.contains("/holds/h_1"), "{told}");
    assert!(goes_on(&steps));
    assert!(lab.engine.telling.take().is_empty(), "the hold waits for the repeat");
}

#[test]
fn who_leaves_does_not_wait() {
    let mut lab = lab();
    let (mut exchange, ..) = proposed(&mut lab, &[7]);
    lab.answer(&mut exchange, 200, &state(HoldStatus::Pending));
    let record = record(&lab.on(&mut exchange, Event::Log(None)));
    assert_eq!((record.end, record.response.holds.len()), (End::Aborted, 1));
    assert_eq!(lab.engine.telling.take().len(), 1);
    for _ in 0..2 {
        let (_, _, steps) = proposed(&mut lab, &[7]);
        request(&steps);
    }
    let (_, _, steps) = proposed(&mut lab, &[7]);
    let last = steps.list.iter().rev().find_map(|step| match step {
        Step::ReplaceResponseChunk(bytes) => Some(String::from_utf8_lossy(bytes)),
        _ => None,
    });
    assert!(last.unwrap().contains("hold_limit"));
}

#[test]
fn nothing_else_lets_an_answer_go() {
    let told = |spoil: &dyn Fn(&mut Lab, &HoldRequest, &Steps) -> (u32, String)| {
        let mut lab = lab();
        let (mut exchange, text, steps) = proposed(&mut lab, &[7]);
        let asked = request(&steps);
        let steps = lab.answer(&mut exchange, 200, &state(HoldStatus::Approved));
        let (status, body) = spoil(&mut lab, &asked, &steps);
        let steps = lab.answer(&mut exchange, status, &body);
        let told = chunk(&steps).unwrap();
        assert!(goes_on(&steps) && told != text && !told.contains("amount"), "{told}");
        told
    };
    let no_pair = told(&|_, _, _| (200, state(HoldStatus::Approved)));
    assert!(no_pair.contains("approval_unavailable"), "{no_pair}");
    let used = told(&|_, _, _| (409, state(HoldStatus::Redeemed)));
    assert!(used.contains("hold_used"), "{used}");
    let changed = told(&|lab, asked, steps| {
        let pair = pair(lab, asked, steps, "h_1");
        lab.engine.activate(changed("serial: 1}", "serial: 2}"));
        (200, pair)
    });
    assert!(changed.contains("grant_invalid"), "{changed}");
    // The same call asked for by an agent is another.
    let by_agent = told(&|lab, asked, steps| {
        let mut asked = asked.clone();
        asked.call.proposed = false;
        (200, pair(lab, &asked, steps, "h_1"))
    });
    assert!(by_agent.contains("grant_invalid"), "{by_agent}");
}

#[test]
fn without_the_service_the_answer_is_refused() {
    let mut lab = lab();
    let (mut exchange, ..) = proposed(&mut lab, &[7]);
    let steps = lab.answer(&mut exchange, 404, "");
    assert!(chunk(&steps).unwrap().contains("approval_unavailable"));
    assert_eq!(steps.flow, Flow::Continue);
}

/// What the upstream calls its answer does not decide whether it is read.
#[test]
fn only_failures_and_files_pass_unread() {
    let mut lab = lab();
    let text = whole(&[refund(7)]);
    for (status, media, body, passes) in [
        ("200", "application/json", text.as_str(), false),
        ("200", "application/octet-stream", &text, false),
        ("200", "audio/mpeg", &format!("data: {text}\n\n"), false),
        ("200", "text/html", "<html>", false),
        ("502", "text/html", "<html>no</html>", true),
        ("400", "application/json", &text, true),
    ] {
        let mut exchange = asked_with(&mut lab, status, media);
        let steps = ends(&mut lab, &mut exchange, body);
        assert_eq!(chunk(&steps).is_none_or(|out| out == body), passes, "{status} {media}");
        lab.on(&mut exchange, Event::Log(None));
    }
}

/// An approval is for one call.
#[test]
fn one_call_twice_is_refused() {
    let mut lab = lab();
    let (_, _, steps) = proposed(&mut lab, &[7, 7]);
    let told = chunk(&steps).unwrap();
    assert!(told.contains("one call twice"), "{told}");
    let many: Vec<u32> = (0..17).collect();
    let (_, _, steps) = proposed(&mut lab, &many);
    assert!(chunk(&steps).unwrap().contains("more calls at once"), "{steps:?}");
}

/// At the trailers nothing can be put in the place of what is held back.
#[test]
fn a_stream_that_ends_in_trailers_is_cut() {
    let mut lab = lab();
    let mut exchange = asked(&mut lab, "text/event-stream");
    let item = json!({"type": "response.output_item.done", "item": refund(3)});
    let text = format!("data: {item}\n\n");
    lab.on(&mut exchange, Event::ResponseBody { chunk: text.as_bytes(), end_of_stream: false });
    let steps = lab.on(&mut exchange, Event::ResponseTrailers { trailers: Vec::new() });
    assert_eq!(steps.list, [Step::ResetResponse]);
}

/// What is called `models` in the path gives out no ids, and is judged all the same.
#[test]
fn proposals_are_judged_wherever_they_come_from() {
    let mut lab = lab();
    let mut head = lab.head("POST", "/models", false);
    head.route.kind = Kind::Openai;
    lab.engine.activate(changed("\npatterns:", &RULE.replace("\npatterns:", "\n  - {name: open, on: request, match: {http: {path: [/models]}}, effect: allow}\npatterns:")));
    let (mut exchange, _) = lab.begin(head);
    assert!(releases(&lab.body(&mut exchange, r#"{"model":"m","input":"x"}"#)));
    let headers = vec![
        (":status".to_owned(), b"200".to_vec()),
        ("content-type".to_owned(), b"application/json".to_vec()),
    ];
    lab.on(&mut exchange, Event::ResponseHeaders { headers, end_of_stream: false });
    let steps = ends(&mut lab, &mut exchange, &whole(&[refund(1)]));
    request(&steps);
}

/// What is withheld is written back as a whole.
#[test]
fn a_redacted_answer_that_waits_is_no_longer_than_one_may_be() {
    let mut lab = lab();
    let mut answered = |mails: usize| {
        let mut exchange = asked(&mut lab, "application/json");
        let note = "a@b.com ".repeat(mails);
        let text = json!({"object": "response", "output": [refund(7)], "note": note}).to_string();
        assert!(text.len() < 4096);
        ends(&mut lab, &mut exchange, &text)
    };
    assert_eq!(request(&answered(100)).rules, ["ask-before-refund"]);
    let steps = answered(300);
    assert!(chunk(&steps).unwrap().contains("response_too_large"), "{steps:?}");
    assert!(!steps.list.iter().any(|step| matches!(step, Step::Call(_))));
}

/// Not only the calls in it: the answer itself is kept.
#[test]
fn a_withheld_answer_counts_as_bytes_on_hold() {
    let mut lab = lab();
    lab.engine.limits.held_bytes_per_principal = 6_000;
    let mut answered = || {
        let mut exchange = asked(&mut lab, "application/json");
        let note = "word ".repeat(600);
        let text = json!({"object": "response", "output": [refund(7)], "note": note}).to_string();
        let steps = ends(&mut lab, &mut exchange, &text);
        (exchange, steps)
    };
    let (mut first, steps) = answered();
    assert_eq!(request(&steps).rules, ["ask-before-refund"]);
    let (mut second, steps) = answered();
    assert!(chunk(&steps).unwrap().contains("hold_limit"), "{steps:?}");
    lab.on(&mut second, Event::Log(None));
    lab.on(&mut first, Event::Log(None));
    let mut exchange = asked(&mut lab, "application/json");
    assert_eq!(request(&ends(&mut lab, &mut exchange, &whole(&[refund(7)]))).rules.len(), 1);
}
