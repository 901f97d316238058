//! Questions asked again, because an answer was lost on its way.

use macro_rules_attribute::apply;
use policy::digest::grant_digest;
use policy::grant::Expected;
use policy::hold::{HoldStatus, RedeemRequest, Terms};

use super::redeem;
use crate::holds::Redeemed;
use crate::store::Choice;
use crate::testing::{DIGEST_KEY, Fixture, NOW, call, on_both, request};

/// An answer that was lost on its way is given again to whom it was for, and to nobody else.
#[apply(on_both)]
async fn a_redemption_is_told_again_for_a_minute() {
    let fixture = Fixture::new().await;
    let id = fixture.hold("e1").await.hold;
    fixture.hold("e2").await;
    assert!(fixture.decide(&id, Choice::Approve).await.is_ok());
    let tokens = async |exchange: &str, nonce: &str| {
        let request = RedeemRequest { exchange: exchange.into(), nonce: nonce.into() };
        match fixture.asks.redeem(&id, &request).await.unwrap() {
            Redeemed::Once(pair) => Some(pair),
            Redeemed::Not(state) => {
                assert!([HoldStatus::Redeemed, HoldStatus::Expired].contains(&state.status));
                None
            }
        }
    };
    let nonce = "0123456789abcdef";
    let first = tokens("e1", nonce).await.unwrap();
    fixture.clock.advance(59);
    let again = tokens("e1", nonce).await.unwrap();
    let claims = |token: &str| {
        let payload = token.split('.').nth(1).unwrap();
        let bytes = base64::Engine::decode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, payload);
        let mut claims: serde_json::Value = serde_json::from_slice(&bytes.unwrap()).unwrap();
        claims.as_object_mut().unwrap().remove("iat");
        claims
    };
    assert_eq!(claims(&first.grant), claims(&again.grant));
    let rules = ["hold-destructive-tools".to_owned()];
    let expected = Expected {
        owners: &[],
        hold: &id,
        digest: &grant_digest(&call(), DIGEST_KEY),
        exchange: "e1",
        nonce,
        rules: &rules,
        standing_key: None,
        terms: &Terms::default(),
        now: NOW + 59,
    };
    fixture.keys.check(&again.grant, &again.receipt, &expected).unwrap();
    assert!(tokens("e1", "fedcba9876543210").await.is_none(), "another nonce");
    assert!(tokens("e2", nonce).await.is_none(), "another exchange");
    fixture.clock.advance(1);
    assert!(tokens("e1", nonce).await.is_none(), "a minute later");
    let trail = fixture.holds.store.trail(&id).await.unwrap();
    let count = |action: &str| trail.iter().filter(|one| one.action == action).count();
    assert_eq!((count("redeemed"), count("redeemed_again")), (1, 1));
}

#[apply(on_both)]
async fn nothing_is_told_again_once_the_hold_is_over() {
    let fixture = Fixture::new().await;
    let id = fixture.hold("e1").await.hold;
    assert!(fixture.decide(&id, Choice::Approve).await.is_ok());
    fixture.clock.advance(590);
    assert!(matches!(fixture.asks.redeem(&id, &redeem("e1")).await.unwrap(), Redeemed::Once(_)));
    fixture.clock.advance(10);
    assert!(matches!(fixture.asks.redeem(&id, &redeem("e1")).await.unwrap(), Redeemed::Not(_)));
}

/// The filter asks again where it does not know whether it was heard.
#[apply(on_both)]
async fn an_exchange_that_asks_again_has_the_hold_it_has() {
    let fixture = Fixture::new().await;
    let again = async |id: &str, status: HoldStatus| {
        let state = fixture.hold("e1").await;
        assert_eq!((state.hold.as_str(), state.status), (id, status));
    };
    let id = fixture.hold("e1").await.hold;
    again(&id, HoldStatus::Pending).await;
    assert!(fixture.decide(&id, Choice::Approve).await.is_ok());
    again(&id, HoldStatus::Approved).await;
    assert!(matches!(fixture.asks.redeem(&id, &redeem("e1")).await.unwrap(), Redeemed::Once(_)));
    again(&id, HoldStatus::Redeemed).await;
    fixture.clock.advance(600);
    again(&id, HoldStatus::Redeemed).await;
    for (exchange, status) in
        [("e2", HoldStatus::Denied), ("e3", HoldStatus::Expired), ("e4", HoldStatus::Cancelled)]
    {
        let own = fixture.hold(exchange).await.hold;
        match status {
            HoldStatus::Denied => assert!(fixture.decide(&own, Choice::Deny).await.is_ok()),
            HoldStatus::Cancelled => fixture.asks.leave_all(exchange).await.unwrap(),
            _ => {}
        }
        if status != HoldStatus::Cancelled {
            fixture.clock.advance(600);
        }
        let state = fixture.hold(exchange).await;
        assert_eq!((state.hold, state.status), (own, status));
    }
    // One that left is out of it, whatever it asks.
    fixture.asks.leave_all("e4").await.unwrap();
    let mut other = request("e4");
    other.call.path = "/other".into();
    assert_eq!(fixture.asks.request(other).await.unwrap().status, HoldStatus::Pending);
}
