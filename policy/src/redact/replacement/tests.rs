//! Each way of redacting in all that a finding may stand in, whole and in pieces.

use serde_json::{Value, json};

use super::Redactions;
use crate::digest::Pseudonyms;
use crate::principal::Principal;
use crate::redact::{Redaction, apply, redact_by};
use crate::scan::tests::samples::{aws, card, each, scanner, ssn};
use crate::scan::{Budget, Form, SseStream, StreamScanner, scan_body};

fn pseudonyms() -> Pseudonyms {
    let (issuer, subject) = ("https://issuer.test".to_owned(), "ada".to_owned());
    let principal = Principal {
        issuer,
        subject,
        groups: Vec::new(),
        agent: None,
        owners: Vec::new(),
        scopes: Vec::new(),
    };
    Pseudonyms::new(&[7; 32], &principal, Some("s"))
}

fn by(ways: &[(&str, Redaction)]) -> Redactions {
    ways.iter().fold(Redactions::new(scanner(), Some(pseudonyms())), |all, (kind, way)| {
        all.rule(|one| one == *kind, Some(way.clone()), Vec::new())
    })
}

fn all(way: &Redaction) -> Redactions {
    let none = Redactions::new(scanner(), Some(pseudonyms()));
    none.rule(|_| true, Some(way.clone()), Vec::new())
}

fn masked(redactions: &Redactions, body: &str) -> String {
    let found = scan_body(scanner(), body.as_bytes(), &mut Budget::for_body(body.len())).unwrap();
    let treated = redactions.treat(body.as_bytes(), false, &found);
    let edits = redact_by(redactions, &treated, scanner(), body.as_bytes(), &found);
    String::from_utf8(apply(body.as_bytes(), &edits)).unwrap()
}

fn partial(keep_last: u8) -> Redaction {
    Redaction::Partial { keep_last }
}

fn ways() -> [Redaction; 5] {
    let fixed = Redaction::Fixed { text: "(removed)".to_owned() };
    [partial(4), partial(1), Redaction::Hash, fixed, Redaction::Token]
}

