use super::lab::*;
use crate::exchange::{Event, Step};
use crate::record::chain::{Link, record_digest};
use crate::record::{End, HeaderRecord};

#[test]
fn a_record_says_who_what_and_why_and_no_value_in_clear() {
    let mut lab = Lab::new();
    let mut head = lab.head("POST", "/query?to=ada%40example.com", false);
    head.headers.push(("x-gatehouse-run".into(), b"run-1".to_vec()));
    let (mut exchange, early) = lab.begin(head);
    assert_eq!(record(&early).end, End::Unfinished);
    lab.body(&mut exchange, r#"{"to":"ada@example.com"}"#);
    let record = record(&lab.on(&mut exchange, Event::Log(None)));
    let line = record.to_ascii_json();
    assert!(!line.contains("ada@") && !line.contains("ada%40") && !line.contains("eyJ"), "{line}");
    assert_eq!(record.principal.unwrap().subject, "ada");
    assert_eq!(record.claims.run.as_deref(), Some("run-1"));
    assert_eq!(record.request.findings[0].count, 1);
    assert!(!record.request.findings[0].redacted);
    assert!(record.request.body.digest.starts_with("blake2b-256:"));
    assert_eq!(record.request.body.size, 24);
    assert_eq!(record.revision, lab.engine.bundle.revision);
    assert_eq!((record.part, record.last, record.end), (0, true, End::Aborted));
}

#[test]
fn records_of_one_worker_are_a_chain() {
    let mut lab = Lab::new();
    let mut seen = Vec::new();
    for _ in 0..3 {
        let head = lab.head("GET", "/", true);
        let (mut exchange, _) = lab.begin(head);
        let steps = lab.on(&mut exchange, Event::Log(None));
        let [Step::WriteRecord(line), Step::WriteLink(link), ..] = &steps.list[..] else {
            panic!("{steps:?}")
        };
        let link: Link = serde_json::from_str(link).unwrap();
        assert_eq!(link.record, record_digest(line));
        assert!(line.starts_with("{\"version\":2,\"salt\":\""), "{line}");
        seen.push(link);
    }
    for pair in seen.windows(2) {
        assert_eq!((pair[1].sequence, &pair[1].chain), (pair[0].sequence + 1, &pair[0].chain));
        assert_eq!(pair[1].previous, pair[0].digest());
    }
    assert_eq!(lab.engine.chain.head().count, 3);
}

/// A worker that dies leaves one that nothing is tied to.
#[test]
fn a_record_is_linked_in_the_log_callback_alone() {
    let mut lab = Lab::new();
    let mut head = lab.head("POST", "/query", false);
    head.headers.push(("content-type".into(), b"application/json".to_vec()));
    let (mut exchange, early) = lab.begin(head);
    let judged = lab.body(&mut exchange, r#"{"a":1}"#);
    for steps in [&early, &judged] {
        assert!(!steps.list.iter().any(|step| matches!(step, Step::WriteLink(_))), "{steps:?}");
    }
    assert_eq!(lab.engine.chain.head().count, 0);
    let salt = record(&early).salt;
    assert_eq!((record(&lab.on(&mut exchange, Event::Log(None))).salt, salt.len()), (salt, 22));
}

#[test]
fn a_body_that_could_not_be_read_is_not_copied() {
    let mut lab = Lab::new();
    let mut head = lab.head("POST", "/query", false);
    head.headers.push(("content-type".into(), b"application/json".to_vec()));
    let (mut exchange, _) = lab.begin(head);
    let steps = lab.body(&mut exchange, r#"{"a":1,"a":"ada@example.com"}"#);
    assert_eq!(reason(&steps), "body_unreadable");
    let record = record(&lab.on(&mut exchange, Event::Log(None)));
    assert_eq!((record.request.body.text.as_str(), record.end), ("", End::Refused));
}

#[test]
fn a_fact_that_is_not_to_be_had_is_named_without_its_value() {
    let mut lab = Lab::new();
    let asks = "match: {http: {path: [/pay]}, body: {/amount: ['5']}}";
    lab.engine.activate(changed("match: {sql: {effect: [drop_database]}}", asks));
    let mut head = lab.head("POST", "/pay", false);
    head.headers.push(("content-type".into(), b"application/json".to_vec()));
    let (mut exchange, _) = lab.begin(head);
    let steps = lab.body(&mut exchange, r#"{"amount":{"cents":4711}}"#);
    assert_eq!(reason(&steps), "fact_unavailable");
    let detail = record(&steps).verdict.detail.unwrap();
    let told = &response(&steps).unwrap().body;
    for text in [&detail, told] {
        assert!(text.contains("needs `/amount` in the body, which"), "{text}");
        assert!(!text.contains("cents") && !text.contains("4711"), "{text}");
    }
}

/// Opaque as most are, so that no pack knows them.
#[test]
fn headers_are_kept_and_credentials_in_them_are_not() {
    let mut lab = Lab::new();
    let mut head = lab.head("GET", "/query", true);
    let secrets = [
        "cookie",
        "proxy-authorization",
        "x-api-key",
        "x-goog-api-key",
        "private-token",
        "x-amz-security-token",
        "x-vault-token",
        "x-auth",
        "client-secret",
        "x-hub-signature-256",
        "dpop",
        "x-passcode",
        "x-sharedkey",
        "x-creds",
        "x-sessid",
        "x-sas",
        "x-ticket",
        "x-mfa-code",
        "x-login",
        "x-nonce",
        "x-ratelimit-auth-token",
    ];
    for (number, name) in secrets.iter().enumerate() {
        head.headers.push(((*name).into(), format!("zq{number}canary").into_bytes()));
    }
    head.headers.push(("accept".into(), b"text/*, x/canaries".to_vec()));
    head.headers.push(("x-to".into(), b"for ada@example.com and bob".to_vec()));
    head.headers.push(("referer".into(), b"/a?to=ada%40example.com".to_vec()));
    let (mut exchange, _) = lab.begin(head);
    let headers = vec![
        (":status".into(), b"200".to_vec()),
        ("set-cookie".into(), b"zq99canary".to_vec()),
        ("x-ratelimit-remaining-tokens".into(), b"17".to_vec()),
        ("x-from".into(), b"ada@example.com".to_vec()),
    ];
    lab.on(&mut exchange, Event::ResponseHeaders { headers, end_of_stream: true });
    let record = record(&lab.on(&mut exchange, Event::Log(None)));
    let line = record.to_ascii_json();
    assert!(
        !line.contains("canary") && !line.contains("ada@") && !line.contains("ada%40"),
        "{line}"
    );
    let value = |headers: &[HeaderRecord], name: &str| {
        headers.iter().find(|one| one.name == name).map(|one| one.value.clone()).unwrap()
    };
    let request = &record.request;
    assert_eq!(value(&request.headers, "authorization"), "[REDACTED]");
    secrets.iter().for_each(|name| assert_eq!(value(&request.headers, name), "[REDACTED]"));
    assert_eq!(value(&request.headers, "accept"), "text/*, x/canaries");
    assert_eq!(value(&request.headers, "x-to"), "for [REDACTED:email] and bob");
    assert_eq!(value(&request.headers, "referer"), "/a?to=[REDACTED:email]");
    assert_eq!((request.headers_cut, request.header_findings[0].count), (false, 2));
    let response = &record.response;
    assert_eq!(value(&response.headers, "set-cookie"), "[REDACTED]");
    assert_eq!(value(&response.headers, "x-ratelimit-remaining-tokens"), "17");
    assert_eq!(value(&response.headers, "x-from"), "[REDACTED:email]");
    assert!(response.header_findings[0].redacted, "the caller got it redacted");
}

#[test]
fn headers_that_do_not_fit_are_said_to_be_missing() {
    let mut lab = Lab::new();
    let mut head = lab.head("GET", "/query", true);
    head.headers.push(("x-long".into(), vec![b'a'; 9 * 1024]));
    head.headers.push(("x-short".into(), b"b".to_vec()));
    let (mut exchange, _) = lab.begin(head);
    let request = record(&lab.on(&mut exchange, Event::Log(None))).request;
    let names: Vec<_> = request.headers.iter().map(|one| one.name.as_str()).collect();
    assert_eq!((names, request.headers_cut), (vec!["authorization", "x-short"], true));
}

#[test]
fn findings_of_the_path_are_counted() {
    let mut lab = Lab::new();
    let head = lab.head("GET", "/a/ada@example.com?cc=bob%40example.com", true);
    let (mut exchange, _) = lab.begin(head);
    let record = record(&lab.on(&mut exchange, Event::Log(None)));
    let found: Vec<_> =
        record.request.path_findings.iter().map(|one| (one.kind.as_str(), one.count)).collect();
    assert_eq!(found, [("email", 2)]);
    assert!(!record.to_ascii_json().contains("ada@"));
}

#[test]
fn a_method_that_is_none_is_not_shown() {
    let key = ["AKIA", "QWERTYUIOPASDFGH"].concat();
    for (method, shown) in [
        ("DELETE", "DELETE"),
        ("PROPFIND", "PROPFIND"),
        (key.as_str(), "[REDACTED]"),
        ("s3cr3t", "[REDACTED]"),
    ] {
        let mut lab = Lab::new();
        let (mut exchange, _) = lab.begin(lab.head(method, "/a", true));
        let record = record(&lab.on(&mut exchange, Event::Log(None)));
        assert_eq!(record.request.method, shown);
        assert!(method == shown || !record.to_ascii_json().contains(method), "{method}");
    }
}

#[test]
fn a_session_of_mcp_is_told_by_a_key() {
    let mut lab = Lab::new();
    let mut claimed = |id: &str| {
        let mut head = lab.head("GET", "/a", true);
        head.route.kind = crate::call::Kind::Http;
        head.headers.push(("mcp-session-id".into(), id.into()));
        let (mut exchange, _) = lab.begin(head);
        let record = record(&lab.on(&mut exchange, Event::Log(None)));
        assert!(!record.to_ascii_json().contains(id), "{record:?}");
        record.claims.session.unwrap()
    };
    let one = claimed("0f-first-of-all");
    assert!(one.starts_with("m_") && one.len() == 14, "{one}");
    assert_eq!(claimed("0f-first-of-all"), one);
    assert_ne!(claimed("0f-second"), one);
}
