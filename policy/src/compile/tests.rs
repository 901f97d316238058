mod bounds;
mod default;
mod extend;
mod sections;

use super::{Source, SourceFile, compile, test};
use crate::bundle::Bundle;
use crate::rule::{Effect, Rule, Unparsed};

const BUNDLE: &str = "bundle: {name: small, version: 1.0.0}\n";

fn source(text: &str) -> Source {
    let file = SourceFile { path: String::new(), text: text.to_owned() };
    Source { name: "small.yaml".to_owned(), files: vec![file], ..Source::default() }
}

/// Code and place of every mistake, with message and help.
fn mistakes(text: &str) -> Vec<String> {
    let diagnostics = compile(&[source(text)]).map(|file| file.len()).unwrap_err();
    diagnostics
        .iter()
        .map(|d| {
            let help = d.help.as_deref().map(|help| format!(" ({help})")).unwrap_or_default();
            format!("{} {}:{} {}{help}", d.code, d.line, d.column, d.message)
        })
        .collect()
}

#[track_caller]
fn one_mistake(text: &str, expected: &str) {
    assert_eq!(mistakes(&format!("{BUNDLE}{text}")), [expected]);
}

fn pattern(fields: &str) -> String {
    format!("patterns:\n  - name: p\n    kind: p\n    {fields}\n")
}

#[test]
fn smallest_bundle() {
    let text = "bundle: {name: small, version: 1.0.0, serial: 3}\n";
    let bundle = Bundle::decode(&compile(&[source(text)]).unwrap()).unwrap();
    assert_eq!((bundle.name.as_str(), bundle.version.as_str()), ("small", "1.0.0"));
    assert_eq!(bundle.serial, 3);
    assert!(bundle.revision.starts_with("sha256:") && bundle.revision.len() == 71);
}

