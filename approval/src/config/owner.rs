/*! Whose an agent is, where its token does not say. */

use policy::glob::matches;
use policy::principal::Principal;
use serde::Deserialize;

use crate::approver::folded;
use crate::view::shows;

/// All that is named has to fit: issuer exactly, subject and agent as globs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owner {
    pub issuer: String,
    pub subject: Option<String>,
    /// The software that acts: `azp`, `client_id` or `act.sub` of the token.
    pub agent: Option<String>,
    /// People as the approvers' login names them.
    pub humans: Vec<String>,
}

impl Owner {
    /// People one agent may belong to; nobody asks more of them for a yes.
    pub const MOST: usize = 16;
    /// Bytes of one name.
    pub const LONGEST: usize = 256;

    fn fits(&self, principal: &Principal) -> bool {
        let glob = |pattern: &Option<String>, text: Option<&str>| match (pattern, text) {
            (None, _) => true,
            (Some(pattern), Some(text)) => matches(pattern, text),
            (Some(_), None) => false,
        };
        self.issuer == principal.issuer
            && glob(&self.subject, Some(&principal.subject))
            && glob(&self.agent, principal.agent.as_deref())
    }

    /// Of its token and of the first entry that fits: in lower case, each once.
    pub fn of(table: &[Self], principal: &Principal) -> Vec<String> {
        let entry = table.iter().find(|entry| entry.fits(principal));
        let named = entry.into_iter().flat_map(|entry| &entry.humans);
        let mut owners: Vec<String> =
            principal.owners.iter().chain(named).map(|name| folded(name)).collect();
        owners.retain(|name| !name.is_empty());
        owners.sort();
        owners.dedup();
        owners
    }

    pub fn check(&self) -> anyhow::Result<()> {
        let humans = &self.humans;
        let named = humans
            .iter()
            .all(|name| (1..=Self::LONGEST).contains(&folded(name).len()) && shows(name));
        anyhow::ensure!(
            !self.issuer.is_empty() && named && (1..=Self::MOST).contains(&humans.len()),
            "an entry of `owners` names the issuer of an agent's tokens and 1 to {} people",
            Self::MOST
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use policy::principal::Principal;

    use super::Owner;

    fn entry(subject: Option<&str>, agent: Option<&str>, humans: &[&str]) -> Owner {
        Owner {
            issuer: "https://idp.example".into(),
            subject: subject.map(str::to_owned),
            agent: agent.map(str::to_owned),
            humans: humans.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    fn principal(issuer: &str, subject: &str, agent: Option<&str>, owners: &[&str]) -> Principal {
        Principal {
            issuer: issuer.into(),
            subject: subject.into(),
            groups: Vec::new(),
            agent: agent.map(str::to_owned),
            owners: owners.iter().map(|name| (*name).to_owned()).collect(),
            scopes: Vec::new(),
        }
    }

    #[test]
    fn the_first_entry_that_fits_adds_to_what_the_token_says() {
        let table = [
            entry(Some("bot-*"), Some("triage"), &["Ann@example.com", "bob"]),
            entry(Some("bot-*"), None, &["cid"]),
        ];
        let ours = "https://idp.example";
        for (principal, expected) in [
            (principal(ours, "bot-1", Some("triage"), &[]), &["ann@example.com", "bob"][..]),
            (
                principal(ours, "bot-1", Some("triage"), &["bob", "dan"]),
                &["ann@example.com", "bob", "dan"],
            ),
            (principal(ours, "bot-1", None, &[]), &["cid"]),
            (principal(ours, "bot-1", Some("other"), &["dan"]), &["cid", "dan"]),
            (principal(ours, "job-1", Some("triage"), &[]), &[]),
            (principal("https://other", "bot-1", Some("triage"), &[]), &[]),
        ] {
            assert_eq!(Owner::of(&table, &principal), expected, "{principal:?}");
        }
    }

    #[test]
    fn an_entry_names_people() {
        assert!(entry(None, None, &["ann"]).check().is_ok());
        let crowd: Vec<String> = (0..17).map(|n| format!("p{n}")).collect();
        let crowd: Vec<&str> = crowd.iter().map(String::as_str).collect();
        for wrong in [&[][..], &[" "], &["ann", ""], &crowd, &[&"a".repeat(257)]] {
            assert!(entry(None, None, wrong).check().is_err(), "{wrong:?}");
        }
        assert!(Owner { issuer: String::new(), ..entry(None, None, &["ann"]) }.check().is_err());
    }
}
