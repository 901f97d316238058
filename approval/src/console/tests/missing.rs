//! What people are told of the approvals that are missing.

use macro_rules_attribute::apply;
use policy::hold::HoldRequest;
use policy::rule::{Approvers, HoldTerms};

use super::{get, log_in};
use crate::api::HoldDetail;
use crate::approver::{Approver, Door};
use crate::store::Choice;
use crate::testing::{APPROVER_KEY, Fixture, on_both, person, request, said};

#[apply(on_both)]
async fn each_rule_says_who_is_missing() {
    let fixture = Fixture::new().await;
    let of = |group: &str, quorum| HoldTerms {
        approvers: Approvers::any(&[group]),
        quorum,
        ..HoldTerms::default()
    };
    let terms = policy::hold::Terms::from(of("finance", 2)).and(of("legal", 1).into());
    let held = HoldRequest { terms, ..request("e1") };
    let id = fixture.asks.request(held).await.unwrap().hold;
    let (cookie, _) = log_in(&fixture).await;
    let path = format!("/holds/{id}");
    let shown = async || {
        let page = get(&fixture, &path, &[("cookie", &cookie)]).await.body;
        let key = format!("Bearer {APPROVER_KEY}");
        let json = get(&fixture, &format!("/v1{path}"), &[("authorization", &key)]).await;
        let requirements = json.json::<HoldDetail>().summary.requirements;
        for one in &requirements {
            assert!(page.contains(&one.words()), "{one:?} in {page}");
            let told = page.contains(&format!("missing: {}<", one.missing));
            assert_eq!(told, !one.missing.is_empty(), "{one:?} in {page}");
        }
        requirements.into_iter().map(|one| (one.words(), one.missing)).collect::<Vec<_>>()
    };
    let lines = |lines: [(&str, &str); 2]| {
        lines.map(|(words, missing)| (words.to_owned(), missing.to_owned())).to_vec()
    };
    for (name, group, expected) in [
        (
            "ada",
            "finance",
            [
                ("1 of 2 people of finance", "1 more of finance"),
                ("0 of 1 person of legal", "1 more of legal"),
            ],
        ),
        (
            "bob",
            "legal",
            [("1 of 2 people of finance", "1 more of finance"), ("1 of 1 person of legal", "")],
        ),
        ("cid", "finance", [("2 of 2 people of finance", ""), ("1 of 1 person of legal", "")]),
    ] {
        let who = Approver { person: person(name, Some(&[group])), door: Door::Key };
        assert!(
            fixture.holds.decide(&id, &said(Choice::Approve, ""), &who, "127.0.0.1").await.is_ok()
        );
        assert_eq!(shown().await, lines(expected), "{name}");
    }
}
