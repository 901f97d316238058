use super::compile;
use crate::compile::{Source, SourceFile};
use crate::condition::Expression;
use crate::rule::Phase;

fn sound(text: &str) -> Expression {
    compile(text, Phase::Request, &["card"]).unwrap_or_else(|mistakes| {
        panic!("{text}: {:?}", mistakes.into_iter().map(|m| m.message).collect::<Vec<_>>())
    })
}

#[track_caller]
fn refused(text: &str, expected: &str) {
    let mistakes = compile(text, Phase::Request, &["card"]).err().unwrap_or_default();
    let told: Vec<_> = mistakes
        .iter()
        .map(|m| format!("{} {} {} ({})", m.code, m.at, m.message, m.help))
        .collect();
    assert_eq!(told, [expected], "{text}");
}

/// What `bundle show` prints is the condition itself.
#[test]
fn a_condition_is_told_as_it_was_written() {
    for text in [
        "principal.issuer == 'https://issuer.example' && 'support' in principal.groups",
        "!has(action.tool) || action.tool.startsWith('read_') || action.mcp_method != 'tools/call'",
        "action.arguments.amount > 500 && action.arguments.items.exists(i, i.price * 2.0 >= -1.5)",
        "has(action.arguments.a.b) ? action.arguments['a'][0] : size(principal.groups) < 3",
        "('a' + resource.route).lowerAscii() == 'a' + 'b' + 'c'",
        "'it\\'s \\\\ \\u000a' in resource.headers && 'x' in resource.query['a b']",
        "(1 - (2 - 3)) * -4 <= 5 && [1, 2].all(n, n in [3, -4])",
        "(action.method == 'GET' ? true : false) && !(context.body.a == null)",
        "context.findings.exists(f, f == 'card') || 'delete' in context.sql_effects",
        "resource.headers.all(name, name != 'x-debug') && context.body.exists(e, e.all(f, f))",
        "action.tool.matches('^(get|list)_\\\\w+$') && !has(context.body.`a-b`.`0`.c)",
        "context.time - timestamp('2027-01-31T18:00:00Z') < duration('-90s') + duration('5s')",
        "context.time.getHours('-08:30') >= 9 || context.time.getDayOfWeek() in [0, 6]",
        "-context.body.a < 9223372036854775807 && action.kinds == ['http', 'mcp']",
    ] {
        assert_eq!(sound(text).to_string(), text);
    }
    let spaced = "action.tool==\"a\"&&(true||\n  false)";
    assert_eq!(sound(spaced).to_string(), "action.tool == 'a' && (true || false)");
    assert_eq!(sound(&sound(spaced).to_string()), sound(spaced));
}

#[test]
fn what_cannot_be_read() {
    for (text, expected) in [
        (
            "action.tool = 'a'",
            "12 the condition cannot be read: `=` is not understood here (equality is `==`)",
        ),
        (
            "true & false",
            "5 the condition cannot be read: `&` is not understood here (both of two conditions are `&&`)",
        ),
        (
            "true |\nfalse",
            "5 the condition cannot be read: `|` is not understood here (one of two conditions is `||`)",
        ),
    ] {
        refused(text, &format!("GH120 {expected}"));
    }
    let starts = |text: &str, expected: &str| {
        let mistakes = compile(text, Phase::Request, &[]).err().unwrap();
        let told = format!("{} {} {}", mistakes[0].code, mistakes[0].at, mistakes[0].message);
        assert_eq!((told.as_str(), mistakes.len()), (expected, 1), "{text}");
    };
    starts("true &&", "GH120 7 the condition cannot be read: it ends too early");
    starts("true &&\n 'é' ==", "GH120 15 the condition cannot be read: it ends too early");
    starts("(true", "GH120 5 the condition cannot be read: `)` is missing");
    starts("a.?b", "GH120 1 the condition cannot be read: unsupported syntax '.?'");
    starts("'a' 'b'", "GH120 4 the condition cannot be read: `'b'` is not understood here");
    starts("", "GH120 0 the condition cannot be read: it ends too early");
    starts(
        "99999999999999999999 == 1",
        "GH120 0 the condition cannot be read: invalid int literal",
    );
}

