use proptest::prelude::*;
use serde_json::{Map, Value};

use crate::json::{MAX_DEPTH, Step, member_spans, parse_strict, without};

/// Names that begin with `x`, wherever they stand.
fn cut(text: &str) -> String {
    without(text, &member_spans(text, |_, name| name.starts_with('x')).unwrap())
}

#[test]
fn takes_the_comma_along() {
    for (text, rest) in [
        (r#"{"x":1}"#, "{}"),
        (r#"{ "x" : 1 }"#, "{  }"),
        (r#"{"x":1,"a":2}"#, r#"{"a":2}"#),
        ("{ \"x\":1 ,\n \"a\":2 }", "{ \"a\":2 }"),
        (r#"{"a":2,"x":1}"#, r#"{"a":2}"#),
        (r#"{"a":2 , "x":1 }"#, r#"{"a":2 }"#),
        (r#"{"a":2,"x":1,"b":3}"#, r#"{"a":2,"b":3}"#),
        (r#"{"x":1,"xx":[{"x":1}],"a":2}"#, r#"{"a":2}"#),
        (r#"{"x":1,"xx":{"a":{}}}"#, "{}"),
        (r#"{"x":1,"a":2,"xx":3,"xxx":4,"b":5,"xxxx":{}}"#, r#"{"a":2,"b":5}"#),
        (
            r#"[{"x":","},{"a":[{"x":"}"}]},[1,{"x":1,"a":"x"}]]"#,
            r#"[{},{"a":[{}]},[1,{"a":"x"}]]"#,
        ),
        (r#"{"a":{"x":{}},"x":{"a":1,"x":2}}"#, r#"{"a":{}}"#),
        (r#"{"\u0078\"":1,"a":"\",\"x\":1"}"#, r#"{"a":"\",\"x\":1"}"#),
        (r#"{"x":1,"x":2,"a":1,"x":3}"#, r#"{"a":1}"#),
        (r#""x""#, r#""x""#),
        (r#"["x",1]"#, r#"["x",1]"#),
    ] {
        assert_eq!(cut(text), rest, "{text}");
    }
}

#[test]
fn tells_the_way() {
    let text = r#"{"a":{"_meta":{"x":1}},"b":[[{"_meta":{"x":2}}],{"_meta":[{"x":3}]}],"_meta":{"a":4,"x":5}}"#;
    let in_meta = |way: &[Step<'_>], name: &str| {
        way.last().is_some_and(|last| last.is("_meta")) && name == "x"
    };
    let spans = member_spans(text, in_meta).unwrap();
    let rest = r#"{"a":{"_meta":{}},"b":[[{"_meta":{}}],{"_meta":[{"x":3}]}],"_meta":{"a":4}}"#;
    assert_eq!(without(text, &spans), rest);
    let in_items =
        |way: &[Step<'_>], _: &str| matches!(way, [one, Step::Item, Step::Item] if one.is("b"));
    let spans = member_spans(text, in_items).unwrap();
    assert_eq!(
        spans.iter().map(|span| &text[span.clone()]).collect::<Vec<_>>(),
        [r#""_meta":{"x":2}"#]
    );
}

#[test]
fn what_is_no_json_has_no_members() {
    for text in ["", "{", r#"{"x":1"#, r#"{"x":1}}"#, "{\"x\":1}\0", "\u{feff}{}"] {
        assert!(member_spans(text, |_, _| true).is_err(), "{text:?}");
    }
    let deep = "[".repeat(MAX_DEPTH + 1);
    assert!(member_spans(&deep, |_, _| true).is_err());
}

/// A value, and how it is written: with space here and there.
fn written() -> impl Strategy<Value = String> {
    let space = || prop_oneof![Just(""), Just(" "), Just("\n\t")];
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("-1.50e2".to_owned()),
        r#"[a-z{},:\[\]é]{0,6}"#.prop_map(|text| format!("\"{text}\"")),
        Just(r#""\",\"x\":\\""#.to_owned()),
    ];
    leaf.prop_recursive(4, 48, 5, move |inner| {
        let item =
            (space(), inner.clone(), space()).prop_map(|(a, item, b)| format!("{a}{item}{b}"));
        let name = prop_oneof!["[axy][0-9]{0,2}", Just(r"\u0078é".to_owned())];
        let member = (space(), name, space(), item.clone())
            .prop_map(|(a, name, b, item)| (name.clone(), format!("{a}\"{name}\"{b}:{item}")));
        let members = prop::collection::vec(member, 0..5).prop_map(|mut members| {
            members.sort();
            members.dedup_by(|one, other| one.0 == other.0);
            members
        });
        prop_oneof![
            prop::collection::vec(item, 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            members.prop_shuffle().prop_map(|members| {
                let members: Vec<String> = members.into_iter().map(|(_, member)| member).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

fn pruned(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(pruned).collect(),
        Value::Object(members) => {
            let stay = members.into_iter().filter(|(name, _)| !name.starts_with('x'));
            Value::Object(stay.map(|(name, member)| (name, pruned(member))).collect::<Map<_, _>>())
        }
        other => other,
    }
}

proptest! {
    #[test]
    fn only_what_is_wanted_goes(text in written()) {
        let spans = member_spans(&text, |_, name| name.starts_with('x')).unwrap();
        let rest = without(&text, &spans);
        let whole = parse_strict(&text, MAX_DEPTH).unwrap();
        prop_assert_eq!(parse_strict(&rest, MAX_DEPTH).unwrap(), pruned(whole));
        prop_assert_eq!(cut(&rest), rest.clone(), "nothing is left");
        // In order, apart, and so many bytes less.
        let mut at = 0;
        for span in &spans {
            prop_assert!(at <= span.start && span.start < span.end);
            at = span.end;
        }
        let gone: usize = spans.iter().map(|span| span.len()).sum();
        prop_assert_eq!(rest.len() + gone, text.len());
        prop_assert!(member_spans(&text, |_, _| false).unwrap().is_empty());
    }

    #[test]
    fn any_text_is_borne(text: String) {
        if let Ok(spans) = member_spans(&text, |_, name| name.len() % 2 == 0) {
            prop_assert!(parse_strict(&without(&text, &spans), MAX_DEPTH).is_ok() || parse_strict(&text, MAX_DEPTH).is_err());
        }
    }
}
