//! Whoever the agent belongs to may stop it and never let it pass, by whatever door and name they come.

use axum::http::StatusCode;
use macro_rules_attribute::apply;
use policy::hold::{HoldRequest, HoldStatus};
use policy::rule::HoldTerms;

use super::{FORM, ORIGIN, get, log_in_with, post, status};
use crate::api::{HoldDetail, HoldList};
use crate::approver::{Account, Approver, Door, Person};
use crate::holds::Verdict;
use crate::separation::Separation;
use crate::store::Choice;
use crate::testing::{Fixture, approver, on_both, request, said};

fn owned(exchange: &str, owners: &[&str]) -> HoldRequest {
    let mut held = request(exchange);
    held.call.principal.owners = owners.iter().map(|owner| (*owner).to_owned()).collect();
    held
}

/// An account at the provider, vouched for as this human.
fn account(human: &str, subject: &str) -> Approver {
    let account = Account {
        issuer: "https://people.example".into(),
        subject: subject.into(),
        aliases: Vec::new(),
        vouched: true,
    };
    let person = Person { account: Some(account), ..Person::local(human, None) };
    Approver { person, door: Door::Console }
}

#[apply(on_both)]
async fn an_owner_denies_and_never_approves() {
    let fixture = Fixture::of(&[approver("Ann", None), approver("bob", None)]).await;
    let id = fixture.asks.request(owned("e1", &["ann"])).await.unwrap().hold;
    let (path, api) = (format!("/holds/{id}"), format!("/v1/holds/{id}"));
    let own = "The agent that makes this call is yours";
    for (name, barred) in [("Ann", true), ("bob", false)] {
        let (cookie, csrf) = log_in_with(&fixture, &format!("{name:_<40}")).await;
        let page = get(&fixture, &path, &[("cookie", &cookie)]).await.body;
        assert_eq!(page.contains("value=\"approve\""), !barred, "{page}");
        assert!(page.contains("value=\"deny\"") && !page.contains("not proven"), "{page}");
        assert_eq!(page.contains(own), barred, "{page}");
        let key = format!("Bearer {name:-<40}");
        let shown: HoldDetail = get(&fixture, &api, &[("authorization", &key)]).await.json();
        assert_eq!(shown.barred.is_some(), barred);
        assert_eq!(shown.summary.separation, Separation::Proven);
        if !barred {
            continue;
        }
        let form = format!("decision=approve&csrf={csrf}");
        let headers = [("cookie", cookie.as_str()), ORIGIN, FORM];
        let by_form = post(&fixture, &format!("{path}/decision"), &headers, &form).await;
        let approve = r#"{"decision":"approve"}"#;
        let headers = [("authorization", key.as_str())];
        let by_key = post(&fixture, &format!("{api}/decision"), &headers, approve).await;
        for answer in [by_form, by_key] {
            assert_eq!(answer.status, StatusCode::FORBIDDEN);
            assert!(answer.body.contains(own), "{}", answer.body);
        }
        let trail = fixture.holds.store.trail(&id).await.unwrap();
        let barred: Vec<_> = trail.iter().filter(|step| step.action == "approve_barred").collect();
        assert_eq!((barred.len(), barred[0].actor.as_str()), (2, "ann"));
    }
    assert_eq!(status(&fixture, &id).await, HoldStatus::Pending);
    let key = format!("Bearer {:-<40}", "Ann");
    let deny = r#"{"decision":"deny"}"#;
    let denied = post(&fixture, &format!("{api}/decision"), &[("authorization", &key)], deny).await;
    assert_eq!(denied.json::<HoldDetail>().summary.status, HoldStatus::Denied);
}

#[apply(on_both)]
async fn a_second_identity_of_the_owner_or_of_the_caller_does_not_help() {
    let fixture = Fixture::new().await;
    let id = fixture.asks.request(owned("e1", &["ann@example.com"])).await.unwrap().hold;
    let mut caller = account("x", "alice");
    caller.person.account.as_mut().unwrap().issuer = "https://idp.example".into();
    let mut unproven = account("zoe", "u-9");
    unproven.person.account.as_mut().unwrap().vouched = false;
    for who in [
        account("ann@example.com", "u-1"),
        account("ANN@example.com", "u-2"),
        account("ann", "ann@example.com"),
        account("Alice", "u-3"),
        caller,
        unproven,
    ] {
        let refused = fixture.holds.decide(&id, &said(Choice::Approve, ""), &who, "").await;
        let refused = refused.err().unwrap();
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{who:?}");
    }
    assert_eq!(status(&fixture, &id).await, HoldStatus::Pending);
}

#[apply(on_both)]
async fn two_accounts_of_one_human_are_one_in_a_quorum() {
    let fixture = Fixture::new().await;
    let terms = HoldTerms { quorum: 2, ..HoldTerms::default() }.into();
    let held = HoldRequest { terms, ..owned("e1", &["ann"]) };
    let id = fixture.asks.request(held).await.unwrap().hold;
    let local = Approver { person: Person::local("BOB", None), door: Door::Key };
    for (n, who) in [account("bob", "u-1"), account("Bob", "u-2"), local].into_iter().enumerate() {
        let said = fixture.holds.decide(&id, &said(Choice::Approve, ""), &who, "").await;
        let again = matches!(said.unwrap(), Verdict::Again(_));
        assert_eq!((again, status(&fixture, &id).await), (n > 0, HoldStatus::Pending), "{n}");
    }
    let other = account("cid", "u-3");
    assert!(fixture.holds.decide(&id, &said(Choice::Approve, ""), &other, "").await.is_ok());
    let hold = fixture.holds.found(&id).await.unwrap();
    let names: Vec<_> = hold.approvals.iter().map(|one| one.approver.as_str()).collect();
    assert_eq!((hold.status, names), (HoldStatus::Approved, vec!["bob", "cid"]));
}

#[apply(on_both)]
async fn owners_are_bounded_and_readable_and_their_absence_is_told() {
    let fixture = Fixture::new().await;
    let crowd: Vec<String> = (0..17).map(|n| format!("p{n}")).collect();
    let crowd: Vec<&str> = crowd.iter().map(String::as_str).collect();
    for many in [&crowd[..], &[&"a".repeat(257)]] {
        let refused = fixture.asks.request(owned("e1", many)).await.unwrap_err();
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }
    let key = format!("Bearer {}", crate::testing::APPROVER_KEY);
    // A mask of the call's text would hide it.
    let human = "ann@corp.example";
    let known = fixture.asks.request(owned("e2", &[human, "<i>\u{202e}"])).await.unwrap().hold;
    let mut other = request("e3");
    other.call.principal.subject = "lone-agent".into();
    let unknown = fixture.asks.request(other).await.unwrap().hold;
    let (cookie, _) = super::log_in(&fixture).await;
    let page = get(&fixture, &format!("/holds/{known}"), &[("cookie", &cookie)]).await.body;
    assert!(page.contains(human) && page.contains("&#60;i&#62;\\u{202e}"), "{page}");
    assert!(!page.contains("Separation is not proven"), "{page}");
    let page = get(&fixture, &format!("/holds/{unknown}"), &[("cookie", &cookie)]).await.body;
    assert!(page.contains("Separation is not proven"), "{page}");
    let list = get(&fixture, "/v1/holds", &[("authorization", &key)]).await;
    for one in list.json::<HoldList>().holds {
        let proven = one.separation == Separation::Proven;
        assert_eq!(proven, one.id == known, "{one:?}");
        assert_eq!(proven, one.principal.owners.contains(&human.to_owned()), "{one:?}");
    }
}
