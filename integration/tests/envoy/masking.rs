/*! Responses: masked without breaking them, refused where they cannot be read. */

use integration::shared::{Case, case};
use integration::{Reply, Response, sample};
use serde_json::json;

fn answered(case: &Case, reply: Reply) -> Response {
    case.reply("r", reply);
    case.get("r").send(case.gateway)
}

#[test]
fn json_stays_json_of_the_same_types() {
    let case = case();
    let body = json!({
        "name": "Ada", "ssn": sample::ssn(), "card": sample::card().parse::<u64>().unwrap(),
        "nested": [{ "mail": format!("to {} now", sample::email()) }],
        "inside": json!({ "ssn": sample::ssn() }).to_string(),
        "escaped": format!("line\n\"{}\"", sample::ssn()),
    });
    let response = answered(&case, Reply::json(200, &body)).expect(200);
    assert_eq!(
        response.json(),
        json!({
            "name": "Ada", "ssn": "[REDACTED:us-ssn]", "card": 0,
            "nested": [{ "mail": "to [REDACTED:email] now" }],
            "inside": json!({ "ssn": "[REDACTED:us-ssn]" }).to_string(),
            "escaped": "line\n\"[REDACTED:us-ssn]\"",
        })
    );
    let record = case.record("r");
    assert_eq!(record.findings("response", "us-ssn"), 3);
    assert_eq!(record.findings("response", "email"), 1);
    assert_eq!(record.findings("response", "payment-card"), 1);
    let line = record.line.to_string();
    for secret in [sample::ssn(), sample::card(), sample::email()] {
        assert!(!line.contains(&secret), "the record holds a finding in clear");
    }
}

#[test]
fn text_is_masked_as_well() {
    let case = case();
    let text = format!("Call {} or {}.\n{}", sample::ssn(), sample::email(), sample::private_key());
    let response = answered(&case, Reply::text(&text)).expect(200);
    let got = response.text();
    assert!(
        got.starts_with("Call [REDACTED:us-ssn] or [REDACTED:email].\n[REDACTED:private-key]"),
        "{got}"
    );
}

#[test]
fn bytes_outside_the_findings_do_not_change() {
    let case = case();
    let body = r#"{ "a" : 1.10, "b":"\u00e9\/",   "c": [ ] , "d": 1e400 }"#;
    let reply = Reply::new(200, &[("content-type", "application/json")], body);
    assert_eq!(answered(&case, reply).expect(200).text(), body);
}

#[test]
fn a_finding_split_over_chunks_is_found() {
    for content_type in ["text/plain", "application/json", "application/octet-stream"] {
        let case = case();
        let ssn = sample::ssn();
        let (left, right) = ssn.split_at(5);
        let reply = Reply::chunked(200, &[("content-type", content_type)])
            .chunk(format!("[\"{left}"))
            .chunk(format!("{right}\"]"))
            .end(&[]);
        let response = answered(&case, reply).expect(200);
        assert_eq!(response.text(), "[\"[REDACTED:us-ssn]\"]", "{content_type}");
        assert!(response.message.complete);
    }
}

#[test]
fn headers_are_masked_and_cleaned() {
    let case = case();
    let ssn = sample::ssn();
    let reply = Reply::new(
        200,
        &[
            ("x-customer", ssn.as_str()),
            ("alt-svc", "h3=\":443\""),
            ("refresh", "0; url=//evil.test"),
            ("set-cookie", "session=1"),
            ("www-authenticate", "Bearer resource_metadata=\"https://evil.test/\""),
            ("location", "https://evil.test/orders/7"),
            ("link", "<https://evil.test/?page=2>; rel=next"),
            ("etag", "\"abc\""),
            ("content-md5", "abc"),
            ("x-gatehouse-ref", "forged"),
            ("x-gatehouse-reason", "forged"),
            ("x-envoy-x", "forged"),
            ("x-kept", "yes"),
        ],
        "fine",
    );
    let response = answered(&case, reply).expect(200);
    assert_eq!(response.header("x-customer").as_deref(), Some("[REDACTED:us-ssn]"));
    assert_eq!(response.header("x-kept").as_deref(), Some("yes"));
    for name in [
        "alt-svc",
        "refresh",
        "set-cookie",
        "www-authenticate",
        "location",
        "link",
        "etag",
        "content-md5",
        "x-envoy-x",
    ] {
        assert_eq!(response.header(name), None, "{name}");
    }
    for name in ["x-gatehouse-ref", "x-gatehouse-reason"] {
        assert_ne!(response.header(name).as_deref(), Some("forged"), "{name}");
    }
}

#[test]
fn encoded_responses_are_refused() {
    for encoding in ["gzip", "br", "gzip, gzip"] {
        let case = case();
        let reply = Reply::new(200, &[("content-encoding", encoding)], "\u{1f}packed");
        answered(&case, reply).expect_refusal(502, "response_encoded");
        assert_eq!(case.record("r").reason(), "response_encoded");
    }
}

