//! Nothing of one tenant exists for another.

use axum::Router;
use axum::http::StatusCode;
use macro_rules_attribute::apply;
use policy::hold::{HoldRequest, HoldState, HoldStatus};
use policy::report::Report;
use serde_json::json;

use super::redeem;
use crate::holds::{Redeemed, TenantHolds};
use crate::store::Choice;
use crate::tenant::Tenant;
use crate::testing::{Answer, Fixture, filter_of, on_both, request, send};

fn tenant(name: &str) -> Tenant {
    Tenant::of([format!("spiffe://gatehouse/filter/{name}").as_str()].into_iter()).unwrap()
}

pub fn asks(fixture: &Fixture, name: &str) -> TenantHolds {
    TenantHolds { tenant: tenant(name), holds: fixture.holds.clone() }
}

async fn post(router: &Router, path: &str, body: &impl serde::Serialize) -> Answer {
    send(router, "POST", path, &[], &serde_json::to_string(body).unwrap()).await
}

/// A second tenant that knows all ids and asks for the very same call.
#[apply(on_both)]
async fn another_tenant_gets_nothing_of_a_hold() {
    let fixture = Fixture::new().await;
    let own = filter_of(&fixture.holds, tenant("a"));
    let others =
        [filter_of(&fixture.holds, tenant("b")), filter_of(&fixture.holds, Tenant::default())];
    let held: HoldState = post(&own, "/v1/holds", &request("e1")).await.json();
    let path = format!("/v1/holds/{}", held.hold);
    let poll = format!("{path}/wait?ms=60000&exchange=e1");
    let status = json!({"hold": held.hold, "issuer": "https://idp.example", "subject": "alice"});
    let absent = send(&others[0], "GET", "/v1/holds/none/wait?exchange=e1", &[], "").await;
    let nothing = |answer: Answer| {
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert_eq!(answer.body, absent.body, "absent and foreign are told alike");
    };
    for other in &others {
        nothing(send(other, "GET", &poll, &[], "").await);
        nothing(post(other, "/v1/status", &status).await);
        nothing(post(other, &format!("{path}/redeem"), &redeem("e1")).await);
        // These tell nothing either way, and do nothing.
        let left = post(other, "/v1/leave", &json!({"exchange": "e1"})).await;
        let called = post(other, "/v1/cancel", &json!({"cancel_key": "key-of-e1"})).await;
        assert_eq!((left.status, called.status), (StatusCode::NO_CONTENT, StatusCode::NO_CONTENT));
        // The same call of the same principal and exchange is another hold.
        let joined: HoldState = post(other, "/v1/holds", &request("e1")).await.json();
        assert_ne!(joined.hold, held.hold);
    }
    let now: HoldState = post(&own, "/v1/status", &status).await.json();
    assert_eq!(now.status, HoldStatus::Pending);
    assert!(fixture.decide(&held.hold, Choice::Approve).await.is_ok());
    for other in &others {
        nothing(post(other, &format!("{path}/redeem"), &redeem("e1")).await);
        let joined: HoldState = post(other, "/v1/holds", &request("e2")).await.json();
        assert_eq!(joined.status, HoldStatus::Pending, "another tenant's approval is none here");
    }
    assert_eq!(post(&own, &format!("{path}/redeem"), &redeem("e1")).await.status, StatusCode::OK);
    for other in &others {
        nothing(post(other, &format!("{path}/redeem"), &redeem("e1")).await);
    }
    // People see whose it is.
    let seen = fixture.holds.found(&held.hold).await.unwrap();
    assert_eq!(seen.tenant, "a");
}

#[apply(on_both)]
async fn a_denial_and_a_limit_are_of_one_tenant() {
    let limits = crate::config::Limits { open_per_principal: 1, ..Default::default() };
    let fixture = Fixture::limited(limits).await;
    let (a, b) = (asks(&fixture, "a"), asks(&fixture, "b"));
    let held = a.request(request("e1")).await.unwrap();
    let mut second = request("e2");
    second.call.path = "/other".into();
    assert_eq!(a.request(second.clone()).await.unwrap_err().status().as_u16(), 429);
    assert_eq!(b.request(second).await.unwrap().status, HoldStatus::Pending);
    b.leave_all("e2").await.unwrap();
    assert!(fixture.decide(&held.hold, Choice::Deny).await.is_ok());
    assert_eq!(a.request(request("e3")).await.unwrap().status, HoldStatus::Denied);
    assert_eq!(b.request(request("e3")).await.unwrap().status, HoldStatus::Pending);
}

#[apply(on_both)]
async fn a_standing_grant_lets_one_tenants_calls_pass() {
    let fixture = Fixture::new().await;
    let (a, b) = (asks(&fixture, "a"), asks(&fixture, "b"));
    let held =
        |exchange: &str| HoldRequest { terms: super::standing::terms(3, 1), ..request(exchange) };
    let first = a.request(held("e1")).await.unwrap();
    assert!(super::standing::say(&fixture, &first.hold, "ann", true).await.is_ok());
    assert!(matches!(a.redeem(&first.hold, &redeem("e1")).await.unwrap(), Redeemed::Once(_)));
    assert_eq!(b.request(held("e2")).await.unwrap().status, HoldStatus::Pending);
    let second = a.request(held("e2")).await.unwrap();
    assert_eq!(second.status, HoldStatus::Approved);
    // Asked twice it takes one use.
    assert_eq!(a.request(held("e2")).await.unwrap().hold, second.hold);
    assert_eq!(fixture.holds.standing_grants().await.unwrap()[0].uses_left, 1);
}

/// Of gateways that go by one name, each is its tenant's.
#[apply(on_both)]
async fn a_report_is_of_its_tenant() {
    let fixture = Fixture::new().await;
    let report = Report {
        gateway: "edge".into(),
        worker: "w1".into(),
        release: "0.1.0".into(),
        bundle: None,
        stale: false,
        error: None,
    };
    for name in ["a", "b"] {
        asks(&fixture, name).report(&report).await.unwrap();
    }
    let gateways = fixture.holds.gateways().await.unwrap();
    let tenants: Vec<&str> = gateways.iter().map(|one| one.tenant.as_str()).collect();
    assert_eq!(tenants, ["a", "b"]);
}

#[apply(on_both)]
async fn a_principal_learns_of_its_own_holds_alone() {
    let fixture = Fixture::new().await;
    let held = fixture.hold("e1").await;
    let ask = async |hold: &str, issuer: &str, subject: &str| {
        let body = json!({"hold": hold, "issuer": issuer, "subject": subject});
        post(&fixture.filter, "/v1/status", &body).await
    };
    let own: HoldState = ask(&held.hold, "https://idp.example", "alice").await.json();
    assert_eq!((own.hold.as_str(), own.status), (held.hold.as_str(), HoldStatus::Pending));
    let absent = ask("nosuchhold", "https://idp.example", "alice").await;
    for (issuer, subject) in [("https://idp.example", "bob"), ("https://other.example", "alice")] {
        let foreign = ask(&held.hold, issuer, subject).await;
        assert_eq!((foreign.status, &foreign.body), (StatusCode::NOT_FOUND, &absent.body));
    }
    assert_eq!(absent.status, StatusCode::NOT_FOUND);
}
