//! Holds that several people have to approve.

use std::sync::Arc;

use macro_rules_attribute::apply;
use policy::digest::grant_digest;
use policy::grant::{Expected, GrantError};
use policy::hold::{HoldRequest, HoldStatus, RedeemRequest, Terms};
use policy::rule::{Approvers, HoldTerms};

use crate::approver::{Approver, Door};
use crate::error::Problem;
use crate::holds::{Redeemed, Verdict};
use crate::store::{Choice, Hold};
use crate::testing::{self, DIGEST_KEY, Fixture, NOW, call, on_both, request};

fn wanting(quorum: u32, approvers: Approvers) -> HoldRequest {
    HoldRequest { terms: terms(quorum, approvers), ..request("e1") }
}

fn terms(quorum: u32, approvers: Approvers) -> Terms {
    HoldTerms { quorum, approvers, expiry_seconds: 600, ..HoldTerms::default() }.into()
}

fn person(name: &str, groups: &[&str]) -> Approver {
    Approver { person: testing::person(name, Some(groups)), door: Door::Key }
}

async fn say(
    fixture: &Fixture,
    id: &str,
    choice: Choice,
    who: &Approver,
) -> Result<Verdict, Problem> {
    fixture.holds.decide(id, &testing::said(choice, "because"), who, "127.0.0.1").await
}

fn stands(verdict: Result<Verdict, Problem>) -> Hold {
    match verdict {
        Ok(Verdict::Stands(hold)) => hold,
        Ok(Verdict::Again(_)) => panic!("again"),
        Ok(Verdict::TooLate(_)) => panic!("too late"),
        Err(problem) => panic!("{problem:?}"),
    }
}

async fn actions(fixture: &Fixture, id: &str) -> Vec<String> {
    let trail = fixture.holds.store.trail(id).await.unwrap();
    trail.into_iter().map(|audit| audit.action).collect()
}

#[apply(on_both)]
async fn as_many_people_as_the_rule_wants() {
    let fixture = Fixture::new().await;
    let id = fixture.asks.request(wanting(2, Approvers::default())).await.unwrap().hold;
    let (ada, grace) = (person("ada", &[]), person("grace", &[]));
    let hold = stands(say(&fixture, &id, Choice::Approve, &ada).await);
    assert_eq!((hold.status, hold.decision, hold.approvals.len()), (HoldStatus::Pending, None, 1));
    // The same person again is nobody more, and is told so.
    let again = say(&fixture, &id, Choice::Approve, &ada).await;
    assert!(matches!(again, Ok(Verdict::Again(hold)) if hold.approvals.len() == 1));
    let redeem = RedeemRequest { exchange: "e1".into(), nonce: "0123456789abcdef".into() };
    let early = fixture.asks.redeem(&id, &redeem).await.unwrap();
    assert!(matches!(early, Redeemed::Not(state) if state.status == HoldStatus::Pending));
    let hold = stands(say(&fixture, &id, Choice::Approve, &grace).await);
    assert_eq!((hold.status, hold.approvals.len()), (HoldStatus::Approved, 2));
    assert_eq!(hold.decision.unwrap().approver, "grace");
    // Decided is decided, and what came of it is not what somebody else says of it now.
    for who in [&ada, &grace] {
        let again = say(&fixture, &id, Choice::Approve, who).await;
        assert!(matches!(again, Ok(Verdict::Again(hold)) if hold.status == HoldStatus::Approved));
    }
    let other = say(&fixture, &id, Choice::Approve, &person("alan", &[])).await;
    assert!(matches!(other, Ok(Verdict::TooLate(hold)) if hold.approvals.len() == 2));
    assert!(matches!(fixture.asks.redeem(&id, &redeem).await.unwrap(), Redeemed::Once(_)));
    let late = say(&fixture, &id, Choice::Deny, &ada).await;
    assert!(matches!(late, Ok(Verdict::TooLate(_))));
    let expected = [
        "held",
        "approve",
        "approve_again",
        "approve",
        "approve_again",
        "approve_again",
        "approve_again",
        "redeemed",
        "deny_refused",
    ];
    assert_eq!(actions(&fixture, &id).await, expected);
}

