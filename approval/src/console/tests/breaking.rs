//! Break glass: one person of the group, logged in, with a reason, and asked once more.

use axum::http::StatusCode;
use macro_rules_attribute::apply;
use policy::grant::Expected;
use policy::hold::{HoldRequest, HoldStatus, RedeemRequest, Terms};
use policy::rule::{Approvers, HoldTerms, ScopeTerms};

use super::{FORM, ORIGIN, get, log_in_with, post, status};
use crate::api::HoldDetail;
use crate::approver::{Approver, Door};
use crate::config::LocalApprover;
use crate::holds::Redeemed;
use crate::testing::{DIGEST_KEY, Fixture, NOW, approver, call, on_both, person, request};

fn terms() -> Terms {
    let scope = Some(ScopeTerms { uses: 3, lasts_seconds: 3600, free: [].into() });
    let (approvers, quorum) = (Approvers::any(&["finance"]), 2);
    let break_glass = vec!["on-call".to_owned()];
    HoldTerms { approvers, quorum, scope, break_glass, ..HoldTerms::default() }.into()
}

fn held(exchange: &str) -> HoldRequest {
    HoldRequest { terms: terms(), ..request(exchange) }
}

fn people() -> [LocalApprover; 3] {
    [
        approver("ann", Some(&["finance"])),
        approver("zoe", Some(&["finance", "on-call"])),
        approver("eve", Some(&["on-call"])),
    ]
}

const SURE: &str = "reason=the+bridge+burns&sure=yes";

#[apply(on_both)]
async fn one_of_the_group_lets_it_pass_at_once() {
    let fixture = Fixture::of(&people()).await;
    let id = fixture.asks.request(held("e1")).await.unwrap().hold;
    let (hold, path) = (format!("/holds/{id}"), format!("/holds/{id}/break-glass"));
    // Whoever is of another group sees and gets nothing of it.
    let (ann, csrf) = log_in_with(&fixture, &people()[0].login_code).await;
    let page = get(&fixture, &hold, &[("cookie", &ann)]).await.body;
    assert!(!page.contains("break-glass") && page.contains("value=\"approve\""), "{page}");
    assert_eq!(get(&fixture, &path, &[("cookie", &ann)]).await.status, StatusCode::FORBIDDEN);
    let headers = [("cookie", ann.as_str()), ORIGIN, FORM];
    let refused = post(&fixture, &path, &headers, &format!("{SURE}&csrf={csrf}")).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(fixture.audited("break_glass_barred").await, 0);

    let (eve, csrf) = log_in_with(&fixture, &people()[2].login_code).await;
    let eve = ("cookie", eve.as_str());
    let page = get(&fixture, &hold, &[eve]).await.body;
    assert!(page.contains(&path) && !page.contains("value=\"approve\""), "{page}");
    let asked = get(&fixture, &path, &[eve]).await;
    assert_eq!(asked.status, StatusCode::OK);
    assert!(asked.body.contains("2 more of finance"), "{}", asked.body);
    let attempts = [
        (vec![eve, ORIGIN, FORM], format!("reason=burns&csrf={csrf}"), 422, "Tick the box"),
        (vec![eve, ORIGIN, FORM], format!("reason=+&sure=yes&csrf={csrf}"), 422, "say why nobody"),
        (vec![eve, ORIGIN, FORM], format!("{SURE}&csrf="), 403, "not from the page"),
        (vec![eve, FORM], format!("{SURE}&csrf={csrf}"), 403, "not from the page"),
        (vec![ORIGIN, FORM], format!("{SURE}&csrf={csrf}"), 401, "Log in"),
    ];
    for (headers, form, status, told) in attempts {
        let answer = post(&fixture, &path, &headers, &form).await;
        assert_eq!(answer.status, status, "{form}");
        assert!(answer.body.contains(told), "{told} in {}", answer.body);
    }
    get(&fixture, &format!("{path}?{SURE}&csrf={csrf}"), &[eve]).await;
    assert_eq!(status(&fixture, &id).await, HoldStatus::Pending);
    let done = post(&fixture, &path, &[eve, ORIGIN, FORM], &format!("{SURE}&csrf={csrf}")).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);

    let page = get(&fixture, &hold, &[eve]).await.body;
    assert!(page.contains("Approved by break glass by eve"), "{page}");
    assert!(
        page.contains("approved at once, by break glass, by") && page.contains("the bridge burns")
    );
    let history = get(&fixture, "/history", &[eve]).await.body;
    assert!(history.contains("break glass</span>"), "{history}");
    let key = format!("Bearer {}", people()[0].key);
    let shown: HoldDetail =
        get(&fixture, &format!("/v1{hold}"), &[("authorization", &key)]).await.json();
    let decision = shown.summary.decision.unwrap();
    assert!(decision.break_glass && decision.approver == "eve");
    assert_eq!(shown.trail.last().unwrap().action, "break_glass");

    // The grant says so, for this call alone, and the filter takes it by the bundle that allows it.
    let redeem = RedeemRequest { exchange: "e1".into(), nonce: "0123456789abcdef".into() };
    let Redeemed::Once(pair) = fixture.asks.redeem(&id, &redeem).await.unwrap() else { panic!() };
    let rules = ["hold-destructive-tools".to_owned()];
    let without = Terms { break_glass: Vec::new(), ..terms() };
    let owner = ["eve".to_owned()];
    for (terms, owners, right) in
        [(terms(), &[][..], true), (without, &[], false), (terms(), &owner, false)]
    {
        let expected = Expected {
            owners,
            hold: &id,
            digest: &policy::digest::grant_digest(&call(), DIGEST_KEY),
            exchange: "e1",
            nonce: "0123456789abcdef",
            rules: &rules,
            standing_key: None,
            terms: &terms,
            now: NOW,
        };
        let grant = fixture.keys.check(&pair.grant, &pair.receipt, &expected);
        assert_eq!(grant.is_ok_and(|grant| grant.break_glass), right);
    }
    // It stands for nothing else.
    assert!(fixture.holds.standing_grants().await.unwrap().is_empty());
    let next = fixture.asks.request(held("e2")).await.unwrap();
    assert_eq!(next.status, HoldStatus::Pending);
}

