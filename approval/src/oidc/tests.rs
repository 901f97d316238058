mod provider;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use macro_rules_attribute::apply;
use serde_json::{Value, json};

use self::provider::{CLIENT, Manner, SECRET, Signed, TestProvider, key};
use crate::config::{Oidc, Secret};
use crate::store::Choice;
use crate::testing::{Answer, Fixture, HOST, console_of, dana, on_both, request, send};

fn config(provider: &TestProvider) -> Oidc {
    let text = json!({
        "issuer": provider.issuer(), "client_id": CLIENT, "scopes": ["email"], "allowed_groups": ["*"],
    });
    let oidc: Oidc = serde_json::from_value(text).unwrap();
    Oidc { client_secret: Some(Secret::new(SECRET)), ..oidc }
}

async fn fixture(provider: &TestProvider) -> Fixture {
    fixture_of(config(provider)).await
}

async fn fixture_of(oidc: Oidc) -> Fixture {
    Fixture::with(&[dana()], Some(oidc), format!("http://{HOST}")).await
}

async fn get(fixture: &Fixture, path: &str, cookie: &str) -> Answer {
    let headers = [("host", HOST), ("cookie", cookie), ("sec-fetch-site", "cross-site")];
    send(&fixture.console, "GET", path, &headers, "").await
}

/// The value of a cookie that an answer sets.
fn cookie(answer: &Answer, name: &str) -> Option<String> {
    let all = answer.headers.get_all("set-cookie").iter().map(|one| one.to_str().unwrap());
    let mut pairs = all.filter_map(|one| one.split(';').next());
    let pair = pairs.find(|pair| pair.starts_with(name))?;
    (!pair.ends_with('=')).then(|| pair.to_owned())
}

/// The provider's page that a try leads to, and the cookie of the try.
async fn begin(fixture: &Fixture, to: &str) -> (String, String) {
    let answer = get(fixture, &format!("/login/oidc?to={to}"), "").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let attempt = cookie(&answer, "gatehouse_attempt=").unwrap();
    (answer.headers["location"].to_str().unwrap().to_owned(), attempt)
}

fn back(code: &str, state: &str) -> String {
    format!("/login/callback?code={}&state={state}", code.replace(' ', "%20"))
}

/// The whole way; the answer to the browser that comes back.
async fn log_in(fixture: &Fixture, provider: &TestProvider) -> Answer {
    let (url, attempt) = begin(fixture, "/history").await;
    let (code, state) = provider.authorize(&url);
    get(fixture, &back(&code, &state), &attempt).await
}

fn assert_refused(answer: &Answer, status: StatusCode, told: &str) {
    assert_eq!(answer.status, status, "{told}: {}", answer.body);
    assert!(answer.body.contains(told), "{told} in {}", answer.body);
    assert_eq!(cookie(answer, "gatehouse_login="), None);
}