#[test]
fn names_that_there_are_not() {
    for (text, expected) in [
        (
            "true && principl.subject == 'a'",
            "8 unknown name `principl` (did you mean `principal`?)",
        ),
        ("x == 1", "0 unknown name `x` (known here: `principal`, `action`, `resource`, `context`)"),
        ("action.tol == 'a'", "7 `action` has no field `tol` (did you mean `tool`?)"),
        ("has(action.tol)", "11 `action` has no field `tol` (did you mean `tool`?)"),
        ("action.method == 'DELET'", "17 unknown value `DELET` (did you mean `DELETE`?)"),
        (
            "['get'].exists(m, m == action.method) || action.method in ['get']",
            "59 unknown value `get` (did you mean `GET`?)",
        ),
        (
            "'dropdatabase' in context.sql_effects",
            "0 unknown value `dropdatabase` (did you mean `drop_database`?)",
        ),
        (
            "action.kinds.exists(k, 'rest' == k)",
            "23 unknown value `rest` (known here: `http`, `mcp`, `openai`)",
        ),
        (
            "principal.groups.all(action, action == 'a')",
            "21 `action` is a name already (call the entry otherwise)",
        ),
    ] {
        refused(text, &format!("GH121 {expected}"));
    }
    refused(
        "'cards' in context.findings",
        "GH112 0 no pattern finds `cards` (did you mean `card`?)",
    );
    let found = compile("'card' in context.findings", Phase::Response, &["card"]).err().unwrap();
    assert_eq!((found[0].code, found[0].at), ("GH121", 18));
}

#[test]
fn types_that_do_not_fit() {
    for (text, expected) in [
        (
            "principal.subject",
            "10 this has to be true or false, and is text (compare it with something, as by `==`)",
        ),
        (
            "true && 1",
            "8 this has to be true or false, and is a number (compare it with something, as by `==`)",
        ),
        (
            "action == 'a'",
            "0 `action` is no value by itself (name a field of it: kinds, method, mcp_method, tool, arguments, definition, prompt, resource_uri, client, client_version, protocol_version, model, tool_types, tools, tool_servers)",
        ),
        (
            "principal.subject == 1",
            "18 text never equals a number (both sides have to be of one type)",
        ),
        (
            "principal.groups == 'a'",
            "17 a list never equals text (both sides have to be of one type)",
        ),
        (
            "principal.subject > 1",
            "18 `>` does not work on text and a number (both sides have to be of one type)",
        ),
        (
            "principal.groups < principal.groups",
            "17 `<` does not work on a list and a list (both sides have to be of one type)",
        ),
        (
            "1 in principal.groups",
            "2 a number is never in a list of text (`in` asks for an entry of a list or the name of a member)",
        ),
        (
            "'a' in principal.subject",
            "4 text is never in text (`in` asks for an entry of a list or the name of a member)",
        ),
        (
            "1 + 1.5 == 2.5",
            "2 whole numbers and others do not mix here (write the whole number with `.0`)",
        ),
        ("-'a' == 1", "1 `-` needs a number, this is text (remove the `-`)"),
        (
            "principal.subject.length == 1",
            "18 `length` is asked of text, which has no fields (only maps have fields)",
        ),
        (
            "principal.subject.exists(c, c == 'a')",
            "10 `exists` needs a list, this is text (only lists and maps have entries)",
        ),
        (
            "principal.groups['a'] == 'b'",
            "16 a list has no entry at text (lists have entries at whole numbers, maps at text)",
        ),
        ("size(1) == 1", "4 `size` does not work on a number (write `size(list)`)"),
        (
            "has(true)",
            "3 `has` asks for a field (write `has(action.arguments.amount)`, or `'x-env' in resource.headers`)",
        ),
        (
            "resource.path.startsWith('/Admin')",
            "25 `/Admin` is never found in what is in lower case (write `/admin`)",
        ),
        (
            "resource.host == 'Db.example'",
            "17 `Db.example` is never found in what is in lower case (write `db.example`)",
        ),
        (
            "'X-Env' in resource.headers",
            "0 no header is called `X-Env`: names are in lower case (write `x-env`)",
        ),
        (
            "'a' in resource.headers['X-Env']",
            "24 no header is called `X-Env`: names are in lower case (write `x-env`)",
        ),
    ] {
        refused(text, &format!("GH122 {expected}"));
    }
}

