use axum::http::StatusCode;
use macro_rules_attribute::apply;

use super::log_in;
use crate::console::Viewers;
use crate::testing::exchanges::{denied, exchange};
use crate::testing::{Answer, Fixture, HOST, on_both, send};

async fn page(fixture: &Fixture, cookie: &str, path: &str) -> Answer {
    send(&fixture.console, "GET", path, &[("host", HOST), ("cookie", cookie)], "").await
}

#[apply(on_both)]
async fn what_agents_did_is_counted() {
    let fixture = Fixture::new().await;
    let (cookie, _) = log_in(&fixture).await;
    assert!(page(&fixture, &cookie, "/numbers").await.body.contains("Nothing to count"));
    let mut old = exchange(7);
    old.record.started_ms -= 2 * 86_400_000;
    fixture.record(&[exchange(0), denied(1), denied(2), old]).await;
    // Of the last day, where nobody says.
    let body = page(&fixture, &cookie, "/numbers").await.body;
    assert!(body.contains("<dt>Calls</dt><dd>3</dd>"), "{body}");
    assert!(
        body.contains("<td>hold-refunds</td><td class=\"number\" data-words=\"calls\">2</td>"),
        "{body}"
    );
    assert!(body.contains("<td>hold_denied</td>") && body.contains("<td>denied</td>"), "{body}");
    let all = page(&fixture, &cookie, "/numbers?since=7d").await.body;
    assert!(all.contains("<dt>Calls</dt><dd>4</dd>"), "{all}");
    let held = page(&fixture, &cookie, "/numbers?since=7d&effect=hold").await.body;
    assert!(held.contains("<dt>Calls</dt><dd>2</dd>"), "{held}");
    assert_eq!(fixture.audited("numbers_read").await, 4);
    let closed = fixture.console_for(Viewers::Groups(Vec::new()));
    let headers = [("host", HOST), ("cookie", cookie.as_str())];
    let answer = send(&closed, "GET", "/numbers", &headers, "").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}
