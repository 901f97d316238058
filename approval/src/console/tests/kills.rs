//! Who sets and lifts kills, how, and what is seen of them.

use axum::Router;
use axum::http::StatusCode;
use macro_rules_attribute::apply;
use policy::kill::{Kills, token_key};
use serde_json::{Value, json};

use super::{FORM, ORIGIN, get, log_in, log_in_with, post};
use crate::api::{KillList, KillState, KillSummary};
use crate::approver::{Account, Approver, Door, Person};
use crate::config::LocalApprover;
use crate::console::{Allowed, Viewers};
use crate::records::store::Source;
use crate::records::{Exchange, Line};
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
async fn nobody_kills_who_is_not_asked_to() {
    let fixture = Fixture::new().await;
    fixture.record(&[keyed(0)]).await;
    let (cookie, csrf) = log_in(&fixture).await;
    let whom = json!({"caller": keyed(0).record.caller, "reason": "why"});
    let made = by_key(&fixture.console, APPROVER_KEY, "POST", "/v1/kills", whom.clone()).await;
    let lift = format!("kills/{}/lift", made.json::<KillSummary>().id);
    let people = [approver("ann", Some(&["support"])), approver("sec", Some(&["security"]))];
    let groups = Allowed::Groups(vec!["security".into()]);
    let closed = [
        (
            fixture.console_that_kills(&[dana()], Allowed::Groups(Vec::new())),
            APPROVER_KEY.to_owned(),
        ),
        (fixture.console_that_kills(&people, groups.clone()), format!("{:-<40}", "ann")),
    ];
    for (console, key) in &closed {
        for (method, path, body) in [
            ("GET", "/v1/kills".to_owned(), Value::Null),
            ("POST", "/v1/kills".to_owned(), whom.clone()),
            ("POST", format!("/v1/{lift}"), json!({})),
        ] {
            let answer = by_key(console, key, method, &path, body).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
            assert!(answer.body.contains("kills.groups"), "{path}: {}", answer.body);
        }
    }
    let (console, _) = &closed[0];
    let form = format!("csrf={csrf}&key={}&lasts=1&unit=hours&reason=why", keyed(0).record.token);
    for (method, path, body) in [
        ("GET", "/kills", ""),
        ("GET", "/kills/new?exchange=x_00000&tenant=", ""),
        ("POST", "/kills", form.as_str()),
        ("POST", format!("/{lift}").as_str(), form.as_str()),
    ] {
        let headers = [("host", HOST), ("cookie", cookie.as_str()), ORIGIN, FORM];
        let answer = send(console, method, path, &headers, body).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
        assert!(answer.body.contains("kills.groups") && !answer.body.contains("order-desk"));
    }
    let headers = [("host", HOST), ("cookie", cookie.as_str())];
    for path in [&format!("/sessions/{SESSION}"), "/exchanges/x_00000"] {
        let page = send(console, "GET", path, &headers, "").await.body;
        assert!(page.contains("order-desk") && !page.contains("/kills"), "{path}: {page}");
    }
    // Nothing of all that came to anything, and who is asked to may.
    assert_eq!((list(&fixture).await.len(), told(&fixture, "").await.kills.len()), (1, 1));
    let open = fixture.console_that_kills(&people, groups);
    let answer = by_key(&open, &format!("{:-<40}", "sec"), "GET", "/v1/kills", Value::Null).await;
    assert_eq!(answer.status, StatusCode::OK);
    for (key, status) in
        [("nobody", StatusCode::UNAUTHORIZED), (APPROVER_KEY, StatusCode::UNAUTHORIZED)]
    {
        assert_eq!(by_key(&open, key, "POST", "/v1/kills", whom.clone()).await.status, status);
    }
    let bare = send(&fixture.console, "GET", "/kills", &[("host", HOST)], "").await;
    assert_eq!(bare.status, StatusCode::UNAUTHORIZED);
}

