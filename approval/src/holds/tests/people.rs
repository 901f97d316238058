//! Approvals of people who left, or are others by now.

use macro_rules_attribute::apply;
use policy::hold::{HoldRequest, HoldStatus};
use policy::rule::{Approvers, HoldTerms};

use super::redeem;
use super::standing::{delete, grants};
use crate::api::{DecisionRequest, StandingStatus};
use crate::approver::{Account, Approver, Door, Person};
use crate::config::{LocalApprover, Oidc, Owner};
use crate::holds::{Redeemed, Verdict};
use crate::people::People;
use crate::store::{Choice, Kept};
use crate::testing::{Fixture, NOW, approver, on_both, person, request, said};

fn of_finance(quorum: u32) -> HoldRequest {
    let approvers = Approvers::any(&["finance"]);
    let terms = HoldTerms { quorum, approvers, ..HoldTerms::default() };
    HoldRequest { terms: terms.into(), ..request("e1") }
}

fn finance(names: &[&str]) -> Vec<LocalApprover> {
    names.iter().map(|name| approver(name, Some(&["finance"]))).collect()
}

fn people(all: &[LocalApprover]) -> People {
    People::new(all, None, Vec::new())
}

fn who(name: &str) -> Approver {
    Approver { person: person(name, Some(&["finance"])), door: Door::Key }
}

async fn approve(fixture: &Fixture, id: &str, who: &Approver) -> HoldStatus {
    let said = said(Choice::Approve, "fine");
    match fixture.holds.decide(id, &said, who, "").await.unwrap() {
        Verdict::Stands(hold) | Verdict::Again(hold) | Verdict::TooLate(hold) => hold.status,
    }
}

#[apply(on_both)]
async fn a_quorum_is_of_those_who_are_there() {
    let first = Fixture::new().await;
    let before = first.counting(people(&finance(&["ann", "bob", "cid"]))).await;
    let id = before.asks.request(of_finance(2)).await.unwrap().hold;
    assert_eq!(approve(&before, &id, &who("ann")).await, HoldStatus::Pending);
    let after = first.counting(people(&finance(&["bob", "cid"]))).await;
    let hold = after.holds.found(&id).await.unwrap();
    assert_eq!((hold.approvals.len(), hold.lapsed.as_slice()), (0, &["ann".to_owned()][..]));
    assert_eq!(approve(&after, &id, &who("bob")).await, HoldStatus::Pending);
    assert_eq!(approve(&after, &id, &who("cid")).await, HoldStatus::Approved);
    let Redeemed::Once(pair) = after.asks.redeem(&id, &redeem("e1")).await.unwrap() else {
        panic!("two of finance approved")
    };
    // The grant names nobody who does not count.
    let payload = pair.grant.split('.').nth(1).unwrap();
    let bytes = base64::Engine::decode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, payload).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.contains("bob") && text.contains("cid") && !text.contains("ann"), "{text}");
}

#[apply(on_both)]
async fn an_approval_lapses_with_its_approver_before_it_is_used() {
    let first = Fixture::new().await;
    let before = first.counting(people(&finance(&["ann"]))).await;
    let legal = [approver("ann", Some(&["legal"]))];
    let owner = Owner {
        issuer: "https://idp.example".into(),
        subject: Some("alice".into()),
        agent: None,
        humans: vec!["Ann".into()],
    };
    let all = [
        people(&finance(&["bob"])),
        people(&legal),
        People::new(&finance(&["ann"]), None, vec![owner]),
    ];
    for (n, now) in all.into_iter().enumerate() {
        let exchange = format!("e1-{n}");
        let asked = HoldRequest { exchange: exchange.clone(), ..of_finance(1) };
        let id = before.asks.request(asked).await.unwrap().hold;
        assert_eq!(approve(&before, &id, &who("ann")).await, HoldStatus::Approved);
        let after = first.counting(now).await;
        let not = after.asks.redeem(&id, &redeem(&exchange)).await.unwrap();
        assert!(matches!(not, Redeemed::Not(state) if state.status == HoldStatus::Cancelled));
        // Not where the approver is known still, either: what is over is over.
        let not = before.asks.redeem(&id, &redeem(&exchange)).await.unwrap();
        assert!(matches!(not, Redeemed::Not(state) if state.status == HoldStatus::Cancelled));
        let trail = after.holds.store.trail(&id).await.unwrap();
        let last = trail.last().unwrap();
        assert_eq!((last.action.as_str(), last.actor.as_str()), ("lapsed", "ann"));
        let mut repeat = of_finance(1);
        repeat.exchange = format!("again-{id}");
        let next = after.asks.request(repeat.clone()).await.unwrap();
        assert_eq!(next.status, HoldStatus::Pending);
        after.asks.leave_all(&repeat.exchange).await.unwrap();
    }
    // A repeat finds it, too, and asks anew.
    let mut repeat = of_finance(1);
    repeat.exchange = "e2".into();
    let id = before.asks.request(repeat.clone()).await.unwrap().hold;
    assert_eq!(approve(&before, &id, &who("ann")).await, HoldStatus::Approved);
    let after = first.counting(people(&finance(&["bob"]))).await;
    repeat.exchange = "e3".into();
    let next = after.asks.request(repeat).await.unwrap();
    assert_eq!((next.status, next.hold == id), (HoldStatus::Pending, false));
}

