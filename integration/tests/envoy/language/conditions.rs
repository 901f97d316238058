//! Conditions: regular expressions, and the clock.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;

use super::*;

const HOUR: i64 = 3600;

/// Windows around this moment, before it and after it.
pub fn rules() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
    let at = |from_now: i64| {
        format!("timestamp('1970-01-01T00:00:00Z') + duration('{}s')", now + from_now)
    };
    let window = |from: i64, to: i64| {
        format!("context.time >= {} && context.time < {}", at(from * HOUR), at(to * HOUR))
    };
    let rule = |name: &str, when: &str| {
        format!(
            "  - name: {name}\n    on: request\n    match: {{http: {{path: /when/{name}}}}}\n    \
             effect: deny\n    when: >-\n      {when}\n"
        )
    };
    [
        ("invoice", "context.body.ref.matches('^INV-[0-9]{4}$')"),
        ("anywhere", "context.body.note.matches('(?i)top +secret')"),
        ("greek", r"context.body.name.matches('^\\p{Greek}+$')"),
        ("now", &window(-1, 24)),
        ("past", &window(-24, -1)),
        ("future", &window(24, 48)),
        ("east", "(context.time.getHours('+02:00') - context.time.getHours()) in [2, -22]"),
        ("west", "(context.time.getHours('+02:00') - context.time.getHours()) in [-2, 22]"),
    ]
    .iter()
    .fold("rules:\n".to_owned(), |all, (name, when)| all + &rule(name, when))
}

fn post(path: &str, body: serde_json::Value) -> Call {
    Call::post(format!("/when/{path}")).json(&body)
}

#[test]
fn a_regular_expression_decides() {
    stopped(post("invoice?1", json!({ "ref": "INV-0042" })), "invoice", "denied");
    passes(post("invoice?2", json!({ "ref": "INV-00423" })));
    passes(post("invoice?3", json!({ "ref": "see INV-0042" })));
    passes(post("invoice?4", json!({ "ref": "inv-0042" })));
    stopped(post("invoice?5", json!({ "ref": 42 })), "invoice", "fact_unavailable");
    stopped(post("invoice?6", json!({})), "invoice", "fact_unavailable");

    stopped(post("anywhere?1", json!({ "note": "it is Top  SECRET." })), "anywhere", "denied");
    passes(post("anywhere?2", json!({ "note": "it is topsecret" })));

    stopped(post("greek?1", json!({ "name": "Σωκράτης" })), "greek", "denied");
    passes(post("greek?2", json!({ "name": "Socrates" })));
}

#[test]
fn a_window_of_time_decides_by_the_clock_of_the_gateway() {
    stopped(Call::get("/when/now"), "now", "denied");
    passes(Call::get("/when/past"));
    passes(Call::get("/when/future"));
    stopped(Call::get("/when/east"), "east", "denied");
    passes(Call::get("/when/west"));
}