#[apply(on_both)]
async fn a_form_of_another_page_kills_nobody() {
    let fixture = Fixture::new().await;
    fixture.record(&[keyed(0)]).await;
    let (cookie, csrf) = log_in(&fixture).await;
    let form = |csrf: &str| {
        format!("csrf={csrf}&exchange=x_00000&whom=caller&lasts=1&unit=hours&reason=why")
    };
    let cookie = ("cookie", cookie.as_str());
    let site = ("sec-fetch-site", "cross-site");
    for (headers, csrf) in [
        (vec![cookie, ORIGIN, FORM], ""),
        (vec![cookie, ORIGIN, FORM], "AAAA"),
        (vec![cookie, FORM], csrf.as_str()),
        (vec![cookie, ("origin", "https://evil.example"), FORM], &csrf),
        (vec![cookie, ORIGIN, FORM, site], &csrf),
    ] {
        for path in ["/kills", "/kills/k_1/lift"] {
            let answer = post(&fixture, path, &headers, &form(csrf)).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{headers:?}");
        }
    }
    assert!(list(&fixture).await.is_empty());
    // Many at once are too many, however right they are.
    let mut last = StatusCode::OK;
    for _ in 0..61 {
        last = post(&fixture, "/kills", &[cookie, ORIGIN, FORM], &form(&csrf)).await.status;
    }
    assert_eq!((last, list(&fixture).await.len()), (StatusCode::TOO_MANY_REQUESTS, 1));
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
    }
    let form = format!("csrf={csrf}&key={token}&lasts=1&unit=hours&reason=r");
    let answer = sent(&fixture, &cookie, "/kills", &form).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!answer.body.contains("eyJ"), "{}", answer.body);
}

#[apply(on_both)]
async fn of_whom_it_is_has_to_be_said_once() {
    let fixture = Fixture::new().await;
    let record = keyed(0).record;
    let (caller, token) = (record.caller.as_str(), record.token.as_str());
    for whom in [
        json!({}),
        json!({"caller": caller, "token": token}),
        json!({"caller": token}),
        json!({"token": caller}),
        json!({"issuer": "https://idp.example"}),
        json!({"subject": "alice"}),
        json!({"caller": caller, "subject": "alice"}),
        json!({"issuer": "", "subject": "alice"}),
        json!({"issuer": "i", "subject": "a".repeat(2049)}),
        json!({"caller": caller, "tenant": "*"}),
        json!({"caller": caller, "tenant": "A"}),
        json!({"caller": caller, "seconds": 59}),
        json!({"caller": caller, "seconds": 604_801}),
        json!({"caller": caller, "reason": "a".repeat(1001)}),
        json!({"caller": caller, "reason": " \n"}),
    ] {
        let mut said = json!({"reason": "why"});
        said.as_object_mut().unwrap().extend(whom.as_object().unwrap().clone());
        let answer = by_key(&fixture.console, APPROVER_KEY, "POST", "/v1/kills", said).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{whom}: {}", answer.body);
    }
    assert!(list(&fixture).await.is_empty());
    // By name it is the same key that records have; again it is the same kill.
    let named = json!({"issuer": "https://idp.example", "subject": "order-desk", "reason": "why"});
    let by_name = by_key(&fixture.console, APPROVER_KEY, "POST", "/v1/kills", named).await;
    let by_name: KillSummary = by_name.json();
    assert_eq!((by_name.whom.key(), by_name.changed), (caller, Some(true)));
    let again = json!({"caller": caller, "reason": "why", "seconds": 60});
    let again = by_key(&fixture.console, APPROVER_KEY, "POST", "/v1/kills", again).await;
    let again: KillSummary = again.json();
    assert_eq!((again.id, again.until, again.changed), (by_name.id, NOW + 3600, Some(false)));
}