#[test]
fn what_conditions_do_not_have() {
    for (text, expected) in [
        (
            "principal.groups.exist(g, true)",
            "22 conditions have no function `exist` (did you mean `exists`?)",
        ),
        (
            "startsWith('a', 'b')",
            "10 `startsWith` is not called like this (write `text.startsWith('part')`)",
        ),
        (
            "principal.groups.map(g, g) == []",
            "20 conditions have no function `map` (known here: `has`, `exists`, `all`, `size`, `startsWith`, `endsWith`, `contains`, `lowerAscii`, `matches`, `timestamp`, `duration`)",
        ),
        (
            "principal.groups.exists(true)",
            "23 `exists` is not called like this (write `list.exists(entry, entry == 'a')`)",
        ),
        (
            "action.arguments == {}",
            "20 conditions have no map literals (compare the members one by one)",
        ),
        (
            "4 / 2 == 2",
            "2 conditions have no `/` (there are `&&`, `||`, `!`, `==`, `!=`, `<`, `<=`, `>`, `>=`, `in`, `+`, `-`, `*` and `?:`)",
        ),
        ("1u == 1", "0 numbers have no `u` here (leave the `u` out)"),
        ("b'a' == 'a'", "0 conditions have no bytes (write text, without the `b`)"),
    ] {
        refused(text, &format!("GH123 {expected}"));
    }
}

#[test]
fn what_costs_too_much() {
    let all = "context.body.all(a, a.all(b, b.all(c, c == 1)))";
    refused(
        all,
        "GH124 34 more than 2 of `exists` and `all` in each other (what it costs is multiplied with each of them)",
    );
    let help = "split it into several rules, or say a part of it by `match`";
    let long = format!("action.tool == '{}'", "a".repeat(5000));
    refused(&long, &format!("GH124 0 the condition is longer than 4096 characters ({help})"));
    let many = format!("1 in [{}]", vec!["1"; 600].join(","));
    refused(&many, &format!("GH124 0 the condition has more than 512 parts ({help})"));
    for deep in [
        format!("{} == 1", vec!["1"; 60].join("+")),
        format!("{} == 1", vec!["1"; 2000].join("+")),
        format!("context.body{} == 1", ".a".repeat(2000)),
        format!("{}true{}", "(".repeat(2000), ")".repeat(2000)),
        format!("{}1{} == 1", "-(".repeat(1300), ")".repeat(1300)),
        format!("{}{} == 1", "[".repeat(2000), "]".repeat(2000)),
        format!("{}true", "true ? true : ".repeat(250)),
    ] {
        refused(&deep, &format!("GH124 0 the condition is nested deeper than 40 levels ({help})"));
    }
    // What is joined by `||` stays flat.
    sound(&vec!["action.tool == 'a'"; 100].join(" || "));
}

