//! Who sets and lifts kills, how, and what is seen of them.

mod barred;
mod whose;

use axum::Router;
use axum::http::StatusCode;
use macro_rules_attribute::apply;
use policy::kill::{Kills, token_key};
use policy::principal;
use serde_json::{Value, json};

use super::{FORM, ORIGIN, get, log_in, log_in_with, post};
use crate::api::{KillList, KillState, KillSummary};
use crate::approver::{Account, Approver, Door, Person};
use crate::config::LocalApprover;
use crate::console::{Allowed, Viewers};
use crate::records::store::Source;
use crate::records::{Exchange, Line};
use crate::separation::Separation;
use crate::tenant::Tenant;
use crate::testing::exchanges::{SESSION, exchange, line};
use crate::testing::{
    APPROVER_KEY, Answer, DIGEST_KEY, Fixture, HOST, NOW, approver, card, dana, filter_of, on_both,
    send,
};

/// With the keys that a gateway puts into it.
fn keyed(n: u64) -> Exchange {
    let mut one = exchange(n);
    let caller = one.record.principal.as_ref().map(|principal| principal.caller(DIGEST_KEY));
    one.record.caller = caller.unwrap();
    one.record.token = token_key(format!("head.claims-{n}.signature").as_bytes(), DIGEST_KEY);
    one
}

async fn told(fixture: &Fixture, tenant: &str) -> Kills {
    let filter = filter_of(&fixture.holds, Tenant::of_name(tenant).unwrap());
    send(&filter, "GET", "/v1/kills?gateway=g&worker=w", &[], "").await.json()
}

async fn shown(fixture: &Fixture, cookie: &str, path: &str) -> String {
    let page = get(fixture, path, &[("cookie", cookie)]).await;
    assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.body);
    page.body
}

async fn sent(fixture: &Fixture, cookie: &str, path: &str, form: &str) -> Answer {
    post(fixture, path, &[("cookie", cookie), ORIGIN, FORM], form).await
}

async fn by_key(console: &Router, key: &str, method: &str, path: &str, body: Value) -> Answer {
    let key = format!("Bearer {key}");
    let body = if body.is_null() { String::new() } else { body.to_string() };
    send(console, method, path, &[("host", HOST), ("authorization", &key)], &body).await
}

async fn list(fixture: &Fixture) -> Vec<KillSummary> {
    let answer = by_key(&fixture.console, APPROVER_KEY, "GET", "/v1/kills", Value::Null).await;
    answer.json::<KillList>().kills
}

