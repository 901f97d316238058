//! No value that is found in a target stands in its record, however it was written.

use proptest::prelude::*;

use super::lab::*;
use crate::bundle::Bundle;
use crate::call::Kind;
use crate::exchange::{Event, target};
use crate::path::percent_decoded;
use crate::record::{HeaderRecord, Record};

/// A number with blanks in it, and one that only its name tells.
const PATTERNS: &str = "patterns:
  - {name: number, kind: number, regex: '[0-9]{3}[ -][0-9]{2}[ -][0-9]{4}'}
  - {name: account, kind: account, regex: '[0-9]{2}-[0-9]{4}', fields: ['account_id', '*ref']}
";

/// As a form writes them; the account where its name stands before it.
const VALUES: &[(&str, &str)] =
    &[("ssn", "123 45 6789"), ("to", "ada@example.com"), ("accountId", "12-3456")];

fn bundle() -> Bundle {
    changed("patterns:\n", PATTERNS)
}

fn recorded(bundle: Bundle, path: &str, header: (&str, &str)) -> Record {
    let mut lab = Lab::new();
    lab.engine.activate(bundle);
    let mut head = lab.head("GET", path, true);
    head.headers.push(("referer".into(), path.as_bytes().to_vec()));
    head.headers.push(("x-original-url".into(), path.as_bytes().to_vec()));
    head.route.prefix = "/".into();
    head.route.rewrite = "/v2/".into();
    let (mut exchange, _) = lab.begin(head);
    let status = (":status".into(), b"302".to_vec());
    let headers = vec![status, (header.0.into(), header.1.as_bytes().to_vec())];
    lab.on(&mut exchange, Event::ResponseHeaders { headers, end_of_stream: true });
    record(&lab.on(&mut exchange, Event::Log(None)))
}

fn header<'h>(headers: &'h [HeaderRecord], name: &str) -> &'h str {
    headers.iter().find(|one| one.name == name).map_or("", |one| one.value.as_str())
}

/// Every text that it may be read as.
fn readings(text: &str) -> Vec<String> {
    let mut all = vec![text.to_owned(), text.replace('+', " ")];
    for _ in 0..8 {
        let last = all.last().cloned().unwrap_or_default();
        all.push(percent_decoded(&last).replace('+', " "));
    }
    all
}

fn encoded(text: &str, picks: &[bool], rounds: usize) -> String {
    let mut text = text.to_owned();
    for _ in 0..rounds {
        let must = |c: char| matches!(c, '%' | ' ');
        let each = text.chars().enumerate().map(|(at, c)| {
            let picked = picks.get(at % picks.len()).copied().unwrap_or_default();
            if must(c) || picked { format!("%{:02X}", u32::from(c)) } else { c.to_string() }
        });
        text = each.collect();
    }
    text
}

#[test]
fn a_form_in_a_query_is_read_as_one() {
    for (path, shown) in [
        ("/find?ssn=123+45+6789&page=2", "/find?ssn=[REDACTED:number]&page=2"),
        (
            "/find?q=%7B%22to%22%3A%22ada%5Cu0040example.com%22%7D",
            "/find?q=%7B%22to%22%3A%22[REDACTED:email]%22%7D",
        ),
        ("/find?to=ada%26%2364%3Bexample.com", "/find?to=[REDACTED:email]"),
        ("/find?accountId=12-3456", "/find?accountId=[REDACTED:account]"),
        ("/find?account%5fid=12%2d3456", "/find?account%5fid=[REDACTED:account]"),
        ("/find?a=1;account-id[]=12-3456", "/find?a=1;account-id[]=[REDACTED:account]"),
        ("/find?[REDACTED:ref]=12-3456", "/find?[REDACTED:ref]=[REDACTED:account]"),
        ("/u/123%252D45%252D6789", "/u/[REDACTED:number]"),
        ("/u/123+45+6789?page=2", "[REDACTED]"),
        ("/find?ssn=123%252B45%252B6789", "/find?[REDACTED]"),
        ("/u/123-45-6789?page=2", "/u/[REDACTED:number]?page=2"),
        (
            "/find?to=ada@example.com&ssn=123-45-6789",
            "/find?to=[REDACTED:email]&ssn=[REDACTED:number]",
        ),
        ("/find?ssn=123-45-6789&x=123+45+6789", "/find?ssn=[REDACTED:number]&x=[REDACTED:number]"),
        ("/a%20b?q=1+2&page=12-3456", "/a%20b?q=1+2&page=12-3456"),
    ] {
        let record = recorded(bundle(), path, ("location", path));
        let request = &record.request;
        let judged_as = shown.strip_prefix('/').map(|rest| format!("/v2/{rest}"));
        let judged_as = judged_as.unwrap_or_else(|| shown.to_owned());
        assert_eq!(request.path, shown);
        if let Some(target) = &request.judged_as {
            assert_eq!(target.path, judged_as);
        }
        assert_eq!(header(&request.headers, "referer"), shown);
        assert_eq!(header(&record.response.headers, "location"), shown);
    }
}

#[test]
fn a_url_in_a_header_is_read_as_one() {
    for (name, value, shown) in [
        (
            "location",
            "https://a.example/cb#ssn=123+45+6789",
            "https://a.example/cb#ssn=[REDACTED:number]",
        ),
        ("content-location", "/a?x=1#ssn=123+45+6789", "/a?x=1#ssn=[REDACTED:number]"),
        (
            "link",
            "<https://a.example/?ssn=123+45+6789>; rel=next",
            "<https://a.example/?ssn=[REDACTED:number]>; rel=next",
        ),
        ("location", "https://a.example/b?page=2#top", "https://a.example/b?page=2#top"),
    ] {
        let record = recorded(bundle(), "/a", (name, value));
        assert_eq!(header(&record.response.headers, name), shown);
    }
}

