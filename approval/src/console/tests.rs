use axum::http::StatusCode;
use http_body_util::BodyExt;
use policy::hold::HoldStatus;
use tower::ServiceExt;

use crate::api::{HoldDetail, HoldList, LoginLink};
use crate::testing::{APPROVER_KEY, Answer, Fixture, HOST, LOGIN_CODE, card, request, send};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const ORIGIN: (&str, &str) = ("origin", "http://127.0.0.1:10080");

async fn get(fixture: &Fixture, path: &str, headers: &[(&str, &str)]) -> Answer {
    let headers: Vec<_> = headers.iter().copied().chain([("host", HOST)]).collect();
    send(&fixture.console, "GET", path, &headers, "").await
}

/// The cookie and the form token of a fresh login.
async fn log_in(fixture: &Fixture) -> (String, String) {
    let answer = get(fixture, &format!("/login?code={LOGIN_CODE}"), &[]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let set = answer.headers["set-cookie"].to_str().unwrap().to_owned();
    assert!(set.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{set}");
    let cookie = set.split(';').next().unwrap().to_owned();
    let page = get(fixture, "/", &[("cookie", &cookie)]).await;
    let csrf = page.body.split("name=\"csrf\" value=\"").nth(1).unwrap();
    (cookie.clone(), csrf.split('"').next().unwrap().to_owned())
}

async fn post(fixture: &Fixture, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let headers: Vec<_> = headers.iter().copied().chain([("host", HOST)]).collect();
    send(&fixture.console, "POST", path, &headers, body).await
}

async fn status(fixture: &Fixture, id: &str) -> HoldStatus {
    fixture.holds.found(id).await.unwrap().status
}

#[tokio::test]
async fn a_link_opens_the_console_once() {
    let fixture = Fixture::new().await;
    let before = get(&fixture, "/", &[]).await;
    assert_eq!(before.status, StatusCode::UNAUTHORIZED);
    assert!(before.body.contains("one-time link") && !before.body.contains("Queue</a>"));
    let (cookie, _) = log_in(&fixture).await;
    assert_eq!(get(&fixture, "/", &[("cookie", &cookie)]).await.status, StatusCode::OK);
    let again = get(&fixture, &format!("/login?code={LOGIN_CODE}"), &[]).await;
    assert_eq!(again.status, StatusCode::UNAUTHORIZED);
    assert!(again.body.contains("used before") && !again.headers.contains_key("set-cookie"));
    fixture.clock.advance(12 * 3600);
    assert_eq!(get(&fixture, "/", &[("cookie", &cookie)]).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
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
    let late = post(&fixture, &path, &headers, &deny).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.body.contains("too late") && late.body.contains("Approved by dana"));
    let trail = fixture.holds.store.trail(&id).await.unwrap();
    let actions: Vec<_> = trail.iter().map(|step| step.action.as_str()).collect();
    assert_eq!(actions, ["held", "approve", "approve_again", "deny_refused"]);
    let step = &trail[1];
    assert_eq!((step.actor.as_str(), step.door.as_str()), ("dana", "console"));
    assert_eq!((step.peer.as_str(), step.reason_text.as_str()), ("127.0.0.1", "looks right"));
    let history = get(&fixture, "/history", &[("cookie", &cookie)]).await;
    assert!(history.body.contains("looks right") && history.body.contains(&id));
}

#[tokio::test]
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

#[tokio::test]
async fn other_host_names_get_nothing() {
    let fixture = Fixture::new().await;
    let (cookie, _) = log_in(&fixture).await;
    let cookie = ("cookie", cookie.as_str());
    for host in ["evil.example", "evil.example:10080", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.:10080", ""] {
        let answer = send(&fixture.console, "GET", "/", &[cookie, ("host", host)], "").await;
        assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST, "{host}");
    }
    let twice = [cookie, ("host", HOST), ("host", "evil.example")];
    let answer = send(&fixture.console, "GET", "/", &twice, "").await;
    assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST);
    for host in ["localhost:10080", "LOCALHOST:10080", "[::1]:10080", HOST] {
        let answer = send(&fixture.console, "GET", "/", &[cookie, ("host", host)], "").await;
        assert_eq!(answer.status, StatusCode::OK, "{host}");
    }
}

