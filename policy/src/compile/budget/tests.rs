use crate::budget::Budget;
use crate::bundle::Bundle;
use crate::compile::{Source, SourceFile, compile};
use crate::rule::Mode;

fn source(text: &str) -> Source {
    let file = SourceFile { path: "b.yaml".into(), text: text.into() };
    Source { name: "b".into(), files: vec![file], ..Source::default() }
}

fn bundle(text: &str) -> Bundle {
    let file = compile(&[source(text)]).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    Bundle::decode(&file).unwrap()
}

fn mistakes(budget: &str) -> Vec<String> {
    let text =
        format!("bundle: {{name: b, version: '1', sections: [stock]}}\nbudgets:\n{budget}\n");
    let found = compile(&[source(&text)]).err().unwrap_or_default();
    found.iter().map(|one| format!("{} {}", one.code, one.message)).collect()
}

#[test]
fn a_budget_is_lowered() {
    let text = "
bundle: {name: b, version: '1', sections: [stock]}
budgets:
  - name: calls
    description: for all
    requests: 5
    per: 1m
  - name: bulk
    sections: stock
    match: {kind: mcp, principal: {group: bots}, http: {method: POST, path: /a/**, host: '*.com'}}
    bytes: 10MiB
    per: 31d
    mode: shadow
";
    let [calls, bulk]: [Budget; 2] = bundle(text).budgets.try_into().unwrap();
    assert_eq!((calls.requests, calls.bytes, calls.per_seconds), (Some(5), None, 60));
    assert_eq!((calls.mode, calls.description.as_str()), (Mode::Enforce, "for all"));
    assert_eq!((bulk.bytes, bulk.per_seconds), (Some(10 * 1024 * 1024), 31 * 86400));
    assert_eq!((bulk.mode, bulk.sections.as_slice()), (Mode::Shadow, &["stock".to_owned()][..]));
    assert_eq!(bulk.matches.http.unwrap().host, ["*.com"]);
    assert_eq!(bulk.matches.principal.unwrap().group, ["bots"]);
}

#[test]
fn a_bundle_in_shadow_has_its_budgets_in_shadow() {
    let text = "
bundle: {name: b, version: '1', mode: shadow}
budgets: [{name: calls, requests: 5, per: 1m}]
";
    assert_eq!(bundle(text).budgets[0].mode, Mode::Shadow);
}

#[test]
fn what_no_gateway_can_keep_is_a_mistake() {
    for (budget, mistake) in [
        ("  - {name: a, per: 1m}", "GH135 the budget `a` limits nothing"),
        ("  - {name: a, requests: 0, per: 1m}", "GH135 `requests: 0` lets nothing pass"),
        ("  - {name: a, bytes: 0KiB, per: 1m}", "GH135 `bytes: 0` lets nothing pass"),
        ("  - {name: a, requests: 1, per: 0s}", "GH135 a window is one second to 31 days long"),
        ("  - {name: a, requests: 1, per: 32d}", "GH135 a window is one second to 31 days long"),
        ("  - {name: a, requests: 1}", "GH103 the field `per` is missing"),
        ("  - {name: a, bytes: 10MB, per: 1m}", "GH106 `10MB` is not a size"),
        ("  - {name: a, bytes: 99999999999GiB, per: 1m}", "GH106 `99999999999GiB` is not a size"),
        (
            "  - {name: a, requests: 1, per: 1m, match: {kind: auto}}",
            "GH135 no call is of the kind `auto`",
        ),
        (
            "  - {name: a, requests: 1, per: 1m, match: {mcp: {tool: x}}}",
            "GH102 unknown field `mcp`",
        ),
        (
            "  - {name: a, requests: 1, per: 1m, sections: stok}",
            "GH116 the bundle has no section `stok`",
        ),
        (
            "  - {name: a, requests: 1, per: 1m}\n  - {name: a, requests: 2, per: 1h}",
            "GH111 there are two budgets named `a`",
        ),
    ] {
        assert_eq!(mistakes(budget), [mistake], "{budget}");
    }
    let many = |count: usize| -> String {
        (0..count).map(|at| format!("  - {{name: a-{at}, requests: 1, per: 1m}}\n")).collect()
    };
    assert_eq!(mistakes(&many(32)), [""; 0]);
    assert_eq!(mistakes(&many(33)), ["GH135 33 budgets are more than a bundle may have"]);
}
