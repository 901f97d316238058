use policy::hold::{Approval, Requirement};
use serde_json::{Value, json};

use super::Progress;

fn progress(requirement: Value, approvals: Value) -> Progress {
    let requirement: Requirement = serde_json::from_value(requirement).unwrap();
    let approvals: Vec<Approval> = serde_json::from_value(approvals).unwrap();
    Progress::against(&requirement, &approvals)
}

#[test]
fn what_is_missing_in_words() {
    let ada = json!({"approver": "ada", "groups": ["finance"]});
    let bob = json!({"approver": "bob", "groups": ["legal"]});
    for (requirement, approvals, words, missing) in [
        (json!({"quorum": 1}), json!([]), "0 of 1", "1 more person"),
        (json!({"quorum": 3}), json!([ada]), "1 of 3", "2 more people"),
        (json!({"quorum": 1}), json!([ada]), "1 of 1", ""),
        (
            json!({"quorum": 2, "approvers": ["finance"]}),
            json!([ada, bob]),
            "1 of 2 people of finance",
            "1 more of finance",
        ),
        (
            json!({"quorum": 1, "approvers": ["legal", "sre"]}),
            json!([ada]),
            "0 of 1 person of legal or sre",
            "1 more of legal or sre",
        ),
        (
            json!({"quorum": 2, "approvers": {"any": ["legal", "sre"], "all": ["finance"]}}),
            json!([bob]),
            "1 of 2 people, of finance and of legal or sre",
            "1 more of finance or legal or sre, among them somebody of finance",
        ),
        (
            json!({"quorum": 1, "approvers": {"all": ["finance", "legal"]}}),
            json!([ada]),
            "1 of 1 person, of finance and of legal",
            "somebody of legal",
        ),
        (
            json!({"quorum": 1, "approvers": {"all": ["finance", "legal"]}}),
            json!([ada, bob]),
            "1 of 1 person, of finance and of legal",
            "",
        ),
    ] {
        let progress = progress(requirement, approvals);
        assert_eq!((progress.words().as_str(), progress.missing.as_str()), (words, missing));
    }
}

#[test]
fn names_do_nothing_to_a_terminal() {
    let odd = "fin\u{202e}ance\u{1b}[2J";
    let progress = progress(
        json!({"quorum": 3, "approvers": [odd]}),
        json!([{"approver": odd, "groups": [odd]}]),
    );
    assert_eq!(progress.approved_by.len(), 1);
    let json = serde_json::to_string(&progress).unwrap();
    for shown in [progress.words(), progress.missing, json] {
        assert!(!shown.contains(['\u{202e}', '\u{1b}']) && shown.contains("fin"), "{shown}");
    }
}
