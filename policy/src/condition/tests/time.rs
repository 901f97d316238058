//! Moments, and expressions that are looked for in text.

use serde_json::{Value as Json, json};

use super::super::{Clock, Expression, Fault};
use super::ask_cel;

#[test]
fn a_calendar_says_what_others_say() {
    // `date -u -d @N '+%Y %-m %-d %w %-j %-H %-M %-S'`, months and days of the year from 0.
    for (moment, expected) in [
        (0, [1970, 0, 1, 4, 0, 0, 0, 0]),
        (951_868_799, [2000, 1, 29, 2, 59, 23, 59, 59]),
        (951_868_800, [2000, 2, 1, 3, 60, 0, 0, 0]),
        (1_709_164_800, [2024, 1, 29, 4, 59, 0, 0, 0]),
        (1_735_689_599, [2024, 11, 31, 2, 365, 23, 59, 59]),
        (4_107_542_400, [2100, 2, 1, 1, 59, 0, 0, 0]),
        (253_402_300_799, [9999, 11, 31, 5, 364, 23, 59, 59]),
        (-1, [1969, 11, 31, 3, 364, 23, 59, 59]),
        (-62_135_596_800, [1, 0, 1, 1, 0, 0, 0, 0]),
    ] {
        let parts = [
            Clock::FullYear,
            Clock::Month,
            Clock::Date,
            Clock::DayOfWeek,
            Clock::DayOfYear,
            Clock::Hours,
            Clock::Minutes,
            Clock::Seconds,
        ];
        assert_eq!(parts.map(|part| part.of(moment, 0)), expected, "{moment}");
        assert_eq!(Clock::DayOfMonth.of(moment, 0), expected[2] - 1);
    }
    assert_eq!(Clock::Hours.of(0, -90), 22);
    assert_eq!(Clock::Date.of(86_399, 1), 2);
}

#[test]
fn moments_have_an_end() {
    let last = "timestamp('9999-12-31T23:59:59Z')";
    for (when, expected) in [
        (format!("{last} + duration('0s') == {last}"), Ok(true)),
        (format!("{last} + duration('1s') == {last}"), Err(Fault::Overflow)),
        (format!("{last} - timestamp('1970-01-01T00:00:00Z') > duration('1s')"), Err(Fault::Overflow)),
        ("timestamp('1970-01-02T00:00:00Z') - timestamp('1970-01-01T00:00:00Z') == duration('24h')".into(), Ok(true)),
    ] {
        assert_eq!(ask_cel(&when, "{}"), expected, "{when}");
    }
}

#[test]
fn classes_are_about_ascii() {
    for (regex, text, expected) in [
        (r"^\\w+$", "abc_9", true),
        (r"^\\w+$", "é", false),
        (r"^[\\w-]+$", "a-b", true),
        (r"^[^\\d]$", "٣", true),
        (r"^\\D$", "é", true),
        (r"^\\s$", "\u{a0}", false),
        (r"\\bdrop\\b", "then drop it", true),
        (r"\\bdrop\\b", "dropped", false),
        (r"\\Brop", "drop", true),
        ("^.$", "é", true),
        ("(?i)KEY", "key", true),
        ("", "", true),
        ("^$", "a", false),
    ] {
        let when = format!("action.arguments.t.matches('{regex}')");
        let arguments = json!({"t": text}).to_string();
        assert_eq!(ask_cel(&when, &arguments), Ok(expected), "{regex} {text}");
    }
    assert_eq!(ask_cel("action.arguments.t.matches('7')", r#"{"t": 7}"#), Err(Fault::Mismatch));
    let long = json!({"t": "a".repeat(1_000_000)}).to_string();
    let when = "action.arguments.t.matches('b$')";
    assert_eq!(ask_cel(when, &long), Ok(false));
    let often = vec![when; 70].join(" || ");
    assert_eq!(ask_cel(&often, &long), Err(Fault::OverBudget));
}

#[test]
fn names_with_a_dash_can_be_asked_for() {
    let arguments = r#"{"a-b": {"c-d": 1}}"#;
    for (when, expected) in [
        ("has(action.arguments.`a-b`)", Ok(true)),
        ("has(action.arguments.`a-b`.`c-d`)", Ok(true)),
        ("has(action.arguments.`a-b`.`c-e`)", Ok(false)),
        ("has(action.arguments.`A-b`)", Err(Fault::Ambiguous)),
        ("action.arguments.`a-b`.`c-d` == 1", Ok(true)),
        ("'a-b' in action.arguments", Ok(true)),
        ("'c-d' in action.arguments['a-b']", Err(Fault::Stricter)),
    ] {
        assert_eq!(ask_cel(when, arguments), expected, "{when}");
    }
}

/// What a bundle holds may come from anyone who signs one, and no such bytes may be run.
#[test]
fn damaged_automata_are_not_taken() {
    let made = crate::compile::compiled_condition("principal.subject.matches('a+b')").unwrap();
    let json = serde_json::to_value(&made).unwrap();
    assert_eq!(serde_json::from_value::<Expression>(json.clone()).unwrap(), made);
    let read = |change: &dyn Fn(&mut Json)| {
        let mut json = json.clone();
        change(&mut json["matches"][1]["automaton"]);
        serde_json::from_value::<Expression>(json)
    };
    read(&|_| {}).unwrap();
    read(&|automaton| *automaton = "".into()).unwrap_err();
    read(&|automaton| *automaton = "!".into()).unwrap_err();
    read(&|automaton| {
        let text = automaton.as_str().unwrap();
        *automaton = text[..text.len() / 8 * 4].into();
    })
    .unwrap_err();
}