/// A tenant's gateway writes what it likes into its records.
#[apply(on_both)]
async fn a_record_of_a_tenant_kills_there_and_names_nobody_else() {
    let fixture = Fixture::new().await;
    let mut forged = keyed(1);
    forged.record.principal.as_mut().unwrap().subject = "alice".into();
    let lines: Vec<Line> = [keyed(0), forged].iter().map(line).collect();
    let red = Tenant::of_name("red").unwrap();
    fixture.holds.records.take(&red, Source::Import, &lines).await.unwrap();
    let (cookie, csrf) = log_in(&fixture).await;
    let session = shown(&fixture, &cookie, &format!("/sessions/red.{SESSION}")).await;
    assert!(session.contains("&#38;tenant=red"), "{session}");
    let page = shown(&fixture, &cookie, "/kills/new?exchange=x_00001&tenant=red").await;
    assert!(page.contains("nobody knows who") && !page.contains("alice"), "{page}");
    assert!(page.contains("On the gateways of red"), "{page}");
    let path = "/kills/new?exchange=x_00001&tenant=blue";
    assert_eq!(get(&fixture, path, &[("cookie", &cookie)]).await.status, StatusCode::NOT_FOUND);
    for (n, gateways) in [(0, "one"), (1, "all")] {
        let form = format!(
            "csrf={csrf}&exchange=x_0000{n}&of=red&whom=token&gateways={gateways}&lasts=1&unit=hours&reason=r"
        );
        let answer = sent(&fixture, &cookie, "/kills", &form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    }
    let kills = list(&fixture).await;
    assert_eq!(
        (kills[1].tenant.as_deref(), kills[1].subject.as_deref()),
        (Some("red"), Some("order-desk"))
    );
    assert_eq!((kills[0].tenant.as_deref(), kills[0].subject.as_deref()), (None, None));
    assert_eq!(
        (told(&fixture, "red").await.kills.len(), told(&fixture, "").await.kills.len()),
        (2, 1)
    );
    // Who may not look at records learns nothing of one by the form.
    let blind = fixture.console_for(Viewers::Groups(Vec::new()));
    let headers = [("host", HOST), ("cookie", cookie.as_str())];
    let path = "/kills/new?exchange=x_00000&tenant=red";
    let answer = send(&blind, "GET", path, &headers, "").await;
    assert!(answer.status == StatusCode::FORBIDDEN && !answer.body.contains("order-desk"));
    assert_eq!(send(&blind, "GET", "/kills/new", &headers, "").await.status, StatusCode::OK);
}

fn person(human: &str, subject: &str, vouched: bool) -> Approver {
    let issuer = "https://idp.example".into();
    let account = Account { issuer, subject: subject.into(), aliases: Vec::new(), vouched };
    let person = Person { account: Some(account), ..Person::local(human, None) };
    Approver { person, door: Door::Console }
}

/// Nobody lets themselves, or an agent of theirs, go on.
#[apply(on_both)]
async fn a_kill_is_lifted_by_somebody_else() {
    let people: Vec<LocalApprover> =
        ["ada", "bob"].iter().map(|name| approver(name, None)).collect();
    let fixture = Fixture::of(&people).await;
    fixture.record(&[keyed(0)]).await;
    let (cookie, csrf) = log_in_with(&fixture, &format!("{:_<40}", "ada")).await;
    // To kill an agent of one's own is nobody else's business.
    let form = format!("csrf={csrf}&exchange=x_00000&of=&whom=token&lasts=1&unit=hours&reason=r");
    assert_eq!(sent(&fixture, &cookie, "/kills", &form).await.status, StatusCode::SEE_OTHER);
    let page = shown(&fixture, &cookie, "/kills").await;
    assert!(page.contains("of an agent of yours") && !page.contains("/lift"), "{page}");
    let id = told(&fixture, "").await.kills[0].id.clone();
    let path = format!("/v1/kills/{id}/lift");
    let lift = async |name: &str| {
        by_key(&fixture.console, &format!("{name:-<40}"), "POST", &path, json!({})).await
    };
    let barred = lift("ada").await;
    assert_eq!(barred.status, StatusCode::FORBIDDEN);
    assert!(barred.body.contains("of an agent of yours"), "{}", barred.body);
    let form = sent(&fixture, &cookie, &format!("/kills/{id}/lift"), &format!("csrf={csrf}")).await;
    assert_eq!(form.status, StatusCode::FORBIDDEN);
    assert_eq!(
        (fixture.audited("kill_lift_barred").await, told(&fixture, "").await.kills.len()),
        (2, 1)
    );
    assert_eq!(lift("bob").await.status, StatusCode::OK);
    assert!(told(&fixture, "").await.kills.is_empty());

    // Where nobody knows whose key it is, an account of that key is known all the same.
    let key = policy::principal::caller("https://idp.example", "u7", DIGEST_KEY);
    let whom = json!({"caller": key, "reason": "r"});
    let made =
        by_key(&fixture.console, &format!("{:-<40}", "bob"), "POST", "/v1/kills", whom).await;
    let id = made.json::<KillSummary>().id;
    for (who, may) in [
        (person("eve", "u7", true), false),
        (person("eve", "u8", false), false),
        (person("eve", "u8", true), true),
    ] {
        let lifted = fixture.holds.lift(&id, "", &who, "::1").await;
        assert_eq!(lifted.is_ok(), may, "{who:?}");
    }
}
