//! Several people, each with a key and a login of their own.

use axum::http::StatusCode;
use macro_rules_attribute::apply;
use policy::hold::{HoldRequest, HoldStatus, RedeemRequest, StatusRequest};
use policy::principal::Principal;
use policy::rule::{Approvers, HoldTerms};

use super::{FORM, ORIGIN, get, log_in_with, post, status};
use crate::api::{HoldDetail, LoginLink};
use crate::approver::{Approver, Door};
use crate::config::LocalApprover;
use crate::store::Choice;
use crate::testing::{Fixture, HOST, approver, on_both, request, said};

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

#[apply(on_both)]
async fn a_page_says_whose_word_counts_and_asks_nobody_twice() {
    let people = people();
    let fixture = Fixture::of(&people).await;
    let id = fixture.asks.request(two_of_finance()).await.unwrap().hold;
    let path = format!("/holds/{id}");
    let (ann, csrf) = log_in_with(&fixture, &people[0].login_code).await;
    let (bob, bobs) = log_in_with(&fixture, &people[1].login_code).await;
    let page = async |cookie: &str| get(&fixture, &path, &[("cookie", cookie)]).await.body;
    let decide = async |cookie: &str, form: String| {
        let headers = [("cookie", cookie), ORIGIN, FORM];
        post(&fixture, &format!("{path}/decision"), &headers, &form).await
    };
    let before = page(&bob).await;
    assert!(before.contains("Others have to approve it, too"), "{before}");
    for _ in 0..2 {
        // Twice is a form that was sent again: the page by GET, and nothing new.
        let done = decide(&ann, format!("decision=approve&csrf={csrf}")).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER);
        assert_eq!(done.headers["location"], path.as_str());
    }
    let counts = page(&ann).await;
    let told = "You approved this. 1 of 2 people of finance, missing: 1 more of finance.";
    assert!(counts.contains(told), "{counts}");
    assert!(!counts.contains("value=\"approve\"") && counts.contains("value=\"deny\""), "{counts}");
    let last = page(&bob).await;
    assert!(last.contains("Yours is the last approval it takes"), "{last}");
    // By this an open page knows that it is old.
    let state = |page: &str| page.split("data-state=\"").nth(1).unwrap()[..43].to_owned();
    assert_ne!(state(&before), state(&last));
    assert_eq!(state(&counts), state(&last));
    decide(&bob, format!("decision=approve&csrf={bobs}")).await;
    assert!(page(&ann).await.contains("Approved by ann, bob"));
    let history = get(&fixture, "/history", &[("cookie", &ann)]).await.body;
    assert!(history.contains("<td>ann, bob"), "{history}");
    let redeem = RedeemRequest { exchange: "e1".into(), nonce: "0123456789abcdef".into() };
    assert!(fixture.asks.redeem(&id, &redeem).await.is_ok());
    // The service knows that the approval was taken, and not what became of the call.
    let used = page(&ann).await;
    assert!(used.contains("gatehouse explain e1") && !used.contains("The call passed"), "{used}");
}

#[apply(on_both)]
async fn a_caller_reads_why_it_was_denied_and_not_why_it_was_approved() {
    for (choice, told) in [(Choice::Approve, None), (Choice::Deny, Some("the ship is sinking"))] {
        let fixture = Fixture::new().await;
        let HoldRequest { exchange, call, .. } = request("e1");
        let id = fixture.hold("e1").await.hold;
        let dana = Approver { person: approver("dana", None).person, door: Door::Key };
        let said = said(choice, "the ship is sinking");
        assert!(fixture.holds.decide(&id, &said, &dana, "").await.is_ok());
        let polled = fixture.asks.wait(&id, &exchange, 0).await.unwrap();
        // Records name who approved, so the filter hears it.
        assert_eq!(polled.approver.as_deref(), Some("dana"));
        let Principal { issuer, subject, .. } = call.principal;
        let asked = StatusRequest { hold: id.clone(), issuer, subject };
        let asked = fixture.asks.status(&asked).await.unwrap();
        assert_eq!(asked.approver.as_deref(), told.map(|_| "dana"));
        assert_eq!([&polled.reason_text, &asked.reason_text].map(Option::as_deref), [told; 2]);
        let kept = fixture.holds.found(&id).await.unwrap().decision.unwrap().reason_text;
        assert_eq!(kept, "the ship is sinking");
    }
}
