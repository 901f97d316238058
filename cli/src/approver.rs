/*! What `--approver` says: who may decide at the console of a local gateway. */

use anyhow::{Result, bail, ensure};
use approval::Person;
use policy::bundle::Bundle;
use policy::rule::{HoldTerms, Rule};

/// More people than that no rule asks for.
const MOST: usize = 4 * HoldTerms::QUORUM_MAX as usize;

/// Of each `NAME[=GROUP,...]`. None: the one local approver, who stands for every group.
pub fn people(options: &[String]) -> Result<Vec<Person>> {
    if options.is_empty() {
        return Ok(vec![local()]);
    }
    ensure!(options.len() <= MOST, "at most {MOST} approvers; give others a console of their own");
    let people: Vec<Person> = options.iter().map(|option| person(option)).collect::<Result<_>>()?;
    for (index, one) in people.iter().enumerate() {
        let same = |other: &Person| other.name.eq_ignore_ascii_case(&one.name);
        if people.iter().take(index).any(same) {
            bail!("`--approver {}` is given twice; name all groups of a person at once", one.name);
        }
    }
    Ok(people)
}

/// Rules that hold calls which none of these people may ever let pass, and whose approval they want.
pub fn without_approvers<'b>(people: &[Person], bundle: &'b Bundle) -> Vec<(&'b str, String)> {
    let of = |group: &String| {
        people.iter().any(|one| one.groups.as_ref().is_none_or(|groups| groups.contains(group)))
    };
    let nobody = |rule: &'b Rule| {
        let sets = rule.hold.as_ref()?.approvers.sets();
        let set = sets.iter().find(|set| !set.iter().any(of))?;
        Some((rule.name.as_str(), set.join(" or ")))
    };
    bundle.rules.iter().filter_map(nobody).collect()
}

fn local() -> Person {
    let user = std::env::var("USER").ok().filter(|name| !name.trim().is_empty());
    let name =
        user.map_or_else(|| "local approver".to_owned(), |name| format!("{name} (local approver)"));
    Person::local(name, None)
}

fn person(option: &str) -> Result<Person> {
    let (name, groups) = option.split_once('=').unwrap_or((option, ""));
    ensure!(
        is_name(name),
        "`{option}` names no approver; write `ann` or `ann=finance,legal`, in letters, digits and `._@-`"
    );
    let groups = groups.split(',').map(str::trim).filter(|group| !group.is_empty());
    Ok(Person::local(name, Some(groups.map(str::to_owned).collect())))
}

/// Such a name is that of a file too.
fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._@-".contains(c);
    (1..=64).contains(&name.len()) && !name.starts_with('.') && name.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::{Bundle, Person, is_name, people, without_approvers};

    fn read(options: &[&str]) -> Result<Vec<Person>, String> {
        let options: Vec<String> = options.iter().map(|option| (*option).to_owned()).collect();
        people(&options).map_err(|error| error.to_string())
    }

    #[test]
    fn a_person_has_a_name_and_groups() {
        let person = |name: &str, groups: &[&str]| {
            Person::local(name, Some(groups.iter().map(|group| (*group).to_owned()).collect()))
        };
        assert_eq!(
            read(&["ann=finance, legal", "bob@example.com"]).unwrap(),
            [person("ann", &["finance", "legal"]), person("bob@example.com", &[])]
        );
        assert!(read(&[]).unwrap()[0].groups.is_none(), "the only one stands for every group");
    }

    #[test]
    fn a_rule_that_nobody_may_approve_is_told() {
        let text = "bundle: {name: b, version: '1'}\nrules:\n  \
            - {name: two, on: request, effect: hold, hold: {approvers: {all: [finance, legal]}}}\n  \
            - {name: any, on: request, effect: hold}\n";
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("b.yaml");
        std::fs::write(&file, text).unwrap();
        let bundle = Bundle::decode(&crate::bundle::load(&[file]).unwrap()).unwrap();
        let told = |options: &[&str]| without_approvers(&read(options).unwrap(), &bundle);
        assert_eq!(told(&[]), []);
        assert_eq!(told(&["ann=finance,legal"]), []);
        assert_eq!(told(&["ann=finance", "cid=legal"]), []);
        assert_eq!(told(&["ann=finance"]), [("two", "legal".to_owned())]);
        assert_eq!(told(&["ann"]), [("two", "finance".to_owned())]);
    }

    #[test]
    fn what_is_no_name_is_told() {
        for odd in ["", "=finance", "a b", "../ann", ".ann", "a/b", &"a".repeat(65)] {
            assert!(!is_name(odd.split('=').next().unwrap()), "{odd}");
            assert!(read(&[odd]).unwrap_err().contains("names no approver"), "{odd}");
        }
        assert!(read(&["ann=a", "Ann=b"]).unwrap_err().contains("given twice"));
    }
}
