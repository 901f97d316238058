//! Grants that rest on the approval of an earlier call.

use super::lab::*;
use crate::bundle::Bundle;
use crate::digest::standing_key;
use crate::grant::StandingUse;
use crate::hold::HoldStatus;

/// What the filter makes of a standing grant, made for a call as the one on hold with this changed.
fn told(bundle: Bundle, change: impl Fn(&mut crate::call::Call)) -> (String, Option<String>) {
    let mut lab = Lab::new();
    lab.engine.activate(bundle);
    let (mut exchange, request) = lab.held();
    let steps = lab.answer(&mut exchange, 200, &state(HoldStatus::Approved));
    let redeem = serde_json::from_slice(&call(&steps).body).unwrap();
    let (mut grant, receipt) = lab.honest(&request, &redeem);
    let mut approved = request.call.clone();
    change(&mut approved);
    let mut scope = request.terms.scope.clone();
    let everything = || crate::rule::ScopeTerms { uses: 9, lasts_seconds: 9, free: [].into() };
    let scope = scope.get_or_insert_with(|| everything().into());
    let key = standing_key(&approved, scope, &lab.engine.digest_key).unwrap();
    grant.standing = Some(StandingUse { id: "s_1".into(), key });
    let pair = lab.pair("h_1", grant, receipt);
    let steps = lab.answer(&mut exchange, 200, &pair);
    let told = if releases(&steps) { "released".into() } else { reason(&steps).to_owned() };
    let record = record(&lab.on(&mut exchange, crate::exchange::Event::Log(None)));
    (told, record.hold.and_then(|hold| hold.standing))
}

fn standing() -> Bundle {
    changed("wait: 60s}", "wait: 60s, scope: {uses: 5, lasts: 1h}}")
}

#[test]
fn it_releases_calls_like_the_approved_one_and_is_recorded() {
    assert_eq!(told(standing(), |_| ()), ("released".into(), Some("s_1".into())));
}

#[test]
fn it_releases_no_other_call() {
    type Change = fn(&mut crate::call::Call);
    let others: [Change; 5] = [
        |call| call.path.push('1'),
        |call| call.principal.subject.push('x'),
        |call| call.route.push('x'),
        |call| call.headers.push(("x-tenant".into(), "b".into())),
        |call| call.body.push(' '),
    ];
    for (number, change) in others.into_iter().enumerate() {
        assert_eq!(told(standing(), change), ("grant_invalid".into(), None), "{number}");
    }
}

/// A service that lets approvals stand where no rule does.
#[test]
fn it_needs_a_rule_that_lets_approvals_stand() {
    let once = changed("wait: 60s}", "wait: 60s}");
    assert_eq!(told(once, |_| ()).0, "grant_invalid");
    let second = "  - {name: other, on: request, match: {http: {method: DELETE}}, effect: hold}\n";
    let own = "  - name: ask-before-delete\n";
    let (scope, both) = (("wait: 60s}", "wait: 60s, scope: {uses: 5, lasts: 1h}}"), second);
    let both = changed_both(scope, (own, &format!("{both}{own}")));
    assert_eq!(told(both, |_| ()).0, "grant_invalid");
}
