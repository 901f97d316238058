use axum::http::StatusCode;
use macro_rules_attribute::apply;
use policy::hold::{HoldStatus, RedeemRequest};

use super::{enter, get, log_in, post};
use crate::api::{HoldDetail, HoldList, LoginLink};
use crate::testing::{APPROVER_KEY, Fixture, HOST, on_both};

#[apply(on_both)]
async fn the_key_opens_the_api_and_nothing_else_does() {
    let fixture = Fixture::new().await;
    let id = fixture.hold("e1").await.hold;
    let (cookie, _) = log_in(&fixture).await;
    let bearer = format!("Bearer {APPROVER_KEY}");
    let key = ("authorization", bearer.as_str());
    let agent = jwt_simple::prelude::Ed25519KeyPair::generate();
    let claims = jwt_simple::prelude::Claims::create(jwt_simple::prelude::Duration::from_mins(5));
    let token = jwt_simple::algorithms::EdDSAKeyPairLike::sign(&agent, claims).unwrap();
    let token = format!("Bearer {token}");
    let spaced = format!("Bearer  {APPROVER_KEY}");
    let strangers: &[&[(&str, &str)]] = &[
        &[],
        &[("cookie", &cookie)],
        &[("authorization", &token)],
        &[("authorization", &spaced)],
        &[("authorization", "Bearer ")],
        &[key, ("authorization", &token)],
    ];
    let decision = r#"{"decision":"approve","reason":"ok"}"#;
    let path = format!("/v1/holds/{id}");
    let decide = format!("{path}/decision");
    for (n, headers) in strangers.iter().enumerate() {
        for path in ["/v1/holds", path.as_str()] {
            let status = get(&fixture, path, headers).await.status;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "stranger {n} at {path}");
        }
        let status = post(&fixture, &decide, headers, decision).await.status;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "stranger {n}");
    }
    for headers in [[key], [("authorization", token.as_str())]] {
        assert_eq!(get(&fixture, "/", &headers).await.status, StatusCode::UNAUTHORIZED);
    }
    let list: HoldList = get(&fixture, "/v1/holds", &[key]).await.json();
    assert_eq!((list.holds.len(), list.holds[0].action.as_str()), (1, "delete_customer"));
    let foreign = [key, ("origin", "http://evil.example")];
    assert_eq!(post(&fixture, &decide, &foreign, decision).await.status, StatusCode::FORBIDDEN);
    let decided: HoldDetail = post(&fixture, &decide, &[key], decision).await.json();
    assert_eq!(decided.summary.status, HoldStatus::Approved);
    assert_eq!(decided.trail[1].door, "key");
    assert_eq!(decided.changed, Some(true));
    let again = post(&fixture, &decide, &[key], decision).await;
    assert_eq!(again.status, StatusCode::OK);
    assert_eq!(again.json::<HoldDetail>().changed, Some(false));
    let shown: HoldDetail = get(&fixture, &path, &[key]).await.json();
    assert_eq!(shown.changed, None);
    let list: HoldList = get(&fixture, "/v1/holds?status=approved", &[key]).await.json();
    assert_eq!(list.holds[0].id, id);
    let redeem = RedeemRequest { exchange: "e1".into(), nonce: "0123456789abcdef".into() };
    assert!(fixture.asks.redeem(&id, &redeem).await.is_ok());
    let other = post(&fixture, &decide, &[key], r#"{"decision":"deny"}"#).await;
    assert_eq!(other.status, StatusCode::CONFLICT);
    let told =
        "a gateway took the approval already, and the call is under way or over; nothing changed";
    assert!(other.body.contains(told), "{}", other.body);
    assert_eq!(other.headers["content-type"], "application/problem+json");
    let odd = get(&fixture, "/v1/holds?status=odd", &[key]).await;
    assert_eq!(odd.status, StatusCode::BAD_REQUEST);
    assert!(odd.body.contains("`odd`") && odd.body.contains("cancelled, redeemed"), "{}", odd.body);
    let link: LoginLink = post(&fixture, "/v1/login-links", &[key], "").await.json();
    let path = link.url.strip_prefix(&format!("http://{HOST}")).unwrap();
    assert_eq!(get(&fixture, path, &[]).await.status, StatusCode::OK);
    let code = path.strip_prefix("/login?code=").unwrap();
    assert_eq!(enter(&fixture, code, "").await.status, StatusCode::SEE_OTHER);
    assert_eq!(get(&fixture, path, &[]).await.status, StatusCode::UNAUTHORIZED);
}

#[apply(on_both)]
async fn approvers_see_how_many_callers_wait() {
    let fixture = Fixture::new().await;
    let id = fixture.hold("e1").await.hold;
    let bearer = format!("Bearer {APPROVER_KEY}");
    let path = format!("/v1/holds/{id}");
    let waiting = async || {
        let shown = get(&fixture, &path, &[("authorization", bearer.as_str())]).await;
        shown.json::<HoldDetail>().waiting
    };
    // Whoever was told `pending` waits no more.
    fixture.asks.wait(&id, "e1", 0).await.unwrap();
    assert_eq!(waiting().await, 0);
    let all = async {
        let wait = |exchange: &'static str| fixture.asks.wait(&id, exchange, 60_000);
        tokio::join!(wait("e1"), wait("e2"))
    };
    let ((one, two), ()) = tokio::join!(all, async {
        while waiting().await < 2 {
            tokio::task::yield_now().await;
        }
        assert!(fixture.decide(&id, crate::store::Choice::Approve).await.is_ok());
    });
    assert_eq!(
        (one.unwrap().status, two.unwrap().status),
        (HoldStatus::Approved, HoldStatus::Approved)
    );
    assert_eq!(waiting().await, 0);
}