#[apply(on_both)]
async fn one_denial_ends_it() {
    let fixture = Fixture::new().await;
    let id = fixture.asks.request(wanting(3, Approvers::default())).await.unwrap().hold;
    let (ada, grace) = (person("ada", &[]), person("grace", &[]));
    stands(say(&fixture, &id, Choice::Approve, &ada).await);
    // Also by somebody who approved before.
    let hold = stands(say(&fixture, &id, Choice::Deny, &ada).await);
    assert_eq!((hold.status, hold.approvals.len()), (HoldStatus::Denied, 0));
    let late = say(&fixture, &id, Choice::Approve, &grace).await;
    assert!(matches!(late, Ok(Verdict::TooLate(hold)) if hold.status == HoldStatus::Denied));
    let alike = say(&fixture, &id, Choice::Deny, &grace).await;
    assert!(matches!(alike, Ok(Verdict::TooLate(_))));
    let again = say(&fixture, &id, Choice::Deny, &ada).await;
    assert!(matches!(again, Ok(Verdict::Again(_))));
}

#[apply(on_both)]
async fn what_is_settled_asks_for_no_reason() {
    let fixture = Fixture::new().await;
    let mut held = wanting(1, Approvers::default());
    held.terms.reason_required = true;
    let id = fixture.asks.request(held).await.unwrap().hold;
    let ada = person("ada", &[]);
    let silent = testing::said(Choice::Deny, "");
    let asked = fixture.holds.decide(&id, &silent, &ada, "127.0.0.1").await;
    assert!(asked.is_err_and(|problem| problem.detail().contains("asks for a reason")));
    stands(say(&fixture, &id, Choice::Approve, &ada).await);
    // What can still be taken back is not settled.
    let asked = fixture.holds.decide(&id, &silent, &ada, "127.0.0.1").await;
    assert!(asked.is_err_and(|problem| problem.detail().contains("asks for a reason")));
    let redeem = RedeemRequest { exchange: "e1".into(), nonce: "0123456789abcdef".into() };
    assert!(matches!(fixture.asks.redeem(&id, &redeem).await.unwrap(), Redeemed::Once(_)));
    let late = fixture.holds.decide(&id, &silent, &ada, "127.0.0.1").await;
    assert!(matches!(late, Ok(Verdict::TooLate(_))));
}