#[test]
fn rules_are_lowered() {
    let text = "\
rules:
  - name: everything
    on: request
    severity: critical
    mode: shadow
    match:
      principal: {group: [support, admin]}
      http: {method: POST, path: [/query, /admin/**], header: {x-env: prod}}
      sql: {effect: drop_database, at: /sql}
    effect: hold
    unparsed: deny
    hold: {expiry: 10m, wait: 4s, approvers: {any: [sre, ops], all: dba}, quorum: 2, reason_required: true}
    message: Ask first.
    tags: sql
";
    let file = compile(&[source(&format!("{BUNDLE}{text}"))]).unwrap();
    let rules = Bundle::decode(&file).unwrap().rules;
    let Rule { effect, unparsed, hold, matches, .. } = rules.into_iter().next().unwrap();
    let hold = hold.unwrap();
    assert_eq!(
        (hold.quorum, hold.approvers.sets()),
        (2, &[vec!["dba".to_owned()], vec!["ops".into(), "sre".into()]][..])
    );
    assert_eq!((effect, unparsed), (Effect::Hold, Some(Unparsed::Deny)));
    assert_eq!((hold.expiry_seconds, hold.wait_seconds), (600, 4));
    assert_eq!(matches.http.unwrap().path, ["/query", "/admin/**"]);
    assert_eq!(matches.sql.unwrap().at, ["/sql"]);
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text = "\
bundle: {name: Bad Name, version: 1.0}
rules:
  - name: drop
    on: request
    efect: deny
    match:
      http: {methd: [GET]}
  - name: keep
    on: respons
    effect: redact
    hold: {expiry: 10}
  - description: nothing else
patern: []
";
    assert_eq!(
        mistakes(text),
        [
            "GH106 1:16 `Bad Name` is not a name (names are lower-case letters and digits, words joined by `-`, at most 64 characters)",
            "GH104 1:35 expected text, found a number (put it in quotes)",
            "GH102 5:5 unknown field `efect` (did you mean `effect`?)",
            "GH102 7:14 unknown field `methd` (did you mean `method`?)",
            "GH105 9:9 unknown value `respons` (did you mean `response`?)",
            "GH104 11:20 expected a duration such as `10m`, found a number (name the unit, such as `10s`)",
            "GH103 12:5 the field `effect` is missing",
            "GH103 12:5 the field `name` is missing",
            "GH103 12:5 the field `on` is missing",
            "GH102 13:1 unknown field `patern` (did you mean `patterns`?)",
        ]
    );
}

#[test]
fn a_mistake_shows_its_line() {
    let text = format!("{BUNDLE}rules:\n  - {{name: a, on: request, effect: block}}\n");
    let rendered = compile(&[source(&text)]).unwrap_err()[0].to_string();
    assert_eq!(
        rendered,
        "error[GH105]: unknown value `block`
  --> small.yaml:3:36
   |
 3 |   - {name: a, on: request, effect: block}
   |                                    ^
  help: known here: `allow`, `redact`, `hold`, `deny`
"
    );
}

#[test]
fn what_shape_alone_cannot_say() {
    let rule = |fields: &str| format!("rules:\n  - name: r\n    {fields}\n");
    one_mistake(
        &rule("on: request\n    effect: deny\n    hold: {expiry: 1m}"),
        "GH113 6:5 `hold` needs `effect: hold` (remove `hold` or change the effect)",
    );
    for quorum in [0, 17] {
        one_mistake(
            &rule(&format!("on: request\n    effect: hold\n    hold: {{quorum: {quorum}}}")),
            "GH113 6:5 a quorum is 1 to 16 people (say how many have to approve)",
        );
    }
    one_mistake(
        &rule("on: request\n    effect: redact"),
        "GH113 5:5 `redact` needs findings to redact (name kinds in `match.findings`)",
    );
    one_mistake(
        &rule("on: response\n    effect: deny"),
        "GH113 4:5 a rule on responses needs findings (name kinds in `match.findings`)",
    );
    one_mistake(
        &rule("on: request\n    effect: deny\n    unparsed: deny"),
        "GH113 6:5 `unparsed` needs `match.sql` or `match.shell` (it says what unreadable SQL or an unreadable command gets)",
    );
    one_mistake(
        &rule("on: request\n    effect: allow\n    mode: shadow\n    record: none"),
        "GH113 7:5 a rule in shadow keeps nothing out of records (leave `mode: shadow` out, or say it in a rule of its own that is enforced)",
    );
    one_mistake(
        &rule("on: request\n    effect: allow\n    record: whole"),
        "GH105 6:13 unknown value `whole` (known here: `none`)",
    );
    for fields in [
        "on: request\n    effect: hold\n    requires_scope: a",
        "on: response\n    effect: deny\n    requires_scope: a\n    match: {findings: p}",
    ] {
        let text = format!("{BUNDLE}{}{}", rule(fields), pattern("regex: 'ab[0-9]{4}'"));
        let help =
            "use `effect: deny` and `on: request`; elsewhere ask for `principal.scopes` in `when`";
        let message = "GH113 6:5 only a rule that denies requests can ask for scopes";
        assert_eq!(mistakes(&text), [format!("{message} ({help})")]);
    }
    for scope in ["'orders.read orders.write'", "''", "'a\"'", "é"] {
        one_mistake(
            &rule(&format!("on: request\n    effect: deny\n    requires_scope: [{scope}]")),
            "GH113 6:5 an entry of `requires_scope` is no scope (write each scope as an entry of its own: printable ASCII, no space, quote or backslash)",
        );
    }
    one_mistake(
        &rule("on: request\n    effect: deny\n    match: {kind: auto}"),
        "GH113 6:5 no call is of the kind `auto` (name http, mcp or openai)",
    );
    // Another hint would say to add what this one says to leave out.
    for matches in ["{mcp: {tool: a}, kind: openai}", "{mcp: {tool: a}, openai: {model: b}}"] {
        one_mistake(
            &rule(&format!("on: proposal\n    effect: deny\n    match: {matches}")),
            "GH113 6:5 `openai` and `kind` are about requests (leave them out, and name the tool in `match.mcp.tool`)",
        );
    }
    one_mistake(
        &rule("on: proposal\n    effect: deny\n    match: {mcp: {tool: a, method: tools/list}}"),
        "GH114 6:5 no call can match `r`: only `tools/call` names a tool (add `tools/call` to `mcp.method`)",
    );
    one_mistake(
        &rule("on: proposal\n    effect: deny\n    match: {mcp: {tool: a, prompt: b}}"),
        "GH113 6:5 a call that a model proposes is no message of a client yet (name the tool, its words or its arguments)",
    );
    for (matches, message) in [
        (
            "effect: deny\n    match: {sql: {at: /sql}}",
            "`sql` does not say what it is about (name effects, or `table`, `schema` or `column`)",
        ),
        (
            "effect: allow\n    match: {sql: {table: orders}}",
            "what may be done with the tables is not said (name the effects that are allowed, such as `effect: [read]`)",
        ),
        (
            "effect: deny\n    match: {sql: {column: users.ssn}}",
            "columns are compared without their tables (name the column alone, and its table in `table`)",
        ),
        (
            "effect: deny\n    match: {sql: {table: '\"Users\"'}}",
            "names of tables and columns are written without quotes (remove the quotes)",
        ),
    ] {
        one_mistake(&rule(&format!("on: request\n    {matches}")), &format!("GH113 6:5 {message}"));
    }
    one_mistake(
        &rule("on: request\n    effect: deny\n    match: {mcp: {tool_words: [delete, _]}}"),
        "GH113 6:5 an entry of `tool_words` has no letter (write words: `send payment`)",
    );
    one_mistake(
        &rule("on: request\n    effect: deny\n    match: {findings: [card]}"),
        "GH112 6:24 no pattern finds `card` (no pattern is in this bundle)",
    );
    one_mistake(
        "rules:\n  - {name: r, on: request, effect: deny}\n  - {name: r, on: request, effect: allow}",
        "GH111 4:6 there are two rules named `r` (the other is at small.yaml:3)",
    );
}

#[test]
fn rules_that_do_nothing() {
    let rule =
        |fields: &str| format!("rules:\n  - {{name: r, on: request, effect: deny, {fields}}}\n");
    for (fields, expected) in [
        (
            "match: {kind: http, mcp: {tool: x}}",
            "no call can match `r`: only routes of kind mcp have MCP messages (add `mcp` to `kind`)",
        ),
        (
            "match: {mcp: {method: tools/list, tool: x}}",
            "no call can match `r`: only `tools/call` names a tool (add `tools/call` to `mcp.method`)",
        ),
        (
            "match: {http: {path: orders/*}}",
            "no call can match `r`: a path begins with `/` (write the path from its first `/` on)",
        ),
        (
            "match: {http: {method: '*'}}",
            "no call can match `r`: methods are no globs (name the methods, or leave `method` out)",
        ),
    ] {
        one_mistake(&rule(fields), &format!("GH114 3:42 {expected}"));
    }
    let two = "rules:
  - {name: wide, on: request, effect: deny, match: {http: {method: [PUT, DELETE]}}}
  - {name: narrow, on: request, effect: hold, match: {http: {method: DELETE, path: /a}}}
";
    one_mistake(
        two,
        "GH115 4:6 `narrow` never decides: whatever it matches, `wide` does too (narrow the other rule, or remove this one)",
    );
    for sound in [
        two.replace("name: wide, on: request", "name: wide, on: request, mode: shadow"),
        two.replace("[PUT, DELETE]", "PUT"),
        two.replace("method: [PUT, DELETE]", "method: [PUT, DELETE], host: a"),
        two.replace("effect: hold", "effect: deny"),
        two.replace("effect: deny", "effect: hold").replace(
            "effect: hold, match: {http: {method: DELETE, path: /a}}",
            "effect: redact, match: {http: {method: DELETE}, findings: key}",
        ) + "patterns: [{name: key, kind: key, regex: 'key-[0-9]{4}'}]\n",
        two.replace("method: DELETE, path", "path"),
    ] {
        assert!(compile(&[source(&format!("{BUNDLE}{sound}"))]).is_ok(), "{sound}");
    }
    // Between bundles a stricter rule is what one of them is for.
    let (one, other) = two.split_at(two.find("  - {name: narrow").unwrap());
    let second = source(&format!("bundle: {{name: b, version: '1'}}\nrules:\n{other}"));
    assert!(compile(&[source(&format!("{BUNDLE}{one}")), second]).is_ok());
}

/// A rule with a condition matches less than its words say, and denies what it cannot be asked of.
#[test]
fn conditions_are_outweighed_with_care() {
    let two = |above: &str, below: &str| {
        let rules = format!(
            "rules:\n  - {{name: wide, on: request, {above}}}\n  - {{name: narrow, on: request, {below}}}\n"
        );
        compile(&[source(&format!("{BUNDLE}{rules}"))]).map(|_| ()).map_err(|found| found[0].code)
    };
    let when = |text: &str| format!("when: \"action.tool == '{text}'\"");
    let (a, b) = (when("a"), when("b"));
    assert_eq!(two("effect: deny", &format!("effect: hold, {a}")), Err("GH115"));
    assert_eq!(two(&format!("effect: deny, {a}"), &format!("effect: hold, {a}")), Err("GH115"));
    assert_eq!(two(&format!("effect: deny, {a}"), "effect: hold"), Ok(()));
    assert_eq!(two(&format!("effect: deny, {a}"), &format!("effect: hold, {b}")), Ok(()));
    assert_eq!(two("effect: hold", &format!("effect: allow, {a}")), Ok(()));
    assert_eq!(two("effect: hold", "effect: allow"), Err("GH115"));
}

#[test]
fn conditions_are_lowered() {
    let rules =
        "rules:\n  - {name: r, on: request, effect: deny, when: principal.subject == 'a'}\n";
    let bundle = Bundle::decode(&compile(&[source(&format!("{BUNDLE}{rules}"))]).unwrap()).unwrap();
    let when = bundle.rules[0].when.as_ref().unwrap();
    assert_eq!(when.to_string(), "principal.subject == 'a'");
    one_mistake(
        &rules.replace("principal.subject == 'a'", "1"),
        "GH104 3:48 expected a condition, found a number (put it in quotes)",
    );
}

#[test]
fn patterns_that_cannot_be_found_in_time() {
    let starts = |text: &str, expected: &str| {
        let found = mistakes(&format!("{BUNDLE}{}", pattern(text)));
        assert!(found.len() == 1 && found[0].starts_with(expected), "{found:?}");
    };
    starts("regex: 'key-['", "GH201 5:5 the expression cannot be read: unclosed");
    starts(r"regex: '\bkey-[0-9]{4}'", "GH202 5:5");
    starts("regex: 'key-[0-9]+'", "GH203 5:5 the pattern has no length bound");
    starts("regex: 'key-[0-9]{1,70000}'", "GH203 5:5 the pattern may match more than 65536 bytes");
    starts("regex: '[a-z]+@[a-z]{9}'", "GH203 5:5 the part before the first rare text");
    starts("regex: '[a-z]{8,30}'", "GH204 5:5");
    starts("regex: '[A-Za-z]{2}[0-9]?'", "GH204 5:5");
    starts("regex: 'key-(?:[a-z]{1,99}[0-9a-f]{1,99}){9}'", "GH205 5:5");
    // Refused before it takes gigabytes.
    starts("regex: 'key-(?:(?:a{1000}){1000}){1000}'\n    max_length: 99", "GH205 5:5");
    starts("regex: 'key-(?:(?:(?:x?){999}){999}){999}y'\n    max_length: 99", "GH205 5:5");
    starts("regex: 'key-[0-9]{4}'\n    not_after: ['[a-z]{1,9}']", "GH206 6:5");
    starts("regex: '(?:key-)?'", "GH207 5:5");
}

#[test]
fn examples_are_tried() {
    let text = pattern(
        "regex: 'key-[0-9]{4}'\n    examples:\n      match: ['key-1234', [key-, '12']]\n      no_match: ['my key-5678', 'key-12']",
    );
    assert_eq!(
        mistakes(&format!("{BUNDLE}{text}")),
        [
            "GH301 7:27 the pattern does not find this example",
            "GH302 8:18 the pattern finds this example, which it must not",
        ]
    );
    one_mistake(
        &pattern("regex: 'REDACTED:[a-z]'"),
        "GH303 5:5 the pattern finds what redacting leaves behind",
    );
}

#[test]
fn what_is_no_yaml() {
    for (text, expected) in [
        ("bundle: [", "GH101 1:"),
        ("bundle: {name: a, version: b, name: c}", "GH101 1:31 this is not YAML: duplicate"),
    ] {
        let found = mistakes(text);
        assert!(found.first().is_some_and(|first| first.starts_with(expected)), "{found:?}");
    }
    assert_eq!(
        mistakes("- a"),
        [
            "GH104 1:1 expected a mapping, found a list (a file holds `bundle:`, `rules:` or `patterns:`)",
            "GH110 1:1 the bundle has no `bundle:` part (say `bundle: {name: ..., version: ...}` in bundle.yaml)",
        ]
    );
}

#[test]
fn sources_are_merged() {
    let one = source(
        "bundle: {name: one, version: 1.0.0, serial: 4}\nrules: [{name: a, on: request, effect: deny}]",
    );
    let two = source(
        "bundle: {name: two, version: 1.0.0, serial: 2}\nrules: [{name: b, on: request, effect: allow}]",
    );
    let bundle = Bundle::decode(&compile(&[one.clone(), two]).unwrap()).unwrap();
    assert_eq!(
        (bundle.name.as_str(), bundle.version.as_str(), bundle.serial),
        ("one+two", "1.0.0", 6)
    );
    assert_eq!(bundle.rules.len(), 2);
    assert_eq!(compile(&[one.clone(), one]).unwrap_err()[0].code, "GH111");
}

#[test]
fn what_is_merged_expires_with_the_first_of_it() {
    let until = |name: &str, not_after: &str| {
        source(&format!("bundle: {{name: {name}, version: '1'{not_after}}}\n"))
    };
    let early = until("early", ", not_after: 2027-01-31T18:00:00Z");
    let late = until("late", ", not_after: '2027-02-01T00:00:00+02:00'");
    let not_after =
        |sources: &[Source]| Bundle::decode(&compile(sources).unwrap()).unwrap().not_after;
    assert_eq!(not_after(&[until("never", "")]), None);
    assert_eq!(not_after(std::slice::from_ref(&late)), Some(1_801_432_800));
    assert_eq!(not_after(&[late, until("never", ""), early]), Some(1_801_418_400));
    let file = until("a", ", not_after: tomorrow");
    let mistake = compile(&[file]).unwrap_err().remove(0);
    assert_eq!((mistake.code, mistake.message.as_str()), ("GH106", "`tomorrow` is not a moment"));
}

#[test]
fn cases_tell_what_differs() {
    let text = "\
rules:
  - {name: no-delete, on: request, match: {http: {method: DELETE}}, effect: deny}
  - {name: no-put, on: request, match: {http: {method: PUT}}, effect: deny}
tests:
  - name: right
    request: {method: DELETE, path: /a}
    expect: {effect: deny, rules: no-delete}
  - name: wrong
    request: {method: DELETE, path: /a}
    expect: {effect: hold, rules: [], body: x}
  - name: unread
    request: {path: /a/../../b}
    expect: {effect: allow}
";
    let report = test(&[source(&format!("{BUNDLE}{text}"))]).unwrap();
    assert_eq!((report.uncovered.as_slice(), report.rules), (["no-put".to_owned()].as_slice(), 2));
    let results = report.cases;
    let of = |index: usize| results[index].failures.clone();
    assert_eq!(of(0), [""; 0]);
    assert_eq!(
        of(1),
        [
            "expected `hold`, got `deny` by [no-delete]",
            "expected rules [], got [no-delete]",
            "the body became "
        ]
    );
    assert!(of(2).len() == 1 && of(2)[0].starts_with("the request is refused"), "{:?}", of(2));
    assert_eq!((results[1].file.as_str(), results[1].line), ("small.yaml", 9));
    let mistake =
        format!("{BUNDLE}tests: [{{name: a, request: {{pth: /}}, expect: {{effect: allow}}}}]");
    assert_eq!(test(&[source(&mistake)]).unwrap_err()[0].code, "GH102");
}
