//! An approval that nobody used yet, taken back.

use std::sync::Arc;

use macro_rules_attribute::apply;
use policy::hold::{HoldRequest, HoldStatus};
use policy::rule::{Approvers, HoldTerms, ScopeTerms};

use super::redeem;
use crate::approver::{Approver, Door};
use crate::holds::{Redeemed, Verdict};
use crate::store::{Choice, Revoked};
use crate::testing::{Fixture, on_both, person, request, said};

fn held(exchange: &str, terms: HoldTerms) -> HoldRequest {
    HoldRequest { terms: terms.into(), ..request(exchange) }
}

fn who(name: &str, groups: &[&str]) -> Approver {
    Approver { person: person(name, Some(groups)), door: Door::Key }
}

async fn trail(fixture: &Fixture, id: &str) -> Vec<String> {
    let trail = fixture.holds.store.trail(id).await.unwrap();
    trail.into_iter().map(|one| one.action).collect()
}

#[apply(on_both)]
async fn an_unused_approval_is_taken_back_and_a_used_one_is_not() {
    let fixture = Fixture::new().await;
    let id = fixture.hold("e1").await.hold;
    assert!(fixture.decide(&id, Choice::Approve).await.is_ok());
    let taken = fixture.decide(&id, Choice::Deny).await.unwrap();
    let Verdict::Stands(hold) = taken else { panic!("it was not taken back") };
    assert_eq!((hold.status, hold.approvals.len()), (HoldStatus::Denied, 0));
    assert!(hold.decision.is_some_and(|one| one.took_back && one.choice == Choice::Deny));
    let not = fixture.asks.redeem(&id, &redeem("e1")).await.unwrap();
    assert!(matches!(not, Redeemed::Not(state) if state.status == HoldStatus::Denied));
    // The repeat is answered by it, as by any denial.
    assert_eq!(fixture.hold("e2").await.status, HoldStatus::Denied);
    assert!(matches!(fixture.decide(&id, Choice::Approve).await, Ok(Verdict::TooLate(_))));
    assert!(matches!(fixture.decide(&id, Choice::Deny).await, Ok(Verdict::Again(_))));
    let expected = ["held", "approve", "taken_back", "approve_refused", "deny_again"];
    assert_eq!(trail(&fixture, &id).await, expected);

    fixture.clock.advance(600);
    let id = fixture.hold("e3").await.hold;
    assert!(fixture.decide(&id, Choice::Approve).await.is_ok());
    assert!(matches!(fixture.asks.redeem(&id, &redeem("e3")).await.unwrap(), Redeemed::Once(_)));
    let late = fixture.decide(&id, Choice::Deny).await.unwrap();
    assert!(matches!(late, Verdict::TooLate(hold) if hold.status == HoldStatus::Redeemed));
    // Nor is one that is over.
    let id = fixture.hold("e4").await.hold;
    assert!(fixture.decide(&id, Choice::Approve).await.is_ok());
    fixture.clock.advance(600);
    let late = fixture.decide(&id, Choice::Deny).await.unwrap();
    assert!(matches!(late, Verdict::TooLate(hold) if hold.status == HoldStatus::Expired));
}

#[apply(on_both)]
async fn whoever_gave_it_or_may_deny_takes_it_back() {
    let fixture = Fixture::new().await;
    let terms = || HoldTerms {
        quorum: 2,
        approvers: Approvers::any(&["finance"]),
        break_glass: vec!["oncall".into()],
        ..HoldTerms::default()
    };
    let say = async |id: &str, choice, who: &Approver| {
        fixture.holds.decide(id, &said(choice, "because"), who, "").await
    };
    let [ann, bob, cid] = ["ann", "bob", "cid"].map(|name| who(name, &["finance"]));
    let id = fixture.asks.request(held("e1", terms())).await.unwrap().hold;
    for one in [&ann, &bob] {
        assert!(say(&id, Choice::Approve, one).await.is_ok());
    }
    let stranger = say(&id, Choice::Deny, &who("eve", &["legal"])).await;
    assert_eq!(stranger.err().unwrap().status(), 403);
    // One who approved and is in none of the groups any more.
    let Ok(Verdict::Stands(hold)) = say(&id, Choice::Deny, &who("ann", &[])).await else {
        panic!("it was not taken back")
    };
    assert_eq!((hold.status, hold.decision.unwrap().approver), (HoldStatus::Denied, "ann".into()));
    assert_eq!(hold.approvals.len(), 1);

    let mut other = held("e2", terms());
    other.call.path = "/mcp/2".into();
    let id = fixture.asks.request(other).await.unwrap().hold;
    let oncall = Approver { person: person("dan", Some(&["oncall"])), door: Door::Console };
    assert!(fixture.holds.break_glass(&id, "nobody is there", &oncall, "").await.is_ok());
    assert!(matches!(say(&id, Choice::Deny, &cid).await, Ok(Verdict::Stands(_))));
    let hold = fixture.holds.found(&id).await.unwrap();
    assert!(hold.decision.is_some_and(|one| !one.break_glass && one.took_back));
    // And the one who broke the glass, by their own word alone.
    let mut other = held("e3", terms());
    other.call.path = "/mcp/3".into();
    let id = fixture.asks.request(other).await.unwrap().hold;
    assert!(fixture.holds.break_glass(&id, "nobody is there", &oncall, "").await.is_ok());
    assert!(matches!(say(&id, Choice::Deny, &oncall).await, Ok(Verdict::Stands(_))));
}

