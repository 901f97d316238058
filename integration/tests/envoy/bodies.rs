/*! Request bodies: sizes, framings, and what cannot be read. */

use integration::shared::{Case, case};
use integration::{Call, http2};
use serde_json::json;

/// The default of `--request-limit`.
const LIMIT: usize = 1024 * 1024;

fn plain(case: &Case, body: impl Into<Vec<u8>>) -> Call {
    case.post("body").header("content-type", "text/plain").body(body)
}

fn typed(case: &Case, content_type: &str, body: impl Into<Vec<u8>>) -> Call {
    case.post("body").header("content-type", content_type).body(body)
}

#[test]
fn sizes_up_to_the_limit_pass() {
    for size in [0, 1, 65_536, LIMIT] {
        let case = case();
        let body = vec![b'x'; size];
        plain(&case, body.clone()).send(case.gateway).expect(200);
        assert!(case.request().body() == body, "{size} bytes arrived changed");
        let record = case.record("body");
        assert_eq!(record.record["request"]["body"]["size"], json!(size));
    }
}

#[test]
fn one_past_the_limit_is_refused() {
    let case = case();
    let response = plain(&case, vec![b'x'; LIMIT + 1]).send(case.gateway);
    response.expect_refusal(413, "body_too_large");
    case.assert_untouched();
}

#[test]
fn far_past_the_limit_is_refused_too() {
    let case = case();
    let response = plain(&case, vec![b'x'; 4 * LIMIT]).send(case.gateway);
    response.expect(413);
    case.assert_untouched();
}

