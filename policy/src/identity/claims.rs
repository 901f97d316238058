/*! What a token says, checked member by member. Cheap: all of it happens before the signature. */

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::config::IssuerConfig;
use super::owners;
use super::unauthorized::Unauthorized;
use crate::principal::Principal;

pub(super) const WRONG_TYPE: Unauthorized =
    Unauthorized::invalid("token has a claim of the wrong type");

pub(super) struct Claims(pub Map<String, Value>);

/// Seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lifetime {
    expires: u64,
    not_before: u64,
}

impl Lifetime {
    /// RFC 7519: on `exp` it is over, on `nbf` it has begun.
    pub(super) fn check(&self, now: u64, leeway: u64) -> Result<(), Unauthorized> {
        if now >= self.expires.saturating_add(leeway) {
            return Err(Unauthorized::invalid("token expired"));
        }
        if now.saturating_add(leeway) < self.not_before {
            return Err(Unauthorized::invalid("token is not valid yet"));
        }
        Ok(())
    }
}

impl Claims {
    pub(super) fn issuer(&self) -> Result<&str, Unauthorized> {
        text(&self.0, "iss")?.ok_or(Unauthorized::invalid("token names no issuer"))
    }

    pub(super) fn lifetime(&self) -> Result<Lifetime, Unauthorized> {
        let expires = self.time("exp", f64::floor)?;
        let expires = expires.ok_or(Unauthorized::invalid("token never expires"))?;
        // Whoever issues in the future has a clock that is wrong by more than the leeway.
        let issued = self.time("iat", f64::ceil)?.unwrap_or(0);
        let not_before = self.time("nbf", f64::ceil)?.unwrap_or(0).max(issued);
        Ok(Lifetime { expires, not_before })
    }

    pub(super) fn check(&self, config: &IssuerConfig) -> Result<(), Unauthorized> {
        let audiences = strings(&self.0, "aud")?;
        let audiences = audiences.ok_or(Unauthorized::invalid("token names no audience"))?;
        if !audiences.iter().any(|audience| config.audiences.contains(audience)) {
            return Err(Unauthorized::invalid("token is for another audience"));
        }
        self.check_required(&config.required_claims)
    }

    fn check_required(&self, required: &BTreeMap<String, Value>) -> Result<(), Unauthorized> {
        let holds = |(name, wanted): (&String, &Value)| match self.0.get(name) {
            Some(value) if value == wanted => true,
            Some(Value::Array(list)) => list.contains(wanted),
            _ => false,
        };
        if required.iter().all(holds) {
            return Ok(());
        }
        Err(Unauthorized::invalid("token lacks a required claim"))
    }

    pub(super) fn principal(&self, config: &IssuerConfig) -> Result<Principal, Unauthorized> {
        let subject = text(&self.0, "sub")?.filter(|subject| !subject.is_empty());
        let subject = subject.ok_or(Unauthorized::invalid("token names no subject"))?;
        let groups = match strings(&self.0, &config.groups_claim)? {
            Some(groups) => groups,
            None => self.derived_groups(subject, &config.groups_claim)?,
        };
        let (agent, scopes) = (self.agent()?, self.scopes()?);
        let owners = owners::of(&self.0, &config.owner_claims)?;
        let named = groups
            .iter()
            .chain(&scopes)
            .chain(&owners)
            .map(String::as_str)
            .chain(agent)
            .chain([subject]);
        if named.flat_map(str::chars).any(char::is_control) {
            return Err(Unauthorized::invalid("token has a name with control characters"));
        }
        Ok(Principal {
            issuer: config.issuer.clone(),
            subject: subject.to_owned(),
            agent: agent.map(str::to_owned),
            owners,
            groups,
            scopes,
        })
    }

    /// RFC 9068 has one text with spaces between them; others say `scp`, and make it a list.
    fn scopes(&self) -> Result<Vec<String>, Unauthorized> {
        let mut scopes = Vec::new();
        for claim in ["scope", "scp"] {
            for text in strings(&self.0, claim)?.unwrap_or_default() {
                scopes.extend(text.split(' ').filter(|one| !one.is_empty()).map(str::to_owned));
            }
        }
        Ok(scopes)
    }

    fn agent(&self) -> Result<Option<&str>, Unauthorized> {
        let acts = match self.0.get("act") {
            None => None,
            Some(Value::Object(actor)) => text(actor, "sub")?,
            Some(_) => return Err(WRONG_TYPE),
        };
        let parties = [text(&self.0, "azp")?, text(&self.0, "client_id")?, acts];
        Ok(parties.into_iter().flatten().find(|name| !name.is_empty()))
    }

    /// Kubernetes puts a service account's groups into no token: it derives them from the
    /// namespace. The token must say itself that it is one, so that no other issuer's users can
    /// join these groups by their choice of subject.
    fn derived_groups(&self, subject: &str, claim: &str) -> Result<Vec<String>, Unauthorized> {
        // OpenID Connect Core 5.6.2: groups exist, but elsewhere. A rule could not rely on them.
        if self.0.get("_claim_names").and_then(|names| names.get(claim)).is_some() {
            return Err(Unauthorized::invalid("token leaves its groups out"));
        }
        let namespace = self.0.get("kubernetes.io").and_then(|claims| claims.get("namespace"));
        let namespace = namespace.or_else(|| self.0.get("kubernetes.io/serviceaccount/namespace"));
        let account = subject.strip_prefix("system:serviceaccount:");
        match (account.and_then(|name| name.split_once(':')), namespace) {
            (Some((of_subject, name)), Some(Value::String(namespace)))
                if of_subject == namespace && !name.is_empty() && !namespace.is_empty() =>
            {
                let own = format!("system:serviceaccounts:{namespace}");
                Ok(vec!["system:serviceaccounts".to_owned(), own])
            }
            _ => Ok(Vec::new()),
        }
    }

    /// NumericDate of RFC 7519, which may have a fraction.
    fn time(&self, claim: &str, round: fn(f64) -> f64) -> Result<Option<u64>, Unauthorized> {
        let Some(value) = self.0.get(claim) else { return Ok(None) };
        if let Some(seconds) = value.as_u64() {
            return Ok(Some(seconds));
        }
        let seconds = value.as_f64().map(round).filter(|seconds| *seconds >= 0.0);
        seconds.map(|seconds| Some(seconds as u64)).ok_or(WRONG_TYPE)
    }
}

fn text<'a>(claims: &'a Map<String, Value>, claim: &str) -> Result<Option<&'a str>, Unauthorized> {
    match claims.get(claim) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(WRONG_TYPE),
    }
}

/// One string, or a list of nothing but strings.
pub(super) fn strings(
    claims: &Map<String, Value>,
    claim: &str,
) -> Result<Option<Vec<String>>, Unauthorized> {
    match claims.get(claim) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(vec![text.clone()])),
        Some(Value::Array(list)) => list
            .iter()
            .map(|item| item.as_str().map(str::to_owned).ok_or(WRONG_TYPE))
            .collect::<Result<_, _>>()
            .map(Some),
        Some(_) => Err(WRONG_TYPE),
    }
}
