//! A bundle that denies by default, over a whole exchange.

use super::lab::{Lab, changed, reason, record, releases, response};
use crate::rule::Effect;

#[test]
fn what_no_rule_speaks_for_is_refused_and_recorded() {
    let mut lab = Lab::new();
    let (_, steps) = lab.begin(lab.head("GET", "/orders", true));
    assert!(releases(&steps));
    lab.engine.activate(changed("serial: 1}", "serial: 2, default: deny}"));
    let (_, steps) = lab.begin(lab.head("GET", "/orders", true));
    assert_eq!((reason(&steps), response(&steps).unwrap().status), ("no_rule", 403));
    let verdict = record(&steps).verdict;
    assert_eq!((verdict.effect, verdict.rules), (Some(Effect::Deny), vec![]));
    // A rule that asks an approver speaks for the call.
    let (_, request) = lab.held();
    assert_eq!(request.rules, ["ask-before-delete"]);
}
