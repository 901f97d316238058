//! Whose texts people read where several rules say the same.

use serde_json::{Value, json};

use super::{Facts, call, decide_request};
use crate::bundle::{Bundle, wire};
use crate::call::Kind;
use crate::protocol;
use crate::rule::DefaultEffect;

fn rule(name: &str, severity: &str, sections: &[&str]) -> Value {
    json!({
        "name": name, "on": "request", "effect": "hold", "severity": severity,
        "sections": sections, "description": format!("what {name} says"), "message": name,
    })
}

/// The message and the description that these rules give, and who decided.
fn spoken(rules: &[&Value]) -> (String, String, Vec<String>) {
    let manifest = br#"{"name":"b","version":"1","serial":1,"sections":["pay"]}"#.as_slice();
    let rules = serde_json::to_vec(rules).unwrap();
    let file = wire::write(&[("manifest", manifest), ("rules", &rules), ("patterns", b"[]")]);
    let bundle = Bundle::decode(&file).unwrap();
    let call = call("GET", "/a", "");
    let protocol = protocol::read(Kind::Http, "GET", &call.headers, &call.body).unwrap();
    let facts = Facts::new(&call, "/a", "db.example", &protocol, &[], vec!["pay"]);
    let verdict = decide_request(&bundle.rules, DefaultEffect::Allow, &facts);
    let deciding = verdict.deciding().map(|rule| rule.rule.clone()).collect();
    (verdict.message.unwrap(), verdict.description.unwrap(), deciding)
}

#[test]
fn rules_for_all_routes_speak_first_then_the_more_severe_then_by_name() {
    let of_section = rule("a-section", "critical", &["pay"]);
    let (low, high) = (rule("a-low", "low", &[]), rule("z-high", "high", &[]));
    let (b, a) = (rule("b", "medium", &["pay"]), rule("a", "medium", &["pay"]));
    for (rules, first) in [
        ([&of_section, &low], "a-low"),
        ([&low, &high], "z-high"),
        ([&b, &a], "a"),
        ([&a, &of_section], "a-section"),
    ] {
        let [one, other] = rules;
        let said = spoken(&[one, other]);
        assert_eq!(said, spoken(&[other, one]));
        assert_eq!((said.0.as_str(), said.1.as_str()), (first, &*format!("what {first} says")));
        assert_eq!((said.2.len(), said.2[0].as_str()), (2, first));
    }
}
