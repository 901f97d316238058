use super::lab::*;
use crate::exchange::{Event, Exchange, Flow, Step};
use crate::rule::Effect;

#[test]
fn without_a_token_nothing_goes_on() {
    let mut lab = Lab::new();
    let mut head = lab.head("GET", "/", true);
    head.headers.clear();
    let (_, steps) = lab.begin(head);
    assert_eq!((steps.flow, reason(&steps)), (Flow::Pause, "unauthenticated"));
    assert_eq!(response(&steps).unwrap().status, 401);
    assert!(!releases(&steps));
}

#[test]
fn a_bodyless_call_is_judged_at_its_headers() {
    let mut lab = Lab::new();
    let head = lab.head("GET", "/customers", true);
    let (_, steps) = lab.begin(head);
    assert!(releases(&steps));
    assert_eq!(steps.flow, Flow::Continue);
}

#[test]
fn a_body_is_judged_whole_and_pauses_until_then() {
    let mut lab = Lab::new();
    let mut head = lab.head("POST", "/query", false);
    head.headers.push(("content-length".into(), b"12".to_vec()));
    let (mut exchange, steps) = lab.begin(head);
    assert!(!releases(&steps), "the verdict is set only with the body");
    assert!(steps.list.contains(&Step::RemoveRequestHeader("content-length".into())));
    let grew = Event::RequestBodyGrew { size: 5, upstream_attempts: 0 };
    assert_eq!(lab.on(&mut exchange, grew).flow, Flow::Pause);
    let steps = lab.body(&mut exchange, r#"{"sql": "SELECT 1"}"#);
    assert!(releases(&steps));
    assert_eq!(steps.flow, Flow::Continue);
}

#[test]
fn a_denied_call_is_answered_and_stays_paused() {
    let mut lab = Lab::new();
    let head = lab.head("POST", "/query", false);
    let (mut exchange, _) = lab.begin(head);
    let steps = lab.body(&mut exchange, r#"{"sql": "DROP DATABASE prod"}"#);
    assert_eq!((steps.flow, reason(&steps)), (Flow::Pause, "denied"));
    let answer = response(&steps).unwrap();
    assert_eq!(answer.status, 403);
    assert!(
        answer.body.contains("atabases are not dropped") && !answer.body.contains("prod"),
        "{}",
        answer.body
    );
    assert_eq!(record(&steps).verdict.effect, Some(Effect::Deny));
    let grew = Event::RequestBodyGrew { size: 99, upstream_attempts: 0 };
    assert_eq!(lab.on(&mut exchange, grew).flow, Flow::Pause);
    assert!(!releases(&lab.body(&mut exchange, "")), "a second body changes nothing");
}

#[test]
fn the_limit_itself_passes_and_one_more_does_not() {
    let mut lab = Lab::new();
    for (size, passes) in [(0, true), (1, true), (64, true), (65, false)] {
        let head = lab.head("POST", "/query", false);
        let (mut exchange, _) = lab.begin(head);
        let steps = lab.body(&mut exchange, &"a".repeat(size));
        assert_eq!(releases(&steps), passes, "{size}");
        if !passes {
            assert_eq!(reason(&steps), "body_too_large");
        }
    }
}

#[test]
fn too_much_is_refused_before_it_is_all_there() {
    let mut lab = Lab::new();
    let head = lab.head("POST", "/query", false);
    let (mut exchange, _) = lab.begin(head);
    let steps = lab.on(&mut exchange, Event::RequestBodyGrew { size: 65, upstream_attempts: 0 });
    assert_eq!((steps.flow, reason(&steps)), (Flow::Pause, "body_too_large"));
}

#[test]
fn a_head_that_left_early_closes_the_worker_for_bodies() {
    let mut lab = Lab::new();
    let head = lab.head("POST", "/query", false);
    let (mut exchange, _) = lab.begin(head);
    let steps = lab.on(&mut exchange, Event::RequestBodyGrew { size: 1, upstream_attempts: 1 });
    assert_eq!(reason(&steps), "unsafe_install");
    let head = lab.head("POST", "/query", false);
    let (_, steps) = lab.begin(head);
    assert_eq!((steps.flow, reason(&steps)), (Flow::Pause, "unsafe_install"));
    let head = lab.head("GET", "/", true);
    assert!(releases(&lab.begin(head).1), "without a body nothing can leave early");
}

#[test]
fn what_reads_differently_to_different_servers_is_refused() {
    let mut lab = Lab::new();
    for (method, path, name, value, expected) in [
        ("TRACE", "/", "a", "b", "method_not_allowed"),
        ("CONNECT", "/", "a", "b", "method_not_allowed"),
        ("GET", "/", "upgrade", "websocket", "upgrade_refused"),
        ("GET", "/", "content-encoding", "gzip", "body_encoded"),
        ("POST", "/", "content-type", "application/json; charset=utf-16", "body_encoded"),
        ("GET", "/a/%252e%252e/b", "a", "b", "request_ambiguous"),
        ("GET", "/", "x_http_method_override", "DELETE", "request_ambiguous"),
        ("POST", "/", "content-type", "application/json, text/plain", "request_ambiguous"),
        ("GET", "/?_method=DELETE", "a", "b", "request_ambiguous"),
    ] {
        let mut head = lab.head(method, path, method != "POST");
        head.headers.push((name.into(), value.into()));
        let (_, steps) = lab.begin(head);
        assert_eq!((reason(&steps), steps.flow), (expected, Flow::Pause), "{method} {path} {name}");
    }
    let mut head = lab.head("POST", "/", false);
    for media in ["text/plain", "application/json"] {
        head.headers.push(("content-type".into(), media.into()));
    }
    assert_eq!(reason(&lab.begin(head).1), "request_ambiguous");
    let mut head = lab.head("GET", "/", true);
    head.authority = b"a.example,b.example".to_vec();
    assert_eq!(reason(&lab.begin(head).1), "request_ambiguous");
    for (authority, passes) in [("a.example,b.example", true), ("a.example,b@c", false)] {
        let mut head = lab.head("GET", "/", true);
        head.route.host = Some("upstream.example:8080".into());
        head.authority = authority.into();
        assert_eq!(releases(&lab.begin(head).1), passes, "{authority}");
    }
}

#[test]
fn what_must_not_travel_on_is_taken_off() {
    let mut lab = Lab::new();
    let mut head = lab.head("GET", "/", true);
    let stripped = [
        "cookie",
        "forwarded",
        "proxy-authorization",
        "range",
        "x-forwarded-host",
        "x-real-ip",
        "x-envoy-retry-on",
        "x-gatehouse-wait",
        "x-original-url",
    ];
    for name in stripped {
        head.headers.push((name.into(), b"1".to_vec()));
    }
    head.headers.push(("x-http-method-override".into(), b" get".to_vec()));
    head.headers.push(("x-kept".into(), b"1".to_vec()));
    let (_, steps) = lab.begin(head);
    for name in stripped.into_iter().chain(["authorization", "x-http-method-override"]) {
        assert!(steps.list.contains(&Step::RemoveRequestHeader(name.into())), "{name}");
    }
    assert!(!steps.list.contains(&Step::RemoveRequestHeader("x-kept".into())));
    assert!(steps.list.contains(&Step::SetRequestHeader("accept-encoding", "identity".into())));
}

#[test]
fn a_header_that_names_another_method_is_refused() {
    let mut lab = Lab::new();
    for name in
        ["x-http-method", "x-http-method-override", "x-method-override", "x-tunneled-method"]
    {
        let mut head = lab.head("POST", "/", true);
        head.headers.push((name.into(), b"DELETE".to_vec()));
        assert_eq!(reason(&lab.begin(head).1), "request_ambiguous", "{name}");
    }
}

#[test]
fn a_request_is_redacted_where_a_rule_says_so() {
    let mut lab = Lab::new();
    for (path, body) in [("/mask", r#"{"to":"[REDACTED:email]"}"#), ("/keep", "")] {
        let head = lab.head("POST", path, false);
        let (mut exchange, _) = lab.begin(head);
        let steps = lab.body(&mut exchange, r#"{"to":"ada@example.com"}"#);
        assert!(releases(&steps));
        let rewritten = steps.list.iter().find_map(|step| match step {
            Step::ReplaceRequestBody(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            _ => None,
        });
        assert_eq!(rewritten.unwrap_or_default(), body);
    }
}

/// A finding may take along what delimits a literal: then the rest of the text is something else.
#[test]
fn what_goes_on_is_judged_as_it_goes_on() {
    let mut lab = Lab::new();
    lab.engine.limits.request_body = 1000;
    let mut ask = |path: &str, sql: &str| {
        let (mut exchange, _) = lab.begin(lab.head("POST", path, false));
        lab.body(&mut exchange, &serde_json::json!({ "sql": sql }).to_string())
    };
    let sql = "SELECT 'NOTE'x, ' ; DROP DATABASE a; -- '";
    assert!(releases(&ask("/keep", sql)));
    let steps = ask("/mask", sql);
    assert_eq!((reason(&steps), releases(&steps)), ("request_ambiguous", false));
    assert!(!steps.list.iter().any(|step| matches!(step, Step::ReplaceRequestBody(_))));
    assert!(releases(&ask("/mask", "SELECT 'to ada@example.com, NOTE'")));
}

#[test]
fn what_stands_in_the_target_is_refused_where_it_would_be_redacted() {
    let mut lab = Lab::new();
    for (path, told) in [
        ("/mask?to=ada@example.com", "denied"),
        ("/mask?to=ada%40example.com", "denied"),
        ("/mask?a=b;to=ada@example.com", "denied"),
        ("/mask?to=ada", ""),
        ("/keep?to=ada@example.com", ""),
    ] {
        let steps = lab.begin(lab.head("GET", path, true)).1;
        let refused = response(&steps).map(|_| reason(&steps)).unwrap_or_default();
        assert_eq!((refused, releases(&steps)), (told, told.is_empty()), "{path}");
        assert!(!format!("{:?}", response(&steps)).contains("ada"), "{path}");
    }
}

#[test]
fn a_body_with_nul_is_no_text() {
    let mut lab = Lab::new();
    let sql: String = r#"{"sql":"DROP DATABASE a"}"#.chars().flat_map(|c| ['\0', c]).collect();
    let (mut exchange, _) = lab.begin(lab.head("POST", "/query", false));
    assert_eq!(reason(&lab.body(&mut exchange, &sql)), "body_unreadable");
}

/// What an upstream decodes, or divides otherwise, is not what was read here.
#[test]
fn parts_are_judged_as_the_upstream_finds_them() {
    let mut lab = Lab::new();
    lab.engine.limits.request_body = 1000;
    let mut ask = |content_type: &str, head: &str, content: &str| {
        let mut request = lab.head("POST", "/query", false);
        request.headers.push(("content-type".into(), content_type.into()));
        let (mut exchange, steps) = lab.begin(request);
        let said = "Content-Disposition: form-data; name=";
        let body = format!("--b\r\n{said}{head}\r\n\r\n{content}\r\n--b--\r\n");
        let steps = if response(&steps).is_some() { steps } else { lab.body(&mut exchange, &body) };
        let told = response(&steps).map(|_| reason(&steps).to_owned()).unwrap_or_default();
        assert_eq!(releases(&steps), told.is_empty());
        told
    };
    let form = "multipart/form-data; boundary=b";
    assert_eq!(ask(form, "\"sql\"", "DROP DATABASE x"), "denied");
    for (content_type, head, content, told) in [
        (form, "sql\r\nContent-Transfer-Encoding: base64", "RFJPUCBEQVRBQkFTRSB4", "body_encoded"),
        (
            form,
            "sql\r\ncontent-transfer-encoding: quoted-printable",
            "=44ROP DATABASE x",
            "body_encoded",
        ),
        (form, "sql\r\nContent-Type: a/b; charset=utf-7", "DROP+ACA-DATABASE x", "body_encoded"),
        (form, "sql\r\nContent-Type: multipart/mixed; boundary=c", "--c--", "body_unreadable"),
        ("multipart/form-data; boundary=b; boundary=c", "sql", "x", "body_unreadable"),
        ("multipart/form-data; boundary*=utf-8''b", "sql", "x", "body_unreadable"),
        ("multipart/form-data; boundary=\"\\b\"", "sql", "x", "body_unreadable"),
        ("multipart/form-data; boundary=b; charset=utf-7", "sql", "x", "body_encoded"),
        (form, "\"_m\\ethod\"", "DELETE", "request_ambiguous"),
        (form, "\"a\"", "<input name=\"_method\">", ""),
        ("multipart/form-data; boundary=\"b\"", "\"f\"; filename=\"a.txt\"", "x", ""),
    ] {
        assert_eq!(ask(content_type, head, content), told, "{content_type} {head}");
    }
}

#[test]
fn a_body_that_came_is_not_judged_again() {
    let mut lab = Lab::new();
    let (mut exchange, _) = lab.begin(lab.head("POST", "/query", false));
    assert!(releases(&lab.body(&mut exchange, "a")));
    assert_eq!(lab.body(&mut exchange, "a").list, []);
    let headers = vec![(":status".into(), b"206".to_vec())];
    let steps = lab.on(&mut exchange, Event::ResponseHeaders { headers, end_of_stream: false });
    assert_eq!(reason(&steps), "response_unreadable", "the response is still judged");
}

#[test]
fn an_exchange_nobody_heard_of_is_logged_all_the_same() {
    let mut lab = Lab::new();
    let mut exchange = Exchange::new();
    let steps = lab.on(&mut exchange, Event::Log(None));
    assert!(record(&steps).last);
    assert_eq!(record(&steps).not_inspected.len(), 1);
}
