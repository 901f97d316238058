//! Logins: how long they last, for whom, and where they lead.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use macro_rules_attribute::apply;

use super::{FORM, ORIGIN, enter, get, log_in, log_in_with, post};
use crate::config::LocalApprover;
use crate::holds::Holds;
use crate::testing::{
    APPROVER_KEY, Fixture, HOST, LOGIN_CODE, approver, console_of, dana, on_both, send,
};

async fn opens(console: &Router, cookie: &str) -> bool {
    let headers = [("cookie", cookie), ("host", HOST)];
    match send(console, "GET", "/", &headers, "").await.status {
        StatusCode::OK => true,
        StatusCode::UNAUTHORIZED => false,
        other => panic!("{other}"),
    }
}

fn again(holds: &Arc<Holds>, approvers: &[LocalApprover]) -> Router {
    console_of(holds, approvers, None)
}

#[apply(on_both)]
async fn a_restart_ends_no_login_and_renews_no_code() {
    let fixture = Fixture::new().await;
    let (cookie, csrf) = log_in(&fixture).await;
    let other = again(&fixture.holds, &[dana()]);
    assert!(opens(&other, &cookie).await);
    let code = format!("/login?code={LOGIN_CODE}");
    let used = send(&other, "GET", &code, &[("host", HOST)], "").await;
    assert_eq!(used.status, StatusCode::UNAUTHORIZED);
    let form = format!("code={LOGIN_CODE}");
    let used = send(&other, "POST", "/login", &[("host", HOST), ORIGIN, FORM], &form).await;
    assert_eq!(used.status, StatusCode::UNAUTHORIZED);
    // A link that was made here opens the console there, once.
    let key = format!("Bearer {APPROVER_KEY}");
    let headers = [("host", HOST), ("authorization", key.as_str())];
    let link = send(&other, "POST", "/v1/login-links", &headers, "").await;
    let link: crate::api::LoginLink = link.json();
    let (second, _) = log_in_with(&fixture, link.url.split("code=").nth(1).unwrap()).await;
    assert!(opens(&other, &second).await);
    // Whoever logs out here is out there; the other browser stays.
    let headers = [("cookie", cookie.as_str()), ORIGIN, FORM];
    let out = post(&fixture, "/logout", &headers, &format!("csrf={csrf}")).await;
    assert_eq!(out.status, StatusCode::SEE_OTHER);
    let gone = out.headers["set-cookie"].to_str().unwrap();
    assert_eq!(gone, "gatehouse_login=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
    assert!(!opens(&other, &cookie).await && opens(&other, &second).await);
}

#[apply(on_both)]
async fn a_login_ends_by_time_and_without_use() {
    let fixture = Fixture::new().await;
    let (cookie, _) = log_in(&fixture).await;
    let fetch = [("cookie", cookie.as_str()), ("sec-fetch-mode", "cors"), ("host", HOST)];
    for _ in 0..13 {
        fixture.clock.advance(3500);
        // What a page fetches by itself keeps nobody logged in.
        let part = send(&fixture.console, "GET", "/?part=queue", &fetch, "").await;
        let over = part.status == StatusCode::UNAUTHORIZED;
        assert_eq!(over, !opens(&fixture.console, &cookie).await);
        if over {
            break;
        }
    }
    let lasted = crate::clock::Clock::now(fixture.clock.as_ref()) - crate::testing::NOW;
    assert!((12 * 3600..12 * 3600 + 3500).contains(&lasted), "{lasted}");

    let key = format!("Bearer {APPROVER_KEY}");
    let link = post(&fixture, "/v1/login-links", &[("authorization", &key)], "").await;
    let link: crate::api::LoginLink = link.json();
    let (cookie, _) = log_in_with(&fixture, link.url.split("code=").nth(1).unwrap()).await;
    fixture.clock.advance(3000);
    let fetch = [("cookie", cookie.as_str()), ("sec-fetch-mode", "cors"), ("host", HOST)];
    let part = send(&fixture.console, "GET", "/?part=queue", &fetch, "").await;
    assert_eq!(part.status, StatusCode::OK);
    fixture.clock.advance(600);
    assert!(!opens(&fixture.console, &cookie).await);
    // A link that nobody opens in time is none.
    let link = post(&fixture, "/v1/login-links", &[("authorization", &key)], "").await;
    let link: crate::api::LoginLink = link.json();
    fixture.clock.advance(600);
    let late = get(&fixture, link.url.strip_prefix(&format!("http://{HOST}")).unwrap(), &[]).await;
    assert_eq!(late.status, StatusCode::UNAUTHORIZED);
}

#[apply(on_both)]
async fn whoever_is_configured_otherwise_is_out() {
    let people = [approver("ann", Some(&["finance"])), approver("bob", Some(&["legal"]))];
    let fixture = Fixture::of(&people).await;
    let (ann, _) = log_in_with(&fixture, &people[0].login_code).await;
    let (bob, _) = log_in_with(&fixture, &people[1].login_code).await;
    let changed = [approver("ann", Some(&["finance", "legal"])), approver("bob", Some(&["legal"]))];
    for (approvers, expected) in
        [(&people[..], (true, true)), (&people[1..], (false, true)), (&changed, (false, true))]
    {
        let console = again(&fixture.holds, approvers);
        assert_eq!((opens(&console, &ann).await, opens(&console, &bob).await), expected);
    }
    // Nor does a link of before let in who was taken out.
    let key = format!("Bearer {}", people[0].key);
    let link = post(&fixture, "/v1/login-links", &[("authorization", &key)], "").await;
    let link: crate::api::LoginLink = link.json();
    let path = link.url.strip_prefix(&format!("http://{HOST}")).unwrap();
    let console = again(&fixture.holds, &people[1..]);
    let refused = send(&console, "GET", path, &[("host", HOST)], "").await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
}

#[apply(on_both)]
async fn the_page_that_was_asked_for_opens_and_no_other_site() {
    let fixture = Fixture::new().await;
    let key = format!("Bearer {APPROVER_KEY}");
    for (to, expected) in [
        ("/history%3Fstatus%3Ddenied", "/history?status=denied"),
        ("%2Fholds%2Fabc", "/holds/abc"),
        ("//evil.example", "/"),
        ("https:%2F%2Fevil.example", "/"),
        ("/%5Cevil.example", "/"),
        ("/login", "/"),
        ("/a%0d%0aset-cookie:x", "/"),
    ] {
        let link = post(&fixture, "/v1/login-links", &[("authorization", &key)], "").await;
        let link: crate::api::LoginLink = link.json();
        let path = link.url.strip_prefix(&format!("http://{HOST}")).unwrap();
        let page = get(&fixture, &format!("{path}&to={to}"), &[]).await.body;
        assert!(page.contains(&format!("name=\"to\" value=\"{expected}\"")), "{page}");
        let entered = enter(&fixture, path.split("code=").nth(1).unwrap(), to).await;
        assert_eq!(entered.status, StatusCode::SEE_OTHER);
        assert_eq!(entered.headers["location"], expected, "{to}");
    }
}

#[apply(on_both)]
async fn refused_logins_are_audited_a_few_a_minute() {
    let fixture = Fixture::new().await;
    for n in 0..70 {
        let answer = get(&fixture, &format!("/login?code={n}"), &[]).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
    let all = fixture.audited("login_refused").await;
    assert_eq!(all, 60);
}

#[apply(on_both)]
async fn decisions_have_a_pace() {
    let fixture = Fixture::new().await;
    let id = fixture.hold("e1").await.hold;
    let key = format!("Bearer {APPROVER_KEY}");
    let path = format!("/v1/holds/{id}/decision");
    let deny = r#"{"decision":"deny"}"#;
    for n in 0..60 {
        let answer = post(&fixture, &path, &[("authorization", &key)], deny).await;
        assert_eq!(answer.status, StatusCode::OK, "{n}");
    }
    let fast = post(&fixture, &path, &[("authorization", &key)], deny).await;
    assert_eq!(fast.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(fast.body.contains("urn:gatehouse:problem:too_fast"), "{}", fast.body);
    let (cookie, csrf) = log_in(&fixture).await;
    let headers = [("cookie", cookie.as_str()), ORIGIN, FORM];
    let form = format!("decision=deny&csrf={csrf}");
    let page = post(&fixture, &format!("/holds/{id}/decision"), &headers, &form).await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(page.body.contains("at most 60 decisions a minute"), "{}", page.body);
    fixture.clock.advance(60);
    let later = post(&fixture, &path, &[("authorization", &key)], deny).await;
    assert_eq!(later.status, StatusCode::OK);
}

#[apply(on_both)]
async fn over_tls_the_cookie_belongs_to_this_host_alone() {
    let url = "https://approvals.example".to_owned();
    let fixture = Fixture::with(&[dana()], None, url).await;
    let host = ("host", "approvals.example");
    let form = format!("code={LOGIN_CODE}");
    let headers = [host, FORM, ("origin", "https://approvals.example")];
    let entered = send(&fixture.console, "POST", "/login", &headers, &form).await;
    let set = entered.headers["set-cookie"].to_str().unwrap();
    let (pair, rest) = set.split_once(';').unwrap();
    assert_eq!(rest, " Path=/; HttpOnly; SameSite=Lax; Secure");
    let value = pair.strip_prefix("__Host-gatehouse_login=").unwrap();
    let plain = format!("gatehouse_login={value}");
    for (cookie, status) in [(pair, StatusCode::OK), (plain.as_str(), StatusCode::UNAUTHORIZED)] {
        let page = send(&fixture.console, "GET", "/", &[host, ("cookie", cookie)], "").await;
        assert_eq!(page.status, status, "{cookie}");
    }
    // What the database keeps lets nobody in.
    for file in std::fs::read_dir(fixture.dir.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let holds = |needle: &str| bytes.windows(needle.len()).any(|one| one == needle.as_bytes());
        assert!(!holds(value) && !holds(LOGIN_CODE));
    }
}

/// Previews of links and scanners of mail open them, and others' pages send people there.
#[apply(on_both)]
async fn only_the_pages_own_form_uses_a_link() {
    let mut people = [approver("ann", Some(&["finance"])), approver("mallory", None)];
    people[1].person.name = "mal\u{200b}lory <b>".into();
    let fixture = Fixture::of(&people).await;
    let (cookie, _) = log_in_with(&fixture, &people[0].login_code).await;
    let link = format!("/login?code={}&to=/history", people[1].login_code);
    for _ in 0..3 {
        let page = get(&fixture, &link, &[("cookie", &cookie)]).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(!page.headers.contains_key("set-cookie"));
        for part in [
            "Log in as mal\\u{200b}lory &#60;b&#62;",
            "<strong>ann</strong> is logged in",
            "method=\"post\" action=\"/login\"",
        ] {
            assert!(page.body.contains(part), "{part} in {}", page.body);
        }
        assert!(!page.body.contains("<b>"), "{}", page.body);
    }
    let form = format!("code={}", people[1].login_code);
    let attempts: &[&[(&str, &str)]] = &[
        &[FORM],
        &[FORM, ("origin", "null")],
        &[FORM, ("origin", "http://evil.example")],
        &[FORM, ORIGIN, ("origin", "http://evil.example")],
        &[FORM, ORIGIN, ("sec-fetch-site", "cross-site")],
    ];
    for headers in attempts {
        let refused = post(&fixture, "/login", headers, &form).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{headers:?}");
        assert!(!refused.headers.contains_key("set-cookie"));
    }
    // A stranger's code, and none.
    for wrong in ["code=x", "", "code=", "to=/"] {
        let refused = post(&fixture, "/login", &[FORM, ORIGIN], wrong).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{wrong}");
        assert!(refused.body.contains("used before or is too old"), "{}", refused.body);
    }
    assert!(opens(&fixture.console, &cookie).await);
    let headers = [("cookie", cookie.as_str()), FORM, ORIGIN];
    let entered = post(&fixture, "/login", &headers, &form).await;
    assert_eq!(entered.status, StatusCode::SEE_OTHER);
    // One browser has one login.
    assert!(!opens(&fixture.console, &cookie).await);
}

/// Links that one person asks for push out no other's.
#[apply(on_both)]
async fn four_links_of_one_person_are_good_at_once() {
    let people = [approver("ann", Some(&["finance"])), approver("bob", Some(&["legal"]))];
    let fixture = Fixture::of(&people).await;
    let link = async |who: &LocalApprover| {
        let key = format!("Bearer {}", who.key);
        let link = post(&fixture, "/v1/login-links", &[("authorization", &key)], "").await;
        let link: crate::api::LoginLink = link.json();
        link.url.split("code=").nth(1).unwrap().to_owned()
    };
    let bobs = link(&people[1]).await;
    let mut anns = Vec::new();
    for _ in 0..6 {
        anns.push(link(&people[0]).await);
        fixture.clock.advance(1);
    }
    let mut good = Vec::new();
    for code in anns.iter().chain([&bobs]) {
        good.push(enter(&fixture, code, "").await.status == StatusCode::SEE_OTHER);
    }
    assert_eq!(good, [false, false, true, true, true, true, true]);
}