#[test]
fn a_resource_is_read_as_a_url() {
    let mut lab = Lab::new();
    lab.engine.limits.request_body = 4096;
    lab.engine.activate(bundle());
    let mut head = lab.head("POST", "/mcp", false);
    head.route.kind = Kind::Mcp;
    head.headers.push(("content-type".into(), b"application/json".to_vec()));
    let (mut exchange, _) = lab.begin(head);
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"db://a/b?ssn=123+45+6789"}}"#;
    lab.body(&mut exchange, body);
    let record = record(&lab.on(&mut exchange, Event::Log(None)));
    assert_eq!(record.request.mcp.unwrap().resources, ["db://a/b?ssn=[REDACTED:number]"]);
}

#[test]
fn a_form_is_recorded_as_its_reader_has_it() {
    let form = "application/x-www-form-urlencoded";
    for (content_type, body, text) in [
        (form, "ssn=123+45+6789&page=2", "ssn=[REDACTED:number]&page=2"),
        ("", "q=1;accountId[]=12-3456", "q=1;accountId[]=[REDACTED:account]"),
        // No edit of one layer masks what only a second decoding shows.
        (form, "ssn=123%2B45%2B6789&q=a+b", ""),
        (form, "ssn=123%252045%25206789", "ssn=[REDACTED:number]"),
        (form, "ssn=123%2045%206789&q=a+b", "ssn=[REDACTED:number]&q=a+b"),
        (form, "q=a+b", "q=a+b"),
        ("text/plain", "1+1=2", "1+1=2"),
    ] {
        let mut lab = Lab::new();
        lab.engine.activate(bundle());
        let mut head = lab.head("POST", "/f", false);
        head.headers.push(("content-type".into(), content_type.into()));
        let (mut exchange, _) = lab.begin(head);
        lab.body(&mut exchange, body);
        let record = record(&lab.on(&mut exchange, Event::Log(None)));
        assert_eq!(record.request.body.text, text, "{body}");
        assert_eq!(record.request.body.size, body.len() as u64);
        assert_eq!(record.not_inspected.is_empty(), !text.is_empty(), "{record:?}");
    }
}

#[test]
fn an_answer_that_is_a_form_is_recorded_as_its_reader_has_it() {
    for (content_type, body, text) in [
        (
            "application/x-www-form-urlencoded",
            "ssn=123+45+6789&page=2",
            "ssn=[REDACTED:number]&page=2",
        ),
        ("Application/X-WWW-Form-URLencoded, x", "ssn=123%2B45%2B6789&q=a+b", ""),
        ("application/x-www-form-urlencoded", "q=a+b%2B", "q=a+b%2B"),
    ] {
        let mut lab = Lab::new();
        lab.engine.activate(bundle());
        let head = lab.head("GET", "/f", true);
        let (mut exchange, _) = lab.begin(head);
        let header = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
        let headers = vec![header(":status", "200"), header("content-type", content_type)];
        lab.on(&mut exchange, Event::ResponseHeaders { headers, end_of_stream: false });
        lab.on(&mut exchange, Event::ResponseBody { chunk: body.as_bytes(), end_of_stream: true });
        let record = record(&lab.on(&mut exchange, Event::Log(None)));
        assert_eq!(record.response.body.text, text, "{body}");
        assert_eq!(record.response.body.size, body.len() as u64);
        assert_eq!(record.not_inspected.is_empty(), !text.is_empty(), "{record:?}");
        assert!(!text.is_empty() || record.response.body.parts.is_empty(), "{record:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_found_in_a_target_is_not_in_its_record(
        which in 0..VALUES.len(),
        place in 0..6usize,
        rounds in 0..6usize,
        plus in any::<bool>(),
        picks in prop::collection::vec(any::<bool>(), 1..8),
        other in "[a-z0-9=&;+%]{0,12}",
    ) {
        let (name, value) = VALUES[which];
        let mut text = encoded(value, &picks, rounds);
        if rounds == 0 {
            text = text.replace(' ', if plus { "+" } else { "%20" });
        }
        let path = match place {
            0 => format!("/a/{text}?{other}"),
            1 => format!("/a?{other}&{name}={text}"),
            2 => format!("/a?q=1;{name}={text}&{other}"),
            3 => format!("/a?{name}[]={text}&{other}"),
            4 => format!("/a?{text}={other}"),
            _ => format!("/a/b?x={other}&{name}%5B0%5D={text}#{other}"),
        };
        let bundle = bundle();
        let found = target::kinds(&bundle.scanner, &path).unwrap();
        let record = recorded(bundle.clone(), &path, ("location", &path));
        let line = record.to_ascii_json();
        if !found.is_empty() {
            prop_assert!(readings(&line).iter().all(|text| !text.contains(value)), "{path}: {line}");
            let left = target::kinds(&bundle.scanner, &record.request.path).unwrap();
            prop_assert!(left.is_empty(), "{path}: {left:?} in {}", record.request.path);
        }
        // More rounds than any server decodes.
        let blank = VALUES[which].0 != "accountId";
        if blank {
            prop_assert!(readings(&line).iter().all(|text| !text.contains(value)), "{path}: {line}");
        }
    }
}
