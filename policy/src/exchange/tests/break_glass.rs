//! One person lets a call pass at once, where the bundle says who may.

use super::lab::*;
use crate::bundle::Bundle;
use crate::grant::{Grant, StandingUse};
use crate::hold::Approval;
use crate::record::HoldRecord;

/// What the filter makes of a grant for broken glass that rests on these approvals.
fn told(bundle: Bundle, change: impl FnOnce(&mut Grant)) -> (String, Option<HoldRecord>) {
    let mut lab = Lab::new();
    lab.engine.activate(bundle);
    let (mut exchange, mut grant, receipt) = lab.approved();
    grant.break_glass = true;
    change(&mut grant);
    let pair = lab.pair("h_1", grant, receipt);
    let steps = lab.answer(&mut exchange, 200, &pair);
    let told = if releases(&steps) { "released".into() } else { reason(&steps).to_owned() };
    (told, record(&lab.on(&mut exchange, crate::exchange::Event::Log(None))).hold)
}

/// Two of dba have to approve, or one of oncall breaks the glass.
fn bundle() -> Bundle {
    changed("[dba],", "[dba], quorum: 2, break_glass: [oncall, chiefs],")
}

fn by(groups: &[&str]) -> Vec<Approval> {
    vec![approval("grace", groups)]
}

#[test]
fn one_of_the_group_is_enough_and_is_recorded() {
    for group in ["oncall", "chiefs"] {
        let (told, hold) = told(bundle(), |grant| grant.approvals = by(&["dba", group]));
        assert_eq!(told, "released");
        let hold = hold.unwrap();
        assert!(hold.break_glass);
        assert_eq!(hold.approvals, by(&["dba", group]));
    }
    // The same two people of dba who need no glass broken.
    let two = || vec![approval("ada", &["dba"]), approval("grace", &["dba"])];
    let (told, hold) = told(bundle(), |grant| {
        grant.break_glass = false;
        grant.approvals = two();
    });
    assert_eq!((told.as_str(), hold.unwrap().break_glass), ("released", false));
}

#[test]
fn nobody_else_breaks_it() {
    type Change = fn(&mut Grant);
    let others: [(&str, Change); 6] = [
        ("nobody", |grant| grant.approvals.clear()),
        ("another group", |grant| grant.approvals = by(&["dba"])),
        ("no group", |grant| grant.approvals = by(&[])),
        ("not said to be broken", |grant| {
            grant.approvals = by(&["oncall"]);
            grant.break_glass = false;
        }),
        ("a standing one", |grant| {
            grant.approvals = by(&["oncall"]);
            grant.standing = Some(StandingUse { id: "s".into(), key: "k".into() });
        }),
        ("another call", |grant| {
            grant.approvals = by(&["oncall"]);
            grant.digest = "blake2b-256:other".into();
        }),
    ];
    for (what, change) in others {
        let (told, hold) = told(bundle(), change);
        assert_eq!((told.as_str(), hold.unwrap().break_glass), ("grant_invalid", false), "{what}");
    }
}

/// What the service makes of it, the bundle has to say it.
#[test]
fn a_bundle_without_it_takes_no_such_grant() {
    for approvals in [by(&["oncall"]), by(&["dba"])] {
        let plain = changed("[dba],", "[dba],");
        assert_eq!(told(plain, |grant| grant.approvals = approvals).0, "grant_invalid");
    }
    // One of several rules that does not say it speaks for all.
    let own = "  - name: ask-before-delete\n";
    let rule = |hold: &str| {
        format!(
            "  - {{name: other, on: request, match: {{http: {{method: DELETE}}}}, effect: hold{hold}}}\n{own}"
        )
    };
    let with =
        |hold: &str| changed_both(("[dba],", "[dba], break_glass: [oncall],"), (own, &rule(hold)));
    let only = |groups: &[&str], bundle| told(bundle, |grant| grant.approvals = by(groups)).0;
    assert_eq!(only(&["oncall"], with("")), "grant_invalid");
    let both = || with(", hold: {break_glass: [chiefs]}");
    assert_eq!(only(&["oncall"], both()), "grant_invalid");
    assert_eq!(only(&["oncall", "chiefs"], both()), "released");
    let in_two = told(both(), |grant| {
        grant.approvals = vec![approval("ada", &["oncall"]), approval("grace", &["chiefs"])];
    });
    assert_eq!(in_two.0, "grant_invalid", "it is one person who answers for it");
}

#[test]
fn no_owner_of_the_caller_breaks_it() {
    let mut lab = Lab::new();
    lab.engine.activate(bundle());
    let (_, request) = lab.held();
    let keys = &lab.engine.grant_keys;
    let redeem = crate::hold::RedeemRequest { exchange: "x".into(), nonce: "n".into() };
    let (grant, receipt) = lab.honest(&request, &redeem);
    for (approver, owners, passes) in [
        ("Grace", &["grace"][..], false),
        (" grace ", &["grace"], false),
        ("grace", &["ada", "grace"], false),
        ("grace", &["ada"], true),
    ] {
        let approvals = vec![approval(approver, &["oncall"])];
        let grant = Grant { break_glass: true, approvals, ..grant.clone() };
        let pair: serde_json::Value =
            serde_json::from_str(&lab.pair("h_1", grant.clone(), receipt.clone())).unwrap();
        let owners: Vec<String> = owners.iter().map(|owner| (*owner).to_owned()).collect();
        let expected = crate::grant::Expected {
            hold: "h_1",
            digest: &grant.digest,
            exchange: "x",
            nonce: "n",
            rules: &request.rules,
            standing_key: None,
            terms: &request.terms,
            owners: &owners,
            now: NOW.seconds(),
        };
        let (one, other) = (pair["grant"].as_str().unwrap(), pair["receipt"].as_str().unwrap());
        assert_eq!(keys.check(one, other, &expected).is_ok(), passes, "{approver} {owners:?}");
    }
}
