//! What is found in a form is what its reader reads, and what is put back is a form.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::context::scanner as fields_scanner;
use super::samples::{aws, iban, scanner, ssn};
use crate::query;
use crate::redact::{apply, redact};
use crate::scan::{Budget, Scanner, scan_called};

const FORM: &str = "application/x-www-form-urlencoded";

fn masked(scanner: &Scanner, content_type: &str, body: &str) -> String {
    let body = body.as_bytes();
    let mut budget = Budget::for_body(body.len());
    let findings = scan_called(scanner, content_type, body, &mut budget).unwrap();
    String::from_utf8(apply(body, &redact(scanner, body, &findings, |_| true))).unwrap()
}

#[test]
fn a_plus_is_a_blank_in_a_form() {
    let card = ["4111", "1111", "1111", "1111"].join("+");
    let iban = iban().replace(' ', "+");
    for (body, expected) in [
        (format!("card={card}&page=2"), "card=[REDACTED:payment-card]&page=2".to_owned()),
        (format!("a=1;card={card};b"), "a=1;card=[REDACTED:payment-card];b".to_owned()),
        (format!("to+{iban}=1+2"), "to+[REDACTED:iban]=1+2".to_owned()),
        (iban.clone(), "[REDACTED:iban]".to_owned()),
        (
            format!("note=on+file%3A+{}%26more", card.replace('+', "%20")),
            "note=on+file%3A+[REDACTED:payment-card]%26more".to_owned(),
        ),
        (
            format!(r#"payload={{"card":+"{card}",+"n":+1}}&q=a"#),
            r#"payload={"card":+"[REDACTED:payment-card]",+"n":+1}&q=a"#.to_owned(),
        ),
        (
            format!("payload=%7B%22c%22%3A%22{card}%22%7D"),
            "payload=%7B%22c%22%3A%22[REDACTED:payment-card]%22%7D".to_owned(),
        ),
    ] {
        for content_type in [FORM, "Application/X-WWW-Form-URLencoded; charset=utf-8", ""] {
            assert_eq!(masked(scanner(), content_type, &body), expected);
        }
    }
    for (content_type, body) in [
        ("text/plain", format!("card={card}")),
        (FORM, "q=1+2&sum=1234+5678".to_owned()),
        (FORM, "note=a+b;c=%zz&&=&x".to_owned()),
        (FORM, String::new()),
    ] {
        assert_eq!(masked(scanner(), content_type, &body), body);
    }
}

/// As long as with any other character: a test that looked for each plus anew would not end.
#[test]
fn a_form_of_nothing_but_pluses_is_read_in_one_pass() {
    for text in ["+", "a+", "+%2B", "a&", "a=+&", "=;"] {
        let body = format!("a={}", text.repeat(1024 * 1024 / text.len()));
        let mut budget = Budget::for_body(body.len());
        let read = scan_called(scanner(), FORM, body.as_bytes(), &mut budget);
        assert!(read.is_ok_and(|found| found.is_empty()), "{text}");
    }
}

#[test]
fn a_name_says_what_its_value_is() {
    let scanner = fields_scanner();
    for (body, expected) in [
        ("tax_id=123/4567", "tax_id=[REDACTED:id]"),
        ("x=1&taxId[]=123%2F4567&y", "x=1&taxId[]=[REDACTED:id]&y"),
        ("tax+id=123/4567", "tax+id=[REDACTED:id]"),
        ("x=1;%74ax.id=123%2f4567", "x=1;%74ax.id=[REDACTED:id]"),
        ("x=123/4567&tax_id=", "x=123/4567&tax_id="),
    ] {
        assert_eq!(masked(&scanner, FORM, body), expected);
    }
}

/// `curl -d` calls whatever it sends a form.
#[test]
fn json_that_is_called_a_form_stays_json() {
    let card = ["4111", "1111", "1111", "1111"].concat();
    let body = format!(r#"{{"card":{card},"q":"a=1&b"}}"#);
    assert_eq!(masked(scanner(), FORM, &body), r#"{"card":0,"q":"a=1&b"}"#);
    assert_eq!(masked(scanner(), FORM, &card), "0");
}

/// A server that goes by what it is called finds pairs in its strings.
#[test]
fn a_form_within_json_is_read_as_one() {
    let card = ["4111", "1111", "1111", "1111"].join("+");
    let number = card.replace('+', "");
    for (body, expected) in [
        (
            format!(r#"{{"x":"&note={card}&password=x&"}}"#),
            r#"{"x":"&note=[REDACTED:payment-card]&password=x&"}"#.to_owned(),
        ),
        (
            format!(r#"{{"x":"&note=","n":{number},"y":"&{card}","z":1}}"#),
            r#"{"x":"&note=","n":0,"y":"&[REDACTED:payment-card]","z":1}"#.to_owned(),
        ),
        (
            format!("\u{feff}[{number},\"a=b&c={}\"]", card.replace('+', "%2B")),
            format!("\u{feff}[0,\"a=b&c={}\"]", card.replace('+', "%2B")),
        ),
    ] {
        let out = masked(scanner(), FORM, &body);
        assert_eq!(out, expected);
        let json = out.trim_start_matches('\u{feff}');
        assert!(serde_json::from_str::<serde_json::Value>(json).is_ok(), "{out}");
    }
}

/// What would end a string of the JSON stays there.
#[test]
fn what_is_found_across_strings_leaves_them_apart() {
    let scanner = fields_scanner();
    let body = r#"{"x":"&tax_id=123/4567","y":"&b"}"#;
    let out = masked(&scanner, FORM, body);
    assert!(serde_json::from_str::<serde_json::Value>(&out).is_ok(), "{out}");
    assert!(!out.contains("4567"), "{out}");
}

/// A run of base64 is written anew only where its digits are what they seem.
#[test]
fn what_is_encoded_in_a_form() {
    let text = format!("the key of it all is {} >>> ~~~ and no more", aws());
    let run = STANDARD.encode(&text);
    let (first, second) = run.split_at(32);
    for body in [
        format!("b={}", run.replace('+', "%2B").replace('=', "%3D")),
        format!("b={first}\n+{second}"),
        format!("b={first}%0D%0A+{second}&c=1"),
    ] {
        let out = masked(scanner(), FORM, &body);
        let value = query::values(&out, "b").remove(0);
        let digits: String = value.split_whitespace().collect();
        let left = STANDARD.decode(digits).map(|text| String::from_utf8_lossy(&text).into_owned());
        assert!(!left.unwrap_or(value).contains(&aws()), "{body} {out}");
    }
}

fn spelled(text: &str, picks: &[bool]) -> String {
    let each = text.bytes().zip(picks.iter().cycle());
    each.map(|(byte, pick)| match byte {
        b' ' if *pick => "+".to_owned(),
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' if !pick => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    })
    .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// However a value is spelled, its reader gets it masked, and every other pair as it was sent.
    #[test]
    fn no_spelling_hides_a_value(
        which in 0..3usize,
        picks in prop::collection::vec(any::<bool>(), 1..8),
        before in "[a-z+]{0,6}",
        other in "[a-z0-9+]{0,12}",
    ) {
        let value = [ssn().replace('-', " "), iban(), "4111 1111 1111 1111".to_owned()][which].clone();
        let body = format!("q={other}&v={before}+{}&w={other}", spelled(&value, &picks));
        let out = masked(scanner(), FORM, &body);
        prop_assert!(!query::values(&out, "v").concat().contains(&value), "{} {}", body, out);
        for name in ["q", "w"] {
            prop_assert_eq!(query::values(&out, name), query::values(&body, name));
        }
    }
}
