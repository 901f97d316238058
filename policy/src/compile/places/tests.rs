use crate::bundle::Bundle;
use crate::compile::{Source, SourceFile, compile};

fn compiled(matches: &str) -> Result<Vec<u8>, Vec<String>> {
    let text = format!(
        "bundle: {{name: a, version: '1'}}\nrules:\n  - name: r\n    on: request\n    effect: deny\n    match: {matches}\n"
    );
    let file = SourceFile { path: String::new(), text };
    let told = |found: Vec<crate::compile::Diagnostic>| {
        let told = |d: &crate::compile::Diagnostic| {
            let help = d.help.clone().unwrap_or_default();
            format!("{} {}:{} {} ({help})", d.code, d.line, d.column, d.message)
        };
        found.iter().map(told).collect()
    };
    compile(&[Source { name: "a.yaml".into(), files: vec![file], ..Source::default() }])
        .map_err(told)
}

#[test]
fn mistakes_in_places_are_told() {
    for (matches, expected) in [
        (
            "{body: {order.amount: '9*'}}",
            "GH119 6:20 `order.amount` is not a JSON pointer (write it from its first `/` on, as `/order/amount`)",
        ),
        (
            "{body: {/a~b: '1'}}",
            "GH119 6:20 `/a~b` is not a JSON pointer (write `~0` for `~` and `~1` for `/` within a name)",
        ),
        (
            "{sql: {effect: read, at: [/a, b]}}",
            "GH119 6:42 `b` is not a JSON pointer (write it from its first `/` on, as `/b`)",
        ),
        (
            "{body: {/a: '1', /A: '2'}}",
            "GH111 6:29 `/A` is the same place as `/a` (names are compared without their case; put both into one list)",
        ),
        (
            "{mcp: {arguments: {to: '1', To: '2'}}}",
            "GH111 6:40 `To` is the same place as `to` (names are compared without their case; put both into one list)",
        ),
        (
            "{body: {/a: []}}",
            "GH114 6:20 no call can match `r`: `/a` has no values (name the values, or `*` for whatever is there)",
        ),
        (
            "{http: {form: {a: []}}}",
            "GH114 6:27 no call can match `r`: `a` has no values (name the values, or `*` for whatever is there)",
        ),
        (
            "{mcp: {method: tools/list, arguments: {a: b}}}",
            "GH114 6:5 no call can match `r`: only `tools/call` and `prompts/get` have arguments (add `tools/call` to `mcp.method`)",
        ),
        (
            "{kind: [mcp, openai], http: {form: {a: b}}}",
            "GH114 6:5 no call can match `r`: bodies of these kinds are never forms (add `http` to `kind`)",
        ),
        (
            "{kind: http, openai: {tool_type: mcp}}",
            "GH114 6:5 no call can match `r`: only routes of kind openai have requests to models (add `openai` to `kind`, and leave `mcp` out)",
        ),
        (
            "{body: {/a: b}, http: {form: {a: b}}}",
            "GH114 6:5 no call can match `r`: a body is JSON or a form (write a rule for each)",
        ),
    ] {
        assert_eq!(compiled(matches).unwrap_err(), [expected], "{matches}");
    }
}

#[test]
fn places_are_lowered() {
    let file = compiled(
        "{body: {/a/*: [b, c], '': d}, mcp: {method: prompts/get, arguments: {e: f}}, sql: {effect: read, at: ['', /x~1y]}}",
    );
    let rules = Bundle::decode(&file.unwrap()).unwrap().rules;
    let matches = &rules[0].matches;
    assert_eq!(matches.body["/a/*"], ["b", "c"]);
    assert_eq!(matches.body[""], ["d"]);
    assert_eq!(matches.mcp.as_ref().unwrap().arguments["e"], ["f"]);
    compiled("{http: {form: {a: b, A: c}}}").unwrap();
}

/// A body that cannot be read is denied, which a rule that holds does not do.
#[test]
fn what_may_be_denied_is_not_outweighed_by_a_hold() {
    let two = |wide: &str, narrow: &str, matches: &str| {
        let text = format!(
            "bundle: {{name: a, version: '1'}}\nrules:\n  - {{name: wide, on: request, effect: {wide}}}\n  - {{name: narrow, on: request, effect: {narrow}, match: {matches}}}\n"
        );
        let file = SourceFile { path: String::new(), text };
        compile(&[Source { name: "a.yaml".into(), files: vec![file], ..Source::default() }])
            .map(|_| ())
    };
    let matches = [
        "{body: {/a: b}}",
        "{http: {form: {a: b}}}",
        "{mcp: {arguments: {a: b}}}",
        "{openai: {tool: a}}",
    ];
    for matches in matches {
        two("hold", "allow", matches).unwrap();
        assert_eq!(two("deny", "hold", matches).unwrap_err()[0].code, "GH115");
    }
}

#[test]
fn a_command_has_a_place() {
    for (matches, expected) in [
        ("{shell: {effect: host_control}}", "GH103 6:20 the field `at` is missing ()"),
        (
            "{shell: {effect: host_control, at: []}}",
            "GH114 6:5 no call can match `r`: `at` names no place (say where the command is, as in `at: /command`)",
        ),
        (
            "{shell: {effect: host_control, at: command}}",
            "GH119 6:47 `command` is not a JSON pointer (write it from its first `/` on, as `/command`)",
        ),
    ] {
        let told = compiled(matches).unwrap_err();
        assert_eq!(told, [expected], "{matches}");
    }
    assert!(compiled("{shell: {effect: [host_control, remote_code], at: /command}}").is_ok());
}
