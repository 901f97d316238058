mod anchored;
mod breaking;
mod channels;
mod connections;
mod deciding;
mod key;
mod kills;
mod lists;
mod logins;
mod missing;
mod numbers;
mod pages;
mod people;
mod separation;
mod sessions;
mod standing;

use axum::http::StatusCode;
use http_body_util::BodyExt;
use macro_rules_attribute::apply;
use policy::hold::HoldStatus;
use tower::ServiceExt;

use crate::testing::{Answer, Fixture, HOST, LOGIN_CODE, on_both, send};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const ORIGIN: (&str, &str) = ("origin", "http://127.0.0.1:10080");

async fn get(fixture: &Fixture, path: &str, headers: &[(&str, &str)]) -> Answer {
    let headers: Vec<_> = headers.iter().copied().chain([("host", HOST)]).collect();
    send(&fixture.console, "GET", path, &headers, "").await
}

/// The form of the page that a one-time link opens. `to`: as part of a query.
async fn enter(fixture: &Fixture, code: &str, to: &str) -> Answer {
    post(fixture, "/login", &[ORIGIN, FORM], &format!("code={code}&to={to}")).await
}

/// The cookie and the form token of a fresh login.
async fn log_in(fixture: &Fixture) -> (String, String) {
    log_in_with(fixture, LOGIN_CODE).await
}

async fn log_in_with(fixture: &Fixture, code: &str) -> (String, String) {
    let answer = enter(fixture, code, "").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let set = answer.headers["set-cookie"].to_str().unwrap().to_owned();
    assert!(set.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{set}");
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

#[apply(on_both)]
async fn a_link_opens_the_console_once() {
    let fixture = Fixture::new().await;
    let before = get(&fixture, "/", &[]).await;
    assert_eq!(before.status, StatusCode::UNAUTHORIZED);
    assert!(before.body.contains("one-time link") && !before.body.contains("Queue</a>"));
    let (cookie, _) = log_in(&fixture).await;
    assert_eq!(get(&fixture, "/", &[("cookie", &cookie)]).await.status, StatusCode::OK);
    let link = format!("/login?code={LOGIN_CODE}");
    for again in [get(&fixture, &link, &[]).await, enter(&fixture, LOGIN_CODE, "").await] {
        assert_eq!(again.status, StatusCode::UNAUTHORIZED);
        assert!(again.body.contains("used before") && !again.headers.contains_key("set-cookie"));
    }
    fixture.clock.advance(12 * 3600);
    assert_eq!(get(&fixture, "/", &[("cookie", &cookie)]).await.status, StatusCode::UNAUTHORIZED);
}

#[apply(on_both)]
async fn other_host_names_get_nothing() {
    let fixture = Fixture::new().await;
    let (cookie, _) = log_in(&fixture).await;
    let cookie = ("cookie", cookie.as_str());
    for host in
        ["evil.example", "evil.example:10080", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.:10080", ""]
    {
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

#[apply(on_both)]
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
