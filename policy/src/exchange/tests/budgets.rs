//! Budgets of principals, through whole exchanges.

use super::lab::*;
use crate::call::Kind;
use crate::exchange::{Event, Exchange, Now, Step, Steps};
use crate::record::Record;

const BEGIN: &str = "bundle: {name: lab, version: 1.0.0, serial: 1}";

fn lab(budgets: &str) -> Lab {
    let mut lab = Lab::new();
    lab.engine.activate(changed(BEGIN, &format!("{BEGIN}\nbudgets:\n{budgets}")));
    lab
}

fn get(lab: &mut Lab, path: &str) -> (Exchange, Steps) {
    lab.begin(lab.head("GET", path, true))
}

fn passes(lab: &mut Lab, path: &str) -> bool {
    releases(&get(lab, path).1)
}

/// A response of so many bytes, whole.
fn answered(lab: &mut Lab, exchange: &mut Exchange, bytes: usize) {
    begin_answer(lab, exchange);
    let chunk = "x".repeat(bytes);
    let chunk = Event::ResponseBody { chunk: chunk.as_bytes(), end_of_stream: true };
    lab.on(exchange, chunk);
}

fn begin_answer(lab: &mut Lab, exchange: &mut Exchange) {
    let headers = vec![
        (":status".to_owned(), b"200".to_vec()),
        ("content-type".to_owned(), b"text/plain".to_vec()),
    ];
    lab.on(exchange, Event::ResponseHeaders { headers, end_of_stream: false });
}

fn ended(lab: &mut Lab, exchange: &mut Exchange) -> (Record, Vec<&'static str>) {
    let steps = lab.on(exchange, Event::Log(None));
    let count = |step: &Step| match step {
        Step::Count(name) => Some(*name),
        _ => None,
    };
    (record(&steps), steps.list.iter().filter_map(count).collect())
}

fn header(steps: &Steps, name: &str) -> Option<String> {
    let found = response(steps)?.headers.iter().find(|(own, _)| own == name);
    found.map(|(_, value)| value.clone())
}

#[test]
fn the_request_after_the_last_is_refused_until_the_window_ends() {
    let mut lab = lab("  - {name: calls, requests: 2, per: 1h}");
    assert!(passes(&mut lab, "/a") && passes(&mut lab, "/b"));
    let (mut exchange, steps) = get(&mut lab, "/c");
    assert!(!releases(&steps));
    let answer = response(&steps).unwrap();
    assert_eq!((answer.status, reason(&steps)), (429, "budget_exceeded"));
    // 2027-01-15T08:00:00Z: the hour has just begun.
    assert_eq!(header(&steps, "retry-after").as_deref(), Some("3600"));
    assert!(
        answer.body.contains("budget calls is used up for the next 3600 seconds"),
        "{answer:?}"
    );
    let (record, counted) = ended(&mut lab, &mut exchange);
    assert_eq!(
        serde_json::to_value(&record.verdict.budgets).unwrap(),
        serde_json::json!([{"budget": "calls", "mode": "enforce", "used": "requests"}])
    );
    assert_eq!(counted, ["gatehouse_effects.enforce.deny", "gatehouse_budgets.enforce.exceeded"]);

    let later = Now { unix_ms: NOW.unix_ms + 3_599_999 };
    let again = |lab: &mut Lab, now: Now| {
        let head = lab.head("GET", "/d", true);
        let steps = Exchange::new().on(&mut lab.engine, Event::RequestHeaders(head), now);
        releases(&steps)
    };
    assert!(!again(&mut lab, later));
    assert!(again(&mut lab, Now { unix_ms: NOW.unix_ms + 3_600_000 }));
}

