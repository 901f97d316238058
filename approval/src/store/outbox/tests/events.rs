//! What is told, and that it is told exactly if it happened.

use macro_rules_attribute::apply;
use policy::rule::{HoldTerms, ScopeTerms, Severity};

use super::with;
use crate::api::DecisionRequest;
use crate::approver::{Approver, Door};
use crate::config::Channel;
use crate::notify::{Event, EventKind, HeldCall};
use crate::store::Choice;
use crate::testing::events::channel;
use crate::testing::{Fixture, NOW, dana, on_both, person, request, said};

async fn told(fixture: &Fixture, channel: &str) -> Vec<Event> {
    let mut deliveries = fixture.holds.store.deliveries(Some(channel), None, 100).await.unwrap();
    deliveries.reverse();
    deliveries.into_iter().map(|one| one.event).collect()
}

fn held(event: &Event) -> &HeldCall {
    event.hold().unwrap()
}

async fn kinds(fixture: &Fixture, channel: &str) -> Vec<EventKind> {
    told(fixture, channel).await.into_iter().map(|event| event.kind).collect()
}

#[apply(on_both)]
async fn the_life_of_a_hold() {
    let fixture = with(&[channel("ops")]).await;
    let id = fixture.hold("e1").await.hold;
    // A repeat joins, and is no event.
    fixture.hold("e2").await;
    fixture.decide(&id, Choice::Deny).await.unwrap();
    fixture.decide(&id, Choice::Deny).await.unwrap();
    fixture.clock.advance(600);
    let events = told(&fixture, "ops").await;
    assert_eq!(
        events.iter().map(|one| one.kind).collect::<Vec<_>>(),
        [EventKind::Held, EventKind::Denied]
    );
    assert_eq!((events[0].at, events[0].by.as_str(), &held(&events[0]).id), (NOW, "", &id));
    assert_eq!((events[1].by.as_str(), events[1].reason_text.as_str()), ("dana", "because"));
    assert_ne!(events[0].id, events[1].id);

    let left = fixture.hold("e3").await.hold;
    fixture.asks.leave_all("e3").await.unwrap();
    fixture.asks.leave_all("e3").await.unwrap();
    let expired = fixture.hold("e4").await.hold;
    fixture.clock.advance(600);
    fixture.holds.sweep().await.unwrap();
    fixture.holds.sweep().await.unwrap();
    let events = told(&fixture, "ops").await.split_off(2);
    let seen: Vec<_> = events.iter().map(|one| (one.kind, held(one).id.as_str())).collect();
    assert_eq!(
        seen,
        [
            (EventKind::Held, left.as_str()),
            (EventKind::Cancelled, &left),
            (EventKind::Held, &expired),
            (EventKind::Expired, &expired)
        ]
    );
}

#[apply(on_both)]
async fn a_quorum_is_told_once_it_is_reached() {
    let fixture = with(&[channel("ops")]).await;
    let terms = HoldTerms { quorum: 2, expiry_seconds: 600, ..HoldTerms::default() }.into();
    let id = fixture
        .asks
        .request(policy::hold::HoldRequest { terms, ..request("e1") })
        .await
        .unwrap()
        .hold;
    let approve = async |name: &str| {
        let who = Approver { person: person(name, None), door: Door::Key };
        fixture.holds.decide(&id, &said(Choice::Approve, ""), &who, "::1").await.unwrap();
    };
    approve("ada").await;
    approve("ada").await;
    assert_eq!(kinds(&fixture, "ops").await, [EventKind::Held]);
    approve("bob").await;
    assert_eq!(kinds(&fixture, "ops").await, [EventKind::Held, EventKind::Approved]);
    assert_eq!(told(&fixture, "ops").await[1].by, "bob");
}

#[apply(on_both)]
async fn a_standing_grant_is_told_when_it_begins_and_ends() {
    let fixture = with(&[channel("ops")]).await;
    let standing = |exchange: &str| {
        let scope = Some(ScopeTerms { uses: 3, lasts_seconds: 3600, free: Default::default() });
        let terms = HoldTerms { scope, expiry_seconds: 600, ..HoldTerms::default() }.into();
        policy::hold::HoldRequest { terms, ..request(exchange) }
    };
    let id = fixture.asks.request(standing("e1")).await.unwrap().hold;
    let approver = Approver { person: dana().person, door: Door::Key };
    let approve = DecisionRequest { standing: true, ..said(Choice::Approve, "") };
    fixture.holds.decide(&id, &approve, &approver, "::1").await.unwrap();
    let nonce = "nonce-of-the-exchange".to_owned();
    let redeem = policy::hold::RedeemRequest { exchange: "e1".into(), nonce };
    fixture.asks.redeem(&id, &redeem).await.unwrap();
    // Passes by the grant: nobody is asked, so nobody is told.
    let passed = fixture.asks.request(standing("e2")).await.unwrap().hold;
    assert_ne!(passed, id);
    let grant = fixture.holds.standing_grants().await.unwrap().remove(0).id;
    fixture.holds.revoke(&grant, &approver, "::1").await.unwrap();
    fixture.holds.revoke(&grant, &approver, "::1").await.unwrap();
    let events = told(&fixture, "ops").await;
    let seen: Vec<_> = events.iter().map(|one| (one.kind, held(one).id.as_str())).collect();
    assert_eq!(
        seen,
        [
            (EventKind::Held, id.as_str()),
            (EventKind::Approved, &id),
            (EventKind::StandingMade, &id),
            (EventKind::StandingRevoked, &id),
            (EventKind::Cancelled, &passed)
        ]
    );
    assert_eq!(held(&events[2]).standing, Some((3, NOW + 3600)));
    assert_eq!(events[3].by, "dana");
}

