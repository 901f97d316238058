use serde_json::{Value as Json, json};

use super::{Expression, Fact, Fault, Known, Map, Steps, Value, holds};
use crate::json::Node;

#[cfg(feature = "compile")]
mod oracle;
#[cfg(feature = "compile")]
mod stricter;
#[cfg(feature = "compile")]
mod time;
#[cfg(feature = "compile")]
mod work;

/// A call of which nothing but its arguments is known.
struct Asked<'a> {
    arguments: Node<'a>,
    steps: Steps,
}

impl Known for Asked<'_> {
    fn fact(&self, fact: Fact) -> Result<Option<Value<'_>>, Fault> {
        match (fact, &self.arguments) {
            (Fact::Arguments, Node::Object(members)) => {
                Ok(Some(Value::Map(Map::Declared(members))))
            }
            (Fact::Query, _) => Ok(Some(Value::Map(Map::Named(
                [("a", "1"), ("a", "2"), ("B", "3")].map(|(n, v)| (n.into(), v.into())).into(),
            )))),
            (Fact::Body, _) => Err(Fault::Unreadable),
            _ => Ok(None),
        }
    }

    fn steps(&self) -> &Steps {
        &self.steps
    }
}

fn ask(condition: Json, arguments: &Json) -> Result<bool, Fault> {
    ask_of_text(&serde_json::from_value(condition).unwrap(), &arguments.to_string())
}

fn ask_of_text(condition: &Expression, arguments: &str) -> Result<bool, Fault> {
    let steps = Steps::for_bytes(arguments.len());
    let arguments = Node::parse(arguments, 64).unwrap();
    holds(condition, &Asked { arguments, steps })
}

/// As its author wrote it.
#[cfg(feature = "compile")]
fn ask_cel(condition: &str, arguments: &str) -> Result<bool, Fault> {
    let compiled = crate::compile::compiled_condition(condition);
    ask_of_text(&compiled.unwrap_or_else(|| panic!("{condition}")), arguments)
}

fn argument(name: &str) -> Json {
    json!({"select": [{"fact": "action.arguments"}, name]})
}

#[test]
fn what_cannot_be_had_is_no_answer() {
    let arguments = json!({"amount": 7, "list": [1, true], "text": "a", "huge": u64::MAX});
    let equal = |one: Json, other: Json| json!({"compare": ["equal", [one, other]]});
    let one = || json!({"int": 1});
    for (condition, expected) in [
        (equal(argument("amount"), json!({"int": 7})), Ok(true)),
        (equal(argument("amount"), json!({"double": 7.0})), Ok(true)),
        (equal(argument("amount"), json!({"text": "7"})), Err(Fault::Stricter)),
        (equal(argument("absent"), one()), Err(Fault::Missing)),
        (equal(argument("AMOUNT"), one()), Err(Fault::Ambiguous)),
        (equal(json!({"fact": "action.tool"}), one()), Err(Fault::Missing)),
        (equal(json!({"fact": "context.body"}), one()), Err(Fault::Unreadable)),
        (json!({"has_fact": "action.tool"}), Ok(false)),
        (json!({"has_fact": "context.body"}), Err(Fault::Unreadable)),
        (json!({"has": [{"fact": "action.arguments"}, "absent"]}), Ok(false)),
        (json!({"has": [{"fact": "action.arguments"}, "Amount"]}), Err(Fault::Ambiguous)),
        (json!({"has": [argument("amount"), "x"]}), Err(Fault::Mismatch)),
        (json!({"in": [{"text": "amounT"}, {"fact": "action.arguments"}]}), Err(Fault::Ambiguous)),
        (json!({"in": [{"text": "b"}, {"fact": "resource.query"}]}), Err(Fault::Ambiguous)),
        (json!({"in": [{"text": "2"}, {"select": [{"fact": "resource.query"}, "a"]}]}), Ok(true)),
        (
            equal(json!({"call": ["size", [{"fact": "resource.query"}]]}), json!({"int": 2})),
            Ok(true),
        ),
        (equal(argument("huge"), json!({"double": 18446744073709551615.0})), Err(Fault::Overflow)),
        (json!({"compare": ["less", [argument("text"), one()]]}), Err(Fault::Mismatch)),
        (
            equal(json!({"calculate": ["add", [{"int": i64::MAX}, one()]]}), one()),
            Err(Fault::Overflow),
        ),
        (json!({"exists": ["e", [argument("list"), {"local": "e"}]]}), Ok(true)),
        (json!({"all": ["e", [argument("list"), {"local": "e"}]]}), Err(Fault::Mismatch)),
        (argument("text"), Err(Fault::Mismatch)),
        (json!({"local": "nobody"}), Err(Fault::Missing)),
        (json!({"call": ["size", []]}), Err(Fault::Mismatch)),
    ] {
        assert_eq!(ask(condition.clone(), &arguments), expected, "{condition}");
    }
}