/// Whoever comes back after a shorter wait meets the other budget.
#[test]
fn of_several_used_up_budgets_the_longest_wait_is_told() {
    let (hour, day) =
        ("  - {name: hourly, requests: 1, per: 1h}", "  - {name: daily, requests: 1, per: 1d}");
    let shadow = "  - {name: monthly, requests: 1, per: 30d, mode: shadow}";
    for budgets in [[hour, day, shadow], [day, hour, shadow], [shadow, day, hour]] {
        let mut lab = lab(&budgets.join("\n"));
        assert!(passes(&mut lab, "/a"));
        let (mut exchange, steps) = get(&mut lab, "/b");
        // 08:00 in UTC: the day has 16 hours left.
        assert_eq!(header(&steps, "retry-after").as_deref(), Some("57600"), "{budgets:?}");
        let told = "budget daily is used up for the next 57600 seconds";
        assert!(response(&steps).unwrap().body.contains(told), "{budgets:?}");
        assert_eq!(ended(&mut lab, &mut exchange).0.verdict.budgets.len(), 3);
    }
}

#[test]
fn what_is_denied_unreadable_or_held_is_charged_as_well() {
    for (method, path, body) in [
        ("POST", "/query", "DROP DATABASE shop"),
        ("POST", "/query", "\0"),
        ("DELETE", "/customers/7", "{}"),
    ] {
        let mut lab = lab("  - {name: calls, requests: 1, per: 1h}");
        let (mut exchange, _) = lab.begin(lab.head(method, path, false));
        let steps = lab.body(&mut exchange, body);
        assert!(!releases(&steps));
        assert_ne!(response(&steps).map(|answer| answer.status), Some(429));
        assert!(!passes(&mut lab, "/a"), "{body:?}");
    }
}

#[test]
fn who_proves_to_be_nobody_is_not_charged() {
    let mut lab = lab("  - {name: calls, requests: 1, per: 1h}");
    let mut head = lab.head("GET", "/a", true);
    head.headers.clear();
    assert_eq!(reason(&lab.begin(head).1), "unauthenticated");
    assert!(passes(&mut lab, "/a") && !passes(&mut lab, "/a"));
}

/// Over a budget no person is asked and no rule: the body is not even scanned.
#[test]
fn over_it_nothing_is_asked_for() {
    let mut lab = lab("  - {name: calls, requests: 1, per: 1h}");
    assert!(passes(&mut lab, "/a"));
    let (_, steps) = lab.begin(lab.head("DELETE", "/customers/7", true));
    assert_eq!(reason(&steps), "budget_exceeded");
    assert!(!steps.list.iter().any(|step| matches!(step, Step::Call(_))));
    let (mut exchange, _) = lab.begin(lab.head("POST", "/mask", false));
    let steps = lab.body(&mut exchange, "to ada@example.com");
    assert_eq!(reason(&steps), "budget_exceeded");
    let written = record(&steps);
    assert!(written.verdict.rules.is_empty() && written.request.body.text.is_empty());
    assert!(written.not_inspected[0].contains("over a budget"), "{written:?}");
}

#[test]
fn a_tool_call_gets_a_result_that_the_model_reads() {
    let mut lab = lab("  - {name: calls, requests: 1, per: 1h}");
    assert!(passes(&mut lab, "/a"));
    let mut head = lab.head("POST", "/mcp", false);
    head.route.kind = Kind::Mcp;
    head.headers.push(("content-type".into(), b"application/json".to_vec()));
    let (mut exchange, _) = lab.begin(head);
    let call = r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"x"}}"#;
    lab.engine.limits.request_body = 1024;
    let steps = lab.body(&mut exchange, call);
    let answer = response(&steps).unwrap();
    let told: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(
        (answer.status, &told["id"], &told["result"]["isError"]),
        (200, &7.into(), &true.into())
    );
    let text = told["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("next 3600 seconds. Do not retry before then."), "{text}");
    assert_eq!(told["result"]["_meta"]["gatehouse/decision"], "budget_exceeded");
}

#[test]
fn in_shadow_it_is_recorded_and_lets_all_pass() {
    let mut lab = lab("  - {name: calls, requests: 1, per: 1h, mode: shadow}");
    assert!(passes(&mut lab, "/a"));
    let (mut exchange, steps) = get(&mut lab, "/b");
    assert!(releases(&steps));
    let (record, counted) = ended(&mut lab, &mut exchange);
    let one = &record.verdict.budgets[0];
    assert_eq!((one.budget.as_str(), one.mode), ("calls", crate::rule::Mode::Shadow));
    assert_eq!(
        counted,
        [
            "gatehouse_effects.enforce.allow",
            "gatehouse_effects.shadow.deny",
            "gatehouse_budgets.shadow.exceeded"
        ]
    );
}

