//! What a caller sends is paid for by what is done with it.

use serde_json::json;

use super::super::Fault;
use super::ask_cel;

#[test]
fn a_long_number_is_not_read() {
    let condition = "action.arguments.n > 0.25";
    let padded = |length: usize| format!("{{\"n\":0.5{}}}", "0".repeat(length - 3));
    assert_eq!(ask_cel(condition, &padded(64)), Ok(true));
    for length in [65, 1_000_000] {
        assert_eq!(ask_cel(condition, &padded(length)), Err(Fault::Overflow), "{length}");
    }
}

/// Were it copied, the number would be read and be too large.
#[test]
fn an_entry_is_not_copied_with_what_is_in_it() {
    let deep = r#"{"rows":[[[9223372036854775808],[1]]],"cols":[0]}"#;
    let rows = "action.arguments.rows.exists(r, size(r) == 2)";
    assert_eq!(ask_cel(rows, deep), Ok(true));
    let both = "action.arguments.rows.exists(r, action.arguments.cols.exists(c, r[1] == [1]))";
    assert_eq!(ask_cel(both, deep), Ok(true));
    let read = "action.arguments.rows.exists(r, r[0][0] > 1.0)";
    assert_eq!(ask_cel(read, deep), Err(Fault::Overflow));
    let wide = json!({"rows": [[vec![1; 100_000]]], "cols": vec![0; 20_000]}).to_string();
    let differ = "action.arguments.rows.exists(r, action.arguments.cols.exists(c, r == c))";
    assert_eq!(ask_cel(differ, &wide), Err(Fault::Stricter));
}

#[test]
fn equality_of_lists_costs_as_much_as_is_compared() {
    let same = "action.arguments.rows.exists(r, action.arguments.cols.exists(c, r == c))";
    let ask = |rows: usize, first: i32, last: i32| {
        let row = |first: i32, last: i32| {
            let mut row = vec![1; 300];
            (row[0], row[299]) = (first, last);
            [row]
        };
        let facts = json!({"rows": vec![row(1, 1); rows], "cols": vec![row(first, last); rows]});
        ask_cel(same, &facts.to_string())
    };
    assert_eq!(ask(100, 1, 2), Err(Fault::OverBudget));
    assert_eq!(ask(10, 1, 2), Ok(false));
    // Seen at once.
    assert_eq!(ask(100, 2, 1), Ok(false));
}

/// Each name that is looked up is folded against all others that begin like it.
#[test]
fn names_are_paid_for_as_far_as_they_are_alike() {
    let sought = "action.arguments.keys.exists(k, k in action.arguments)";
    let ask = |names: usize, prefix: &str| {
        let keys: Vec<_> = (0..names).map(|n| format!("{prefix}b{n}")).collect();
        let others = (0..names).map(|n| (format!("{prefix}a{n}"), json!(1)));
        let mut facts: serde_json::Map<_, _> = others.collect();
        facts.insert("keys".to_owned(), json!(keys));
        ask_cel(sought, &json!(facts).to_string())
    };
    assert_eq!(ask(500, &"\u{e9}".repeat(50)), Err(Fault::OverBudget));
    assert_eq!(ask(100, "customer_"), Ok(false));
}

#[test]
fn equality_of_maps_costs_as_much_as_is_compared() {
    let same = "action.arguments.one == action.arguments.other";
    let ask = |names: usize, prefix: usize| {
        let name = |n| format!("{}{n}", "n".repeat(prefix));
        let map: serde_json::Map<_, _> = (0..names).map(|n| (name(n), json!(n))).collect();
        ask_cel(same, &json!({"one": map, "other": map}).to_string())
    };
    assert_eq!(ask(200, 100), Err(Fault::OverBudget));
    assert_eq!(ask(2_000, 3), Err(Fault::OverBudget));
    assert_eq!(ask(100, 3), Ok(true));
}
