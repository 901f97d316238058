//! An approval that stands, from the box on the page to its revocation.

use axum::http::StatusCode;
use macro_rules_attribute::apply;
use policy::hold::{HoldRequest, HoldStatus};
use policy::rule::{HoldTerms, ScopeTerms};

use super::{FORM, ORIGIN, get, log_in, post};
use crate::api::{HoldDetail, StandingList, StandingStatus};
use crate::testing::{APPROVER_KEY, Fixture, call, on_both, request};

fn delete(exchange: &str, id: &str) -> HoldRequest {
    let free = [("/params/arguments/id".to_owned(), vec!["1*".to_owned(), "<i>".to_owned()])];
    let scope = Some(ScopeTerms { uses: 3, lasts_seconds: 3600, free: free.into() });
    let terms = HoldTerms { scope, ..HoldTerms::default() }.into();
    let mut held = HoldRequest { terms, ..request(exchange) };
    held.call.body = call().body.replace("10000000000000000001", id);
    held
}

#[apply(on_both)]
async fn a_ticked_box_lets_it_stand_until_it_is_revoked() {
    let fixture = Fixture::new().await;
    let (cookie, csrf) = log_in(&fixture).await;
    let cookie = ("cookie", cookie.as_str());
    let plain = fixture.hold("e0").await.hold;
    let page = get(&fixture, &format!("/holds/{plain}"), &[cookie]).await.body;
    assert!(!page.contains("name=\"standing\"") && page.contains("Approve once"), "{page}");
    assert!(get(&fixture, "/standing", &[cookie]).await.body.contains("Nobody let an approval"));

    let id = fixture.asks.request(delete("e1", "11")).await.unwrap().hold;
    let page = get(&fixture, &format!("/holds/{id}"), &[cookie]).await.body;
    for part in ["name=\"standing\"", "3 calls of this principal", "1* or &#60;i&#62;", "1 h"] {
        assert!(page.contains(part), "{part} in {page}");
    }
    let approve = format!("decision=approve&standing=yes&csrf={csrf}");
    let headers = [cookie, ORIGIN, FORM];
    let path = format!("/holds/{id}/decision");
    assert_eq!(post(&fixture, &path, &headers, &approve).await.status, StatusCode::SEE_OTHER);
    let next = fixture.asks.request(delete("e2", "12")).await.unwrap();
    assert_eq!(next.status, HoldStatus::Approved);
    let shown = get(&fixture, &format!("/holds/{}", next.hold), &[cookie]).await.body;
    assert!(shown.contains("standing grant</a>") && shown.contains("Approved by dana"), "{shown}");

    let page = get(&fixture, "/standing", &[cookie]).await.body;
    for part in ["delete_customer", "alice", "2 of 3", "state-active", "1* or &#60;i&#62;"] {
        assert!(page.contains(part), "{part} in {page}");
    }
    let action = page.split("action=\"/standing/").nth(1).unwrap().split('"').next().unwrap();
    let revoke = format!("/standing/{action}");
    for refused in [format!("csrf={csrf}x"), String::new()] {
        let answer = post(&fixture, &revoke, &headers, &refused).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
    get(&fixture, &revoke, &[cookie]).await;
    assert!(get(&fixture, "/standing", &[cookie]).await.body.contains("state-active"));
    let answer = post(&fixture, &revoke, &headers, &format!("csrf={csrf}")).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let page = get(&fixture, "/standing", &[cookie]).await.body;
    assert!(page.contains("state-revoked") && page.contains("by dana"), "{page}");
    assert!(!page.contains("Revoke</button>"), "{page}");
    let third = fixture.asks.request(delete("e3", "13")).await.unwrap();
    assert_eq!(third.status, HoldStatus::Pending);
}

#[apply(on_both)]
async fn the_command_line_sees_and_ends_it() {
    let fixture = Fixture::new().await;
    let bearer = format!("Bearer {APPROVER_KEY}");
    let key = [("authorization", bearer.as_str())];
    let id = fixture.asks.request(delete("e1", "11")).await.unwrap().hold;
    let path = format!("/v1/holds/{id}/decision");
    let body = r#"{"decision":"approve","standing":true}"#;
    let hold: HoldDetail = post(&fixture, &path, &key, body).await.json();
    assert_eq!(hold.summary.scope.unwrap().uses, 3);
    assert_eq!(hold.trail[1].action, "approve_standing");
    let list: StandingList = get(&fixture, "/v1/standing-grants", &key).await.json();
    let grant = &list.standing_grants[0];
    assert_eq!((grant.status, grant.uses_left), (StandingStatus::Active, 2));
    assert_eq!(grant.free["/params/arguments/id"], [["1*", "<i>"]]);
    let revoke = format!("/v1/standing-grants/{}/revocation", grant.id);
    assert_eq!(post(&fixture, &revoke, &[], "").await.status, StatusCode::UNAUTHORIZED);
    let list: StandingList = post(&fixture, &revoke, &key, "").await.json();
    assert_eq!(list.standing_grants[0].status, StandingStatus::Revoked);
    let none = post(&fixture, "/v1/standing-grants/h_none/revocation", &key, "").await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
}