/// Servers that ignore case take the Kelvin sign and the long s for their letters.
#[test]
fn a_member_in_another_spelling_is_no_answer() {
    let equal = json!({"compare": ["equal", [argument("keys"), {"int": 1}]]});
    for other in ["KEYS", "Keys", "\u{212a}eys", "key\u{17f}"] {
        for arguments in [json!({"keys": 1, other: 2}), json!({other: 1})] {
            assert_eq!(ask(equal.clone(), &arguments), Err(Fault::Ambiguous), "{arguments}");
        }
    }
    assert_eq!(ask(equal, &json!({"keys": 1, "key": 2, "keyz": 3})), Ok(true));
}

/// Lists in lists cost the product of their lengths; what a caller sends may cost no more than its
/// length.
#[test]
fn the_work_is_counted() {
    let each = |list: Json, name: &str, test: Json| json!({"all": [name, [list, test]]});
    let differ = json!({"compare": ["not_equal", [{"local": "a"}, {"int": 2}]]});
    let squared = each(argument("list"), "a", each(argument("list"), "b", differ.clone()));
    let list = |length: usize| json!({"list": vec![1; length]});
    assert_eq!(ask(squared.clone(), &list(100)), Ok(true));
    assert_eq!(ask(squared, &list(10_000)), Err(Fault::OverBudget));
    // In line with what comes, however much it is.
    assert_eq!(ask(each(argument("list"), "a", differ), &list(300_000)), Ok(true));
    let decided = json!({"or": [{"flag": true}, {"fact": "context.body"}]});
    let arguments = Node::Null;
    let steps = Steps::for_bytes(0);
    let asked = Asked { arguments, steps };
    asked.steps.spend(usize::MAX).unwrap_err();
    let condition: Expression = serde_json::from_value(decided).unwrap();
    assert_eq!(holds(&condition, &asked), Err(Fault::OverBudget));
}

#[test]
fn hostile_conditions_are_not_taken() {
    let nested = |depth: usize, of: &str| {
        let text = format!(
            "{}{{\"flag\":true}}{}",
            format!("{{\"{of}\":").repeat(depth),
            "}".repeat(depth)
        );
        serde_json::from_str::<Expression>(&text)
    };
    assert!(nested(39, "not").unwrap().is_bounded());
    assert!(!nested(40, "not").unwrap().is_bounded());
    assert!(nested(200_000, "not").is_err());
    let listed = |entries: usize| json!({"list": vec![json!({"int": 1}); entries]});
    let bounded =
        |entries| serde_json::from_value::<Expression>(listed(entries)).unwrap().is_bounded();
    assert!(bounded(511) && !bounded(512));
    for unknown in
        [json!({"fact": "principal.name"}), json!({"exec": []}), json!({"if": [{"flag": true}]})]
    {
        assert!(serde_json::from_value::<Expression>(unknown).is_err());
    }
}
