use proptest::prelude::*;
use serde_json::{Value, json};

use super::{JsonError, MAX_DEPTH, canonical, parse_strict, raw_scalar, strings};

fn form(text: &str) -> Option<String> {
    canonical(text, |_| true)
}

#[test]
fn reads_what_is_json() {
    let text =
        r#" {"a": [1, -2.5e3, true, false, null, "x\u0041\n\ud83d\ude00"], "b": {}, "c": []} "#;
    assert_eq!(
        parse_strict(text, 8).unwrap(),
        json!({"a": [1, -2500.0, true, false, null, "xA\n\u{1f600}"], "b": {}, "c": []})
    );
    for text in ["0", "-0", "\"\"", "true", " null\n", "1E+2", "[]", "{}"] {
        assert_eq!(parse_strict(text, 1).unwrap(), serde_json::from_str::<Value>(text).unwrap());
    }
}

#[test]
fn refuses_what_readers_take_differently() {
    use JsonError::*;
    for (text, error) in [
        (r#"{"a":1,"a":2}"#, DuplicateKey(13)),
        (r#"{"a":1,"\u0061":2}"#, DuplicateKey(18)),
        ("\u{feff}{}", ByteOrderMark),
        ("{}\0", Nul(2)),
        ("\0{}", Nul(0)),
        ("\"a\0\"", Nul(2)),
        ("{} {}", Trailing(3)),
        ("[[[1]]]", TooDeep(2)),
        ("1e999", NumberRange(5)),
        ("", Syntax(0)),
        ("\"\\ud800\"", Syntax(0)),
    ] {
        assert_eq!(parse_strict(text, 2), Err(error), "{text:?}");
    }
    for text in [
        "{",
        "[",
        "[1,]",
        "{\"a\":1,}",
        "{a:1}",
        "{'a':1}",
        "01",
        "1.",
        ".5",
        "+1",
        "-",
        "1e",
        "NaN",
        "Infinity",
        "tru",
        "truex",
        "[1 2]",
        "{\"a\" 1}",
        "{\"a\":}",
        "\"a\nb\"",
        "\"\\x\"",
        "\"",
        "\"\\",
        "[1}",
        "{\"a\":1]",
        "// c\n1",
        "/**/1",
        "]",
        "}",
        ",",
        "[,1]",
        "{,}",
        "{\"a\":1 \"b\":2}",
    ] {
        assert!(parse_strict(text, 8).is_err(), "{text:?}");
        assert_eq!(form(text), None, "{text:?}");
    }
    assert_eq!(form(r#"{"a":{"b":1,"b":1}}"#), None);
    assert_eq!(form(&"[".repeat(MAX_DEPTH + 1)), None);
}

#[test]
fn canonical_keeps_number_literals() {
    assert_ne!(form("100000000000000000001"), form("100000000000000000002"));
    assert_ne!(form("9007199254740993"), form("9007199254740992"));
    assert_ne!(form("1.00000000000000001"), form("1.0"));
    assert_ne!(form("1.0"), form("1"));
    assert_ne!(form("1e2"), form("100"));
    assert_ne!(form("-0"), form("0"));
    assert_eq!(form("1e999"), Some("1e999".into()));
}

#[test]
fn canonical_is_one_spelling() {
    let want = r#"{"a":[1,{"x":"é/","y":null}],"b":"A\u000a\"\\"}"#;
    for text in [
        r#"{"a":[1,{"x":"é/","y":null}],"b":"A\n\"\\"}"#,
        r#"{ "b" : "\u0041\u000A\u0022\u005c" , "a" : [ 1 , {"y":null, "x":"\u00e9\/"} ] }"#,
    ] {
        assert_eq!(form(text).as_deref(), Some(want));
    }
    // No Unicode folding: composed and decomposed differ.
    assert_ne!(form("\"\u{e9}\""), form("\"e\u{301}\""));
    assert_eq!(form(r#"{"é":1,"z":2,"Z":3}"#).as_deref(), Some(r#"{"Z":3,"z":2,"é":1}"#));
}

#[test]
fn canonical_leaves_out_by_path() {
    let keep = |path: &[&str]| !matches!(path, ["id"] | ["params", "_meta"]);
    let text = r#"{"id":1,"params":{"id":2,"_meta":{"a":1},"x":[{"_meta":3,"id":4}]}}"#;
    assert_eq!(
        canonical(text, keep).as_deref(),
        Some(r#"{"params":{"id":2,"x":[{"_meta":3,"id":4}]}}"#)
    );
    // An array does not hide what lies below it.
    assert_eq!(
        canonical(r#"{"params":[{"_meta":1}]}"#, keep).as_deref(),
        Some(r#"{"params":[{"_meta":1}]}"#)
    );
}

#[test]
fn raw_scalars_are_verbatim() {
    let text = r#"{"params":{"id":9,"a":[{"id":8}],"requestId": "\u0061" },"id" : 7.0 }"#;
    assert_eq!(raw_scalar(text, &["id"]), Some("7.0"));
    assert_eq!(raw_scalar(text, &["params", "requestId"]), Some(r#""\u0061""#));
    assert_eq!(raw_scalar(text, &["params", "id"]), Some("9"));
    assert_eq!(raw_scalar(text, &["params"]), None);
    assert_eq!(raw_scalar(text, &["requestId"]), None);
    assert_eq!(raw_scalar(text, &["params", "a", "id"]), None);
    assert_eq!(raw_scalar(r#"{"a":{"b":{"c":1}},"b":2,"a2":{"b":3}}"#, &["a2", "b"]), Some("3"));
    assert_eq!(raw_scalar(r#"[{"id":1}]"#, &["id"]), None);
    assert_eq!(raw_scalar(r#"{"x":[{"id":1}],"id":2}"#, &["id"]), Some("2"));
}

#[test]
fn strings_come_with_pointers() {
    let value = json!({"a": ["x", {"b/c~": "y"}, 1], "d": "z", "": "e"});
    let mut seen = Vec::new();
    strings(&value, |pointer, text| {
        assert_eq!(value.pointer(pointer).unwrap(), text);
        seen.push(text.to_owned());
    });
    seen.sort();
    assert_eq!(seen, ["e", "x", "y", "z"]);
    strings(&json!("alone"), |pointer, text| assert_eq!((pointer, text), ("", "alone")));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn agrees_with_serde_json(value in any_json()) {
        for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            prop_assert_eq!(&parse_strict(&text, 64).unwrap(), &value);
            let form = form(&text).unwrap();
            prop_assert_eq!(&parse_strict(&form, 64).unwrap(), &value);
            prop_assert_eq!(canonical(&form, |_| true).unwrap(), form);
        }
    }

    #[test]
    fn no_text_panics_and_none_is_laxer_than_serde(text in "[\\[\\]{}\",:\\\\u0-9a-e. \\-\u{0}-\u{2f}é]{0,40}") {
        if let Ok(value) = parse_strict(&text, 64) {
            prop_assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        }
        let _ = raw_scalar(&text, &["a"]);
        let _ = form(&text);
    }
}
