use axum::http::StatusCode;
use macro_rules_attribute::apply;
use policy::hold::{HoldStatus, RedeemRequest};

use super::{FORM, ORIGIN, get, log_in, log_in_with, post, status};
use crate::api::HoldDetail;
use crate::holds::Redeemed;
use crate::testing::{Fixture, approver, on_both, request};

#[apply(on_both)]
async fn a_decision_by_form() {
    let fixture = Fixture::new().await;
    let id = fixture.hold("e1").await.hold;
    let (cookie, csrf) = log_in(&fixture).await;
    let page = get(&fixture, &format!("/holds/{id}"), &[("cookie", &cookie)]).await;
    for part in ["delete_customer", "10000000000000000001", "alice", "triage-agent", "10 min"] {
        assert!(page.body.contains(part), "{part}");
    }
    let path = format!("/holds/{id}/decision");
    let headers = [("cookie", cookie.as_str()), ORIGIN, FORM];
    let approve = format!("decision=approve&reason=looks+right&csrf={csrf}");
    let deny = format!("decision=deny&reason=no&csrf={csrf}");
    assert_eq!(post(&fixture, &path, &headers, &approve).await.status, StatusCode::SEE_OTHER);
    assert_eq!(status(&fixture, &id).await, HoldStatus::Approved);
    assert_eq!(post(&fixture, &path, &headers, &approve).await.status, StatusCode::SEE_OTHER);
    let redeem = RedeemRequest { exchange: "e1".into(), nonce: "0123456789abcdef".into() };
    assert!(matches!(fixture.asks.redeem(&id, &redeem).await.unwrap(), Redeemed::Once(_)));
    let late = post(&fixture, &path, &headers, &deny).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.body.contains("too late: a gateway took the approval already"), "{}", late.body);
    assert!(late.body.contains("Approved by dana") && !late.body.contains("Take back"));
    let trail = fixture.holds.store.trail(&id).await.unwrap();
    let actions: Vec<_> = trail.iter().map(|step| step.action.as_str()).collect();
    assert_eq!(actions, ["held", "approve", "approve_again", "redeemed", "deny_refused"]);
    let step = &trail[1];
    assert_eq!((step.actor.as_str(), step.door.as_str()), ("dana", "console"));
    assert_eq!((step.peer.as_str(), step.reason_text.as_str()), ("127.0.0.1", "looks right"));
    let history = get(&fixture, "/history", &[("cookie", &cookie)]).await;
    assert!(history.body.contains("looks right") && history.body.contains(&id));
}

#[apply(on_both)]
async fn forms_of_other_sites_decide_nothing() {
    let fixture = Fixture::new().await;
    let id = fixture.hold("e1").await.hold;
    let (cookie, csrf) = log_in(&fixture).await;
    let path = format!("/holds/{id}/decision");
    let right = format!("decision=approve&csrf={csrf}");
    let cookie = ("cookie", cookie.as_str());
    let attempts: &[(&[(&str, &str)], &str)] = &[
        (&[ORIGIN, FORM], &right),
        (&[cookie, FORM], &right),
        (&[cookie, FORM, ("origin", "null")], &right),
        (&[cookie, FORM, ("origin", "http://evil.example")], &right),
        (&[cookie, FORM, ("origin", "http://127.0.0.1:10081")], &right),
        (&[cookie, FORM, ORIGIN, ("origin", "http://evil.example")], &right),
        (&[cookie, FORM, ORIGIN, ("sec-fetch-site", "cross-site")], &right),
        (&[cookie, FORM, ORIGIN], "decision=approve"),
        (&[cookie, FORM, ORIGIN], "decision=approve&csrf="),
        (&[cookie, FORM, ORIGIN], "decision=approve&csrf=AAAA"),
        (&[cookie, FORM, ORIGIN], &right.replace("approve", "maybe")),
        (&[cookie, ORIGIN, ("content-type", "text/plain")], &right),
    ];
    for (n, (headers, body)) in attempts.iter().enumerate() {
        let answer = post(&fixture, &path, headers, body).await;
        assert!(answer.status.is_client_error(), "attempt {n}: {}", answer.status);
    }
    for path in [path.clone(), format!("{path}?{right}"), format!("/holds/{id}?{right}")] {
        get(&fixture, &path, &[cookie]).await;
    }
    assert_eq!(status(&fixture, &id).await, HoldStatus::Pending);
}

#[apply(on_both)]
async fn a_rule_may_ask_for_a_reason() {
    let fixture = Fixture::new().await;
    let mut held = request("e1");
    held.terms.reason_required = true;
    let id = fixture.asks.request(held).await.unwrap().hold;
    let (cookie, csrf) = log_in(&fixture).await;
    let headers = [("cookie", cookie.as_str()), ORIGIN, FORM];
    let path = format!("/holds/{id}/decision");
    let without = format!("decision=approve&reason=++&csrf={csrf}");
    let answer = post(&fixture, &path, &headers, &without).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("asks for a reason"));
    assert_eq!(status(&fixture, &id).await, HoldStatus::Pending);
}

#[apply(on_both)]
async fn an_approval_is_taken_back_on_its_page() {
    let people = [approver("ann", Some(&["finance"])), approver("cid", Some(&["legal"]))];
    let fixture = Fixture::of(&people).await;
    let approvers = policy::rule::Approvers::any(&["finance"]);
    let terms = policy::rule::HoldTerms { approvers, reason_required: true, ..Default::default() };
    let held = policy::hold::HoldRequest { terms: terms.into(), ..request("e1") };
    let id = fixture.asks.request(held).await.unwrap().hold;
    let path = format!("/holds/{id}/decision");
    let (ann, csrf) = log_in_with(&fixture, &people[0].login_code).await;
    let headers = [("cookie", ann.as_str()), ORIGIN, FORM];
    let approve = format!("decision=approve&reason=fine&csrf={csrf}");
    assert_eq!(post(&fixture, &path, &headers, &approve).await.status, StatusCode::SEE_OTHER);
    let shown = async |code: &str| {
        let (cookie, _) = log_in_with(&fixture, code).await;
        get(&fixture, &format!("/holds/{id}"), &[("cookie", &cookie)]).await.body
    };
    assert!(!shown(&people[1].login_code).await.contains("Take back"));
    let page = get(&fixture, &format!("/holds/{id}"), &[("cookie", &ann)]).await.body;
    assert!(page.contains("Take back</button>") && page.contains(" required"), "{page}");
    let silent = post(&fixture, &path, &headers, &format!("decision=deny&csrf={csrf}")).await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(silent.body.contains("asks for a reason") && silent.body.contains("Take back"));
    let back = format!("decision=deny&reason=wrong+account&csrf={csrf}");
    assert_eq!(post(&fixture, &path, &headers, &back).await.status, StatusCode::SEE_OTHER);
    assert_eq!(status(&fixture, &id).await, HoldStatus::Denied);
    let page = get(&fixture, &format!("/holds/{id}"), &[("cookie", &ann)]).await.body;
    for part in
        ["Approval taken back by ann", "approval taken back by <strong>ann", "wrong account"]
    {
        assert!(page.contains(part), "{part} in {page}");
    }
    let history = get(&fixture, "/history", &[("cookie", &ann)]).await.body;
    assert!(history.contains("took an approval back"), "{history}");
    let key = format!("Bearer {}", people[0].key);
    let shown = get(&fixture, &format!("/v1/holds/{id}"), &[("authorization", &key)]).await;
    assert!(shown.json::<HoldDetail>().summary.decision.unwrap().took_back);
}