#[test]
fn bodies_of_both_sides_count_and_a_response_under_way_is_not_cut() {
    let mut lab = lab("  - {name: bulk, bytes: 100, per: 1h}");
    let (mut exchange, _) = lab.begin(lab.head("POST", "/a", false));
    assert!(releases(&lab.body(&mut exchange, &"y".repeat(40))));
    answered(&mut lab, &mut exchange, 59);
    // 99 are spent.
    let (mut second, steps) = get(&mut lab, "/a");
    assert!(releases(&steps));
    answered(&mut lab, &mut second, 200);
    let steps = lab.on(&mut second, Event::Log(None));
    assert_eq!(record(&steps).end, crate::record::End::Complete);
    let (_, steps) = get(&mut lab, "/a");
    assert_eq!(reason(&steps), "budget_exceeded");
    assert_eq!(record(&steps).verdict.budgets[0].used, crate::budget::Used::Bytes);
}

#[test]
fn a_body_that_does_not_fit_is_refused_and_costs_nothing() {
    let mut lab = lab("  - {name: bulk, bytes: 50, per: 1h}");
    let post = |lab: &mut Lab, bytes: usize| {
        let (mut exchange, _) = lab.begin(lab.head("POST", "/a", false));
        releases(&lab.body(&mut exchange, &"y".repeat(bytes)))
    };
    assert!(!post(&mut lab, 51));
    assert!(post(&mut lab, 50));
    assert!(!post(&mut lab, 1));
}

/// What an upstream sent of a response that then broke off.
#[test]
fn the_rest_is_charged_when_the_exchange_ends() {
    let mut lab = lab("  - {name: bulk, bytes: 50, per: 1h}");
    let (mut exchange, _) = get(&mut lab, "/a");
    begin_answer(&mut lab, &mut exchange);
    let chunk = "x".repeat(60);
    let chunk = Event::ResponseBody { chunk: chunk.as_bytes(), end_of_stream: false };
    lab.on(&mut exchange, chunk);
    assert!(passes(&mut lab, "/a"), "not before");
    lab.on(&mut exchange, Event::Log(None));
    assert!(!passes(&mut lab, "/a"));
}

/// A stream that never ends is charged on its way.
#[test]
fn a_long_response_is_charged_as_it_flows() {
    let mut lab = lab("  - {name: bulk, bytes: 60KiB, per: 1h}");
    let (mut exchange, _) = get(&mut lab, "/a");
    begin_answer(&mut lab, &mut exchange);
    let chunk = "x".repeat(16 * 1024);
    for _ in 0..4 {
        assert!(passes(&mut lab, "/a"));
        let chunk = Event::ResponseBody { chunk: chunk.as_bytes(), end_of_stream: false };
        lab.on(&mut exchange, chunk);
    }
    assert!(!passes(&mut lab, "/a"));
}

/// The gateway's own answer in the place of a response is none of the caller's.
#[test]
fn the_gateways_own_answers_cost_nothing() {
    let mut lab = lab("  - {name: bulk, bytes: 10, per: 1h}");
    let (mut exchange, _) = get(&mut lab, "/a");
    let headers = vec![(":status".to_owned(), b"401".to_vec())];
    lab.on(&mut exchange, Event::ResponseHeaders { headers, end_of_stream: false });
    let chunk = "x".repeat(100);
    let chunk = Event::ResponseBody { chunk: chunk.as_bytes(), end_of_stream: true };
    lab.on(&mut exchange, chunk);
    lab.on(&mut exchange, Event::Log(None));
    assert!(passes(&mut lab, "/a"));
}

