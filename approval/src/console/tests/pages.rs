use axum::http::StatusCode;
use macro_rules_attribute::apply;
use policy::report::{BundleReport, ErrorReport, Report};

use super::{FORM, ORIGIN, get, log_in, post};
use crate::testing::{APPROVER_KEY, Fixture, NOW, card, on_both, request, send};

/// One set of hostile texts through every field an agent or its token fills.
#[apply(on_both)]
async fn nothing_an_agent_writes_is_more_than_text() {
    let hostile =
        "</pre><script>alert(1)</script>\"'><img src=x onerror=alert(1)>\u{1b}[2J\u{202e}";
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
    let id = fixture.asks.request(held).await.unwrap().hold;
    let (cookie, csrf) = log_in(&fixture).await;
    let reason = "reason=%3Cscript%3Ealert(1)%3C/script%3E%1B[2J";
    let decide = format!("decision=deny&{reason}&csrf={csrf}");
    let mut pages = vec![get(&fixture, "/", &[("cookie", &cookie)]).await];
    let headers = [("cookie", cookie.as_str()), ORIGIN, FORM];
    post(&fixture, &format!("/holds/{id}/decision"), &headers, &decide).await;
    for path in [format!("/holds/{id}"), "/history".into()] {
        pages.push(get(&fixture, &path, &[("cookie", &cookie)]).await);
    }
    fixture.asks.report(&hostile_report(hostile)).await.unwrap();
    pages.push(get(&fixture, "/gateways", &[("cookie", &cookie)]).await);
    let bearer = format!("Bearer {APPROVER_KEY}");
    for path in
        [format!("/v1/holds/{id}"), "/v1/holds?status=settled".into(), "/v1/gateways".into()]
    {
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

fn hostile_report(text: &str) -> Report {
    let bundle = BundleReport {
        name: text.into(),
        version: text.into(),
        serial: 1,
        revision: text.into(),
        since: NOW,
        not_after: None,
    };
    Report {
        gateway: text.into(),
        worker: text.into(),
        release: text.into(),
        bundle: Some(bundle),
        stale: false,
        error: Some(ErrorReport { why: text.into(), text: text.into() }),
    }
}

#[apply(on_both)]
async fn pages_are_strict_and_masked() {
    let fixture = Fixture::new().await;
    let mut held = request("e1");
    held.call.body = held.call.body.replace("10000000000000000001", &format!("\"{}\"", card()));
    let id = fixture.asks.request(held).await.unwrap().hold;
    let (cookie, _) = log_in(&fixture).await;
    let page = get(&fixture, &format!("/holds/{id}"), &[("cookie", &cookie)]).await;
    assert!(page.body.contains("0 of 1"));
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

#[apply(on_both)]
async fn an_unknown_path_is_a_page_for_browsers_and_a_problem_for_programs() {
    let fixture = Fixture::new().await;
    let (cookie, _) = log_in(&fixture).await;
    let (cookie, html) = (("cookie", cookie.as_str()), ("accept", "text/html,*/*;q=0.8"));
    let page = get(&fixture, "/holdz", &[cookie, html]).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.body.contains("Back to the queue"), "{}", page.body);
    for path in ["/sessions/s_no", "/exchanges/x_no"] {
        let page = get(&fixture, path, &[cookie, html]).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND);
        assert!(page.body.contains("href=\"/sessions\">Sessions<"), "{}", page.body);
        assert!(page.body.contains("may not be there yet"), "{}", page.body);
    }
    // All of them would pass for those of a time that was asked for.
    for path in ["/sessions?since=abc", "/numbers?since=abc", "/sessions?since=15"] {
        let page = get(&fixture, path, &[cookie, html]).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{path}");
        assert!(page.body.contains("7d"), "{}", page.body);
    }
    assert_eq!(get(&fixture, "/sessions?since=7d", &[cookie]).await.status, StatusCode::OK);
    let stranger = get(&fixture, "/holdz", &[html]).await;
    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
    for (path, headers) in [("/holdz", &[cookie][..]), ("/v1/holdz", &[cookie, html])] {
        let problem = get(&fixture, path, headers).await;
        assert_eq!(problem.status, StatusCode::NOT_FOUND);
        assert_eq!(problem.headers["content-type"], "application/problem+json");
    }
}
