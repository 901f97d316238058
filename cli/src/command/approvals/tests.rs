use approval::api::{DecisionRequest, HoldDetail, HoldSummary};
use approval::progress::Progress;
use approval::store::{Audit, Choice};
use serde_json::json;

use super::shown::{approvals, detail, queue, told};
use super::{outcome, reason_asked};

fn progress(approved_by: &[&str], missing: &str) -> Progress {
    Progress {
        groups: vec![vec!["finance".into()]],
        quorum: 2,
        approved_by: approved_by.iter().map(|name| (*name).to_owned()).collect(),
        missing: missing.into(),
    }
}

#[test]
fn who_approved_and_who_is_missing() {
    let one = progress(&["ada"], "1 more of finance");
    let told = "1 of 2 people of finance (ada), missing: 1 more of finance";
    assert_eq!(approvals(&one, true), told);
    // What is decided or over waits for nobody.
    assert_eq!(approvals(&one, false), "1 of 2 people of finance (ada)");
    assert_eq!(
        approvals(&progress(&["ada", "bob"], ""), true),
        "2 of 2 people of finance (ada, bob)"
    );
    let none = progress(&[], "2 more of finance");
    assert_eq!(approvals(&none, true), "0 of 2 people of finance, missing: 2 more of finance");
}

#[test]
fn a_reason_that_is_missing_is_asked_for_by_its_option() {
    let hold = |status: &str, required: bool| -> HoldSummary {
        serde_json::from_value(json!({
            "id": "h_1", "status": status, "url": "", "action": "pay", "rules": [],
            "principal": {"issuer": "i", "subject": "s"}, "severity": "high", "description": "",
            "reason_required": required, "created_at": 0, "expires_at": 0,
        }))
        .unwrap()
    };
    let asked = reason_asked(&hold("pending", true), Choice::Approve).unwrap();
    assert!(asked.contains("`h_1`") && asked.contains("--reason TEXT"), "{asked}");
    for (status, required, said, expected) in [
        ("pending", true, Choice::Deny, true),
        ("pending", false, Choice::Deny, false),
        ("approved", true, Choice::Deny, true),
        ("approved", true, Choice::Approve, false),
        ("expired", true, Choice::Deny, false),
        ("redeemed", true, Choice::Deny, false),
    ] {
        let asked = reason_asked(&hold(status, required), said);
        assert_eq!(asked.is_some(), expected, "{status} {required} {said:?}");
    }
}

#[test]
fn a_decision_that_changed_nothing_is_told() {
    let hold = json!({
        "id": "h_1", "status": "redeemed", "url": "", "action": "pay", "rules": [], "description": "",
        "principal": {"issuer": "i", "subject": "s"}, "severity": "high", "reason_required": false,
        "created_at": 0, "expires_at": 0,
    });
    let hold: HoldSummary = serde_json::from_value(hold).unwrap();
    let told = |decision: Choice, reason: &str, changed: bool| {
        let said = DecisionRequest { decision, reason: reason.into(), standing: false };
        outcome(&hold, &said, Some(changed))
    };
    assert_eq!(told(Choice::Approve, "seen", true), "redeemed h_1: pay");
    let again = "redeemed h_1: pay; you approved it before, nothing changed";
    assert_eq!(told(Choice::Approve, " ", false), again);
    let dropped = format!("{again} and this reason is not kept");
    assert_eq!(told(Choice::Approve, "seen", false), dropped);
    assert!(told(Choice::Deny, "", false).ends_with("; you denied it before, nothing changed"));
}

#[test]
fn an_approval_that_others_have_to_join_is_told_to_count() {
    let hold = json!({
        "id": "h_1", "status": "pending", "url": "", "action": "pay", "rules": [], "description": "",
        "principal": {"issuer": "i", "subject": "s"}, "severity": "high", "reason_required": false,
        "created_at": 0, "expires_at": 0,
        "requirements": [progress(&["ada"], "1 more of finance"), progress(&["ada", "bob"], "")],
    });
    let hold: HoldSummary = serde_json::from_value(hold).unwrap();
    let said = |decision| DecisionRequest { decision, reason: String::new(), standing: false };
    let once = outcome(&hold, &said(Choice::Approve), Some(true));
    assert_eq!(once, "pending h_1: pay; your approval counts, missing: 1 more of finance");
}

#[test]
fn the_trail_reads_as_sentences() {
    let step = |action: &str, actor: &str, reason_text: &str| Audit {
        at: 100,
        actor: actor.into(),
        door: "key".into(),
        peer: String::new(),
        action: action.into(),
        reason_text: reason_text.into(),
    };
    for (step, expected) in [
        (step("deny", "ann", "in an audit"), "20s ago: denied by ann: in an audit"),
        (step("expired", "", ""), "20s ago: expired"),
        (step("cancelled", "x_1", ""), "20s ago: cancelled: the caller left, exchange x_1"),
    ] {
        assert_eq!(told(&step, 120), expected);
    }
}

#[test]
fn what_is_settled_expires_no_more() {
    let hold = |status: &str| -> HoldDetail {
        serde_json::from_value(json!({
            "id": "h_1", "status": status, "url": "u", "action": "pay", "rules": [], "revision": "",
            "principal": {"issuer": "i", "subject": "s"}, "severity": "high", "description": "",
            "reason_required": false, "created_at": 0, "expires_at": u64::MAX, "trail": [],
            "view": {"action": "pay", "kind": "http", "method": "POST", "authority": "a", "path": "/",
                "route": "r", "cluster": "c", "headers": [], "body": "", "body_size": 0, "findings": [],
                "sql": []},
        }))
        .unwrap()
    };
    for (status, open) in
        [("pending", true), ("approved", true), ("denied", false), ("redeemed", false)]
    {
        let shown = detail(&hold(status));
        assert_eq!(shown.contains("\nexpires "), open, "{shown}");
        assert_eq!(shown.contains("\ndecide "), open, "{shown}");
    }
}

#[test]
fn a_list_says_that_it_goes_on() {
    let list = |next: serde_json::Value| -> String {
        queue(&serde_json::from_value(json!({"holds": [], "next": next})).unwrap())
    };
    assert_eq!(list(json!(null)), "no call is on hold");
    assert!(list(json!("1-2")).ends_with("\nthere are more: add --all"));
}
