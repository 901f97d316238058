/*! Who somebody is, from the claims of an ID token that was verified. */

use serde_json::{Map, Value};

use crate::approver::{Account, Person, folded};
use crate::config::Oidc;
use crate::view::shows;

/// Bytes of one name.
const LONGEST: usize = 256;
/// Groups of one account.
const MOST_GROUPS: usize = 1000;
/// What else providers call an account; none of these names ever lets anybody approve.
const ALIASES: &[&str] = &["email", "preferred_username", "upn"];

/// The error is for the page of whoever tries to log in.
pub fn person(config: &Oidc, claims: &Map<String, Value>) -> Result<Person, String> {
    let subject = name(claims, "sub")?.ok_or("the provider names no subject")?;
    let groups = groups(claims, &config.groups_claim)?;
    if !config.lets_in(&groups) {
        let known = ALIASES.iter().find_map(|alias| name(claims, alias).ok().flatten());
        return Err(format!(
            "the account {} is in none of the groups that approve; log out at the provider to come with another, \
             or ask whoever runs this service for one of the groups",
            known.unwrap_or(subject)
        ));
    }
    let human = human(claims, &config.human_claim)?;
    let mut aliases = Vec::new();
    for alias in ALIASES {
        aliases.extend(name(claims, alias)?);
    }
    let vouched = human.is_some();
    let account =
        Account { issuer: config.issuer.clone(), subject: subject.clone(), aliases, vouched };
    let name = human.unwrap_or_else(|| format!("account {subject} (no person known)"));
    Ok(Person { name, groups: Some(groups), account: Some(account) })
}

/// `None`: the provider does not vouch for it.
fn human(claims: &Map<String, Value>, claim: &str) -> Result<Option<String>, String> {
    let verified = claim != "email" || claims.get("email_verified") == Some(&Value::Bool(true));
    Ok(name(claims, claim)?.filter(|_| verified).map(|human| folded(&human)))
}

/// One text, or a list of nothing but texts.
fn groups(claims: &Map<String, Value>, claim: &str) -> Result<Vec<String>, String> {
    let elsewhere = claims.get("_claim_names").and_then(|names| names.get(claim));
    if elsewhere.is_some() {
        return Err(format!(
            "the provider leaves the groups out of its token; make `{claim}` part of it"
        ));
    }
    let mut groups = match claims.get(claim) {
        None => Vec::new(),
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(list)) => list
            .iter()
            .map(|item| item.as_str().map(str::to_owned))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| format!("`{claim}` has to be a list of names"))?,
        Some(_) => return Err(format!("`{claim}` has to be a list of names")),
    };
    groups.sort();
    groups.dedup();
    if groups.len() > MOST_GROUPS || groups.iter().any(|group| !is_name(group)) {
        return Err(format!("`{claim}` has names that are too long or too many"));
    }
    Ok(groups)
}

fn name(claims: &Map<String, Value>, claim: &str) -> Result<Option<String>, String> {
    match claims.get(claim) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(Value::String(text)) if is_name(text) => Ok(Some(text.trim().to_owned())),
        Some(_) => Err(format!("`{claim}` has to be a name of up to {LONGEST} bytes")),
    }
}

fn is_name(text: &str) -> bool {
    text.len() <= LONGEST && shows(text)
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::person;
    use crate::config::Oidc;

    fn config(change: Value) -> Oidc {
        let mut all = json!({
            "issuer": "https://people.example", "client_id": "gatehouse", "allowed_groups": ["*"],
        });
        all.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        serde_json::from_value(all).unwrap()
    }

    fn claims(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_person_is_the_verified_address_with_the_groups() {
        let all = json!({"sub": "u-1", "email": "Ann@Example.com", "email_verified": true,
            "preferred_username": "ann", "groups": ["legal", "finance", "legal"]});
        let ann = person(&config(json!({})), &claims(all)).unwrap();
        assert_eq!(ann.name, "ann@example.com");
        assert_eq!(ann.human().as_deref(), Some("ann@example.com"));
        assert_eq!(ann.groups.unwrap(), ["finance", "legal"]);
        let account = ann.account.unwrap();
        assert_eq!(
            (account.issuer.as_str(), account.subject.as_str()),
            ("https://people.example", "u-1")
        );
        assert_eq!(account.aliases, ["Ann@Example.com", "ann"]);
    }

    #[test]
    fn an_address_that_is_not_verified_names_nobody() {
        for verified in [json!(false), json!("true"), json!(1), json!(null)] {
            let all = json!({"sub": "u-1", "email": "ann@example.com", "email_verified": verified});
            let one = person(&config(json!({})), &claims(all)).unwrap();
            assert_eq!(one.human(), None, "{one:?}");
            assert!(
                one.name.contains("u-1") && one.account.unwrap().aliases == ["ann@example.com"]
            );
        }
        let without = person(&config(json!({})), &claims(json!({"sub": "u-1"}))).unwrap();
        assert_eq!((without.human(), without.groups), (None, Some(Vec::new())));
        let other = config(json!({"human_claim": "employee"}));
        let named = person(&other, &claims(json!({"sub": "u-1", "employee": "E7"}))).unwrap();
        assert_eq!(named.human().as_deref(), Some("e7"));
    }

    #[test]
    fn groups_are_a_list_or_one_and_let_in() {
        let roles = config(json!({"groups_claim": "roles", "allowed_groups": ["a", "b"]}));
        for (groups, right) in [
            (json!("a"), true),
            (json!(["x", "b"]), true),
            (json!("x"), false),
            (json!([]), false),
            (json!(null), false),
            (json!(["a", 1]), false),
            (json!({"a": 1}), false),
            (json!(["a", "x\n"]), false),
            (json!(["a", "x".repeat(257)]), false),
        ] {
            let who = person(&roles, &claims(json!({"sub": "u", "roles": groups})));
            assert_eq!(who.is_ok(), right, "{groups}");
        }
        let left_out = json!({"sub": "u", "_claim_names": {"groups": "src1"}});
        assert!(
            person(&config(json!({})), &claims(left_out))
                .unwrap_err()
                .contains("leaves the groups out")
        );
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for odd in [
            json!({}),
            json!({"sub": ""}),
            json!({"sub": 7}),
            json!({"sub": "a\u{1b}"}),
            json!({"sub": "u", "email": ["a"], "email_verified": true}),
            json!({"sub": "u", "email": "a\u{0}b", "email_verified": true}),
            json!({"sub": "x".repeat(257)}),
        ] {
            assert!(person(&config(json!({})), &claims(odd.clone())).is_err(), "{odd}");
        }
    }
}