#[apply(on_both)]
async fn whoever_approved_may_still_break_glass_and_an_owner_may_not() {
    let fixture = Fixture::of(&people()).await;
    let id = fixture.asks.request(held("e1")).await.unwrap().hold;
    let zoe = |door| Approver { person: person("zoe", Some(&["finance", "on-call"])), door };
    let yes = crate::testing::said(crate::store::Choice::Approve, "");
    assert!(fixture.holds.decide(&id, &yes, &zoe(Door::Console), "").await.is_ok());
    assert_eq!(status(&fixture, &id).await, HoldStatus::Pending);
    // Never by a key.
    let by_key = fixture.holds.break_glass(&id, "burns", &zoe(Door::Key), "").await;
    assert_eq!(by_key.err().unwrap().status(), StatusCode::FORBIDDEN);
    let key = format!("Bearer {}", people()[1].key);
    let body = r#"{"decision":"approve","reason":"burns","break_glass":true}"#;
    let api = format!("/v1/holds/{id}/decision");
    let refused = post(&fixture, &api, &[("authorization", &key)], body).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let path = format!("/holds/{id}/break-glass");
    let form = post(&fixture, &path, &[("authorization", &key)], SURE).await;
    assert_eq!(form.status, StatusCode::UNAUTHORIZED);
    assert!(fixture.holds.break_glass(&id, "burns", &zoe(Door::Console), "").await.is_ok());
    let hold = fixture.holds.found(&id).await.unwrap();
    assert_eq!((hold.status, hold.approvals.len()), (HoldStatus::Approved, 1));
    assert_eq!(hold.approvals[0].groups, ["on-call"]);

    let mut owned = held("e2");
    owned.call.principal.subject = "zoes-agent".into();
    owned.call.principal.owners = vec!["zoe".into()];
    let id = fixture.asks.request(owned).await.unwrap().hold;
    let refused = fixture.holds.break_glass(&id, "burns", &zoe(Door::Console), "").await;
    assert_eq!(refused.err().unwrap().status(), StatusCode::FORBIDDEN);
    let mut other = held("e3");
    other.terms.break_glass = Vec::new();
    other.call.principal.subject = "strict".into();
    let id = fixture.asks.request(other).await.unwrap().hold;
    let refused = fixture.holds.break_glass(&id, "burns", &zoe(Door::Console), "").await;
    assert_eq!(refused.err().unwrap().status(), StatusCode::FORBIDDEN);
    assert_eq!(status(&fixture, &id).await, HoldStatus::Pending);
}

#[apply(on_both)]
async fn a_standing_grant_of_an_owner_lets_nothing_pass() {
    let fixture = Fixture::of(&people()).await;
    let mut first = held("e1");
    first.terms.requirements[0].quorum = 1;
    let id = fixture.asks.request(first.clone()).await.unwrap().hold;
    let ann = Approver { person: person("Ann", Some(&["finance"])), door: Door::Console };
    let mut yes = crate::testing::said(crate::store::Choice::Approve, "");
    yes.standing = true;
    assert!(fixture.holds.decide(&id, &yes, &ann, "").await.is_ok());
    first.exchange = "e2".into();
    first.call.body = first.call.body.replace("\"id\":1,", "\"id\":2,");
    let redeem = RedeemRequest { exchange: "e1".into(), nonce: "0123456789abcdef".into() };
    assert!(matches!(fixture.asks.redeem(&id, &redeem).await, Ok(Redeemed::Once(_))));
    let mut owned = first.clone();
    owned.exchange = "e3".into();
    owned.call.principal.owners = vec!["ann".into()];
    let asked = fixture.asks.request(owned).await.unwrap();
    assert_eq!(asked.status, HoldStatus::Pending);
    assert_eq!(fixture.holds.standing_grants().await.unwrap()[0].uses_left, 2);
}

/// A key makes login links, and programs have keys: where people have accounts, a person breaks the glass.
#[apply(on_both)]
async fn with_a_provider_a_key_breaks_no_glass() {
    let oidc = serde_json::from_value(serde_json::json!({
        "issuer": "http://127.0.0.1:9", "client_id": "gatehouse", "allowed_groups": ["*"],
    }));
    let url = format!("http://{}", crate::testing::HOST);
    let fixture = Fixture::with(&people(), Some(oidc.unwrap()), url).await;
    let id = fixture.asks.request(held("e1")).await.unwrap().hold;
    let (eve, csrf) = log_in_with(&fixture, &people()[2].login_code).await;
    let page = get(&fixture, &format!("/holds/{id}"), &[("cookie", &eve)]).await.body;
    assert!(!page.contains("break-glass"), "{page}");
    let headers = [("cookie", eve.as_str()), ORIGIN, FORM];
    let path = format!("/holds/{id}/break-glass");
    let refused = post(&fixture, &path, &headers, &format!("{SURE}&csrf={csrf}")).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.body.contains("never by a key"), "{}", refused.body);
    assert_eq!(fixture.holds.found(&id).await.unwrap().status, HoldStatus::Pending);
}
