//! Approvals that stand for calls like the one they were given for.

use std::collections::BTreeMap;

use macro_rules_attribute::apply;
use policy::grant::Expected;
use policy::hold::{HoldRequest, HoldState, HoldStatus, RedeemRequest, Terms};
use policy::rule::{Approvers, HoldTerms, ScopeTerms};

use crate::api::{DecisionRequest, StandingStatus, StandingSummary};
use crate::approver::{Approver, Door};
use crate::error::Problem;
use crate::holds::{Redeemed, Verdict};
use crate::store::Choice;
use crate::testing::{self, DIGEST_KEY, Fixture, NOW, call, card, on_both, request};

pub fn terms(uses: u32, quorum: u32) -> Terms {
    let free = BTreeMap::from([("/params/arguments/id".to_owned(), vec!["1*".to_owned()])]);
    let scope = Some(ScopeTerms { uses, lasts_seconds: 3600, free });
    HoldTerms { approvers: Approvers::any(&["ops"]), quorum, scope, ..HoldTerms::default() }.into()
}

/// A call to delete the customer of this id.
pub fn delete(exchange: &str, id: &str) -> HoldRequest {
    let mut held = HoldRequest { terms: terms(3, 1), ..request(exchange) };
    held.call.body = call().body.replace("10000000000000000001", id);
    held
}

pub async fn say(
    fixture: &Fixture,
    id: &str,
    who: &str,
    standing: bool,
) -> Result<Verdict, Problem> {
    let said = DecisionRequest { standing, ..testing::said(Choice::Approve, "fine") };
    let who = Approver { person: testing::person(who, Some(&["ops"])), door: Door::Key };
    fixture.holds.decide(id, &said, &who, "127.0.0.1").await
}

async fn ask(fixture: &Fixture, held: HoldRequest) -> HoldState {
    fixture.asks.request(held).await.unwrap()
}

/// A standing grant for two more calls, made with the approval of a first one.
async fn granted() -> Fixture {
    let fixture = Fixture::new().await;
    let first = ask(&fixture, delete("e1", "11")).await;
    assert_eq!(first.status, HoldStatus::Pending);
    assert!(say(&fixture, &first.hold, "ann", true).await.is_ok());
    fixture
}

pub async fn grants(fixture: &Fixture) -> Vec<StandingSummary> {
    let now = crate::clock::Clock::now(fixture.clock.as_ref());
    let grants = fixture.holds.standing_grants().await.unwrap();
    grants.iter().map(|one| StandingSummary::new(one, String::new(), now)).collect()
}

async fn redeemed(fixture: &Fixture, id: &str, exchange: &str) -> Redeemed {
    let redeem = RedeemRequest { exchange: exchange.into(), nonce: "0123456789abcdef".into() };
    fixture.asks.redeem(id, &redeem).await.unwrap()
}

#[apply(on_both)]
async fn calls_like_it_pass_until_the_uses_are_spent() {
    let fixture = granted().await;
    for (exchange, id, left) in [("e2", "12", 1), ("e3", "13", 0)] {
        let held = delete(exchange, id);
        let state = ask(&fixture, held.clone()).await;
        assert_eq!((state.status, state.approver.as_deref()), (HoldStatus::Approved, Some("ann")));
        let Redeemed::Once(pair) = redeemed(&fixture, &state.hold, exchange).await else {
            panic!("not redeemed")
        };
        let key = |held: &HoldRequest| {
            let scope = held.terms.scope.as_ref().unwrap();
            policy::digest::standing_key(&held.call, scope, DIGEST_KEY)
        };
        let own = key(&held);
        let expected = |standing_key| Expected {
            owners: &[],
            hold: &state.hold,
            digest: "",
            exchange,
            nonce: "0123456789abcdef",
            rules: &held.rules,
            standing_key,
            terms: &held.terms,
            now: NOW,
        };
        let digest = policy::digest::grant_digest(&held.call, DIGEST_KEY);
        let expected = |standing_key| Expected { digest: &digest, ..expected(standing_key) };
        let check = |key| fixture.keys.check(&pair.grant, &pair.receipt, &expected(key));
        let grant = check(own.as_deref()).unwrap();
        assert_eq!((grant.approvals[0].approver.as_str(), grant.standing.is_some()), ("ann", true));
        assert!(check(None).is_err() && check(Some("other")).is_err());
        // Asked again, it takes no second use.
        assert_eq!(ask(&fixture, held.clone()).await.hold, state.hold);
        let all = grants(&fixture).await;
        assert_eq!((all.len(), all[0].uses_left, all[0].uses), (1, left, 3));
    }
    assert_eq!(grants(&fixture).await[0].status, StandingStatus::Spent);
    assert_eq!(ask(&fixture, delete("e4", "14")).await.status, HoldStatus::Pending);
}