#[apply(on_both)]
async fn what_was_to_stand_ends_with_it() {
    let fixture = Fixture::new().await;
    let scoped = |exchange: &str, id: &str| {
        let free = [("/params/arguments/id".to_owned(), vec!["1*".to_owned()])].into();
        let scope = Some(ScopeTerms { uses: 5, lasts_seconds: 3600, free });
        let mut one = held(exchange, HoldTerms { scope, ..HoldTerms::default() });
        one.call.body = one.call.body.replace("10000000000000000001", id);
        one
    };
    let id = fixture.asks.request(scoped("e1", "11")).await.unwrap().hold;
    let dana = who("dana", &[]);
    let standing = crate::api::DecisionRequest { standing: true, ..said(Choice::Approve, "fine") };
    assert!(fixture.holds.decide(&id, &standing, &dana, "").await.is_ok());
    let like = fixture.asks.request(scoped("e2", "12")).await.unwrap();
    assert_eq!(like.status, HoldStatus::Approved);
    let taken = fixture.decide(&id, Choice::Deny).await.unwrap();
    assert!(matches!(taken, Verdict::Stands(hold) if hold.status == HoldStatus::Denied));
    // What it had approved and nobody used ends, too.
    let not = fixture.asks.redeem(&like.hold, &redeem("e2")).await.unwrap();
    assert!(matches!(not, Redeemed::Not(state) if state.status == HoldStatus::Cancelled));
    let next = fixture.asks.request(scoped("e3", "13")).await.unwrap();
    assert_eq!(next.status, HoldStatus::Pending);
    let grants = fixture.holds.standing_grants().await.unwrap();
    assert_eq!(grants[0].revoked_by.as_deref(), Some("dana"));
    assert_eq!(trail(&fixture, &id).await, ["held", "approve_standing", "revoked", "taken_back"]);
    let audit = crate::store::Audit {
        at: 0,
        actor: "x".into(),
        door: "key".into(),
        peer: String::new(),
        action: "revoked".into(),
        reason_text: String::new(),
    };
    let again = fixture.holds.store.revoke(&grants[0].id, &audit).await.unwrap();
    assert_eq!(again, Revoked::Before);
}

/// Either the call passed and the denial comes too late, or it did not and never will.
#[apply(on_both)]
async fn a_redemption_at_the_same_time_has_one_outcome() {
    let fixture = Arc::new(Fixture::new().await);
    let mut outcomes = [0, 0];
    for n in 0..40 {
        let exchange = format!("e{n}");
        let mut one = request(&exchange);
        one.call.path = format!("/mcp/{n}");
        let id = fixture.asks.request(one).await.unwrap().hold;
        assert!(fixture.decide(&id, Choice::Approve).await.is_ok());
        let redeems = {
            let (fixture, id) = (fixture.clone(), id.clone());
            tokio::spawn(async move { fixture.asks.redeem(&id, &redeem(&exchange)).await.unwrap() })
        };
        let takes_back = {
            let (fixture, id) = (fixture.clone(), id.clone());
            tokio::spawn(async move { fixture.decide(&id, Choice::Deny).await.unwrap() })
        };
        let passed = matches!(redeems.await.unwrap(), Redeemed::Once(_));
        let denied = matches!(takes_back.await.unwrap(), Verdict::Stands(_));
        assert_ne!(passed, denied, "{n}");
        let status = fixture.holds.found(&id).await.unwrap().status;
        assert_eq!(status, if passed { HoldStatus::Redeemed } else { HoldStatus::Denied });
        outcomes[usize::from(passed)] += 1;
    }
    assert_eq!(outcomes[0] + outcomes[1], 40);
}
