//! Sessions in the console and as JSON.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use macro_rules_attribute::apply;
use policy::record::Record;
use policy::session::{JoinedBy, Session};
use serde_json::Value;
use tower::ServiceExt;

use super::{get, log_in};
use crate::console::Viewers;
use crate::records::{Exchange, Line, session};
use crate::testing::exchanges::{SESSION, denied, exchange, line};
use crate::testing::html::Page;
use crate::testing::{APPROVER_KEY, Answer, Fixture, HOST, on_both, send};

async fn page(fixture: &Fixture, cookie: &str, path: &str) -> Answer {
    let answer = get(fixture, path, &[("cookie", cookie)]).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    answer
}

async fn json(fixture: &Fixture, path: &str) -> Value {
    let key = format!("Bearer {APPROVER_KEY}");
    let answer = get(fixture, path, &[("authorization", &key)]).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    assert!(answer.body.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{path}");
    answer.json()
}

/// Values of an attribute, of tags that have the class in front of theirs.
fn values(page: &str, tag: &str, name: &str) -> Vec<String> {
    let tags = Page::read(page).tags.into_iter().filter(|(one, _)| one == tag);
    let values = tags.flat_map(|(_, attributes)| attributes);
    values.filter(|(one, _)| one == name).map(|(_, value)| value).collect()
}

fn turns(page: &str) -> Vec<String> {
    let ids = values(page, "li", "id");
    ids.iter().filter_map(|id| id.strip_prefix("turn-")).map(str::to_owned).collect()
}

fn of(session: &str, mut exchange: Exchange) -> Exchange {
    exchange.record.session = Some(Session { id: session.into(), joined_by: JoinedBy::Run });
    exchange.record.exchange = format!("{session}-{}", exchange.record.exchange);
    exchange
}

#[apply(on_both)]
async fn sessions_are_listed_and_sifted() {
    let fixture = Fixture::new().await;
    let (cookie, _) = log_in(&fixture).await;
    assert!(page(&fixture, &cookie, "/sessions").await.body.contains("Nothing here yet"));
    let mut all = vec![exchange(0), denied(1)];
    let mut old = of("s_old", exchange(0));
    old.record.started_ms -= 61_000;
    all.push(old);
    all.extend((0..60).map(|n| of(&format!("s_{n:02}"), exchange(100 + n))));
    fixture.record(&all).await;
    let list = page(&fixture, &cookie, "/sessions").await.body;
    let links = |page: &str| {
        let links = values(page, "a", "href");
        let own = links.into_iter().filter(|link| link.starts_with("/sessions/s_"));
        own.collect::<Vec<_>>()
    };
    let first = links(&list);
    assert_eq!((first.len(), first[0].as_str()), (50, "/sessions/s_59"));
    let older = values(&list, "a", "href").into_iter().find(|to| to.contains("after=")).unwrap();
    let list = page(&fixture, &cookie, &older).await.body;
    let rest = links(&list);
    let last = &rest[10..];
    assert_eq!(
        (rest.len(), last),
        (12, &["/sessions/s_tests".into(), "/sessions/s_old".into()][..])
    );
    // All but the last one had something within a minute.
    assert_eq!(list.matches("class=\"dot\"").count(), 11);
    let newer = values(&list, "a", "href").into_iter().find(|to| to.contains("before=")).unwrap();
    assert_eq!(links(&page(&fixture, &cookie, &newer).await.body), first);
    let sifted = page(&fixture, &cookie, "/sessions?rule=hold-refunds&effect=hold").await.body;
    assert_eq!(links(&sifted), ["/sessions/s_tests?effect=hold&rule=hold-refunds"]);
    assert!(page(&fixture, &cookie, "/sessions?tool=none").await.body.contains("Nothing fits"));
    let listed = json(&fixture, "/v1/sessions?text=REFUND").await;
    assert_eq!(listed["sessions"].as_array().unwrap().len(), 62);
    let tests = json(&fixture, "/v1/sessions/s_tests").await;
    assert_eq!((&tests["exchanges"], &tests["held"]), (&Value::from(2), &Value::from(1)));
}

#[apply(on_both)]
async fn a_session_is_one_line_of_time_in_leaves() {
    let fixture = Fixture::new().await;
    let (cookie, _) = log_in(&fixture).await;
    let mut all: Vec<Exchange> = (0..450).map(exchange).collect();
    all.push(denied(450));
    fixture.record(&all).await;
    let mut path = format!("/sessions/{SESSION}");
    let mut seen = Vec::new();
    let next = |page: &str| {
        let page = Page::read(page);
        let leads = page.tags.iter().filter(|(_, all)| all.iter().any(|one| one.1 == "next"));
        let mut links = leads.flat_map(|(_, all)| all).filter(|one| one.0 == "href");
        links.next().map(|one| one.1.clone())
    };
    for leaf in 0..3 {
        let mut body = page(&fixture, &cookie, &path).await.body;
        if leaf == 0 {
            assert!(body.contains("451 exchanges") && body.contains("1 held"), "{body}");
        }
        let part =
            page(&fixture, &cookie, &format!("{path}{}part=1", if leaf == 0 { "?" } else { "&" }))
                .await;
        assert_eq!(turns(&part.body), turns(&body));
        assert!(!part.body.contains("<html"));
        seen.append(&mut turns(&body));
        match next(&body) {
            Some(link) => path = link,
            None => body.clear(),
        }
        assert_eq!(body.is_empty(), leaf == 2);
    }
    let ids: Vec<String> = all.iter().map(|one| one.record.exchange.clone()).collect();
    assert_eq!(seen, ids);
    let from = all[300].record.started_ms;
    let late = page(&fixture, &cookie, &format!("/sessions/{SESSION}?from={from}")).await.body;
    assert_eq!(turns(&late)[0], "x_00300");
    let held = page(&fixture, &cookie, &format!("/sessions/{SESSION}?effect=hold")).await.body;
    assert_eq!(turns(&held), ["x_00450"]);
    assert!(held.contains("denied by dana after 5.0 s") && held.contains("held: hold_denied"));
    // A look at the line is none at what was said, and noted all the same: each leaf, with or without its frame.
    assert_eq!(fixture.audited("exchange_read").await, 0);
    assert_eq!(fixture.audited("session_read").await, 8);
    let listed = json(&fixture, &format!("/v1/sessions/{SESSION}/exchanges")).await;
    let next = listed["next"].as_str().unwrap();
    let rest = json(&fixture, &format!("/v1/sessions/{SESSION}/exchanges?after={next}")).await;
    assert_eq!(rest["exchanges"][0]["record"]["exchange"], "x_00200");
    assert_eq!(fixture.audited("session_read").await, 10);
}

/// Not to its end: that of events has none.
async fn begun(fixture: &Fixture, cookie: &str, path: &str) {
    let request = Request::get(path).header("host", HOST).header("cookie", cookie);
    let request = request.body(Body::empty()).unwrap();
    let answer = fixture.console.clone().oneshot(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
}

/// Whoever tries texts reads bodies by them, letter by letter.
#[apply(on_both)]
async fn a_search_for_a_text_is_noted() {
    let fixture = Fixture::new().await;
    fixture.record(&[exchange(0)]).await;
    let (cookie, _) = log_in(&fixture).await;
    let one = format!("/sessions/{SESSION}");
    let mut noted = 0;
    for path in ["/sessions".to_owned(), one.clone(), format!("{one}/events")] {
        begun(&fixture, &cookie, &path).await;
        assert_eq!(fixture.audited("session_searched").await, noted, "{path}");
        begun(&fixture, &cookie, &format!("{path}?text=orders")).await;
        noted += 1;
        assert_eq!(fixture.audited("session_searched").await, noted, "{path}");
    }
    for path in ["/v1/sessions".to_owned(), format!("/v1{one}/exchanges")] {
        json(&fixture, &path).await;
        json(&fixture, &format!("{path}?text=orders")).await;
        noted += 1;
        assert_eq!(fixture.audited("session_searched").await, noted, "{path}");
    }
}

#[apply(on_both)]
async fn an_exchange_opens_and_who_opened_it_is_noted() {
    let fixture = Fixture::new().await;
    let (cookie, _) = log_in(&fixture).await;
    fixture.record(&[exchange(0), denied(1)]).await;
    let one = page(&fixture, &cookie, "/exchanges/x_00000").await.body;
    for told in [
        "<span class=\"redacted\">[REDACTED:email]</span>",
        "<span class=\"sql-keyword\">select</span>",
        "/sessions/s_tests?from=1800000000000#turn-x_00000",
        "read and judged <strong>4 ms</strong>",
    ] {
        assert!(one.contains(told), "{told} in {one}");
    }
    let part = page(&fixture, &cookie, "/exchanges/x_00000?part=1").await.body;
    assert!(part.starts_with("<div class=\"opened\">") && !part.contains("<html"), "{part}");
    // By the hold it waited on, too, and the way there.
    let held = page(&fixture, &cookie, "/exchanges/h_00001").await.body;
    assert!(held.contains("href=\"/holds/h_00001\"") && held.contains("on hold <strong>5.0 s"));
    let by_key = json(&fixture, "/v1/exchanges/x_00001").await;
    assert_eq!(by_key["record"]["hold"]["hold"], "h_00001");
    assert_eq!(fixture.audited("exchange_read").await, 4);
    let none = get(&fixture, "/exchanges/x_9", &[("cookie", &cookie)]).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    assert!(none.body.contains("may not be there yet"), "{}", none.body);
    assert_eq!(fixture.audited("exchange_read").await, 4);
}

#[apply(on_both)]
async fn the_hold_leads_to_its_exchange_and_session() {
    let fixture = Fixture::new().await;
    let mut held = crate::testing::request("x_00001");
    held.session = SESSION.into();
    let hold = fixture.asks.request(held).await.unwrap().hold;
    let mut one = denied(1);
    one.record.hold.as_mut().unwrap().hold = hold.clone();
    let (cookie, _) = log_in(&fixture).await;
    let path = format!("/holds/{hold}");
    let (own, session) = (format!("/exchanges/{hold}"), format!("/sessions/{SESSION}"));
    let links = async || values(&page(&fixture, &cookie, &path).await.body, "a", "href");
    assert!(!links().await.contains(&own));
    fixture.record(&[one]).await;
    let links = links().await;
    assert!(links.contains(&own) && links.contains(&session), "{links:?}");
    assert!(page(&fixture, &cookie, &own).await.body.contains(&format!("href=\"{path}\"")));
}

#[apply(on_both)]
async fn only_viewers_look() {
    let fixture = Fixture::new().await;
    fixture.record(&[exchange(0)]).await;
    let (cookie, _) = log_in(&fixture).await;
    let key = format!("Bearer {APPROVER_KEY}");
    let one = format!("/sessions/{SESSION}");
    let pages = [
        "/sessions".to_owned(),
        format!("{one}/events"),
        format!("{one}/export?format=html"),
        one,
        "/exchanges/x_00000".into(),
    ];
    let closed = fixture.console_for(Viewers::Groups(Vec::new()));
    for path in &pages {
        let headers = [("host", HOST), ("cookie", cookie.as_str())];
        let answer = send(&closed, "GET", path, &headers, "").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
        assert!(answer.body.contains("sessions.viewers"), "{path}: {}", answer.body);
        assert!(!answer.body.contains("order-desk"), "{path}");
        let path = format!("/v1{path}");
        if !path.ends_with("/events") {
            let headers = [("host", HOST), ("authorization", key.as_str())];
            let answer = send(&closed, "GET", &path, &headers, "").await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
        }
        // Without a login nobody is told even that.
        let answer = send(&fixture.console, "GET", pages[0].as_str(), &[("host", HOST)], "").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
    let headers = [("host", HOST), ("cookie", cookie.as_str())];
    let queue = send(&closed, "GET", "/", &headers, "").await.body;
    assert!(!queue.contains("href=\"/sessions\""), "{queue}");
    assert_eq!(
        fixture.audited("exchange_read").await + fixture.audited("session_exported").await,
        0
    );
}

#[apply(on_both)]
async fn an_export_is_whole_and_noted() {
    let fixture = Fixture::new().await;
    let mut all: Vec<Exchange> = (0..130).map(exchange).collect();
    all.push(of("s_other", exchange(500)));
    fixture.record(&all).await;
    let (cookie, _) = log_in(&fixture).await;
    let path = format!("/sessions/{SESSION}/export?format=");
    let lines = page(&fixture, &cookie, &format!("{path}jsonl")).await;
    let disposition = lines.headers["content-disposition"].to_str().unwrap();
    assert_eq!(disposition, "attachment; filename=\"session-s_tests.jsonl\"");
    let mut texts: Vec<String> = Vec::new();
    for line in lines.body.lines() {
        texts.extend(Line::parse(line.as_bytes()).unwrap().record);
    }
    texts.sort();
    let mut own: Vec<String> = all[..130].iter().filter_map(|one| line(one).record).collect();
    own.sort();
    assert_eq!(texts, own);
    let file = page(&fixture, &cookie, &format!("{path}html")).await.body;
    let ids: Vec<String> = all[..130].iter().map(|one| one.record.exchange.clone()).collect();
    assert_eq!(turns(&file), ids);
    assert!(file.ends_with("</html>\n"));
    assert_eq!(fixture.audited("session_exported").await, 2);
}

/// The rows that a page hears of, with their numbers, until so many came.
async fn heard(
    fixture: &Fixture,
    cookie: &str,
    path: &str,
    last: Option<&str>,
    wanted: usize,
) -> Vec<(String, String)> {
    let mut request = Request::get(path).header("host", HOST).header("cookie", cookie);
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    let answer =
        fixture.console.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let (mut body, mut text) = (answer.into_body(), String::new());
    let read = async {
        loop {
            let events: Vec<&str> =
                text.split("\n\n").filter(|one| one.contains("event: exchange")).collect();
            if events.len() >= wanted && text.ends_with("\n\n") {
                let field = |event: &str, name: &str| {
                    event
                        .lines()
                        .find_map(|line| line.strip_prefix(name))
                        .unwrap_or_default()
                        .to_owned()
                };
                return events
                    .iter()
                    .map(|one| (field(one, "id: "), turns(&field(one, "data: ")).concat()))
                    .collect();
            }
            let frame = body.frame().await.unwrap().unwrap();
            text.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
        }
    };
    tokio::time::timeout(Duration::from_secs(20), read).await.unwrap()
}

#[apply(on_both)]
async fn what_comes_is_told_and_a_reconnect_loses_none() {
    let fixture = Fixture::new().await;
    fixture.record(&[exchange(0)]).await;
    let (cookie, _) = log_in(&fixture).await;
    let body = page(&fixture, &cookie, &format!("/sessions/{SESSION}?effect=allow")).await.body;
    let events = values(&body, "ol", "data-events").concat();
    // One that began before came later; another session's and one that does not fit are not told.
    let mut early = exchange(7);
    early.record.started_ms = exchange(0).record.started_ms - 5;
    fixture.record(&[exchange(3), early, of("s_other", exchange(4)), denied(5)]).await;
    let first = heard(&fixture, &cookie, &events, None, 3).await;
    let ids = |events: &[(String, String)]| {
        let mut ids: Vec<String> = events.iter().map(|one| one.1.clone()).collect();
        ids.sort();
        ids
    };
    // The page has the first already: rows that are near are told again, and known there by their ids.
    assert_eq!(ids(&first), ["x_00000", "x_00003", "x_00007"]);
    fixture.record(&[exchange(8)]).await;
    let last = first.last().unwrap().0.clone();
    let again = heard(&fixture, &cookie, &events, Some(&last), 4).await;
    assert_eq!(ids(&again), ["x_00000", "x_00003", "x_00007", "x_00008"]);
}

#[test]
fn a_session_of_nobody_has_an_id_that_leads_to_it() {
    let id = session::id(&Record::default());
    assert_eq!(crate::console::sessions::timeline::path(&id), format!("/sessions/{id}"));
    for wrong in ["", "a/b", "..", ".x", "a?b", "é"] {
        assert_eq!(crate::console::sessions::timeline::path(wrong), "/sessions", "{wrong}");
    }
}
