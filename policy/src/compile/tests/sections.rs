//! Sections of a bundle and of its rules.

use super::{Source, compile, mistakes, source, test};
use crate::bundle::{Bundle, wire};

const SHOP: &str = "\
bundle: {name: shop, version: '1', sections: [stock, payments]}
rules:
  - {name: everywhere, on: request, match: {http: {method: DELETE}}, effect: deny}
  - {name: payments-only, on: request, sections: payments, match: {http: {path: /refunds}}, effect: deny}
";

#[test]
fn sections_are_declared_and_named() {
    let bundle = Bundle::decode(&compile(&[source(SHOP)]).unwrap()).unwrap();
    assert_eq!(bundle.sections, ["payments", "stock"]);
    assert!(bundle.rules[0].sections.is_empty());
    assert_eq!(bundle.rules[1].sections, ["payments"]);
    let other = source("bundle: {name: other, version: '1', sections: [payments, users]}\n");
    let together = Bundle::decode(&compile(&[source(SHOP), other]).unwrap()).unwrap();
    assert_eq!(together.sections, ["payments", "stock", "users"]);
}

#[test]
fn a_section_that_is_not_declared_is_a_mistake() {
    let with = |sections: &str| mistakes(&SHOP.replace("sections: payments", sections));
    assert_eq!(
        with("sections: payment"),
        ["GH116 4:50 the bundle has no section `payment` (did you mean `payments`?)"]
    );
    assert_eq!(with("sections: [payments, users]").len(), 1);
    assert_eq!(
        with("sections: []"),
        [
            "GH116 4:40 the rule is meant for no route: its list of sections is empty (leave `sections` out for every route, or name one)"
        ]
    );
    let none = mistakes(&SHOP.replace(", sections: [stock, payments]", ""));
    assert_eq!(none.len(), 1);
    assert!(none[0].contains("declare it"), "{none:?}");
    // Of the rule's own bundle: who takes the other one away must not lose a rule unseen.
    let other: Source = source("bundle: {name: other, version: '1', sections: [payments]}\n");
    let alone = source(&SHOP.replace(", sections: [stock, payments]", ""));
    assert_eq!(compile(&[alone, other]).unwrap_err().len(), 1);
}

#[test]
fn a_rule_elsewhere_outweighs_nothing() {
    let text = "\
bundle: {name: shop, version: '1', sections: [a, b]}
rules:
  - {name: one, on: request, sections: [a], effect: deny}
  - {name: two, on: request, sections: SECTIONS, effect: hold}
";
    let with = |sections: &str| compile(&[source(&text.replace("SECTIONS", sections))]);
    assert!(with("[b]").is_ok() && with("[a, b]").is_ok());
    let covered = with("[a]").unwrap_err();
    assert_eq!(covered[0].code, "GH115");
}

#[test]
fn cases_name_the_sections_of_their_route() {
    let text = format!(
        "{SHOP}tests:
  - {{name: here, request: {{sections: [stock, payments], path: /refunds}}, expect: {{effect: deny, rules: payments-only}}}}
  - {{name: elsewhere, request: {{sections: stock, path: /refunds}}, expect: {{effect: allow}}}}
  - {{name: nowhere, request: {{path: /refunds}}, expect: {{effect: allow}}}}
  - {{name: any, request: {{method: DELETE, path: /}}, expect: {{effect: deny, rules: everywhere}}}}
  - {{name: misspelt, request: {{sections: refunds, path: /}}, expect: {{effect: deny}}}}
"
    );
    let report = test(&[source(&text)]).unwrap();
    let failed: Vec<_> = report.cases.iter().filter(|case| !case.failures.is_empty()).collect();
    assert_eq!((report.cases.len(), failed.len()), (5, 1), "{failed:?}");
    assert!(failed[0].name == "misspelt" && failed[0].failures[0].contains("`refunds`"));
}

/// What no compiler of ours writes: the rule would never be asked.
#[test]
fn a_file_with_a_rule_in_no_section_is_not_taken() {
    let file = compile(&[source(SHOP)]).unwrap();
    let (payload, _) = wire::payload(&file).unwrap();
    let sections: Vec<_> = wire::sections(payload).unwrap();
    let rules = String::from_utf8(sections[1].1.to_vec()).unwrap();
    let rules = rules.replace("[\"payments\"]", "[\"payment\"]");
    let changed = [sections[0], ("rules", rules.as_bytes()), sections[2]];
    let error = Bundle::decode(&wire::write(&changed)).unwrap_err();
    assert!(error.0.contains("does not declare"), "{error}");
}
