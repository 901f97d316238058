//! A rule that wants several approvals, and a service that makes do with fewer.

use super::lab::*;
use crate::grant::Grant;

/// What the filter makes of a grant that the service changed so.
fn told(change: impl FnOnce(Grant) -> Grant) -> String {
    let mut lab = Lab::new();
    let terms = "approvers: {all: [dba, sre]}, quorum: 2,";
    lab.engine.activate(changed("approvers: [dba],", terms));
    let (mut exchange, grant, receipt) = lab.approved();
    let pair = lab.pair("h_1", change(grant), receipt);
    let steps = lab.answer(&mut exchange, 200, &pair);
    if releases(&steps) { "released".into() } else { reason(&steps).to_owned() }
}

#[test]
fn the_filter_counts_by_its_own_bundle() {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let whole = |grant: Grant| Grant {
        approvers: texts(&["ada", "grace"]),
        groups: texts(&["dba", "sre"]),
        quorum: 2,
        ..grant
    };
    assert_eq!(told(whole), "released");
    let fewer: [&dyn Fn(Grant) -> Grant; 6] = [
        // As the honest service of a rule that wants one.
        &|grant| grant,
        &|grant| Grant { quorum: 1, ..whole(grant) },
        &|grant| Grant { approvers: texts(&["ada"]), ..whole(grant) },
        &|grant| Grant { approvers: texts(&["ada", "ada"]), ..whole(grant) },
        &|grant| Grant { groups: texts(&["dba"]), ..whole(grant) },
        &|grant| Grant { groups: texts(&["sre", "ops"]), ..whole(grant) },
    ];
    for (number, change) in fewer.into_iter().enumerate() {
        assert_eq!(told(change), "grant_invalid", "{number}");
    }
}
