use crate::compile::{Source, SourceFile, compile};

/// The mistakes of a bundle whose rule has this scope.
fn of(scope: &str) -> Vec<String> {
    with(&format!("scope: {scope}"))
}

/// And of one with these terms.
fn with(terms: &str) -> Vec<String> {
    let text = format!(
        "bundle: {{name: b, version: '1'}}\nrules:\n  - name: r\n    on: request\n    effect: hold\n    \
         hold: {{{terms}}}\n"
    );
    let file = SourceFile { path: String::new(), text };
    let source = Source { name: "b.yaml".into(), files: vec![file], ..Source::default() };
    let found = compile(&[source]).err().unwrap_or_default();
    found.iter().map(|one| format!("{} {}", one.code, one.message)).collect()
}

#[test]
fn somebody_breaks_the_glass() {
    assert_eq!(with("break_glass: oncall"), [""; 0]);
    assert_eq!(with("break_glass: [oncall, chiefs]"), [""; 0]);
    for nobody in ["[]", "['']", "[oncall, ' ']", "''"] {
        let told = with(&format!("break_glass: {nobody}"));
        assert_eq!(told, ["GH113 nobody could break the glass"], "{nobody}");
    }
    assert!(with("break_glass: {any: [oncall]}")[0].starts_with("GH1"));
}

#[test]
fn whoever_is_asked_has_a_name() {
    for named in ["a", "[a, b]", "{any: [a], all: b}", "{all: [a]}"] {
        assert_eq!(with(&format!("approvers: {named}")), [""; 0], "{named}");
    }
    for nobody in ["[]", "{}", "''", "[a, ' ']", "{any: []}", "{any: [], all: [a]}", "{all: ['']}"]
    {
        let told = with(&format!("approvers: {nobody}"));
        assert_eq!(told, ["GH113 `approvers` names nobody"], "{nobody}");
    }
}

#[test]
fn a_scope_is_of_some_calls_for_some_time() {
    assert_eq!(of("{uses: 2, lasts: 7d}"), [""; 0]);
    assert_eq!(of("{uses: 1000, lasts: 1s, free: {/a/b: '*', '/c~1d': [x, y]}}"), [""; 0]);
    for (scope, mistakes) in [
        ("{uses: 1, lasts: 1h}", &["GH113", "2 to 1000 calls"][..]),
        ("{uses: 1001, lasts: 1h}", &["GH113", "2 to 1000 calls"]),
        ("{uses: 5, lasts: 0s}", &["GH113", "1 second to 7 days"]),
        ("{uses: 5, lasts: 8d}", &["GH113", "1 second to 7 days"]),
        ("{uses: 5}", &["GH103", "lasts"]),
        ("{uses: 5, lasts: 1h, free: {a: x}}", &["GH119", "`a` is not a JSON pointer"]),
        ("{uses: 5, lasts: 1h, free: {/a/*: x}}", &["GH113", "`/a/*` is no single value"]),
        ("{uses: 5, lasts: 1h, free: {'': x}}", &["GH113", "`` is no single value"]),
        ("{uses: 5, lasts: 1h, free: {/a: []}}", &["GH114", "no call is within this scope"]),
    ] {
        let told = of(scope);
        assert_eq!(told.len(), 1, "{scope}: {told:?}");
        assert!(mistakes.iter().all(|part| told[0].contains(part)), "{scope}: {told:?}");
    }
    let many: Vec<String> = (0..17).map(|at| format!("/a{at}: x")).collect();
    let told = of(&format!("{{uses: 5, lasts: 1h, free: {{{}}}}}", many.join(", ")));
    assert!(told[0].contains("at most 16 values"), "{told:?}");
}