/// Line, column and the line itself, in every style of YAML.
#[test]
fn mistakes_are_shown_where_they_are_written() {
    for (when, at) in [
        ("    when: action.tol == 'a'", (5, 18)),
        ("    when: \"'é' == action.tol\"", (5, 26)),
        ("    when: 'principal.subject == ''it'' && action.tol == ''a'''", (5, 50)),
        ("    when: \"principal.subject == \\\"it\\\" && action.tol == 'a'\"", (5, 50)),
        ("    when: |\n      true\n\n      && action.tol == 'a'\n", (8, 17)),
        ("    when: >-\n      true &&\n        action.tol == 'a'\n", (7, 16)),
        ("    when: true\n      && action.tol == 'a'", (6, 17)),
    ] {
        let head = "bundle: {name: a, version: '1'}\nrules:\n  - name: r\n    on: request\n";
        let file =
            SourceFile { path: String::new(), text: format!("{head}{when}\n    effect: deny\n") };
        let source =
            Source { name: "small.yaml".into(), files: vec![file.clone()], ..Source::default() };
        let found = crate::compile::compile(&[source]).unwrap_err();
        let told: Vec<_> = found.iter().map(|m| (m.code, m.line, m.column)).collect();
        assert_eq!(told, [("GH121", at.0, at.1)], "{}", found[0]);
        let line = file.text.lines().nth(at.0 as usize - 1).unwrap();
        assert_eq!(found[0].excerpt, line);
        assert!(line.chars().skip(at.1 as usize - 1).collect::<String>().starts_with("tol"));
    }
}

#[test]
fn times_are_told_in_one_way() {
    for (text, told) in [
        (
            "context.time > timestamp('2027-01-31T20:00:00+02:00')",
            "context.time > timestamp('2027-01-31T18:00:00Z')",
        ),
        (
            "context.time - context.time == duration('1h1m')",
            "context.time - context.time == duration('3660s')",
        ),
        ("context.time.getHours('UTC') == 1", "context.time.getHours() == 1"),
    ] {
        assert_eq!(sound(text).to_string(), told);
    }
}

#[test]
fn expressions_and_times_that_are_not_taken() {
    for (text, expected) in [
        (
            "action.tool.matches(action.method)",
            "GH125 27 an expression that comes from elsewhere (write the expression down, as in `text.matches('^[a-z]+$')`)",
        ),
        (
            "action.tool.matches('(a')",
            "GH125 20 the expression cannot be read: unclosed group (it is written as RE2 has it)",
        ),
        (
            "action.tool.matches('(?=a)')",
            "GH125 20 the expression cannot be read: look-around, including look-ahead and look-behind, is not supported (it is written as RE2 has it)",
        ),
        (
            "action.tool.matches('a.{200}b')",
            "GH125 20 the automaton of this expression is too large (use smaller counts of repetitions, and `[a-z]` in place of classes of Unicode)",
        ),
        (
            "principal.groups.matches('a')",
            "GH122 24 `matches` does not work on a list (write `text.matches('[a-z]+')`)",
        ),
        (
            "matches('a', 'b')",
            "GH123 7 `matches` is not called like this (write `text.matches('^[a-z]+$')`)",
        ),
        (
            "context.time > timestamp('2027-01-31')",
            "GH122 25 `2027-01-31` is no timestamp (write `timestamp('2027-01-31T18:00:00Z')`, to the second)",
        ),
        (
            "context.time > timestamp(action.tool)",
            "GH123 24 `timestamp` takes a text that is written down (write `timestamp('2027-01-31T18:00:00Z')`, to the second)",
        ),
        (
            "context.time - context.time > duration('1d')",
            "GH122 39 `1d` is no duration (write `duration('1h30m')`, to the second)",
        ),
        (
            "context.time.getHours('Europe/Berlin') > 5",
            "GH123 22 time zones are offsets from UTC here (write `'+02:00'`: gateways know no places and no summer time)",
        ),
        (
            "action.tool.getHours() > 5",
            "GH122 20 `getHours` does not work on text (write `context.time.getHours()`)",
        ),
        (
            "context.time + context.time == context.time",
            "GH122 13 `+` does not work on a moment and a moment (both sides have to be of one type)",
        ),
        (
            "context.time == action.arguments.due",
            "GH122 13 a moment never equals anything (both sides have to be of one type)",
        ),
        (
            "context.time < duration('1h')",
            "GH122 13 `<` does not work on a moment and a span of time (both sides have to be of one type)",
        ),
    ] {
        refused(text, expected);
    }
}
