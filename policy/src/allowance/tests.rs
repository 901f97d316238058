use super::{Allowance, Pointer, Value, allowed, allows_text, digest};
use crate::scan::tests::samples::{aws, card, scanner};
use crate::scan::{Budget, scan_body};

const SALT: &str = "0123456789abcdef";

fn field(kind: &str, pointer: &str) -> Allowance {
    let field = Some(Pointer::try_from(pointer.to_owned()).unwrap());
    Allowance { kind: kind.into(), field, value: None, until: 10, reason: "a test".into() }
}

fn value(kind: &str, text: &str) -> Allowance {
    let digest = digest(SALT, kind, text.as_bytes());
    let value = Some(Value { salt: SALT.into(), digest });
    Allowance { kind: kind.into(), field: None, value, until: 10, reason: "a test".into() }
}

/// The findings of the body that are left alone, in their order.
fn alone(allowances: &[Allowance], body: &str, json: bool) -> Vec<bool> {
    let body = body.as_bytes();
    let found = scan_body(scanner(), body, &mut Budget::for_body(body.len())).unwrap();
    allowed(allowances, scanner(), body, json, &found)
}

#[test]
fn a_field_is_the_one_the_pointer_leads_to() {
    let mail = "a@example.com";
    let all = |pointer: &str, body: &str| alone(&[field("email", pointer)], body, true);
    let body = format!(
        r#"{{"items":[{{"email":"{mail}"}},{{"email":"x {mail}","other":"{mail}"}}],"email":"{mail}"}}"#
    );
    assert_eq!(all("/items/*/email", &body), [true, true, false, false]);
    assert_eq!(all("/items/1/email", &body), [false, true, false, false]);
    assert_eq!(all("/*/*/*", &body), [true, true, true, false]);
    assert_eq!(all("/email", &body), [false, false, false, true]);
    for none in ["/items", "/items/*", "/items/*/email/x", "/Email", "/", "/email/"] {
        assert_eq!(all(none, &body), [false; 4], "{none}");
    }
    // Names as they read, and the steps of RFC 6901.
    assert_eq!(all("/email", &format!(r#"{{"em\u0061il":"{mail}"}}"#)), [true]);
    assert_eq!(all("/a~1b/~0", &format!(r#"{{"a/b":{{"~":"{mail}"}}}}"#)), [true]);
    assert_eq!(all("/a/b", &format!(r#"{{"a/b":"{mail}"}}"#)), [false]);
    // A value after a deeper one is in the outer object again.
    assert_eq!(all("/b", &format!(r#"{{"a":{{"b":1}},"b":"{mail}"}}"#)), [true]);
    assert_eq!(all("/0/b", &format!(r#"[{{"b":[1,{{}}]}},{{"b":"{mail}"}}]"#)), [false]);
}

#[test]
fn a_field_is_none_where_readers_differ() {
    let all = |body: &str, json| alone(&[field("email", "/to")], body, json);
    assert_eq!(all(r#"{"to":"a@example.com"}"#, true), [true]);
    assert_eq!(all(r#"{"to":"a@example.com"}"#, false), [false], "not called JSON");
    assert_eq!(all(r#"{"to":"a@example.com"} {}"#, true), [false], "two values");
    assert_eq!(all(r#"{"to":"a@example.com","to":1}"#, true), [false], "named twice");
    assert_eq!(all("to: a@example.com", true), [false], "text");
    assert_eq!(all(r#"{"to":"{\"a\":\"a@example.com\"}"}"#, true), [false], "JSON in a string");
    assert_eq!(all(r#"{"to":" [\"a@example.com\"]"}"#, true), [false], "JSON in a string");
    assert_eq!(all(r#"{"to":{"a@example.com":1}}"#, true), [false], "a name is no value");
    assert_eq!(all(r#"{"a@example.com":"x"}"#, true), [false]);
}

#[test]
fn a_kind_is_left_alone_by_its_own_allowances_only() {
    let body = format!(r#"{{"to":"a@example.com {}"}}"#, card());
    assert_eq!(alone(&[field("email", "/to")], &body, true), [true, false]);
    assert_eq!(alone(&[field("payment-card", "/to")], &body, true), [false, true]);
}

#[test]
fn a_value_is_left_alone_wherever_it_stands() {
    let key = aws();
    let own = [value("aws-access-key-id", &key)];
    let other = format!("{}Q", &key[..19]);
    assert_eq!(alone(&own, &format!("{key} and {other}"), false), [true, false]);
    assert_eq!(
        alone(&own, &format!(r#"["\u0041{}"]"#, &key[1..]), true),
        [true],
        "however written"
    );
    assert!(allows_text(&own, "aws-access-key-id", key.as_bytes()));
    assert!(!allows_text(&own, "email", key.as_bytes()));
    assert_ne!(digest(SALT, "a", b"x"), digest("another salt....", "a", b"x"));
    assert_ne!(digest(SALT, "a", b"x"), digest(SALT, "b", b"x"));
}

#[test]
fn all_end() {
    let all = [field("email", "/to")];
    assert_eq!(Allowance::live(&all, 9).len(), 1);
    assert_eq!(Allowance::live(&all, 10).len(), 0);
}