#[apply(on_both)]
async fn an_approver_logs_in_at_the_provider() {
    let provider = TestProvider::start().await;
    let fixture = fixture(&provider).await;
    let door = get(&fixture, "/holds/abc?x=1", "").await;
    assert_eq!(door.status, StatusCode::UNAUTHORIZED);
    assert!(door.body.contains("/login/oidc?to=%2Fholds%2Fabc%3Fx%3D1"), "{}", door.body);
    let entered = log_in(&fixture, &provider).await;
    assert_eq!(
        (entered.status, &entered.headers["location"]),
        (StatusCode::SEE_OTHER, &"/history".parse().unwrap())
    );
    let login = cookie(&entered, "gatehouse_login=").unwrap();
    let page = get(&fixture, "/history", &login).await;
    assert!(page.status == 200 && page.body.contains("ann@example.com"), "{}", page.body);
    let taken: Vec<_> = entered.headers.get_all("set-cookie").iter().collect();
    assert!(
        taken.iter().any(|one| one.to_str().unwrap().starts_with("gatehouse_attempt=; ")),
        "{taken:?}"
    );
    assert_eq!(fixture.audited("login_by_provider").await, 1);

    // She approves as the human, in the name of her groups.
    let mut held = request("e1");
    held.terms.requirements[0].approvers = policy::rule::Approvers::any(&["finance"]);
    let id = fixture.asks.request(held).await.unwrap().hold;
    let page = get(&fixture, &format!("/holds/{id}"), &login).await.body;
    let csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let headers = [
        ("host", HOST),
        ("cookie", login.as_str()),
        ("origin", "http://127.0.0.1:10080"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let form = format!("decision=approve&csrf={csrf}");
    let done =
        send(&fixture.console, "POST", &format!("/holds/{id}/decision"), &headers, &form).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let hold = fixture.holds.found(&id).await.unwrap();
    assert_eq!(hold.decision.as_ref().unwrap().choice, Choice::Approve);
    assert_eq!(hold.approvals[0].approver, "ann@example.com");
    assert_eq!(hold.approvals[0].groups, ["finance"]);

    // Her login is good at a replica of the same configuration and at no other.
    let other = |oidc| console_of(&fixture.holds, &[dana()], oidc);
    let elsewhere = Oidc { human_claim: "sub".into(), ..config(&provider) };
    let closed = Oidc { allowed_groups: vec!["legal".into()], ..config(&provider) };
    for (oidc, expected) in
        [(Some(config(&provider)), 200), (None, 401), (Some(elsewhere), 401), (Some(closed), 401)]
    {
        let answer =
            send(&other(oidc), "GET", "/", &[("host", HOST), ("cookie", &login)], "").await;
        assert_eq!(answer.status, expected);
    }
    // The next login tells of other groups: the earlier one was under those of before.
    provider.inner().claims = json!({"groups": ["legal"]});
    assert_eq!(log_in(&fixture, &provider).await.status, StatusCode::SEE_OTHER);
    assert_eq!(get(&fixture, "/", &login).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_token_is_checked_whole() {
    let provider = TestProvider::start().await;
    let fixture = fixture(&provider).await;
    let wrong: &[(Value, Signed)] = &[
        (json!({"iss": "https://evil.example"}), Signed::Right),
        (json!({"aud": "another"}), Signed::Right),
        (json!({"aud": [CLIENT, "another"]}), Signed::Right),
        (json!({"azp": "another"}), Signed::Right),
        (json!({"azp": 7}), Signed::Right),
        (json!({"exp": 1}), Signed::Right),
        (json!({"iat": 4_000_000_000_u64, "exp": 4_000_000_300_u64}), Signed::Right),
        (json!({"nonce": "of another try"}), Signed::Right),
        (json!({"nonce": null}), Signed::Right),
        (json!({"sub": null}), Signed::Right),
        (json!({}), Signed::OtherKey),
        (json!({}), Signed::Not),
        (json!({}), Signed::Shared),
    ];
    for (claims, signed) in wrong {
        (provider.inner().claims, provider.inner().signed) = (claims.clone(), *signed);
        let answer = log_in(&fixture, &provider).await;
        assert!(
            answer.status.is_client_error() || answer.status == 503,
            "{claims} {signed:?}: {}",
            answer.status
        );
        assert_eq!(cookie(&answer, "gatehouse_login="), None, "{claims} {signed:?}");
    }
    (provider.inner().claims, provider.inner().signed) = (json!({"azp": CLIENT}), Signed::Right);
    assert_eq!(log_in(&fixture, &provider).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn keys_change_and_made_up_ones_do_not_bother_the_provider() {
    let provider = TestProvider::start().await;
    let fixture = fixture(&provider).await;
    assert_eq!(log_in(&fixture, &provider).await.status, StatusCode::SEE_OTHER);
    (provider.inner().key, provider.inner().kid) = (key(), "second".into());
    assert_eq!(log_in(&fixture, &provider).await.status, StatusCode::SEE_OTHER);
    provider.inner().signed = Signed::OtherKey;
    for _ in 0..5 {
        assert_refused(&log_in(&fixture, &provider).await, StatusCode::FORBIDDEN, "does not hold");
    }
    assert_eq!(provider.inner().asked_for_keys, 2);
}

#[tokio::test]
async fn an_answer_belongs_to_one_try_of_one_browser() {
    let provider = TestProvider::start().await;
    let fixture = fixture(&provider).await;
    let (url, mine) = begin(&fixture, "/").await;
    let (_, other) = begin(&fixture, "/").await;
    let (code, state) = provider.authorize(&url);
    let begun = "not begun in this browser";
    for (path, cookie) in [
        (back(&code, &state), ""),
        // Login CSRF: the attacker's answer in the victim's browser, with or without a try of its own.
        (back(&code, &state), other.as_str()),
        (back(&code, ""), mine.as_str()),
        (back(&code, "made-up"), mine.as_str()),
        ("/login/callback".to_owned(), mine.as_str()),
        (format!("{}&state={state}", back(&code, "x")), mine.as_str()),
    ] {
        let answer = get(&fixture, &path, cookie).await;
        assert_refused(&answer, StatusCode::BAD_REQUEST, begun);
    }
    let right = back(&code, &state);
    assert_eq!(get(&fixture, &right, &mine).await.status, StatusCode::SEE_OTHER);
    // Even a browser that kept the cookie of the try comes in no second time.
    let again = get(&fixture, &right, &mine).await;
    assert_refused(&again, StatusCode::FORBIDDEN, "the provider refuses: invalid_grant");
    // A stolen code is worth nothing without the verifier of its try.
    let (url, _) = begin(&fixture, "/").await;
    let (stolen, _) = provider.authorize(&url);
    let (url, thief) = begin(&fixture, "/").await;
    let (_, state) = provider.authorize(&url);
    let answer = get(&fixture, &back(&stolen, &state), &thief).await;
    assert_refused(&answer, StatusCode::FORBIDDEN, "invalid_grant");
}

#[tokio::test]
async fn an_answer_names_its_issuer() {
    let provider = TestProvider::start().await;
    provider.inner().names_itself = true;
    let fixture = fixture(&provider).await;
    for (issuer, right) in [
        ("https://evil.example", false),
        ("", false),
        ("absent", false),
        (provider.issuer().as_str(), true),
    ] {
        let (url, attempt) = begin(&fixture, "/").await;
        let (code, state) = provider.authorize(&url);
        let path = back(&code, &state);
        let path = if issuer == "absent" { path } else { format!("{path}&iss={issuer}") };
        let answer = get(&fixture, &path, &attempt).await;
        if right {
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        } else {
            assert_refused(&answer, StatusCode::FORBIDDEN, "another provider");
        }
    }
}

#[tokio::test]
async fn what_the_provider_says_wrong_is_text_and_masked() {
    let provider = TestProvider::start().await;
    let fixture = fixture(&provider).await;
    let (_, attempt) = begin(&fixture, "/").await;
    let state = super::Attempt::read(attempt.split_once('=').unwrap().1).unwrap().state();
    let hostile = format!("%3Cscript%3Ealert(1)%3C/script%3E%1B[2J%20{}", crate::testing::card());
    let path =
        format!("/login/callback?error=access_denied&error_description={hostile}&state={state}");
    let answer = get(&fixture, &path, &attempt).await;
    assert_refused(&answer, StatusCode::FORBIDDEN, "access_denied");
    for live in ["<script>alert", "\u{1b}", &crate::testing::card()] {
        assert!(!answer.body.contains(live), "{}", answer.body);
    }
    for (manner, status, told) in [
        (Manner::Redirect, 503, "does not answer as one"),
        (Manner::Huge, 503, "does not answer as one"),
        (Manner::Garbage, 503, "does not answer as one"),
        (Manner::NoIdToken, 403, "says nothing about you"),
    ] {
        provider.inner().manner = manner;
        let answer = log_in(&fixture, &provider).await;
        assert_refused(&answer, StatusCode::from_u16(status).unwrap(), told);
    }
}

#[tokio::test]
async fn a_provider_that_is_down_is_asked_again() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let provider = TestProvider::at(address);
    let fixture = fixture(&provider).await;
    let answer = get(&fixture, "/login/oidc", "").await;
    assert_refused(&answer, StatusCode::SERVICE_UNAVAILABLE, "Try again in a moment");
    assert!(answer.body.contains("/login/oidc?to=%2F"), "{}", answer.body);
    provider.serve(tokio::net::TcpListener::bind(address).await.unwrap());
    let back = async {
        while get(&fixture, "/login/oidc", "").await.status != StatusCode::SEE_OTHER {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), back).await.expect("it is asked again");
    assert_eq!(log_in(&fixture, &provider).await.status, StatusCode::SEE_OTHER);
}

/// Strangers neither drive the provider nor queue up behind it.
#[tokio::test]
async fn those_who_ask_for_a_login_have_a_pace_and_share_a_failure() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let provider = TestProvider::at(listener.local_addr().unwrap());
    let asked = Arc::new(AtomicU32::new(0));
    tokio::spawn({
        let asked = asked.clone();
        async move {
            while let Ok((stream, _)) = listener.accept().await {
                asked.fetch_add(1, Ordering::Relaxed);
                drop(stream);
            }
        }
    });
    let fixture = fixture(&provider).await;
    let first = get(&fixture, "/login/oidc", "").await;
    assert_eq!(first.status, StatusCode::SERVICE_UNAVAILABLE);
    let once = asked.load(Ordering::Relaxed);
    let began = Instant::now();
    for _ in 1..600 {
        let answer = get(&fixture, "/login/oidc", "").await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    }
    // Once for each time that a failure is kept.
    let tries = 1 + u32::try_from(began.elapsed().as_secs() / 3).unwrap();
    assert!(once > 0 && asked.load(Ordering::Relaxed) <= once * (1 + tries));
    for path in ["/login/oidc", "/login/callback?code=a&state=b"] {
        let fast = get(&fixture, path, "").await;
        assert_eq!(fast.status, StatusCode::TOO_MANY_REQUESTS, "{path}");
        assert!(fast.body.contains("urn:gatehouse:problem:too_fast"), "{}", fast.body);
    }
    fixture.clock.advance(60);
    let later = get(&fixture, "/login/callback?code=a&state=b", "").await;
    assert_eq!(later.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn groups_and_verified_addresses_decide_who_may_what() {
    let provider = TestProvider::start().await;
    let oidc = Oidc { allowed_groups: vec!["finance".into()], ..config(&provider) };
    let fixture = fixture_of(oidc).await;
    provider.inner().claims = json!({"groups": ["support"]});
    let answer = log_in(&fixture, &provider).await;
    assert_refused(&answer, StatusCode::FORBIDDEN, "none of the groups that approve");
    provider.inner().claims = json!({"groups": "finance", "email_verified": false});
    let entered = log_in(&fixture, &provider).await;
    let login = cookie(&entered, "gatehouse_login=").unwrap();
    let id = fixture.hold("e1").await.hold;
    let page = get(&fixture, &format!("/holds/{id}"), &login).await.body;
    assert!(page.contains("does not prove which person you are"), "{page}");
    assert!(!page.contains("value=\"approve\"") && page.contains("value=\"deny\""), "{page}");
    let unknown = get(&fixture, "/login/oidc", "").await;
    assert_eq!(unknown.status, StatusCode::SEE_OTHER);
    let without = Fixture::new().await;
    assert_eq!(get(&without, "/login/oidc", "").await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        get(&without, "/login/callback?code=a&state=b", "").await.status,
        StatusCode::NOT_FOUND
    );
}

/// Who was in a group and is not any more learns it at the next login, and so does every older one of theirs.
#[apply(on_both)]
async fn a_login_that_is_refused_ends_those_of_before() {
    let provider = TestProvider::start().await;
    let oidc = Oidc { allowed_groups: vec!["finance".into()], ..config(&provider) };
    let fixture = fixture_of(oidc).await;
    provider.inner().claims = json!({"groups": ["finance"]});
    let entered = log_in(&fixture, &provider).await;
    let login = cookie(&entered, "gatehouse_login=").unwrap();
    assert_eq!(get(&fixture, "/history", &login).await.status, StatusCode::OK);
    provider.inner().claims = json!({"groups": ["support"]});
    let answer = log_in(&fixture, &provider).await;
    assert_refused(&answer, StatusCode::FORBIDDEN, "none of the groups that approve");
    assert_eq!(get(&fixture, "/history", &login).await.status, StatusCode::UNAUTHORIZED);
}
