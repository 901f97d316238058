/*! Request heads: what is refused, what is taken off, how paths and hosts are read. */

use integration::http1::Connection;
use integration::shared::case;
use integration::{Call, http2};

#[test]
fn the_callers_own_words_to_proxies_do_not_travel() {
    let case = case();
    let mut call = case.get("x");
    let dropped = [
        ("x-envoy-retry-on", "5xx"),
        ("x-envoy-max-retries", "8"),
        ("x-envoy-upstream-rq-timeout-ms", "1"),
        ("x-gatehouse-ref", "forged"),
        ("x-gatehouse-anything", "forged"),
        ("x-http-method-override", "GET"),
        ("x-original-method", "DELETE"),
        ("x-original-url", "/admin"),
        ("x-rewrite-url", "/admin"),
        ("x-original-host", "admin"),
        ("cookie", "a=b"),
        ("proxy-authorization", "Basic YTpi"),
        ("range", "bytes=0-6"),
        ("if-range", "\"x\""),
        ("x-forwarded-for", "10.0.0.1"),
    ];
    for (name, value) in dropped {
        call = call.header(name, value);
    }
    call.header("x-kept", "yes").send(case.gateway).expect(200);
    let request = case.request();
    for (name, value) in dropped {
        assert_ne!(request.header(name).as_deref(), Some(value), "{name} reached the upstream");
    }
    assert_eq!(request.header("authorization"), None);
    assert_eq!(request.header("x-kept").as_deref(), Some("yes"));
    assert_eq!(request.header("accept-encoding").as_deref(), Some("identity"));
}

#[test]
fn methods_that_reflect_or_tunnel() {
    for method in ["TRACE", "CONNECT", "PROPFIND", "BREW"] {
        let case = case();
        let target = if method == "CONNECT" { "a.test:80".into() } else { case.path("x") };
        let call = Call::new(method, target).token(&case.token);
        let mut connection = Connection::open(&case.gateway.address);
        connection.write(call.bytes());
        if let Some(response) = connection.response(false) {
            assert!((400..500).contains(&response.status), "{method}: {}", response.status);
        }
        case.assert_untouched();
        assert!(!case.upstream.saw(method), "{method} reached the upstream");
    }
}

#[test]
fn a_header_that_names_another_method() {
    let case = case();
    let call = case.post("x").header("X-HTTP-Method-Override", "DELETE").body("{}");
    call.send(case.gateway).expect_refusal(400, "request_ambiguous");
    case.assert_untouched();
}

#[test]
fn upgrades_are_refused() {
    let case = case();
    let response = case
        .get("socket")
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA==")
        .send(case.gateway);
    assert_eq!(response.status, 403, "{}", response.text());
    case.assert_untouched();
}

/// One judge, one path: whatever a server could read as another path is refused or made plain.
#[test]
fn paths_that_read_differently() {
    for suffix in ["a/..%2fb", "a/%252e%252e/b", "a/..%5cb", "a%00b", "a/%2fb"] {
        let case = case();
        let response = case.get(suffix).send(case.gateway);
        assert_eq!(response.status, 400, "{suffix}: {}", response.text());
        case.assert_untouched();
    }
    for (suffix, plain) in [
        ("a/./b", "a/b"),
        ("a//b", "a/b"),
        ("a/../b", "b"),
        ("a/%2e%2e/b", "b"),
        ("a\\..\\b", "b"),
        ("a/..;/b", "b"),
    ] {
        let case = case();
        case.get(suffix).send(case.gateway).expect(200);
        assert_eq!(case.request().target, case.path(plain), "{suffix}");
    }
}

#[test]
fn names_and_hosts_that_read_differently() {
    let case = case();
    let call = || Call::get(case.path("x")).token(&case.token);
    let mut underscore = call();
    underscore.headers.push(("x_http_method_override".into(), "DELETE".into()));
    assert_eq!(underscore.send(case.gateway).status, 400);
    for host in ["user@good.test", "a.test,user@b.test", "good.test."] {
        let mut call = call();
        call.headers[0].1 = host.to_owned();
        assert_eq!(call.send(case.gateway).status, 400, "{host}");
    }
    case.assert_untouched();
}

/// Whichever the caller means, the route names the upstream's.
#[test]
fn of_two_hosts_none_travels() {
    let case = case();
    let mut twice = case.get("x");
    twice.headers.push(("host".into(), "other.test".into()));
    twice.send(case.gateway).expect(200);
    assert_eq!(case.request().header("host"), Some(case.upstream.address.to_string()));
}

#[test]
fn two_lengths_never_pass() {
    let case = case();
    let head = String::from_utf8(case.post("x").header("content-length", "5").head()).unwrap();
    let head = head.replace("\r\n\r\n", "\r\ntransfer-encoding: chunked\r\n\r\n");
    let mut connection = Connection::open(&case.gateway.address);
    connection.write(head).write("0\r\n\r\n");
    assert_eq!(connection.response(false).unwrap().status, 400);
    case.assert_untouched();
}

#[test]
fn prefixes_match_whole_segments_and_are_replaced() {
    let case = case();
    Call::get(case.under("/api", "x?y=1")).token(&case.token).send(case.gateway).expect(200);
    Call::get(format!("/apix{}", case.path("x"))).token(&case.token).send(case.gateway).expect(200);
    let targets: Vec<_> = case.requests().into_iter().map(|request| request.target).collect();
    let mark = case.path("x");
    assert_eq!(targets, [format!("/base{mark}?y=1"), format!("/apix{mark}")]);
}

#[test]
fn http2_serves_as_well() {
    let case = case();
    let request = http::Request::get(format!("http://gateway.test{}", case.path("x")))
        .header("authorization", format!("Bearer {}", case.token))
        .body(())
        .unwrap();
    let answer = http2::call(&case.gateway.address, request, &[], None);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(case.request().header("authorization"), None);
}