#[apply(on_both)]
async fn broken_glass_lapses_as_well() {
    let first = Fixture::new().await;
    let oncall = [approver("dan", Some(&["oncall"]))];
    let before = first.counting(people(&oncall)).await;
    let mut held = of_finance(2);
    held.terms.break_glass = vec![vec!["oncall".into()]];
    let id = before.asks.request(held).await.unwrap().hold;
    let dan = Approver { person: oncall[0].person.clone(), door: Door::Console };
    assert!(before.holds.break_glass(&id, "nobody is there", &dan, "").await.is_ok());
    let after = first.counting(people(&finance(&["ann"]))).await;
    let not = after.asks.redeem(&id, &redeem("e1")).await.unwrap();
    assert!(matches!(not, Redeemed::Not(state) if state.status == HoldStatus::Cancelled));
}

#[apply(on_both)]
async fn a_standing_grant_rests_on_people_who_are_there() {
    let first = Fixture::new().await;
    let ops = |names: &[&str]| {
        let all: Vec<_> = names.iter().map(|name| approver(name, Some(&["ops"]))).collect();
        people(&all)
    };
    let before = first.counting(ops(&["ann"])).await;
    let id = before.asks.request(delete("e1", "11")).await.unwrap().hold;
    let ann = Approver { person: person("ann", Some(&["ops"])), door: Door::Key };
    let standing = DecisionRequest { standing: true, ..said(Choice::Approve, "fine") };
    assert!(before.holds.decide(&id, &standing, &ann, "").await.is_ok());
    let after = first.counting(ops(&["bob"])).await;
    assert_eq!(grants(&after).await[0].status, StandingStatus::Lapsed);
    let asked = after.asks.request(delete("e2", "12")).await.unwrap();
    assert_eq!(asked.status, HoldStatus::Pending);
    // Where she is known it goes on, with all uses it had.
    assert_eq!(grants(&before).await[0].status, StandingStatus::Active);
    let passes = before.asks.request(delete("e3", "13")).await.unwrap();
    assert_eq!(passes.status, HoldStatus::Approved);
    // What it let pass and is not released yet lapses as any approval.
    let not = after.asks.redeem(&passes.hold, &redeem("e3")).await.unwrap();
    assert!(matches!(not, Redeemed::Not(state) if state.status == HoldStatus::Cancelled));
}

fn provider() -> Oidc {
    let text = "issuer = \"https://people.example\"\nclient_id = \"c\"\nallowed_groups = [\"*\"]";
    toml::from_str(text).unwrap()
}

#[apply(on_both)]
async fn an_account_counts_by_its_latest_login_wherever_it_is_logged_in_now() {
    let first = Fixture::new().await;
    let fixture = first.counting(People::new(&[], Some(provider()), Vec::new())).await;
    let account = |groups: &[&str]| Person {
        account: Some(Account {
            issuer: "https://people.example".into(),
            subject: "u-1".into(),
            aliases: Vec::new(),
            vouched: true,
        }),
        ..person("ann@example.com", Some(groups))
    };
    let log_in = async |groups: &[&str], n: u32| {
        let login = Kept {
            digest: format!("digest-{n}"),
            person: account(groups),
            source: provider().mapping(),
            seen_at: NOW,
            expires_at: NOW + 60,
        };
        fixture.holds.store.log_in(&login).await.unwrap();
        login.digest
    };
    let ann = Approver { person: account(&["finance"]), door: Door::Console };
    let digest = log_in(&["finance"], 1).await;
    let id = fixture.asks.request(of_finance(1)).await.unwrap().hold;
    assert_eq!(approve(&fixture, &id, &ann).await, HoldStatus::Approved);
    // Logging out takes nothing back.
    fixture.holds.store.log_out(&digest).await.unwrap();
    assert!(fixture.holds.found(&id).await.unwrap().bears());
    log_in(&["legal"], 2).await;
    let hold = fixture.holds.found(&id).await.unwrap();
    assert_eq!(
        (hold.bears(), hold.lapsed.as_slice()),
        (false, &["ann@example.com".to_owned()][..])
    );
    // Nor once the provider says that the account is nobody who approves.
    log_in(&["finance"], 3).await;
    assert!(fixture.holds.found(&id).await.unwrap().bears());
    fixture.holds.store.turn_away(&ann.person.who()).await.unwrap();
    assert!(!fixture.holds.found(&id).await.unwrap().bears());
    let not = fixture.asks.redeem(&id, &redeem("e1")).await.unwrap();
    assert!(matches!(not, Redeemed::Not(state) if state.status == HoldStatus::Cancelled));
}
