//! What a bundle says of calls that no rule speaks for.

use super::{Source, compile, mistakes, source, test};
use crate::bundle::Bundle;
use crate::rule::DefaultEffect;

#[test]
fn of_bundles_together_one_that_denies_by_default_is_enough() {
    let of = |name: &str, default: &str| {
        source(&format!("bundle: {{name: {name}, version: '1'{default}}}\n"))
    };
    let default = |sources: &[Source]| Bundle::decode(&compile(sources).unwrap()).unwrap().default;
    let (open, silent, closed) =
        (of("a", ", default: allow"), of("b", ""), of("c", ", default: deny"));
    assert_eq!(default(&[open.clone(), silent.clone()]), DefaultEffect::Allow);
    for pair in [[open.clone(), closed.clone()], [closed, silent.clone()]] {
        assert_eq!(default(&pair), DefaultEffect::Deny);
    }
    let tried = of("d", ", default: deny, mode: shadow");
    assert_eq!(default(std::slice::from_ref(&tried)), DefaultEffect::Allow);
    // Saying what holds anyway makes no other bundle.
    assert_eq!(compile(&[of("b", ", default: allow")]).unwrap(), compile(&[silent]).unwrap());
    let text = "bundle: {name: a, version: '1', default: hold}
";
    assert_eq!(mistakes(text), ["GH105 1:42 unknown value `hold` (known here: `allow`, `deny`)"]);
}

#[test]
fn cases_see_the_default() {
    let text = "\
bundle: {name: small, version: '1', default: deny}
rules:
  - {name: reads, on: request, match: {http: {method: GET}}, effect: allow}
tests:
  - {name: read, request: {path: /a}, expect: {effect: allow, rules: reads}}
  - {name: write, request: {method: PUT, path: /a}, expect: {effect: deny, rules: []}}
";
    let report = test(&[source(text)]).unwrap();
    assert!(report.cases.iter().all(|case| case.failures.is_empty()), "{report:?}");
    let wrong = text.replace("expect: {effect: deny, rules: []}", "expect: {effect: allow}");
    let report = test(&[source(&wrong)]).unwrap();
    assert_eq!(
        report.cases[1].failures,
        [
            "expected `allow`, got `deny` by no rule (`no_rule`): none lets the call pass, and `default` is deny"
        ]
    );
    let report = test(&[source(&text.replace(", default: deny", ""))]).unwrap();
    assert_eq!(report.cases[1].failures, ["expected `deny`, got `allow` by no rule"]);
}