#[apply(on_both)]
async fn each_set_of_groups_has_to_approve() {
    let fixture = Fixture::new().await;
    let wanted = serde_json::from_str(r#"{"any": ["dba", "sre"], "all": ["finance"]}"#).unwrap();
    let id = fixture.asks.request(wanting(1, wanted)).await.unwrap().hold;
    let other = say(&fixture, &id, Choice::Deny, &person("eve", &["sales"])).await;
    assert_eq!(other.err().unwrap().status(), axum::http::StatusCode::FORBIDDEN);
    let hold = stands(say(&fixture, &id, Choice::Approve, &person("ada", &["dba", "sales"])).await);
    assert_eq!(hold.status, HoldStatus::Pending);
    let hold = stands(say(&fixture, &id, Choice::Approve, &person("bob", &["sre"])).await);
    assert_eq!(hold.status, HoldStatus::Pending);
    let hold = stands(say(&fixture, &id, Choice::Approve, &person("cid", &["finance"])).await);
    assert_eq!(hold.status, HoldStatus::Approved);
    let groups: Vec<_> = hold.approvals.iter().flat_map(|one| &one.groups).collect();
    assert_eq!(groups, ["dba", "sre", "finance"]);
}

#[apply(on_both)]
async fn many_at_once_are_counted_once_each() {
    let fixture = Arc::new(Fixture::new().await);
    let id = fixture.asks.request(wanting(4, Approvers::default())).await.unwrap().hold;
    let tasks: Vec<_> = (0..12)
        .map(|n| {
            let (fixture, id) = (fixture.clone(), id.clone());
            let who = person(&format!("p{}", n % 3), &[]);
            tokio::spawn(async move { say(&fixture, &id, Choice::Approve, &who).await.unwrap() })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    // Three people, whoever came first.
    let hold = fixture.holds.found(&id).await.unwrap();
    assert_eq!((hold.status, hold.approvals.len()), (HoldStatus::Pending, 3));
    let hold = stands(say(&fixture, &id, Choice::Approve, &person("p3", &[])).await);
    assert_eq!(hold.status, HoldStatus::Approved);
}

#[apply(on_both)]
async fn a_quorum_has_an_end() {
    let fixture = Fixture::new().await;
    for quorum in [0, 17] {
        let refused = fixture.asks.request(wanting(quorum, Approvers::default())).await;
        assert!(refused.is_err(), "{quorum}");
        let two = terms(2, Approvers::any(&["dba"])).and(terms(quorum, Approvers::default()));
        let refused = fixture.asks.request(HoldRequest { terms: two, ..request("e1") }).await;
        assert!(refused.is_err(), "{quorum}");
    }
    let nobody = Terms { requirements: Vec::new(), ..Terms::default() };
    assert!(fixture.asks.request(HoldRequest { terms: nobody, ..request("e1") }).await.is_err());
}

fn two_of_finance_one_of_legal() -> Terms {
    terms(2, Approvers::any(&["finance"])).and(terms(1, Approvers::any(&["legal"])))
}

/// A hold under these terms after these people have approved, in their order.
async fn approved(fixture: &Fixture, terms: &Terms, people: &[(&str, &[&str])]) -> Hold {
    let request = HoldRequest { terms: terms.clone(), ..request("e1") };
    let id = fixture.asks.request(request).await.unwrap().hold;
    for (name, groups) in people {
        stands(say(fixture, &id, Choice::Approve, &person(name, groups)).await);
    }
    let hold = fixture.holds.found(&id).await.unwrap();
    assert_eq!(hold.terms, *terms, "as it was kept");
    hold
}

#[apply(on_both)]
async fn each_rule_gets_the_people_it_asks_for() {
    let terms = two_of_finance_one_of_legal();
    let (f, l, fl): (&[&str], &[&str], &[&str]) = (&["finance"], &["legal"], &["finance", "legal"]);
    let pending: &[&[(&str, &[&str])]] = &[
        &[("ada", f), ("bob", l)],
        &[("ada", f), ("bob", l), ("cid", l)],
        &[("ada", f), ("cid", f)],
        &[("ada", fl), ("bob", l)],
        &[("ada", fl)],
    ];
    for people in pending {
        let hold = approved(&Fixture::new().await, &terms, people).await;
        assert_eq!(hold.status, HoldStatus::Pending, "{people:?}");
    }
    let enough: &[&[(&str, &[&str])]] = &[
        &[("ada", f), ("bob", l), ("cid", f)],
        &[("ada", fl), ("bob", f)],
        &[("ada", fl), ("bob", fl)],
    ];
    for people in enough {
        let hold = approved(&Fixture::new().await, &terms, people).await;
        assert_eq!(hold.status, HoldStatus::Approved, "{people:?}");
    }
}

#[apply(on_both)]
async fn a_rule_for_everybody_lets_people_of_no_group_decide() {
    let fixture = Fixture::new().await;
    let terms = terms(2, Approvers::default()).and(terms(1, Approvers::any(&["legal"])));
    let people: &[(&str, &[&str])] = &[("eve", &["sales"]), ("ada", &[])];
    let hold = approved(&fixture, &terms, people).await;
    assert_eq!(hold.status, HoldStatus::Pending);
    let hold = stands(say(&fixture, &hold.id, Choice::Approve, &person("bob", &["legal"])).await);
    assert_eq!(hold.status, HoldStatus::Approved);
}

#[apply(on_both)]
async fn the_grant_is_counted_again_for_each_rule() {
    let fixture = Fixture::new().await;
    let (wanted, rules) = (two_of_finance_one_of_legal(), request("e1").rules);
    // The service was told of less than the filter's bundle asks for.
    for (told, people, checked) in [
        (&wanted, &["ada", "cid", "bob"][..], true),
        (&terms(2, Approvers::any(&["finance", "legal"])), &["ada", "bob"][..], false),
    ] {
        let fixture = if checked { &fixture } else { &Fixture::new().await };
        let group = |name: &str| if name == "bob" { "legal" } else { "finance" };
        let groups: Vec<_> = people.iter().map(|name| [group(name)]).collect();
        let people: Vec<(&str, &[&str])> =
            people.iter().zip(&groups).map(|(name, groups)| (*name, &groups[..])).collect();
        let hold = approved(fixture, told, &people).await;
        assert_eq!(hold.status, HoldStatus::Approved);
        let redeem = RedeemRequest { exchange: "e1".into(), nonce: "0123456789abcdef".into() };
        let redeemed = fixture.asks.redeem(&hold.id, &redeem).await.unwrap();
        let Redeemed::Once(pair) = redeemed else { panic!("not redeemed") };
        let expected = |terms| Expected {
            owners: &[],
            hold: &hold.id,
            digest: &hold.grant_digest,
            exchange: "e1",
            nonce: "0123456789abcdef",
            rules: &rules,
            standing_key: None,
            terms,
            now: NOW,
        };
        assert_eq!(hold.grant_digest, grant_digest(&call(), DIGEST_KEY));
        let check = |terms| fixture.keys.check(&pair.grant, &pair.receipt, &expected(terms));
        assert!(check(told).is_ok());
        assert_eq!(
            check(&wanted).map(|_| ()),
            if checked { Ok(()) } else { Err(GrantError::Other) }
        );
    }
}