#[test]
fn responses_in_another_character_set_are_refused() {
    let utf16: Vec<u8> = integration::sample::ssn().bytes().flat_map(|byte| [byte, 0]).collect();
    let utf16 = String::from_utf8(utf16).unwrap();
    let case = case();
    let said = Reply::new(200, &[("content-type", "text/plain; charset=utf-16le")], &utf16);
    answered(&case, said).expect_refusal(502, "response_encoded");
    assert_eq!(case.record("r").reason(), "response_encoded");
    let case = integration::shared::case();
    case.reply("r", Reply::new(200, &[("content-type", "text/plain")], &utf16));
    let mut connection = integration::http1::Connection::open(&case.gateway.address);
    connection.write(case.get("r").bytes());
    assert!(connection.head().is_some());
    assert_eq!(connection.bytes(), None, "cut before its first byte");
    assert_eq!(case.record("r").reason(), "response_unreadable");
}

#[test]
fn responses_that_lead_away_are_refused() {
    for location in ["http://evil.test/", "//evil.test/", "/\\evil.test", "evil"] {
        let case = case();
        let reply = Reply::new(307, &[("location", location)], "");
        answered(&case, reply).expect_refusal(502, "response_redirect");
    }
    for status in [401, 407] {
        let case = case();
        let challenge = [("www-authenticate", "Bearer resource_metadata=\"https://evil.test/\"")];
        let answer = answered(&case, Reply::new(status, &challenge, ""));
        let answer = answer.expect_refusal(502, "credential_refused");
        assert_eq!(answer.header("www-authenticate"), None);
    }
    let case = case();
    let reply = Reply::new(303, &[("location", "/elsewhere")], "");
    assert_eq!(
        answered(&case, reply).expect(303).header("location").as_deref(),
        Some("/elsewhere")
    );
}

#[test]
fn slices_and_challenges_are_refused() {
    let case = case();
    let reply = Reply::new(206, &[("content-range", "bytes 0-6/11")], "536-22-");
    answered(&case, reply).expect_refusal(502, "response_unreadable");
    let case = integration::shared::case();
    let reply = Reply::new(401, &[("www-authenticate", "Bearer realm=\"evil\"")], "");
    let response = answered(&case, reply).expect_refusal(502, "credential_refused");
    assert_eq!(response.header("www-authenticate"), None);
}

#[test]
fn answers_without_a_body() {
    for status in [204, 304] {
        let case = case();
        let response = answered(&case, Reply::bodyless(status, &[])).expect(status);
        assert!(response.message.complete);
        assert_eq!(case.record("r").record["end"], "complete");
    }
    let case = case();
    case.reply(
        "r",
        Reply::bodyless(200, &[("content-length", "77"), ("content-type", "text/plain")]),
    );
    let response = case.call("HEAD", "r").send(case.gateway).expect(200);
    assert_eq!(response.header("content-length").as_deref(), Some("77"));
}

/// More than Envoy would keep for us: text flows, JSON is refused past the gateway's own limit.
#[test]
fn long_responses() {
    let case = case();
    let line = format!("{} {}\n", sample::ssn(), "x".repeat(90));
    let text = line.repeat(80_000);
    let response = answered(&case, Reply::text(&text)).expect(200);
    assert!(response.message.complete);
    let masked = format!("[REDACTED:us-ssn] {}\n", "x".repeat(90)).repeat(80_000);
    assert!(response.text() == masked, "{} of {} bytes", response.text().len(), masked.len());

    let case = integration::shared::case();
    let long = json!({ "x": "y".repeat(5 * 1024 * 1024) });
    answered(&case, Reply::json(200, &long)).expect_refusal(502, "response_too_large");

    // Of one that does not say its length the head is out before that is known: the error stands under it.
    let case = integration::shared::case();
    let json = [("content-type", "application/json")];
    case.reply("r", Reply::chunked(200, &json).chunk(long.to_string()).end(&[]));
    let response = case.get("r").send(case.gateway).expect(200);
    assert!(response.message.complete);
    let entry = case.record("r");
    assert_eq!((entry.reason(), &entry.record["end"]), ("response_too_large", &json!("refused")));
    let told = response.json();
    let (code, reference) = (&told["error"]["code"], &told["error"]["ref"]);
    assert_eq!((code, reference), (&json!("response_too_large"), &entry.record["exchange"]));
    assert_eq!(told.as_object().unwrap().len(), 1, "nothing of what came: {told}");

    let case = integration::shared::case();
    let fits = json!({ "x": "y".repeat(3 * 1024 * 1024), "ssn": sample::ssn() });
    let response = answered(&case, Reply::json(200, &fits)).expect(200);
    assert_eq!(response.json()["ssn"], "[REDACTED:us-ssn]");
}

/// An upstream that breaks off: what came is no whole answer.
#[test]
fn a_broken_response_stays_broken() {
    let case = case();
    let reply =
        Reply::chunked(200, &[("content-type", "application/json")]).chunk(r#"{"ssn":""#).close();
    case.reply("r", reply);
    let mut connection = integration::http1::Connection::open(&case.gateway.address);
    connection.write(case.get("r").bytes());
    let response = connection.response(false).unwrap();
    assert!(response.status >= 500 || !response.message.complete, "{}", response.text());
    assert_ne!(case.record("r").record["end"], "complete");
}
