use policy::principal::Principal;

use super::{Bar, Separation};
use crate::approver::{Account, Approver, Door, Person};

fn agent(subject: &str, owners: &[&str]) -> Principal {
    Principal {
        issuer: "https://idp.example".into(),
        subject: subject.into(),
        groups: Vec::new(),
        agent: None,
        owners: owners.iter().map(|owner| (*owner).to_owned()).collect(),
        scopes: Vec::new(),
    }
}

fn local(name: &str) -> Approver {
    Approver { person: Person::local(name, None), door: Door::Key }
}

fn account(name: &str, issuer: &str, subject: &str, aliases: &[&str], vouched: bool) -> Approver {
    let account = Account {
        issuer: issuer.into(),
        subject: subject.into(),
        aliases: aliases.iter().map(|name| (*name).to_owned()).collect(),
        vouched,
    };
    let person = Person { account: Some(account), ..Person::local(name, Some(Vec::new())) };
    Approver { person, door: Door::Console }
}

#[test]
fn owners_and_principals_are_barred_by_any_of_their_names() {
    let ours = "https://idp.example";
    let ann = agent("bot-1", &["ann@example.com"]);
    for (principal, approver, expected) in [
        (&ann, local("bob"), None),
        (&ann, local("ann@example.com"), Some(Bar::Owner)),
        (&ann, local(" Ann@Example.COM "), Some(Bar::Owner)),
        (&ann, local("BOT-1"), Some(Bar::Principal)),
        // A second identity of the same human: another account, the same address.
        (
            &ann,
            account("ann@example.com", "https://people.example", "u-7", &[], true),
            Some(Bar::Owner),
        ),
        (&ann, account("ann2", ours, "u-7", &["ann@example.com"], true), Some(Bar::Owner)),
        (&ann, account("x", ours, "u-7", &["ANN@example.com"], false), Some(Bar::Owner)),
        (&agent("bot-1", &["u-7"]), account("x", ours, "U-7", &[], true), Some(Bar::Owner)),
        // The token of a person: the account itself calls.
        (&agent("u-7", &[]), account("ann", ours, "u-7", &[], true), Some(Bar::Principal)),
        (
            &agent("u-7", &[]),
            account("ann", "https://other", "u-7", &[], true),
            Some(Bar::Principal),
        ),
        (&ann, account("cid", ours, "u-8", &["cid@example.com"], true), None),
        (&ann, account("cid", ours, "u-8", &["cid@example.com"], false), Some(Bar::Nameless)),
    ] {
        assert_eq!(Bar::of(principal, &approver), expected, "{approver:?} of {principal:?}");
    }
}

#[test]
fn without_an_owner_nothing_is_proven() {
    assert_eq!(Separation::of(&agent("bot", &[])), Separation::NotProven);
    assert_eq!(Separation::of(&agent("bot", &["ann"])), Separation::Proven);
    assert_eq!(serde_json::to_string(&Separation::NotProven).unwrap(), "\"not_proven\"");
}
