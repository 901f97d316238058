use policy::bundle::{Bundle, cases};
use policy::rule::{Phase, Rule};

use super::{Arguments, Format, name, run};
use crate::bundle::sources;
use crate::bundle::tested::released;

#[test]
fn a_new_bundle_passes_its_own_tests() {
    let folder = tempfile::tempdir().unwrap();
    let made = folder.path().join("Order Desk");
    let arguments = Arguments { folder: made.clone() };
    run(&arguments, Format::Json).unwrap();
    let sources = sources(std::slice::from_ref(&made)).unwrap();
    let report = policy::compile::test(&sources).unwrap();
    assert_eq!(report.uncovered, [""; 0]);
    assert_eq!(report.cases.len(), 4);
    assert!(report.cases.iter().all(|case| case.failures.is_empty()), "{:?}", report.cases);
    let file = released(&sources).unwrap();
    assert_eq!(cases(&file).unwrap().len(), 4);
    let bundle = Bundle::decode(&file).unwrap();
    assert_eq!(bundle.name, "order-desk");
    // Shipped alone it masks what the bundles that apply by default do.
    for kind in ["order-token", "private-key", "payment-card", "us-ssn", "email"] {
        let masks = |rule: &&Rule| {
            rule.on == Phase::Response && rule.matches.findings.iter().any(|one| one == kind)
        };
        assert!(bundle.rules.iter().any(|rule| masks(&rule)), "{kind}");
    }
    assert!(made.join("schema/bundle.schema.json").is_file());
    let again = run(&arguments, Format::Json).unwrap_err().to_string();
    assert!(again.contains("not empty"), "{again}");
}

#[test]
fn a_name_comes_from_the_folder() {
    assert_eq!(name("a/My_Bundle 2".as_ref()).unwrap(), "my-bundle-2");
    assert!(name("/".as_ref()).is_err());
    assert!(name("a/---".as_ref()).is_err());
}