#[tokio::test]
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
    let again = post(&fixture, &decide, &[key], decision).await;
    assert_eq!(again.status, StatusCode::OK);
    let other = post(&fixture, &decide, &[key], r#"{"decision":"deny"}"#).await;
    assert_eq!(other.status, StatusCode::CONFLICT);
    assert_eq!(other.headers["content-type"], "application/problem+json");
    let list: HoldList = get(&fixture, "/v1/holds?status=approved", &[key]).await.json();
    assert_eq!(list.holds[0].id, id);
    let odd = get(&fixture, "/v1/holds?status=odd", &[key]).await;
    assert_eq!(odd.status, StatusCode::BAD_REQUEST);
    let link: LoginLink = post(&fixture, "/v1/login-links", &[key], "").await.json();
    let path = link.url.strip_prefix(&format!("http://{HOST}")).unwrap();
    assert_eq!(get(&fixture, path, &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(get(&fixture, path, &[]).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_rule_may_ask_for_a_reason() {
    let fixture = Fixture::new().await;
    let mut held = request("e1");
    held.terms.reason_required = true;
    let id = fixture.holds.request(held).await.unwrap().hold;
    let (cookie, csrf) = log_in(&fixture).await;
    let headers = [("cookie", cookie.as_str()), ORIGIN, FORM];
    let path = format!("/holds/{id}/decision");
    let without = format!("decision=approve&reason=++&csrf={csrf}");
    let answer = post(&fixture, &path, &headers, &without).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("asks for a reason"));
    assert_eq!(status(&fixture, &id).await, HoldStatus::Pending);
}

/// One set of hostile texts through every field an agent or its token fills.
#[tokio::test]
async fn nothing_an_agent_writes_is_more_than_text() {
    let hostile = "</pre><script>alert(1)</script>\"'><img src=x onerror=alert(1)>\u{1b}[2J\u{202e}";
    let fixture = Fixture::new().await;
    let mut held = request("e1");
    held.call.principal.subject = hostile.into();
    held.call.principal.issuer = hostile.into();
    held.call.principal.agent = Some(hostile.into());
    held.call.principal.groups = vec![hostile.into()];
    held.call.authority = hostile.into();
    held.call.path = format!("/{hostile}");
    held.call.method = hostile.into();
    held.call.headers.push((hostile.into(), hostile.into()));
    held.call.body = serde_json::json!({"method": "tools/call", "params": {"name": hostile,
        "arguments": {"sql": format!("DELETE FROM t WHERE a = '{hostile}'"), hostile: hostile}}})
    .to_string();
    held.rules = vec![hostile.into()];
    held.description = hostile.into();
    held.revision = hostile.into();
    let id = fixture.holds.request(held).await.unwrap().hold;
    let (cookie, csrf) = log_in(&fixture).await;
    let reason = "reason=%3Cscript%3Ealert(1)%3C/script%3E%1B[2J";
    let decide = format!("decision=deny&{reason}&csrf={csrf}");
    let mut pages = vec![get(&fixture, "/", &[("cookie", &cookie)]).await];
    let headers = [("cookie", cookie.as_str()), ORIGIN, FORM];
    post(&fixture, &format!("/holds/{id}/decision"), &headers, &decide).await;
    for path in [format!("/holds/{id}"), "/history".into()] {
        pages.push(get(&fixture, &path, &[("cookie", &cookie)]).await);
    }
    let bearer = format!("Bearer {APPROVER_KEY}");
    for path in [format!("/v1/holds/{id}"), "/v1/holds?status=settled".into()] {
        let answer = get(&fixture, &path, &[("authorization", &bearer)]).await;
        policy::json::strings(&answer.json(), |at, text| {
            assert!(!text.contains(['\u{1b}', '\u{202e}']), "{at}: {text}");
        });
    }
    for page in pages {
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("alert(1)"));
        for live in ["<script>alert", "<img", "\u{1b}", "\u{202e}", "style=\"", "onerror=\""] {
            assert!(!page.body.contains(live), "{live}");
        }
    }
}

#[tokio::test]
async fn pages_are_strict_and_masked() {
    let fixture = Fixture::new().await;
    let mut held = request("e1");
    held.call.body = held.call.body.replace("10000000000000000001", &format!("\"{}\"", card()));
    let id = fixture.holds.request(held).await.unwrap().hold;
    let (cookie, _) = log_in(&fixture).await;
    let page = get(&fixture, &format!("/holds/{id}"), &[("cookie", &cookie)]).await;
    assert!(page.body.contains("[REDACTED:payment-card]") && !page.body.contains(&card()));
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"));
    assert!(!policy.contains("unsafe") && page.headers["cache-control"] == "no-store");
    assert_eq!(page.headers["referrer-policy"], "same-origin");
    for file in ["app.css", "app.js", "icon.svg"] {
        let path = format!("/static/{file}");
        assert!(page.body.contains(&path));
        assert_eq!(get(&fixture, &path, &[]).await.status, StatusCode::OK);
    }
    assert_eq!(get(&fixture, "/static/x", &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(get(&fixture, "/holds/none", &[("cookie", &cookie)]).await.status, 404);
    let health = send(&fixture.console, "GET", "/healthz", &[("host", "probe")], "").await;
    assert_eq!((health.status, health.body.as_str()), (StatusCode::OK, "ok\n"));
}

#[tokio::test]
async fn an_open_page_hears_of_a_hold() {
    let fixture = Fixture::new().await;
    assert_eq!(get(&fixture, "/events", &[]).await.status, StatusCode::UNAUTHORIZED);
    let (cookie, _) = log_in(&fixture).await;
    let request = axum::http::Request::get("/events")
        .header("host", HOST)
        .header("cookie", &cookie)
        .body(axum::body::Body::empty())
        .unwrap();
    let response = fixture.console.clone().oneshot(request).await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut body = response.into_body();
    let mut heard = String::new();
    let mut id = String::new();
    while !heard.contains(&format!("data: {id}\n")) || id.is_empty() {
        let frame = body.frame().await.unwrap().unwrap();
        heard.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
        if id.is_empty() {
            id = fixture.hold("e1").await.hold;
        }
    }
    let part = get(&fixture, "/?part=queue", &[("cookie", &cookie)]).await;
    assert!(part.body.starts_with("<section") && part.body.contains(&id));
    fixture.holds.wake.stop();
    while body.frame().await.is_some() {}
}
