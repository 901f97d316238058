//! Rules that want several approvals, and a service that makes do with fewer.

use super::lab::*;
use crate::bundle::Bundle;
use crate::grant::Grant;
use crate::hold::Approval;

/// What the filter makes of a grant that names these approvals.
fn told(bundle: Bundle, approvals: Option<Vec<Approval>>) -> String {
    let mut lab = Lab::new();
    lab.engine.activate(bundle);
    let (mut exchange, grant, receipt) = lab.approved();
    let approvals = approvals.unwrap_or_else(|| grant.approvals.clone());
    let pair = lab.pair("h_1", Grant { approvals, ..grant }, receipt);
    let steps = lab.answer(&mut exchange, 200, &pair);
    if releases(&steps) { "released".into() } else { reason(&steps).to_owned() }
}

#[test]
fn the_filter_counts_by_its_own_bundle() {
    let told = |approvals| {
        told(changed("approvers: [dba],", "approvers: {all: [dba, sre]}, quorum: 2,"), approvals)
    };
    let yes = approval;
    assert_eq!(told(Some(vec![yes("ada", &["dba"]), yes("grace", &["sre"])])), "released");
    let fewer = [
        // As the honest service of a rule that wants one.
        None,
        Some(vec![yes("ada", &["dba", "sre"])]),
        Some(vec![yes("ada", &["dba"]), yes("ada", &["sre"])]),
        Some(vec![yes("ada", &["dba", "sre"]), yes("grace", &["ops"])]),
        Some(vec![yes("ada", &["dba"]), yes("grace", &["dba"])]),
        Some(vec![yes("ada", &["sre", "ops"]), yes("grace", &["sre"])]),
    ];
    for (number, approvals) in fewer.into_iter().enumerate() {
        assert_eq!(told(approvals), "grant_invalid", "{number}");
    }
}

#[test]
fn the_filter_counts_for_each_rule() {
    let rule = |name: &str, hold: &str| {
        format!(
            "  - {{name: {name}, on: request, match: {{http: {{method: [DELETE]}}}}, effect: hold, hold: {hold}}}\n"
        )
    };
    let finance = rule("two-of-finance", "{approvers: [finance], quorum: 2}");
    let legal = rule("one-of-legal", "{approvers: [legal]}");
    let orders = [format!("{finance}{legal}"), format!("{legal}{finance}")];
    let yes = approval;
    for rules in orders {
        let told = |approvals| {
            let own = "  - name: ask-before-delete\n";
            let bundle = changed_both(
                (own, &format!("{rules}{own}")),
                ("approvers: [dba], expiry: 10m, wait: 60s", "expiry: 10m, wait: 60s"),
            );
            told(bundle, Some(approvals))
        };
        let (ada, bob) = (yes("ada", &["finance"]), yes("bob", &["legal"]));
        assert_eq!(told(vec![ada.clone(), bob.clone(), yes("cid", &["finance"])]), "released");
        assert_eq!(
            told(vec![yes("ada", &["finance", "legal"]), yes("cid", &["finance"])]),
            "released"
        );
        for fewer in [
            vec![ada.clone(), bob.clone()],
            vec![ada.clone(), bob.clone(), yes("cid", &["legal"])],
            vec![ada.clone(), bob.clone(), ada.clone()],
            vec![ada, yes("cid", &["finance"])],
            vec![yes("ada", &["finance", "legal"]), bob],
        ] {
            assert_eq!(told(fewer.clone()), "grant_invalid", "{fewer:?}");
        }
    }
}