#[apply(on_both)]
async fn a_session_leads_to_a_kill() {
    let fixture = Fixture::new().await;
    let mut nobody = exchange(3);
    nobody.record.principal = None;
    fixture.record(&[keyed(0), keyed(1), nobody]).await;
    let (cookie, csrf) = log_in(&fixture).await;
    let of = |n: u64| format!("/kills/new?exchange=x_{n:05}&#38;tenant=");
    let session = shown(&fixture, &cookie, &format!("/sessions/{SESSION}")).await;
    assert!(session.contains("/kills/new?exchange="), "{session}");
    for (n, known) in [(0, true), (1, true), (3, false)] {
        let page = shown(&fixture, &cookie, &format!("/exchanges/x_{n:05}")).await;
        assert_eq!(page.contains(&of(n)), known, "{page}");
    }
    let form = shown(&fixture, &cookie, "/kills/new?exchange=x_00001&tenant=").await;
    let record = keyed(1).record;
    for text in ["order-desk", "https://idp.example", &record.caller, &record.token] {
        assert!(form.contains(text), "{text}: {form}");
    }
    assert!(!form.contains("On all gateways"), "there is one tenant: {form}");

    let said = |whom: &str, more: &str| {
        format!("csrf={csrf}&exchange=x_00001&of=&whom={whom}&reason=it+runs+wild{more}")
    };
    for (more, why) in [
        ("&lasts=8&unit=days", "1 minute to 7 days"),
        ("&lasts=0&unit=hours", "1 minute to 7 days"),
        ("&lasts=1&unit=years", "1 minute to 7 days"),
        ("&lasts=99999999999999999999&unit=days", "1 minute to 7 days"),
        ("&lasts=99999999999999999&unit=days", "1 minute to 7 days"),
        ("", "1 minute to 7 days"),
    ] {
        let answer = sent(&fixture, &cookie, "/kills", &said("caller", more)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{more}");
        assert!(answer.body.contains(why) && answer.body.contains("it runs wild"), "{more}");
    }
    let silent = format!("csrf={csrf}&exchange=x_00001&whom=caller&lasts=1&unit=hours&reason=+");
    let answer = sent(&fixture, &cookie, "/kills", &silent).await;
    assert!(answer.body.contains("a kill needs a reason"), "{}", answer.body);
    for whom in ["", "session"] {
        let answer = sent(&fixture, &cookie, "/kills", &said(whom, "&lasts=1&unit=hours")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{whom}");
    }
    assert!(told(&fixture, "").await.kills.is_empty() && fixture.audited("killed").await == 0);

    for (whom, more) in [("caller", "&lasts=2&unit=hours"), ("token", "&lasts=1&unit=minutes")] {
        let answer = sent(&fixture, &cookie, "/kills", &said(whom, more)).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        assert_eq!(answer.headers["location"], "/kills");
    }
    let mut kills: Vec<(String, u64)> = told(&fixture, "")
        .await
        .kills
        .into_iter()
        .map(|one| (one.whom.key().to_owned(), one.until))
        .collect();
    kills.sort();
    assert_eq!(kills, [(record.caller.clone(), NOW + 7200), (record.token.clone(), NOW + 60)]);
    let page = shown(&fixture, &cookie, "/kills").await;
    for text in ["order-desk", "it runs wild", "killed by dana", &record.token, "1 of 1 workers"] {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert_eq!(fixture.audited("killed").await, 2);

    let id = list(&fixture).await[1].id.clone();
    let answer = sent(
        &fixture,
        &cookie,
        &format!("/kills/{id}/lift"),
        &format!("csrf={csrf}&reason=it+is+tame"),
    )
    .await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let again =
        sent(&fixture, &cookie, &format!("/kills/{id}/lift"), &format!("csrf={csrf}")).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let page = shown(&fixture, &cookie, "/kills").await;
    assert!(page.contains("it is tame") && page.contains("lifted</span> by dana"), "{page}");
    fixture.clock.advance(60);
    let states: Vec<KillState> = list(&fixture).await.into_iter().map(|one| one.state).collect();
    assert_eq!(states, [KillState::Expired, KillState::Lifted]);
    assert!(shown(&fixture, &cookie, "/kills").await.contains("No kill is in force"));
    assert!(told(&fixture, "").await.kills.is_empty());
}

#[apply(on_both)]
async fn what_is_written_is_text_and_masked() {
    let fixture = Fixture::new().await;
    let (cookie, csrf) = log_in(&fixture).await;
    let hostile = format!("<script>alert(1)</script>\u{202e}\u{1b}[2J \"'& {}", card());
    let whom = json!({
        "issuer": "https://idp.example/<b>", "subject": "al\u{202e}ice<img src=x>", "reason": hostile,
    });
    let made = by_key(&fixture.console, APPROVER_KEY, "POST", "/v1/kills", whom).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.body);
    let id = made.json::<KillSummary>().id;
    let form = format!("csrf={csrf}&reason=%3Ci%3E+{}", card());
    sent(&fixture, &cookie, &format!("/kills/{id}/lift"), &form).await;
    let page = shown(&fixture, &cookie, "/kills").await;
    let json = by_key(&fixture.console, APPROVER_KEY, "GET", "/v1/kills", Value::Null).await.body;
    for text in [&page, &json] {
        assert!(!text.contains(&card()) && text.contains("[REDACTED:payment-card]"), "{text}");
        assert!(
            !text.contains(['\u{202e}', '\u{1b}']) && text.contains("\\u{202e}")
                || text.contains("\\\\u{202e}")
        );
    }
    for tag in ["<script>alert", "<img", "<b>", "<i>"] {
        assert!(!page.contains(tag), "{tag}: {page}");
    }
    // A token that somebody takes for its key is told to nobody.
    let token = ["eyJhbGciOiJFUzI1NiJ9", "eyJzdWIiOiJhIn0", "c2lnbmF0dXJl"].join(".");
    for whom in [json!({"token": token, "reason": "r"}), json!({"caller": token, "reason": "r"})] {
        let answer = by_key(&fixture.console, APPROVER_KEY, "POST", "/v1/kills", whom).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(!answer.body.contains("eyJ"), "{}", answer.body);
        assert!(answer.body.contains("looks like a token itself"), "{}", answer.body);
    }
    let form = format!("csrf={csrf}&key={token}&lasts=1&unit=hours&reason=r");
    let answer = sent(&fixture, &cookie, "/kills", &form).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!answer.body.contains("eyJ"), "{}", answer.body);
    assert!(answer.body.contains("looks like a token itself"), "{}", answer.body);
}

#[apply(on_both)]
async fn the_form_says_what_is_missing_in_its_own_words() {
    let fixture = Fixture::new().await;
    let (cookie, csrf) = log_in(&fixture).await;
    for (whom, told) in [
        ("", "a key, or issuer and subject"),
        ("&issuer=i", "the subject is missing"),
        ("&subject=s", "the issuer is missing"),
        ("&key=p_1&subject=s", "and not both"),
        ("&key=p_1&issuer=i&subject=s", "and not both"),
        ("&key=opaque.in.parts", "looks like a token itself"),
        ("&key=p_1", "`p_` and 22 characters"),
    ] {
        let form = format!("csrf={csrf}{whom}&lasts=1&unit=hours&reason=r");
        let answer = sent(&fixture, &cookie, "/kills", &form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{whom}");
        let said = answer.body.replace("&#96;", "`");
        assert!(said.contains(told) && !said.contains("`caller`"), "{whom}: {said}");
    }
}