#[test]
fn the_last_letters_and_digits_stay() {
    let keep = by(&[("payment-card", partial(4)), ("aws-access-key-id", partial(2))]);
    for spelling in [card(), spaced(&card(), " "), spaced(&card(), "-"), spaced(&card(), "%20")] {
        assert_eq!(masked(&keep, &format!("card={spelling}&a=1")), "card=[payment-card:*1111]&a=1");
    }
    assert_eq!(masked(&keep, &aws()), format!("[aws-access-key-id:*{}]", &aws()[18..]));
    // However the end is written.
    let written = format!("{{\"card\":\"{}\\u0031\"}}", &card()[..15]);
    assert_eq!(masked(&keep, &written), r#"{"card":"[payment-card:*1111]"}"#);
    // Never more than a quarter.
    let short = ["6759", "6498", "2648"].concat();
    assert_eq!(masked(&keep, &format!("maestro {short}.")), "maestro [payment-card:*648].");
}

fn spaced(card: &str, between: &str) -> String {
    [&card[..4], &card[4..8], &card[8..12], &card[12..]].join(between)
}

#[test]
fn a_value_has_one_pseudonym_however_it_is_written() {
    let hash = by(&[("email", Redaction::Hash)]);
    let one = format!("[email:{}]", pseudonyms().of("email", b"ada@example.com"));
    assert_eq!(masked(&hash, "to ada@example.com."), format!("to {one}."));
    assert_eq!(masked(&hash, "to=ada%40example.com&x=1"), format!("to={one}&x=1"));
    assert_eq!(masked(&hash, r#"["\u0061da@example.com"]"#), format!("[\"{one}\"]"));
    let inner = json!({"a": json!(["ada@example.com\n"]).to_string()}).to_string();
    assert_eq!(masked(&hash, &inner), inner.replace("ada@example.com", &one));
    assert_ne!(masked(&hash, "bob@example.com"), one);
    assert_ne!(masked(&hash, "Ada@example.com"), one);
}

#[test]
fn numbers_and_names_of_members_do_not_depend_on_the_way() {
    for way in ways() {
        let body = format!("{{\"n\":{}, \"{}\":1, \"{}\":2}}", card(), ssn(), aws());
        let expected = r#"{"n":0, "[REDACTED:us-ssn]":1, "[REDACTED:aws-access-key-id]":2}"#;
        assert_eq!(masked(&all(&way), &body), expected);
    }
}

#[test]
fn the_strongest_wins_where_findings_overlap() {
    // The card is in the address.
    let text = format!("x.{}@example.com", card());
    let both = |email, card| masked(&by(&[("email", email), ("payment-card", card)]), &text);
    let pseudonym = format!("[email:{}]", pseudonyms().of("email", text.as_bytes()));
    assert_eq!(both(Redaction::Hash, partial(4)), pseudonym);
    assert_eq!(both(partial(4), partial(2)), "[email:*om]");
    assert_eq!(both(partial(4), Redaction::Token), "[REDACTED:email]");
    assert_eq!(both(Redaction::Token, partial(4)), "[REDACTED:email]");
}

/// Of values that run into each other no part may stay: it could be the whole of one.
#[test]
fn no_part_of_findings_that_overlap_by_half() {
    use super::Place;
    let all = all(&partial(4));
    let place =
        |from, to| Place { pattern: 0, span: from..to, form: Form::Text, redaction: partial(4) };
    let raw = b"abcdefghijklmnopqrstuvwxyz";
    let kind = scanner().kind(0);
    assert_eq!(all.replacement(&[place(0, 26)], raw), format!("[{kind}:*wxyz]"));
    assert_eq!(all.replacement(&[place(0, 26), place(2, 26)], raw), format!("[{kind}:*wxyz]"));
    // The inner one is short: only its share stays.
    assert_eq!(all.replacement(&[place(0, 26), place(18, 26)], raw), format!("[{kind}:*yz]"));
    assert_eq!(all.replacement(&[place(0, 26), place(24, 26)], raw), format!("[REDACTED:{kind}]"));
    let half = [place(0, 20), place(10, 26)];
    assert_eq!(all.replacement(&half, raw), format!("[REDACTED:{kind}]"));
    let hashed = |from, to| Place { redaction: Redaction::Hash, ..place(from, to) };
    let half = [hashed(0, 20), hashed(10, 26)];
    assert_eq!(all.replacement(&half, raw), format!("[REDACTED:{kind}]"));
}

#[test]
fn what_is_redacted_is_not_found_again() {
    for way in ways() {
        for (kind, value) in each() {
            let nested = json!({"a": json!([value]).to_string(), "b": value}).to_string();
            for body in
                [format!("a {value}, b"), nested, format!("a={}", value.replace('@', "%40"))]
            {
                let once = masked(&all(&way), &body);
                assert!(!once.contains(&value), "{kind}: {once}");
                assert_eq!(masked(&Redactions::tokens(scanner(), |_| true), &once), once);
            }
        }
    }
}

/// JSON stays JSON, and all but the redacted strings stays as it is.
#[test]
fn json_stays_json() {
    for way in ways() {
        for (_, value) in each() {
            let body = json!({"a": [1.0, {"b": format!("\"{value}\\")}], "c": "é"}).to_string();
            let redacted: Value = serde_json::from_str(&masked(&all(&way), &body)).unwrap();
            assert_eq!((&redacted["a"][0], &redacted["c"]), (&json!(1.0), &json!("é")));
            let text = redacted["a"][1]["b"].as_str().unwrap();
            assert!(
                text.starts_with('"') && text.ends_with('\\') && !text.contains(&value),
                "{text}"
            );
        }
    }
}

#[test]
fn what_flows_is_redacted_like_what_is_whole() {
    let mut text = String::new();
    for (_, value) in each() {
        text += &format!("a {value}. %41 {} <{value}>\n", value.replace('@', "%40"));
    }
    for way in ways() {
        let whole = masked(&all(&way), &text);
        for cut in 0..=text.len() {
            let mut stream = StreamScanner::by(scanner(), all(&way));
            let mut flowed = stream.push(&text.as_bytes()[..cut]).unwrap();
            flowed.extend(stream.push(&text.as_bytes()[cut..]).unwrap());
            flowed.extend(stream.finish().unwrap());
            assert_eq!(String::from_utf8(flowed).unwrap(), whole, "cut at {cut}");
        }
    }
}

#[test]
fn events_are_redacted_one_by_one() {
    let keep = by(&[("payment-card", partial(4)), ("email", Redaction::Hash)]);
    let one = format!("[email:{}]", pseudonyms().of("email", b"ada@example.com"));
    let event =
        format!("data: {{\"card\":\"{}\",\n: note\ndata: \"to\":\"ada@example.com\"}}\n\n", card());
    let mut stream = SseStream::by(scanner(), keep);
    let out = stream.push(event.as_bytes()).unwrap();
    let expected =
        format!("data: {{\"card\":\"[payment-card:*1111]\",\n: note\ndata: \"to\":\"{one}\"}}\n\n");
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn a_check_digit_gives_the_name() {
    let bundle = crate::compile::bundles::compiled(&["personal-data", "personal-data-regional"]);
    let scanner = crate::bundle::Bundle::decode(&bundle).unwrap().scanner;
    let all = Redactions::tokens(&scanner, |_| true);
    let number = ["943", "476", "5919"].join(" ");
    for (body, expected) in [
        (format!("call {number} now"), "call [REDACTED:uk-nhs] now"),
        (format!("{{\"{number}\": 1}}"), r#"{"[REDACTED:uk-nhs]": 1}"#),
    ] {
        let body = body.as_bytes();
        let found = scan_body(&scanner, body, &mut Budget::for_body(body.len())).unwrap();
        assert_eq!(found.kinds(), ["phone", "uk-nhs"]);
        let edits = redact_by(&all, &all.treat(body, false, &found), &scanner, body, &found);
        assert_eq!(String::from_utf8(apply(body, &edits)).unwrap(), expected);
    }
}
