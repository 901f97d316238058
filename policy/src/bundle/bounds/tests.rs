use serde_json::{Value, json};

use super::super::{Bundle, wire};
use super::{ALLOWANCES, MANIFEST_BYTES, RULES, SECTIONS, SECTIONS_OF_RULE, TEXT};

fn file(manifest: &str, rules: &str) -> Vec<u8> {
    wire::write(&[
        ("manifest", manifest.as_bytes()),
        ("rules", rules.as_bytes()),
        ("patterns", b"[]"),
    ])
}

fn manifest(sections: usize) -> String {
    let sections: Vec<String> = (0..sections).map(|n| format!("s{n}")).collect();
    json!({"name": "b", "version": "1", "serial": 1, "sections": sections}).to_string()
}

fn refusal(manifest: &str, rules: &str) -> Option<String> {
    Bundle::decode(&file(manifest, rules)).err().map(|error| error.0)
}

#[track_caller]
fn refused(manifest: &str, rules: &str, why: &str) {
    let told = refusal(manifest, rules).unwrap_or_default();
    assert!(told.contains(why), "{told}");
}

fn rule(fields: Value) -> String {
    let mut rule = json!({"name": "r", "on": "request", "effect": "deny"});
    rule.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    json!([rule]).to_string()
}

#[test]
fn sections_have_a_bound() {
    assert_eq!(refusal(&manifest(SECTIONS), "[]"), None);
    refused(&manifest(SECTIONS + 1), "[]", "declares more than 128 sections");
    // Not even a summary of it, which is made before any signature is looked at.
    assert!(super::super::summary(&file(&manifest(SECTIONS + 1), "[]")).is_err());
    let naming = |count: usize| rule(json!({"sections": vec!["s0"; count]}));
    assert_eq!(refusal(&manifest(1), &naming(SECTIONS_OF_RULE)), None);
    refused(&manifest(1), &naming(SECTIONS_OF_RULE + 1), "names more than 128 sections");
    refused(&manifest(1), &rule(json!({"sections": ["s1"]})), "does not declare");
}

#[test]
fn sections_of_a_budget_have_a_bound() {
    let told = |count: usize| {
        let sections = vec!["s0"; count];
        let budget = json!([{"name": "b", "sections": sections, "requests": 1, "per_seconds": 60}]);
        let (manifest, budgets) = (manifest(1), budget.to_string());
        let file = wire::write(&[
            ("manifest", manifest.as_bytes()),
            ("rules", b"[]"),
            ("budgets", budgets.as_bytes()),
            ("patterns", b"[]"),
        ]);
        Bundle::decode(&file).err().map(|error| error.0)
    };
    assert_eq!(told(SECTIONS_OF_RULE), None);
    assert!(told(SECTIONS_OF_RULE + 1).is_some_and(|told| told.contains("a budget of the bundle")));
}

#[test]
fn allowances_have_a_bound() {
    let one = json!({"kind": "k", "field": "/a", "until": 1, "reason": "r"});
    let of = |count: usize| rule(json!({"allow_findings": vec![one.clone(); count]}));
    assert_eq!(refusal(&manifest(0), &of(ALLOWANCES)), None);
    refused(&manifest(0), &of(ALLOWANCES + 1), "more than 64 entries");
}

#[test]
fn rules_have_a_bound_and_are_read_no_further() {
    let rules = |count: usize| -> Vec<String> {
        (0..count).map(|n| format!(r#"{{"name":"r{n}","on":"request","effect":"deny"}}"#)).collect()
    };
    assert_eq!(refusal(&manifest(0), &format!("[{}]", rules(RULES).join(","))), None);
    // What follows is not even JSON.
    let more = format!("[{},{{", rules(RULES + 1).join(","));
    refused(&manifest(0), &more, "more than 10000 rules");
}

/// Whoever serves files has signed nothing.
#[test]
fn a_manifest_has_a_bound_and_is_not_read_before() {
    let small = manifest(0);
    let padded = |bytes: usize| small.clone() + &" ".repeat(bytes - small.len());
    assert_eq!(refusal(&padded(MANIFEST_BYTES), "[]"), None);
    refused(&padded(MANIFEST_BYTES + 1), "[]", "larger than 64 KiB");
    let unread = "{".repeat(MANIFEST_BYTES + 1);
    refused(&unread, "[]", "larger than 64 KiB");
    let summary = super::super::summary(&file(&unread, "[]"));
    assert!(summary.unwrap_err().0.contains("larger than 64 KiB"));
}

#[test]
fn a_file_has_few_sections() {
    let many = |count: usize| {
        let sections: Vec<(&str, &[u8])> = vec![("rules", b"".as_slice()); count];
        let file = wire::write(&sections);
        wire::sections(&file[wire::HEADER_BYTES..]).map(|sections| sections.len())
    };
    assert_eq!(many(wire::MOST_SECTIONS), Ok(wire::MOST_SECTIONS));
    assert!(many(wire::MOST_SECTIONS + 1).unwrap_err().0.contains("more than 16 sections"));
    // By its number alone.
    let told = wire::sections(&u32::MAX.to_le_bytes()).unwrap_err().0;
    assert!(told.contains("more than 16 sections"), "{told}");
}

#[test]
fn the_name_and_the_version_have_a_bound() {
    for field in ["name", "version"] {
        let of = |bytes: usize| {
            let mut manifest = json!({"name": "b", "version": "1", "serial": 1});
            manifest[field] = "v".repeat(bytes).into();
            manifest.to_string()
        };
        assert_eq!(refusal(&of(TEXT), "[]"), None);
        refused(&of(TEXT + 1), "[]", "longer than 100 bytes");
    }
}
