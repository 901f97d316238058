use policy::hold::Approval;
use policy::principal::Principal;

use super::{Given, People};
use crate::approver::{Account, Person};
use crate::config::{Oidc, Owner};
use crate::testing::{approver, call};

fn groups(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn given(approver: &str, of: &[&str]) -> Given {
    let approval = Approval { approver: approver.into(), groups: groups(of) };
    Given { approval, account: String::new(), person: None, source: None }
}

fn provider(allowed: &[&str]) -> Oidc {
    let text = format!(
        "issuer = \"https://idp.example\"\nclient_id = \"c\"\nallowed_groups = {:?}",
        groups(allowed)
    );
    toml::from_str(&text).unwrap()
}

fn by_account(name: &str, of: &[&str], now: &[&str], vouched: bool, oidc: &Oidc) -> Given {
    let account = Account {
        issuer: "https://idp.example".into(),
        subject: "u-7".into(),
        aliases: vec!["nick".into()],
        vouched,
    };
    let person = Person { name: name.into(), groups: Some(groups(now)), account: Some(account) };
    Given {
        account: person.who(),
        person: Some(person),
        source: Some(oidc.mapping()),
        ..given("ann@example.com", of)
    }
}

fn left(people: &People, given: &Given, principal: &Principal) -> Option<Vec<String>> {
    people.counted(given, principal).map(|one| one.groups)
}

#[test]
fn a_key_counts_while_it_is_configured_in_a_group_it_approved_for() {
    let people = |all: &[crate::config::LocalApprover]| People::new(all, None, Vec::new());
    let principal = call().principal;
    let was = given("ann", &["finance", "legal"]);
    let now = |all: &[crate::config::LocalApprover]| left(&people(all), &was, &principal);
    assert_eq!(now(&[approver("Ann ", None)]), Some(groups(&["finance", "legal"])));
    assert_eq!(now(&[approver("ann", Some(&["legal", "ops"]))]), Some(groups(&["legal"])));
    assert_eq!(now(&[approver("ann", Some(&["ops"]))]), None);
    assert_eq!(now(&[approver("bob", None)]), None);
    // Of a rule that asks for nobody in particular.
    let anyones = given("ann", &[]);
    let none = people(&[approver("ann", Some(&[]))]);
    assert_eq!(left(&none, &anyones, &principal), Some(Vec::new()));
    assert_eq!(left(&people(&[approver("bob", None)]), &anyones, &principal), None);
}

#[test]
fn an_account_counts_by_its_latest_login() {
    let (open, closed) = (provider(&["*"]), provider(&["staff"]));
    let with = |oidc: Option<Oidc>| People::new(&[], oidc, Vec::new());
    let principal = call().principal;
    let of =
        |name: &str, now: &[&str], vouched| by_account(name, &["finance"], now, vouched, &open);
    let ann = "Ann@example.com";
    for (given, oidc, expected) in [
        (of(ann, &["finance", "staff"], true), Some(&open), true),
        (of(ann, &["finance", "staff"], true), Some(&closed), true),
        (of(ann, &["finance"], true), Some(&closed), false),
        (of(ann, &["staff"], true), Some(&open), false),
        (of(ann, &["finance"], false), Some(&open), false),
        (of("eve@example.com", &["finance"], true), Some(&open), false),
        (of(ann, &["finance"], true), None, false),
        (Given { source: Some("other".into()), ..of(ann, &["finance"], true) }, Some(&open), false),
        (Given { person: None, ..of(ann, &["finance"], true) }, Some(&open), false),
    ] {
        let counts = left(&with(oidc.cloned()), &given, &principal).is_some();
        assert_eq!(counts, expected, "{given:?} {oidc:?}");
    }
    // A key of the same name is another door, not the account.
    let local = People::new(&[approver("ann@example.com", None)], Some(open.clone()), Vec::new());
    let gone = Given { person: None, ..of(ann, &["finance"], true) };
    assert_eq!(left(&local, &gone, &principal), None);
}

#[test]
fn whoever_is_an_owner_by_now_does_not_count() {
    let owners = |human: &str| {
        vec![Owner {
            issuer: "https://idp.example".into(),
            subject: None,
            agent: None,
            humans: vec![human.into()],
        }]
    };
    let principal = call().principal;
    let key = given("ann", &["finance"]);
    let people =
        |human| People::new(&[approver("ann", None)], Some(provider(&["*"])), owners(human));
    assert_eq!(left(&people("bob"), &key, &principal), Some(groups(&["finance"])));
    assert_eq!(left(&people("ANN"), &key, &principal), None);
    // By any name they have.
    let account =
        by_account("ann@example.com", &["finance"], &["finance"], true, &provider(&["*"]));
    assert!(left(&people("bob"), &account, &principal).is_some());
    assert_eq!(left(&people("nick"), &account, &principal), None);
}
