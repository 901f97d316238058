//! Holds that several people have to approve.

use std::sync::Arc;

use policy::hold::{HoldRequest, HoldStatus, RedeemRequest};
use policy::rule::{Approvers, HoldTerms};

use crate::approver::{Approver, Door};
use crate::error::Problem;
use crate::holds::{Redeemed, Verdict};
use crate::store::{Choice, Hold};
use crate::testing::{Fixture, request};

fn wanting(quorum: u32, approvers: Approvers) -> HoldRequest {
    let terms = HoldTerms { quorum, approvers, expiry_seconds: 600, ..HoldTerms::default() };
    HoldRequest { terms, ..request("e1") }
}

fn person(name: &str, groups: &[&str]) -> Approver {
    let groups = groups.iter().map(|group| (*group).to_owned()).collect();
    Approver { name: name.into(), door: Door::Key, groups: Some(groups) }
}

async fn say(
    fixture: &Fixture,
    id: &str,
    choice: Choice,
    who: &Approver,
) -> Result<Verdict, Problem> {
    fixture.holds.decide(id, choice, "because", who, "127.0.0.1").await
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

#[tokio::test]
async fn as_many_people_as_the_rule_wants() {
    let fixture = Fixture::new().await;
    let id = fixture.holds.request(wanting(2, Approvers::default())).await.unwrap().hold;
    let (ada, grace) = (person("ada", &[]), person("grace", &[]));
    let hold = stands(say(&fixture, &id, Choice::Approve, &ada).await);
    assert_eq!((hold.status, hold.decision, hold.approvals.len()), (HoldStatus::Pending, None, 1));
    // The same person again is nobody more, and is told so.
    let again = say(&fixture, &id, Choice::Approve, &ada).await;
    assert!(matches!(again, Ok(Verdict::Again(hold)) if hold.approvals.len() == 1));
    let redeem = RedeemRequest { exchange: "e1".into(), nonce: "0123456789abcdef".into() };
    let early = fixture.holds.redeem(&id, &redeem).await.unwrap();
    assert!(matches!(early, Redeemed::Not(state) if state.status == HoldStatus::Pending));
    let hold = stands(say(&fixture, &id, Choice::Approve, &grace).await);
    assert_eq!((hold.status, hold.approvals.len()), (HoldStatus::Approved, 2));
    assert_eq!(hold.decision.unwrap().approver, "grace");
    // Decided is decided.
    let late = say(&fixture, &id, Choice::Deny, &ada).await;
    assert!(matches!(late, Ok(Verdict::TooLate(_))));
    assert!(matches!(fixture.holds.redeem(&id, &redeem).await.unwrap(), Redeemed::Once(_)));
    let expected = ["held", "approve", "approve_again", "approve", "deny_refused", "redeemed"];
    assert_eq!(actions(&fixture, &id).await, expected);
}

#[tokio::test]
async fn one_denial_ends_it() {
    let fixture = Fixture::new().await;
    let id = fixture.holds.request(wanting(3, Approvers::default())).await.unwrap().hold;
    let (ada, grace) = (person("ada", &[]), person("grace", &[]));
    stands(say(&fixture, &id, Choice::Approve, &ada).await);
    // Also by somebody who approved before.
    let hold = stands(say(&fixture, &id, Choice::Deny, &ada).await);
    assert_eq!((hold.status, hold.approvals.len()), (HoldStatus::Denied, 0));
    let late = say(&fixture, &id, Choice::Approve, &grace).await;
    assert!(matches!(late, Ok(Verdict::TooLate(hold)) if hold.status == HoldStatus::Denied));
}

#[tokio::test]
async fn each_set_of_groups_has_to_approve() {
    let fixture = Fixture::new().await;
    let wanted = Approvers::any(&["dba", "sre"]).and(Approvers::any(&["finance"]));
    let id = fixture.holds.request(wanting(1, wanted)).await.unwrap().hold;
    let other = say(&fixture, &id, Choice::Deny, &person("eve", &["sales"])).await;
    assert_eq!(other.err().unwrap().status(), axum::http::StatusCode::FORBIDDEN);
    let hold = stands(say(&fixture, &id, Choice::Approve, &person("ada", &["dba", "sales"])).await);
    assert_eq!(hold.status, HoldStatus::Pending);
    let hold = stands(say(&fixture, &id, Choice::Approve, &person("bob", &["sre"])).await);
    assert_eq!(hold.status, HoldStatus::Pending);
    let hold = stands(say(&fixture, &id, Choice::Approve, &person("cid", &["finance"])).await);
    assert_eq!(hold.status, HoldStatus::Approved);
    assert_eq!(hold.approved_by().1, ["dba", "finance", "sre"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_once_are_counted_once_each() {
    let fixture = Arc::new(Fixture::new().await);
    let id = fixture.holds.request(wanting(4, Approvers::default())).await.unwrap().hold;
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

#[tokio::test]
async fn a_quorum_has_an_end() {
    let fixture = Fixture::new().await;
    for quorum in [0, 17] {
        let refused = fixture.holds.request(wanting(quorum, Approvers::default())).await;
        assert!(refused.is_err(), "{quorum}");
    }
}