#[test]
fn only_calls_that_match_draw_on_it() {
    for (matches, method, path, kind, draws) in [
        ("{http: {path: /a/**}}", "GET", "/a/b", Kind::Http, true),
        ("{http: {path: /a/**}}", "GET", "/A", Kind::Http, true),
        ("{http: {path: /a/**}}", "GET", "/b", Kind::Http, false),
        ("{http: {method: post}}", "GET", "/a", Kind::Http, false),
        ("{http: {method: get}}", "GET", "/a", Kind::Http, true),
        ("{http: {host: gateway.*}}", "GET", "/a", Kind::Http, true),
        ("{http: {host: other.*}}", "GET", "/a", Kind::Http, false),
        ("{principal: {subject: ada}}", "GET", "/a", Kind::Http, true),
        ("{principal: {subject: bob}}", "GET", "/a", Kind::Http, false),
        ("{principal: {group: bots}}", "GET", "/a", Kind::Http, false),
        ("{kind: mcp}", "GET", "/a", Kind::Http, false),
        ("{kind: http}", "GET", "/a", Kind::Http, true),
        ("{kind: mcp}", "GET", "/a", Kind::Mcp, true),
        ("{kind: http}", "GET", "/a", Kind::Auto, true),
        ("{kind: openai}", "GET", "/a", Kind::Auto, false),
    ] {
        let mut lab = lab(&format!("  - {{name: a, requests: 1, per: 1h, match: {matches}}}"));
        let once = |lab: &mut Lab| {
            let mut head = lab.head(method, path, true);
            head.route.kind = kind;
            lab.begin(head).1
        };
        once(&mut lab);
        let steps = once(&mut lab);
        let refused = response(&steps).is_some() && reason(&steps) == "budget_exceeded";
        assert_eq!(refused, draws, "{matches} {method} {path} {kind:?}");
    }
}

/// On a route that does not say its kind, who sends what cannot be read may not get by a budget.
#[test]
fn what_cannot_be_read_may_be_of_any_kind() {
    let mut lab = lab("  - {name: a, requests: 1, per: 1h, match: {kind: mcp}}");
    let post = |lab: &mut Lab, body: &str| {
        let (mut exchange, _) = lab.begin(lab.head("POST", "/a", false));
        reason(&lab.body(&mut exchange, body)).to_owned()
    };
    assert_eq!(post(&mut lab, "\0"), "body_unreadable");
    assert_eq!(post(&mut lab, "\0"), "budget_exceeded");
}

/// Who is refused by one budget does not use up another.
#[test]
fn a_refused_call_costs_nothing_of_other_budgets() {
    let budgets = "  - {name: day, requests: 3, per: 1d}\n  - {name: a, requests: 1, per: 1h, match: {http: {path: /a}}}";
    let mut lab = lab(budgets);
    assert!(passes(&mut lab, "/a"));
    for _ in 0..5 {
        assert!(!passes(&mut lab, "/a"));
    }
    assert!(passes(&mut lab, "/b") && passes(&mut lab, "/b") && !passes(&mut lab, "/b"));
}

#[test]
fn a_release_goes_on_with_what_was_spent() {
    let mut lab = lab("  - {name: calls, requests: 2, per: 1h}");
    assert!(passes(&mut lab, "/a") && passes(&mut lab, "/a"));
    let more = format!("{BEGIN}\nbudgets:\n  - {{name: calls, requests: 3, per: 1h}}");
    lab.engine.activate(changed(BEGIN, &more));
    assert!(passes(&mut lab, "/a") && !passes(&mut lab, "/a"));
}

#[test]
fn a_budget_of_a_section_is_meant_for_its_routes() {
    let mut lab = Lab::new();
    let head = "bundle: {name: lab, version: 1.0.0, serial: 1, sections: [pay, stock]}";
    let budget = "budgets:\n  - {name: a, sections: pay, requests: 1, per: 1h}";
    lab.engine.activate(changed(BEGIN, &format!("{head}\n{budget}")));
    let of = |lab: &mut Lab, section: &[u8]| {
        let mut head = lab.head("GET", "/a", true);
        head.route.name.sections = crate::sections::RouteSections::new(Some(section));
        releases(&lab.begin(head).1)
    };
    assert!(of(&mut lab, b"pay") && !of(&mut lab, b"pay"));
    assert!(of(&mut lab, b"stock") && of(&mut lab, b"stock") && !of(&mut lab, b"stock,pay"));
}
