//! Where CEL has a value that a caller could choose by the type of what is sent.

use super::super::Fault;
use super::ask_cel;

#[track_caller]
fn says(arguments: &str, conditions: &[&str], expected: Result<bool, Fault>) {
    for condition in conditions {
        assert_eq!(ask_cel(condition, arguments), expected, "{condition} {arguments}");
    }
}

#[test]
fn a_map_is_no_list() {
    let list = [
        "'admin' in action.arguments.roles",
        "action.arguments.roles.exists(r, r == 'admin')",
        "action.arguments.roles.all(r, r != 'user')",
        "size(action.arguments.roles) < 2",
    ];
    says(r#"{"roles":["admin"]}"#, &list, Ok(true));
    for map in [r#"{"roles":{"0":"admin"}}"#, r#"{"roles":{}}"#, r#"{"roles":{"admin":1}}"#] {
        says(map, &list, Err(Fault::Stricter));
    }
    // Nor has text the size of a list.
    says(r#"{"roles":"admin"}"#, &list[3..], Err(Fault::Stricter));
    says(r#"{"roles":"admin"}"#, &list[..3], Err(Fault::Mismatch));
}

/// Names that are run through are taken as they are; asked for by `in` they are not.
#[test]
fn what_is_declared_keeps_its_names_and_its_size() {
    let declared = [
        "'force' in action.arguments && size(action.arguments) == 1",
        "action.arguments.exists(k, k == 'force')",
        "resource.query.exists(name, name == 'a' && size(name) == 1)",
        "size(resource.query) == 2 && 'a' in resource.query && size(resource.query['a'][0]) == 1",
        "size('' + action.arguments.force) == 4",
    ];
    says(r#"{"force":"true"}"#, &declared, Ok(true));
    says(r#"{"Force":"true"}"#, &declared[..1], Err(Fault::Ambiguous));
    says(r#"{"Force":"true"}"#, &declared[1..2], Ok(false));
    // The number may have been meant as a name.
    says(r#"{"key":1,"1":1}"#, &["action.arguments.key in action.arguments"], Err(Fault::Stricter));
    let names = ["action.arguments.flags.exists(k, k == 'force')"];
    says(r#"{"flags":{"Force":true}}"#, &names, Err(Fault::Stricter));
}

/// It ends there for readers written in C, and goes on for all others.
#[test]
fn text_with_a_nul_has_no_value() {
    let asks = [
        "action.arguments.a != 'prod'",
        "'prod' in [action.arguments.a]",
        "has(action.arguments.a)",
    ];
    says(r#"{"a":"test","b":"prod\u0000"}"#, &asks[..1], Ok(true));
    says(r#"{"a":"prod\u0000"}"#, &asks, Err(Fault::Ambiguous));
    let any = ["action.arguments.a.exists(e, e == 'prod')"];
    says(r#"{"a":["test","prod\u0000x"]}"#, &any, Err(Fault::Ambiguous));
    says(r#"{"a":["x\u0000","prod"]}"#, &any, Ok(true));
}

#[test]
fn values_of_different_types_are_not_compared() {
    let equal = ["action.arguments.admin == true", "!(action.arguments.admin != true)"];
    says(r#"{"admin":true}"#, &equal, Ok(true));
    for admin in ["false", "null"] {
        says(&format!("{{\"admin\":{admin}}}"), &equal, Ok(false));
    }
    for admin in ["1", "1.0", "\"true\"", "[true]", "{\"admin\":true}"] {
        says(&format!("{{\"admin\":{admin}}}"), &equal, Err(Fault::Stricter));
    }
    says(r#"{"a":[1,["x"]]}"#, &["action.arguments.a == [1, [2]]"], Err(Fault::Stricter));
    says(r#"{"a":[1,["x"]]}"#, &["action.arguments.a == [2, [2]]"], Ok(false));
}

#[test]
fn entries_of_other_types_are_not_passed_over() {
    let admin = ["'admin' in action.arguments.roles"];
    says(r#"{"roles":[["admin"],"admin"]}"#, &admin, Ok(true));
    says(r#"{"roles":["user",null]}"#, &admin, Ok(false));
    says(r#"{"roles":["user",["admin"]]}"#, &admin, Err(Fault::Stricter));
    says(r#"{"roles":["user",9223372036854775808]}"#, &admin, Err(Fault::Overflow));
    // The author thought of both types.
    let either = ["action.arguments.id in [7, '7']"];
    says(r#"{"id":"7"}"#, &either, Ok(true));
    says(r#"{"id":8}"#, &either, Ok(false));
    says(r#"{"id":true}"#, &either, Err(Fault::Stricter));
    says(r#"{"id":true}"#, &["action.arguments.id in [null, 7]"], Err(Fault::Stricter));
    // Of none of these, if the caller says them.
    let said = ["'admin' in [action.arguments.one, action.arguments.other]"];
    says(r#"{"one":"user","other":["admin"]}"#, &said, Err(Fault::Stricter));
}

#[test]
fn a_number_is_exact_or_none() {
    let large = ["action.arguments.n > 5"];
    for literal in [
        "9223372036854775808",
        "-9223372036854775809",
        "1e-999",
        "4.9e-324",
        "0.30000000000000004",
        "5.000000000000001",
    ] {
        says(&format!("{{\"n\":{literal}}}"), &large, Err(Fault::Overflow));
    }
    for literal in ["9223372036854775807", "5.00000000000001", "1e300", "600000000000000000000.0"] {
        says(&format!("{{\"n\":{literal}}}"), &large, Ok(true));
    }
    for literal in ["-9223372036854775808", "0.00", "-0e5", "1e-300"] {
        says(&format!("{{\"n\":{literal}}}"), &large, Ok(false));
    }
}

/// As doubles these are the same: 2^53 and its neighbour, the largest whole number and 2^63.
#[test]
fn whole_numbers_keep_their_digits_in_comparisons() {
    let numbers = r#"{"odd":9007199254740993,"largest":9223372036854775807,"half":-2.5,"two":2}"#;
    let exact = [
        "action.arguments.odd > 9007199254740992.0",
        "action.arguments.odd != 9007199254740992.0",
        "9007199254740992.0 < action.arguments.odd",
        "action.arguments.largest < 9223372036854775808.0",
        "-9223372036854775807 > -9223372036854775808.0",
        "-9223372036854775807 - 1 == -9223372036854775808.0",
        "-9223372036854775807 > -1e300 && 9223372036854775807 < 1e300",
        "action.arguments.half < -2 && action.arguments.half > -3",
        "action.arguments.two == 2.0 && action.arguments.two < 2.5 && action.arguments.two > 1.5",
    ];
    says(numbers, &exact, Ok(true));
    let endless = ["1e300 * 1e300 > 1.0", "-1e308 - 1e308 < action.arguments.half"];
    says(numbers, &endless, Err(Fault::Stricter));
}
