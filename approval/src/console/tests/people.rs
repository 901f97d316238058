//! Several people, each with a key and a login of their own.

use axum::http::StatusCode;
use macro_rules_attribute::apply;
use policy::hold::{HoldRequest, HoldStatus};
use policy::rule::{Approvers, HoldTerms};

use super::{FORM, ORIGIN, get, log_in_with, post, status};
use crate::api::{HoldDetail, LoginLink};
use crate::config::LocalApprover;
use crate::testing::{Fixture, HOST, approver, on_both, request};

fn people() -> [LocalApprover; 3] {
    let of = |name, group| approver(name, Some(&[group]));
    [of("ann", "finance"), of("bob", "finance"), of("cid", "support")]
}

fn two_of_finance() -> HoldRequest {
    let approvers = Approvers::any(&["finance"]);
    let terms = HoldTerms { quorum: 2, approvers, ..HoldTerms::default() };
    HoldRequest { terms: terms.into(), ..request("e1") }
}

#[apply(on_both)]
async fn each_decides_under_their_own_name_and_groups() {
    let people = people();
    let fixture = Fixture::of(&people).await;
    let id = fixture.asks.request(two_of_finance()).await.unwrap().hold;
    let path = format!("/v1/holds/{id}/decision");
    let approve = async |who: &LocalApprover| {
        let key = format!("Bearer {}", who.key);
        post(&fixture, &path, &[("authorization", &key)], r#"{"decision":"approve"}"#).await
    };
    let [ann, bob, cid] = &people;
    let stranger = approve(cid).await;
    assert_eq!(stranger.status, StatusCode::FORBIDDEN);
    assert!(stranger.body.contains("other groups"), "{}", stranger.body);
    for _ in 0..2 {
        let once: HoldDetail = approve(ann).await.json();
        assert_eq!(once.summary.status, HoldStatus::Pending);
        assert_eq!(once.summary.approved_by, ["ann"]);
    }
    let both: HoldDetail = approve(bob).await.json();
    assert_eq!(both.changed, Some(true));
    assert_eq!(both.summary.status, HoldStatus::Approved);
    assert_eq!(both.summary.approved_by, ["ann", "bob"]);
}

#[apply(on_both)]
async fn a_link_logs_in_the_person_it_was_made_for() {
    let people = people();
    let fixture = Fixture::of(&people).await;
    let id = fixture.asks.request(two_of_finance()).await.unwrap().hold;
    let path = format!("/holds/{id}");
    for (who, decides) in people.iter().zip([true, true, false]) {
        let key = format!("Bearer {}", who.key);
        let link = post(&fixture, "/v1/login-links", &[("authorization", &key)], "").await;
        let url = link.json::<LoginLink>().url;
        let code = url.strip_prefix(&format!("http://{HOST}/login?code=")).unwrap();
        for code in [code, &who.login_code] {
            let (cookie, _) = log_in_with(&fixture, code).await;
            let page = get(&fixture, &path, &[("cookie", &cookie)]).await.body;
            let named = format!("under this name\">{}<", who.person.name);
            assert!(page.contains(&named), "{page}");
            assert_eq!(page.contains("value=\"approve\""), decides, "{page}");
            assert_eq!(page.contains("approvers of other groups"), !decides, "{page}");
        }
    }
    for who in &people[..2] {
        assert_eq!(status(&fixture, &id).await, HoldStatus::Pending);
        let key = format!("Bearer {}", who.key);
        let link = post(&fixture, "/v1/login-links", &[("authorization", &key)], "").await;
        let url = link.json::<LoginLink>().url;
        let (cookie, csrf) = log_in_with(&fixture, url.split("code=").nth(1).unwrap()).await;
        let headers = [("cookie", cookie.as_str()), ORIGIN, FORM];
        let approve = format!("decision=approve&csrf={csrf}");
        let done = post(&fixture, &format!("{path}/decision"), &headers, &approve).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER);
    }
    assert_eq!(status(&fixture, &id).await, HoldStatus::Approved);
}