#[apply(on_both)]
async fn an_approval_that_is_taken_back_is_told() {
    let fixture = with(&[channel("ops")]).await;
    let id = fixture.hold("e1").await.hold;
    for choice in [Choice::Approve, Choice::Deny, Choice::Deny] {
        fixture.decide(&id, choice).await.unwrap();
    }
    let expected = [EventKind::Held, EventKind::Approved, EventKind::TakenBack];
    assert_eq!(kinds(&fixture, "ops").await, expected);
    let event = told(&fixture, "ops").await.remove(2);
    assert_eq!((event.by.as_str(), event.reason_text.as_str()), ("dana", "because"));
}

#[apply(on_both)]
async fn a_channel_hears_what_it_is_for() {
    let only = Channel { events: vec![EventKind::Held], ..channel("held") };
    let grave = Channel { severity: Severity::Critical, ..channel("grave") };
    let finance = Channel { groups: vec!["finance".into()], ..channel("finance") };
    let legal = Channel { groups: vec!["legal".into()], ..channel("legal") };
    let fixture = with(&[only, grave, finance, legal]).await;
    let mut held = request("e1");
    let approvers = policy::rule::Approvers::any(&["finance"]);
    held.terms = HoldTerms { approvers, expiry_seconds: 600, ..HoldTerms::default() }.into();
    let id = fixture.asks.request(held).await.unwrap().hold;
    fixture.decide(&id, Choice::Deny).await.unwrap();
    // Anybody may approve this one, so it concerns every group.
    let mut open = request("e2");
    open.call.principal.subject = "bob".into();
    fixture.asks.request(open).await.unwrap();
    let (held, denied) = (EventKind::Held, EventKind::Denied);
    assert_eq!(kinds(&fixture, "held").await, [held, held]);
    assert_eq!(kinds(&fixture, "grave").await, []);
    assert_eq!(kinds(&fixture, "finance").await, [held, denied, held]);
    assert_eq!(kinds(&fixture, "legal").await, [held]);
}

#[apply(on_both)]
async fn what_does_not_happen_is_not_told() {
    let fixture = with(&[channel("ops")]).await;
    let mut ids = Vec::new();
    for n in 0..crate::config::Limits::default().open_per_principal {
        let mut held = request(&format!("e{n}"));
        held.call.path = format!("/{n}");
        ids.push(fixture.asks.request(held).await.unwrap().hold);
    }
    let mut over = request("over");
    over.call.path = "/over".into();
    assert!(fixture.asks.request(over).await.is_err());
    assert!(fixture.decide("none", Choice::Deny).await.is_err());
    assert_eq!(kinds(&fixture, "ops").await.len(), ids.len());
}

#[apply(on_both)]
async fn break_glass_is_for_every_channel_to_hear() {
    let grave = Channel { severity: Severity::Critical, ..channel("grave") };
    let legal = Channel { groups: vec!["legal".into()], ..channel("legal") };
    let deaf = Channel { events: vec![EventKind::Held], ..channel("deaf") };
    let fixture = with(&[grave, legal, deaf]).await;
    let mut held = request("e1");
    let approvers = policy::rule::Approvers::any(&["finance"]);
    let break_glass = vec!["on-call".to_owned()];
    held.terms =
        HoldTerms { approvers, break_glass, expiry_seconds: 600, ..HoldTerms::default() }.into();
    let id = fixture.asks.request(held).await.unwrap().hold;
    let who = Approver { person: person("zoe", Some(&["on-call"])), door: Door::Console };
    fixture.holds.break_glass(&id, "the bridge burns", &who, "::1").await.unwrap();
    let events = told(&fixture, "grave").await;
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].kind, events[0].by.as_str()), (EventKind::BreakGlass, "zoe"));
    assert_eq!(events[0].reason_text, "the bridge burns");
    assert_eq!(kinds(&fixture, "legal").await, [EventKind::BreakGlass]);
    assert_eq!(kinds(&fixture, "deaf").await, [EventKind::Held]);
}