#[test]
fn chunks_arrive_as_one_body() {
    let case = case();
    let call = case.post("body").header("content-type", "application/json");
    let call = call.chunked(&[br#"{"a": "#, b"1", b"}"], &[]);
    call.send(case.gateway).expect(200);
    assert_eq!(case.request().text(), r#"{"a": 1}"#);
}

#[test]
fn chunks_are_scanned_as_one_body() {
    let case = case();
    let call = case.post("query").header("content-type", "application/json");
    let call = call.chunked(&[br#"{"sql":"DROP "#, b"DATA", br#"BASE x"}"#], &[]);
    call.send(case.gateway).expect_refusal(403, "denied");
    case.assert_untouched();
}

#[test]
fn the_end_of_a_slow_body_is_awaited() {
    let case = case();
    let body = r#"{"sql":"DROP DATABASE x"}"#;
    let mut connection = integration::http1::Connection::open(&case.gateway.address);
    let call = case.post("query").header("content-length", body.len().to_string());
    connection.write(call.head());
    for byte in body.bytes() {
        connection.write([byte]);
        std::thread::yield_now();
    }
    connection.response(false).unwrap().expect_refusal(403, "denied");
    case.assert_untouched();
}

/// R3 of the host's rules: a body that ends in trailers never says "end of stream" itself.
#[test]
fn a_body_that_ends_in_trailers_is_scanned() {
    let case = case();
    let request = |path: &str| {
        http::Request::post(format!("http://gateway.test{path}"))
            .header("authorization", format!("Bearer {}", case.token))
            .header("content-type", "application/json")
            .body(())
            .unwrap()
    };
    let trailers = || Some(http2::trailers(&[("x-checksum", "1")]));
    let chunks: [&[u8]; 2] = [br#"{"sql":"DROP DATA"#, br#"BASE x"}"#];
    let address = &case.gateway.address;
    let answer = http2::call(address, request(&case.path("bad")), &chunks, trailers());
    assert_eq!(answer.status, 403, "{}", answer.text());
    case.assert_untouched();

    let chunks: [&[u8]; 2] = [br#"{"sql":"SELECT "#, br#"1"}"#];
    let answer = http2::call(address, request(&case.path("good")), &chunks, trailers());
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(case.request().text(), r#"{"sql":"SELECT 1"}"#);
}

/// R2: the old length with a new body makes the rest of it the next request.
#[test]
fn a_rewritten_body_has_its_own_length() {
    for chunked in [false, true] {
        let case = case();
        let body = json!({ "note": format!("call {}", integration::sample::ssn()) }).to_string();
        let call = case.post("body").header("content-type", "application/json");
        let call = match chunked {
            true => call.chunked(&[body.as_bytes()], &[]),
            false => call.body(body),
        };
        call.send(case.gateway).expect(200);
        case.get("next").send(case.gateway).expect(200);
        let requests = case.requests();
        assert_eq!(requests.len(), 2, "{requests:?}");
        assert_eq!(requests[0].text(), r#"{"note":"call [REDACTED:us-ssn]"}"#);
        assert_eq!(requests[1].method, "GET");
    }
}

#[test]
fn what_cannot_be_read_is_refused() {
    let deep = format!("{}1{}", "[".repeat(300), "]".repeat(300));
    let json = "application/json";
    for (content_type, body) in [
        (json, b"\xff\xfe\x00{".to_vec()),
        ("text/plain", b"caf\xe9".to_vec()),
        (json, b"{\"a\":".to_vec()),
        (json, b"not json".to_vec()),
        (json, b"{\"a\":1,\"a\":2}".to_vec()),
        (json, b"\xef\xbb\xbf{\"a\":1}".to_vec()),
        (json, b"{\"a\":\"\0\"}".to_vec()),
        ("text/plain", b"{\"a\":1,\"a\":2}".to_vec()),
        (json, deep.into_bytes()),
    ] {
        let case = case();
        let shown = String::from_utf8_lossy(&body).chars().take(40).collect::<String>();
        let response = typed(&case, content_type, body).send(case.gateway);
        assert_eq!(response.status, 400, "{content_type} {shown}: {}", response.text());
        assert_eq!(response.reason().as_deref(), Some("body_unreadable"), "{shown}");
        case.assert_untouched();
    }
}

#[test]
fn what_is_encoded_is_refused() {
    for (name, value) in [
        ("content-encoding", "gzip"),
        ("content-encoding", "gzip, gzip"),
        ("content-encoding", "br"),
        ("content-encoding", "deflate"),
        ("content-type", "application/json; charset=utf-16"),
        ("content-type", "text/plain; charset=\"iso-8859-1\""),
    ] {
        let case = case();
        let response = case.post("body").header(name, value).body("x").send(case.gateway);
        response.expect_refusal(415, "body_encoded");
        case.assert_untouched();
    }
}

#[test]
fn parts_of_forms_are_read_or_refused() {
    const FORM: &str = "multipart/form-data; boundary=----WebKitFormBoundaryabc";
    let form = |head: &str, content: &str| {
        let fence = "------WebKitFormBoundaryabc";
        let said = "Content-Disposition: form-data; name=";
        format!("{fence}\r\n{said}{head}\r\n\r\n{content}\r\n{fence}--\r\n")
    };
    for (content_type, head, content, status, reason) in [
        (FORM, "\"sql\"", "DROP DATABASE x", 403, "denied"),
        (
            FORM,
            "\"sql\"\r\nContent-Transfer-Encoding: base64",
            "RFJPUCBEQVRBQkFTRSB4",
            415,
            "body_encoded",
        ),
        (FORM, "\"sql\"\r\nContent-Type: text/plain; charset=utf-7", "x", 415, "body_encoded"),
        ("multipart/form-data; boundary=a; boundary=b", "\"a\"", "x", 400, "body_unreadable"),
        (FORM, "'_method'", "DELETE", 400, "request_ambiguous"),
    ] {
        let case = case();
        let response = typed(&case, content_type, form(head, content)).send(case.gateway);
        response.expect_refusal(status, reason);
        case.assert_untouched();
    }
    let case = case();
    let file = "\"file\"; filename=\"a.html\"\r\nContent-Type: application/octet-stream";
    let body = form(file, "<input name=\"_method\" value=\"DELETE\">");
    typed(&case, FORM, body.clone()).send(case.gateway).expect(200);
    assert_eq!(case.request().text(), body);
}

#[test]
fn a_bodyless_request_stays_so() {
    let case = case();
    case.get("none").send(case.gateway).expect(200);
    let request = case.request();
    assert_eq!(request.header("content-length"), None);
    assert_eq!(request.header("transfer-encoding"), None);
}

#[test]
fn a_get_with_a_body_is_judged_too() {
    let case = case();
    let call = case.get("query").json(&json!({ "sql": "DROP DATABASE x" }));
    call.send(case.gateway).expect_refusal(403, "denied");
    case.assert_untouched();
}
