//! The console's pages and its JSON.

use axum::http::StatusCode;
use policy::rule::{HoldTerms, ScopeTerms};
use serde_json::Value;

use super::{assert_visible, held};
use crate::api::DecisionRequest;
use crate::approver::{Approver, Door};
use crate::store::Choice;
use crate::testing::events::channel;
use crate::testing::exchanges::{exchange, filled};
use crate::testing::hostile::Hostile;
use crate::testing::html::Page;
use crate::testing::{APPROVER_KEY, Fixture, HOST, LOGIN_CODE, dana, request, said, send};

const PAGES: &[&str] = &["/", "/history", "/standing", "/gateways", "/channels"];

const RECORDS: &[&str] = &[
    "/numbers",
    "/sessions",
    "/sessions/s_tests",
    "/sessions/s_tests?part=1",
    "/exchanges/x_00001",
    "/exchanges/x_00001?part=1",
];

/// The pages of a console that holds these texts, each with its path.
async fn pages(hostile: &Hostile) -> Vec<(String, Page)> {
    let fixture = Fixture::telling(&[channel("ops")]).await;
    let mut ids = Vec::new();
    for request in held(hostile) {
        ids.push(fixture.asks.request(request).await.unwrap().hold);
    }
    ids.push(standing(&fixture, hostile).await);
    json(&fixture, &ids, &hostile.name).await;
    let mut paths: Vec<String> = PAGES.iter().map(|path| (*path).to_owned()).collect();
    paths.extend(ids.iter().map(|id| format!("/holds/{id}")));
    paths.push(format!("/holds/{}/break-glass", ids[0]));
    let text = hostile.text().unwrap_or_else(|| "word".into());
    fixture.record(&[exchange(0), filled(1, &text)]).await;
    paths.extend(RECORDS.iter().map(|path| (*path).to_owned()));
    records_json(&fixture, &hostile.name).await;
    let cookie = log_in(&fixture).await;
    let headers = [("host", HOST), ("cookie", cookie.as_str())];
    let mut pages = Vec::new();
    for (n, path) in paths.iter().enumerate() {
        let page = send(&fixture.console, "GET", path, &headers, "").await;
        assert_eq!(page.status, StatusCode::OK, "{}: {path}", hostile.name);
        assert_visible(&page.body, &format!("{}: {path}", hostile.name));
        let name = PAGES.get(n).map_or_else(|| format!("hold {n}"), |page| (*page).to_owned());
        pages.push((name, Page::read(&page.body)));
    }
    pages
}

/// A call that the rules let an approval stand for, approved so that it does.
async fn standing(fixture: &Fixture, hostile: &Hostile) -> String {
    let mut request = request("standing");
    let scope = Some(ScopeTerms { uses: 2, lasts_seconds: 3600, free: Default::default() });
    request.terms = HoldTerms { scope, expiry_seconds: 600, ..HoldTerms::default() }.into();
    // Of a length that a page shows whole: what is cut does not stand.
    let text: String = hostile.text().unwrap_or_else(|| "word".into()).chars().take(200).collect();
    super::fill(&mut request, &text);
    // Of a session of its own: its principal may be a shorter one than that of the others.
    request.session = "s_standing".into();
    let arguments = serde_json::json!({"name": text, "arguments": {&text: text}});
    let body =
        serde_json::json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": arguments});
    request.call.body = body.to_string();
    let id = fixture.asks.request(request).await.unwrap().hold;
    let approver = Approver { person: dana().person, door: Door::Key };
    let said = DecisionRequest { standing: true, ..said(Choice::Approve, &text) };
    fixture.holds.decide(&id, &said, &approver, "").await.unwrap();
    assert_eq!(fixture.holds.standing_grants().await.unwrap().len(), 1, "{}", hostile.name);
    id
}

async fn log_in(fixture: &Fixture) -> String {
    let headers = [
        ("host", HOST),
        ("origin", "http://127.0.0.1:10080"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let form = format!("code={LOGIN_CODE}");
    let answer = send(&fixture.console, "POST", "/login", &headers, &form).await;
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

async fn json(fixture: &Fixture, ids: &[String], name: &str) {
    let key = format!("Bearer {APPROVER_KEY}");
    let headers = [("host", HOST), ("authorization", key.as_str())];
    let mut paths: Vec<String> = ids.iter().map(|id| format!("/v1/holds/{id}")).collect();
    paths.extend(
        ["/v1/holds", "/v1/standing-grants", "/v1/channels", "/v1/deliveries"].map(str::to_owned),
    );
    for path in paths {
        let answer = send(&fixture.console, "GET", &path, &headers, "").await;
        assert_eq!(answer.status, StatusCode::OK, "{name}: {path}");
        policy::json::strings(&answer.json::<Value>(), |at, text| {
            assert_visible(text, &format!("{name}: {path} {at}"));
        });
    }
}

/// Text of records stays as it is: that it does nothing to a terminal is a matter of how it is written.
async fn records_json(fixture: &Fixture, name: &str) {
    let key = format!("Bearer {APPROVER_KEY}");
    let headers = [("host", HOST), ("authorization", key.as_str())];
    let session = "/v1/sessions/s_tests";
    let lines = format!("{session}/export?format=jsonl");
    let exchanges = format!("{session}/exchanges");
    for path in ["/v1/sessions", session, &exchanges, "/v1/exchanges/x_00001", &lines] {
        let answer = send(&fixture.console, "GET", path, &headers, "").await;
        assert_eq!(answer.status, StatusCode::OK, "{name}: {path}");
        let printable = |byte: u8| (b' '..=b'~').contains(&byte) || byte == b'\n';
        assert!(answer.body.bytes().all(printable), "{name}: {path}");
        assert_eq!(
            answer.body.lines().count(),
            if path == lines { 2 } else { 1 },
            "{name}: {path}"
        );
    }
}

#[tokio::test]
async fn a_page_is_what_it_is_whatever_an_agent_writes() {
    let benign: Hostile = serde_json::from_str(r#"{"name": "none", "json": "word"}"#).unwrap();
    let benign = pages(&benign).await;
    // Spans that colour SQL and JSON may be more or fewer.
    let kinds = |page: &Page| {
        let mut kinds = page.kinds();
        kinds.retain(|(tag, attributes)| tag != "span" || attributes != "class");
        kinds
    };
    for hostile in Hostile::all() {
        let pages = pages(&hostile).await;
        for ((path, page), (_, benign)) in pages.iter().zip(&benign) {
            let context = format!("{}: {path}", hostile.name);
            let new: Vec<_> = kinds(page).difference(&kinds(benign)).cloned().collect();
            assert_eq!(new, [], "{context}");
            for tag in ["script", "form", "button", "input", "img", "iframe", "link", "svg", "a"] {
                assert_eq!(page.count(tag), benign.count(tag), "{context}: {tag}");
            }
            let inside = |to: &&str| to.starts_with('/') && !to.starts_with("//");
            let mut foreign: Vec<_> = page.leads();
            foreign.retain(|to| !inside(to));
            // What a page's script takes has no frame around it.
            let framed = page.count("main") == 1;
            assert_eq!(foreign, if framed { vec!["#main"] } else { vec![] }, "{context}");
            assert_eq!(page.comments, 0, "{context}");
        }
        // It is shown and not swallowed.
        let Some(text) = hostile.text() else { continue };
        let shown: String = crate::view::visible_line(&text).trim().chars().take(40).collect();
        let (_, page) = &pages[PAGES.len()];
        assert!(page.text.contains(shown.trim()), "{}: {shown}", hostile.name);
    }
}