#[apply(on_both)]
async fn any_other_call_is_asked_for() {
    let fixture = granted().await;
    type Change = fn(&mut HoldRequest);
    let others: &[(&str, Change)] = &[
        ("a value that is not within", |held| held.call.body = held.call.body.replace("12", "21")),
        ("another tool", |held| held.call.body = held.call.body.replace("delete_", "export_")),
        ("another principal", |held| held.call.principal.subject.push('x')),
        ("another agent", |held| held.call.principal.agent = Some("other-agent".into())),
        ("another header", |held| held.call.headers.push(("x-tenant".into(), "b".into()))),
        ("more rules", |held| held.rules.push("no-large-ones".into())),
        ("another bundle", |held| held.revision.push('1')),
        ("a finding", |held| {
            held.call.body = held.call.body.replace("12", &format!("\"1 {}\"", card()));
        }),
        ("a rule that lets nothing stand", |held| held.terms.scope = None),
    ];
    for (what, change) in others {
        let mut held = delete("e2", "12");
        change(&mut held);
        assert_eq!(ask(&fixture, held).await.status, HoldStatus::Pending, "{what}");
    }
    assert_eq!(grants(&fixture).await[0].uses_left, 2);
    assert_eq!(ask(&fixture, delete("e3", "13")).await.status, HoldStatus::Approved);
}

#[apply(on_both)]
async fn it_ends_with_its_time() {
    let fixture = granted().await;
    fixture.clock.advance(3599);
    let last = ask(&fixture, delete("e2", "12")).await;
    assert_eq!((last.status, last.expires_at), (HoldStatus::Approved, NOW + 3600));
    fixture.clock.advance(1);
    assert!(matches!(redeemed(&fixture, &last.hold, "e2").await, Redeemed::Not(_)));
    assert_eq!(ask(&fixture, delete("e3", "13")).await.status, HoldStatus::Pending);
    assert_eq!(grants(&fixture).await[0].status, StandingStatus::Expired);
}

#[apply(on_both)]
async fn revoked_it_lets_nothing_pass_any_more() {
    let fixture = granted().await;
    let passing = ask(&fixture, delete("e2", "12")).await;
    let id = grants(&fixture).await[0].id.clone();
    let bob = Approver { person: testing::person("bob", Some(&[])), door: Door::Key };
    for _ in 0..2 {
        fixture.holds.revoke(&id, &bob, "127.0.0.1").await.unwrap();
    }
    let Redeemed::Not(state) = redeemed(&fixture, &passing.hold, "e2").await else {
        panic!("redeemed")
    };
    assert_eq!(state.status, HoldStatus::Cancelled);
    let all = grants(&fixture).await;
    assert_eq!(
        (all[0].status, all[0].hold.status),
        (StandingStatus::Revoked, HoldStatus::Cancelled)
    );
    assert_eq!(all[0].revoked_by.as_deref(), Some("bob"));
    assert_eq!(ask(&fixture, delete("e3", "13")).await.status, HoldStatus::Pending);
    assert!(fixture.holds.revoke("s_none", &bob, "127.0.0.1").await.is_err());
    let trail = fixture.holds.store.trail(&all[0].hold.id).await.unwrap();
    let last = trail.last().unwrap();
    assert_eq!((last.action.as_str(), last.actor.as_str()), ("revoked", "bob"));
}

#[apply(on_both)]
async fn of_several_approvers_each_has_to_let_it_stand() {
    for (second, made) in [(true, 1), (false, 0)] {
        let fixture = Fixture::new().await;
        let two = |exchange, id| HoldRequest { terms: terms(3, 2), ..delete(exchange, id) };
        let first = ask(&fixture, two("e1", "11")).await;
        assert!(say(&fixture, &first.hold, "ann", true).await.is_ok());
        assert_eq!(grants(&fixture).await.len(), 0);
        assert!(say(&fixture, &first.hold, "bob", second).await.is_ok());
        assert_eq!(grants(&fixture).await.len(), made);
        let next = ask(&fixture, two("e2", "12")).await;
        let status = if second { HoldStatus::Approved } else { HoldStatus::Pending };
        assert_eq!(next.status, status);
        let hold = fixture.holds.found(&next.hold).await.unwrap();
        assert_eq!(hold.approvals.len(), 2 * made);
    }
}

#[apply(on_both)]
async fn a_call_that_is_not_within_may_be_approved_once_only() {
    let fixture = Fixture::new().await;
    let mut plain = delete("e1", "11");
    plain.terms.scope = None;
    let long = "x".repeat(200_000);
    let mut cut = delete("e3", "11");
    cut.call.body =
        cut.call.body.replace("\"arguments\":{", &format!("\"arguments\":{{\"x\":\"{long}\","));
    for held in [plain, delete("e2", "21"), cut] {
        let id = ask(&fixture, held).await.hold;
        let refused = say(&fixture, &id, "ann", true).await.err().unwrap();
        assert!(refused.detail().contains("approve it once"), "{}", refused.detail());
        assert_eq!(fixture.holds.found(&id).await.unwrap().status, HoldStatus::Pending);
        assert!(say(&fixture, &id, "ann", false).await.is_ok());
    }
    assert_eq!(grants(&fixture).await.len(), 0);
}

