//! Who may not, and forms of other pages.

use super::*;

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
