use serde_json::{Value, json};

use super::{Approval, Terms};
use crate::rule::HoldTerms;

fn terms(json: Value) -> Terms {
    serde_json::from_value::<HoldTerms>(json).unwrap().into()
}

fn approvals(people: &[(&str, &[&str])]) -> Vec<Approval> {
    let own = |text: &&str| (*text).to_owned();
    let one = |(name, groups): &(&str, &[&str])| Approval {
        approver: own(name),
        groups: groups.iter().map(own).collect(),
    };
    people.iter().map(one).collect()
}

fn enough(terms: &Terms, people: &[(&str, &[&str])]) -> bool {
    terms.satisfied_by(&approvals(people))
}

#[test]
fn people_of_one_rule_never_make_up_for_those_of_another() {
    let finance = terms(json!({"approvers": ["finance"], "quorum": 2}));
    let legal = terms(json!({"approvers": ["legal"]}));
    let both = finance.clone().and(legal.clone());
    let (f, l): (&[&str], &[&str]) = (&["finance"], &["legal"]);
    assert!(!enough(&both, &[("ada", f), ("bob", l)]));
    assert!(!enough(&both, &[("ada", f), ("bob", l), ("cid", l)]));
    assert!(!enough(&both, &[("ada", f), ("bob", f)]));
    assert!(enough(&both, &[("ada", f), ("bob", f), ("cid", l)]));
    // One of both groups counts for each rule, but once in each.
    let fl: &[&str] = &["finance", "legal"];
    assert!(!enough(&both, &[("ada", fl)]));
    assert!(!enough(&both, &[("ada", f), ("ada", l), ("ada", fl)]));
    assert!(enough(&both, &[("ada", fl), ("bob", f)]));
    assert!(!enough(&both, &[("ada", fl), ("bob", l)]));
    // Alone each rule asks for its own people only.
    assert!(enough(&legal, &[("bob", l)]) && !enough(&legal, &[("ada", f)]));
    assert!(enough(&finance, &[("ada", f), ("bob", fl)]));
    assert!(!enough(&finance, &[("ada", f), ("bob", l)]));
}

#[test]
fn a_rule_without_groups_counts_everybody() {
    let both = terms(json!({"quorum": 2})).and(terms(json!({"approvers": ["legal"]})));
    assert!(!enough(&both, &[("ada", &["legal"])]));
    assert!(!enough(&both, &[("ada", &[]), ("bob", &[])]));
    assert!(enough(&both, &[("ada", &["legal"]), ("bob", &[])]));
}

#[test]
fn each_set_of_a_rule_is_heard() {
    let terms = terms(json!({"approvers": {"any": ["a", "b"], "all": ["c"]}, "quorum": 2}));
    assert!(!enough(&terms, &[("ada", &["a"]), ("bob", &["b"])]));
    assert!(!enough(&terms, &[("ada", &["a", "c"])]));
    assert!(!enough(&terms, &[("ada", &["a", "c"]), ("eve", &["sales"])]));
    assert!(enough(&terms, &[("ada", &["b"]), ("bob", &["c"])]));
    assert!(enough(&terms, &[("ada", &["a", "c"]), ("bob", &["c"])]));
}

#[test]
fn the_order_of_rules_means_nothing() {
    let rules = [
        json!({"approvers": ["legal"], "expiry_seconds": 60, "reason_required": true}),
        json!({"approvers": ["finance"], "quorum": 2, "wait_seconds": 5}),
        json!({"quorum": 3}),
        json!({"approvers": ["legal"]}),
    ];
    let [a, b, c, d] = rules.map(terms);
    let one = a.clone().and(b.clone()).and(c.clone()).and(d.clone());
    assert_eq!(d.and(c).and(b).and(a), one);
    let written = json!({
        "requirements": [
            {"quorum": 3},
            {"approvers": ["finance"], "quorum": 2},
            {"approvers": ["legal"], "quorum": 1},
        ],
        "expiry_seconds": 60, "wait_seconds": 5, "reason_required": true,
    });
    assert_eq!(serde_json::to_value(&one).unwrap(), written);
    assert_eq!(serde_json::from_value::<Terms>(written).unwrap(), one);
}

#[test]
fn each_rule_says_who_breaks_the_glass() {
    let breaks = |terms: &Terms, people| terms.broken_by(&approvals(people));
    let oncall = terms(json!({"quorum": 2, "break_glass": ["oncall", "chiefs", "oncall"]}));
    assert_eq!(oncall, terms(json!({"quorum": 2, "break_glass": ["chiefs", "oncall"]})));
    assert!(breaks(&oncall, &[("ada", &["oncall"])]) && breaks(&oncall, &[("ada", &["chiefs"])]));
    assert!(!breaks(&oncall, &[("ada", &["dba"])]) && !breaks(&oncall, &[]));
    assert!(!enough(&oncall, &[("ada", &["oncall"])]), "that is no approval like others");
    let chiefs = terms(json!({"break_glass": ["chiefs"]}));
    let both = oncall.clone().and(chiefs.clone());
    assert_eq!(both, chiefs.and(oncall.clone()));
    assert!(!breaks(&both, &[("ada", &["oncall"])]) && breaks(&both, &[("ada", &["chiefs"])]));
    let none = oncall.clone().and(terms(json!({})));
    assert_eq!(none, terms(json!({})).and(oncall));
    assert!(!breaks(&none, &[("ada", &["oncall", "chiefs"])]));
}

#[test]
fn terms_that_ask_for_nobody_are_never_met() {
    let mut nobody = Terms::default();
    nobody.requirements[0].quorum = 0;
    assert!(!enough(&nobody, &[]));
    nobody.requirements.clear();
    assert!(!enough(&nobody, &[]) && !enough(&nobody, &[("ada", &[])]));
    assert!(!enough(&Terms::default(), &[]) && enough(&Terms::default(), &[("ada", &[])]));
}

#[test]
fn what_is_not_understood_is_not_read() {
    let read = |json: Value| serde_json::from_value::<Terms>(json).is_ok();
    let with = |requirement: Value| {
        json!({"requirements": [requirement], "expiry_seconds": 60, "wait_seconds": 5,
            "reason_required": false})
    };
    assert!(read(with(json!({"quorum": 1}))));
    assert!(!read(with(json!({"quorum": 1, "besides": ["legal"]}))));
    let mut more = with(json!({"quorum": 1}));
    more["besides"] = json!(1);
    assert!(!read(more));
    assert!(!read(json!({"expiry_seconds": 60, "wait_seconds": 5, "reason_required": false})));
}