/// Also one that is spelled otherwise, and after the hold that was denied expired.
#[apply(on_both)]
async fn once_a_call_like_it_is_denied_each_is_asked_for() {
    let fixture = granted().await;
    let mut denied = delete("e2", "12");
    denied.terms.scope = None;
    let plain = ask(&fixture, denied).await;
    assert!(fixture.decide(&plain.hold, Choice::Deny).await.is_ok());
    // That one was of a rule that lets nothing stand: it says nothing of calls like it.
    assert_eq!(ask(&fixture, delete("e3", "13")).await.status, HoldStatus::Approved);

    let fixture = Fixture::new().await;
    let never = ask(&fixture, delete("e1", "12")).await;
    let other = ask(&fixture, delete("e2", "11")).await;
    assert!(fixture.decide(&never.hold, Choice::Deny).await.is_ok());
    let refused = say(&fixture, &other.hold, "ann", true).await.err().unwrap();
    assert!(refused.detail().contains("was denied"), "{}", refused.detail());
    let trail = fixture.holds.store.trail(&other.hold).await.unwrap();
    assert_eq!(trail.last().unwrap().action, "approve_refused");
    assert!(say(&fixture, &other.hold, "ann", false).await.is_ok());

    let fixture = Fixture::new().await;
    let never = ask(&fixture, delete("e1", "12")).await;
    let other = ask(&fixture, delete("e2", "11")).await;
    assert!(say(&fixture, &other.hold, "ann", true).await.is_ok());
    assert!(fixture.decide(&never.hold, Choice::Deny).await.is_ok());
    for (exchange, id) in [("e3", "12.0"), ("e4", "13")] {
        assert_eq!(ask(&fixture, delete(exchange, id)).await.status, HoldStatus::Pending, "{id}");
    }
    fixture.clock.advance(601);
    assert_eq!(ask(&fixture, delete("e5", "12")).await.status, HoldStatus::Pending);
}

/// However long the denied one had waited before.
#[apply(on_both)]
async fn a_denial_counts_from_when_it_was_said() {
    const DAY: u64 = 24 * 3600;
    let long = |exchange, id| {
        let mut held = delete(exchange, id);
        held.terms.expiry_seconds = 7 * 24 * 3600;
        held.terms.scope.as_mut().unwrap().lasts_seconds = 7 * 24 * 3600;
        held
    };
    let fixture = Fixture::new().await;
    let never = ask(&fixture, long("e1", "12")).await;
    fixture.clock.advance(5 * DAY);
    let other = ask(&fixture, long("e2", "11")).await;
    assert!(say(&fixture, &other.hold, "ann", true).await.is_ok());
    fixture.clock.advance(2 * DAY - 3600);
    assert!(fixture.decide(&never.hold, Choice::Deny).await.is_ok());
    fixture.clock.advance(3601);
    for (exchange, id) in [("e3", "13"), ("e4", "12")] {
        assert_eq!(ask(&fixture, long(exchange, id)).await.status, HoldStatus::Pending, "{id}");
    }
}

/// Of two holds that waited at once.
#[apply(on_both)]
async fn a_later_grant_takes_the_place_of_an_earlier_one() {
    let fixture = Fixture::new().await;
    let holds = [delete("e1", "11"), delete("e2", "12")];
    let [one, two] = holds.map(|held| fixture.asks.request(held));
    let (one, two) = (one.await.unwrap(), two.await.unwrap());
    for hold in [&one.hold, &two.hold] {
        assert!(say(&fixture, hold, "ann", true).await.is_ok());
    }
    let all = grants(&fixture).await;
    assert_eq!(all[0].status, StandingStatus::Active);
    assert_eq!(all[1].status, StandingStatus::Expired);
    for (exchange, id, status) in [
        ("e3", "13", HoldStatus::Approved),
        ("e4", "14", HoldStatus::Approved),
        ("e5", "15", HoldStatus::Pending),
    ] {
        assert_eq!(ask(&fixture, delete(exchange, id)).await.status, status, "{id}");
    }
}

/// Two tasks for one use: one of them is asked for.
#[apply(on_both)]
async fn a_use_is_taken_once() {
    let fixture = std::sync::Arc::new(granted().await);
    let tasks: Vec<_> = (0..12)
        .map(|n| {
            let fixture = fixture.clone();
            let held = delete(&format!("t{n}"), &format!("1{n:02}"));
            tokio::spawn(async move { ask(&fixture, held).await.status })
        })
        .collect();
    let mut approved = 0;
    for task in tasks {
        approved += usize::from(task.await.unwrap() == HoldStatus::Approved);
    }
    assert_eq!(approved, 2);
}
