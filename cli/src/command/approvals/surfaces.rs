//! Hostile texts on a terminal: in every text of an answer, as if the service had let all of it through.

use approval::api::{HoldDetail, HoldList, StandingList};
use serde_json::{Value, json};

use super::shown::{detail, queue};
use super::{channels, standing};
use crate::print;

/// The texts of the approval service's own tests.
const TEXTS: &str = include_str!("../../../../approval/src/testing/hostile.json");

fn texts() -> Vec<(String, String)> {
    let all: Vec<Value> = serde_json::from_str(TEXTS).unwrap();
    let text = |one: &Value| {
        let times = one["times"].as_u64().unwrap_or(1);
        let literal = one["json"].as_str().unwrap().repeat(usize::try_from(times).unwrap());
        // Half a surrogate pair is in no string.
        let text = serde_json::from_str(&format!("\"{literal}\"")).ok()?;
        Some((one["name"].as_str().unwrap().to_owned(), text))
    };
    all.iter().filter_map(text).collect()
}

fn hold(text: &str) -> Value {
    let requirement =
        json!({"groups": [[text]], "quorum": 2, "approved_by": [text], "missing": text});
    json!({
        "id": text, "status": "pending", "url": text, "action": text, "rules": [text],
        "principal": {"issuer": text, "subject": text, "groups": [text], "agent": text},
        "description": text, "severity": "high", "reason_required": true,
        "requirements": [requirement], "standing": text, "approved_by": [text], "lapsed": [text],
        "scope": {"uses": 2, "lasts_seconds": 60, "free": {text: [[text]]}},
        "created_at": 0, "expires_at": 0,
        "decision": {"decision": "approve", "approver": text, "reason_text": text, "decided_at": 0},
        "revision": text, "waiting": 1,
        "view": {
            "action": text, "kind": text, "method": text, "authority": text, "path": text,
            "route": text, "cluster": text, "rpc": text, "tool": text, "arguments": text,
            "sql": [{"at": text, "text": text}], "headers": [[text, text]], "body": text,
            "body_size": 1, "findings": [[text, 1]],
        },
        "trail": [{"at": 0, "actor": text, "door": text, "peer": text, "action": text,
            "reason_text": text}],
    })
}

/// Lines of characters that have a place and a glyph, in the order in which they stand.
fn assert_harmless(shown: &str, name: &str) {
    let moves = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{ad}' | '\u{61c}' | '\u{180e}'
                | '\u{e0000}'..='\u{e0fff}')
    };
    assert_eq!(shown.chars().find(|c| moves(*c)), None, "{name}");
}

/// How many lines there are of what has one line of its own.
fn lines(shown: &str, label: &str) -> usize {
    shown.lines().filter(|line| line.starts_with(label)).count()
}

#[test]
fn nothing_moves_on_a_terminal() {
    let texts = texts();
    assert!(texts.len() > 35);
    for (name, text) in texts {
        let hold = hold(&text);
        let summary = |one: &Value| json!({"holds": [one, one]});
        let list: HoldList = serde_json::from_value(summary(&hold)).unwrap();
        let shown = queue(&list);
        assert_harmless(&shown, &name);
        assert_eq!(shown.lines().count(), 3, "{name}: {shown}");
        let one: HoldDetail = serde_json::from_value(hold.clone()).unwrap();
        let shown = detail(&one);
        assert_harmless(&shown, &name);
        for label in ["hold ", "status ", "who ", "decide ", "trail "] {
            assert_eq!(lines(&shown, label), 1, "{name}: {label} in {shown}");
        }
        let grant = json!({
            "id": text, "status": "active", "hold": hold, "free": {&text: [[text]]}, "uses": 2,
            "uses_left": 1, "created_at": 0, "expires_at": 0, "revoked_by": text,
        });
        let grants: StandingList =
            serde_json::from_value(json!({"standing_grants": [grant]})).unwrap();
        let shown = standing::table_of(&grants, 0);
        assert_harmless(&shown, &name);
        assert_eq!(shown.lines().count(), 2, "{name}: {shown}");
        let event = json!({"id": text, "kind": "held", "at": 0, "by": text, "reason_text": text, "hold": {
            "id": text, "action": text, "issuer": text, "subject": text, "agent": text,
            "rules": [text], "description": text, "severity": "high", "created_at": 0,
            "expires_at": 0,
        }});
        let delivery = json!({"id": text, "channel": text, "state": "dead", "event": event,
            "tries": 1, "created_at": 0, "error": text});
        let deliveries = serde_json::from_value(json!({"deliveries": [delivery]})).unwrap();
        let channel = json!({"name": text, "kind": text, "to": [text], "severity": "low",
            "per_minute": 1, "waiting": 0, "dead": 0, "error": text});
        let listed = serde_json::from_value(json!({"channels": [channel]})).unwrap();
        for shown in [channels::given_up(&deliveries, 0), channels::table_of(&listed, 0)] {
            assert_harmless(&shown, &name);
            assert_eq!(shown.lines().count(), 2, "{name}: {shown}");
        }
        // JSON is ASCII, and is read back as what it was.
        let printed = print::json(&one).unwrap();
        assert!(printed.is_ascii() && !printed.bytes().any(|b| b != b'\n' && b < 32), "{name}");
        let read: Value = serde_json::from_str(&printed).unwrap();
        assert_eq!(read["action"], text.as_str(), "{name}");
    }
}
