/*!
What would let a recorded call pass, and no other: changes of the bundle that judged it, tried on the record before
they are told.
*/

use std::collections::BTreeSet;

use anyhow::Result;
use policy::allowance;
use policy::backtest::{self, CannotTell, Held, Outcome, Stop, Treated};
use policy::bundle::Bundle;
use policy::compile::written::{self, Written};
use policy::compile::{Source, compile};
use policy::condition::Rfc3339;
use policy::record::Record;
use policy::rule::{Effect, Phase, Rule};
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::change::{Change, one_line, set};
use super::exception::{self, Exception};
use super::findings::{FalseFinding, Found, Side, is_called_json};
use super::opening::open;
use crate::bundle::kept::AtHand;

/// One change may bring out what another rule says.
const ROUNDS: usize = 6;
/// How many days a finding is left alone: somebody should look again.
const ALLOWED: u64 = 90;
const DAY: u64 = 24 * 3600;

/// Changes that have to be made together.
#[derive(Debug, Default, Serialize)]
pub struct Allow {
    pub changes: Vec<Change>,
    /// What of the call they do not ask for, so that others pass, too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub wider: Vec<String>,
    pub tried: Tried,
}

/// What the changed bundle makes of the record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tried {
    #[default]
    Passes,
    /// People would be asked, by these rules.
    Held(BTreeSet<String>),
    /// It would still be denied.
    Denied(BTreeSet<String>),
    CannotTell(CannotTell),
}

pub struct Asked<'a> {
    pub at_hand: &'a AtHand,
    pub record: &'a Record,
    pub found: &'a [Found],
    pub known: Option<&'a FalseFinding>,
    /// Unix seconds.
    pub now: u64,
}

impl Asked<'_> {
    /// # Errors
    ///
    /// A change does not compile.
    pub fn allow(&self) -> Result<Allow> {
        let mut allow = Allow::default();
        let mut sources = self.at_hand.sources.clone();
        let mut deciding = self.deciding(&self.at_hand.bundle);
        let holds = self.stops(&self.at_hand.bundle) == Some(Stop::Hold);
        let (mut done, mut opened) = (BTreeSet::new(), false);
        for _ in 0..ROUNDS {
            let before = allow.changes.len();
            for rule in std::mem::take(&mut deciding) {
                if done.insert(rule.clone()) {
                    self.except(&rule, &mut sources, &mut allow)?;
                }
            }
            if allow.changes.len() == before && !opened {
                opened = true;
                let change = open(self.record, &mut sources, &mut allow)?;
                allow.changes.push(change);
            }
            let bundle = Bundle::decode(&compiled(&sources)?)?;
            allow.tried = self.tried(&bundle);
            match &allow.tried {
                Tried::Held(rules) if holds => deciding = rules.clone(),
                Tried::Denied(rules) => deciding = rules.clone(),
                Tried::Passes | Tried::Held(_) | Tried::CannotTell(_) => break,
            }
            if allow.changes.len() == before {
                break;
            }
        }
        allow.wider.sort();
        allow.wider.dedup();
        Ok(allow)
    }

    fn outcome(&self, bundle: &Bundle) -> Result<Outcome, CannotTell> {
        match self.known.and_then(|known| known.put_back(self.record)) {
            Some(record) => backtest::judge(bundle, &record),
            None => backtest::judge(bundle, self.record),
        }
    }

    fn tried(&self, bundle: &Bundle) -> Tried {
        let outcome = match self.outcome(bundle) {
            Ok(outcome) => outcome,
            Err(why) => return Tried::CannotTell(why),
        };
        let sides = [Some(&outcome.request), outcome.response.as_ref()];
        let stops = |stop| sides.into_iter().flatten().find(|side| side.stops == Some(stop));
        match (stops(Stop::Deny), stops(Stop::Hold)) {
            (Some(denied), _) => Tried::Denied(self.rules(bundle, denied)),
            (None, Some(held)) => Tried::Held(self.rules(bundle, held)),
            (None, None) => Tried::Passes,
        }
    }

    fn stops(&self, bundle: &Bundle) -> Option<Stop> {
        match self.tried(bundle) {
            Tried::Passes => None,
            Tried::Held(_) => Some(Stop::Hold),
            Tried::Denied(_) => Some(Stop::Deny),
            Tried::CannotTell(_) => match self.record.verdict.effect {
                Some(Effect::Hold) if !self.record.verdict.reason.is_some_and(denies) => {
                    Some(Stop::Hold)
                }
                _ => Some(Stop::Deny),
            },
        }
    }

    /// Rules that stop it; where nothing does, those that mask something.
    fn deciding(&self, bundle: &Bundle) -> BTreeSet<String> {
        match self.tried(bundle) {
            Tried::Denied(rules) | Tried::Held(rules) => rules,
            Tried::Passes => self.of_effect(bundle, |effect| effect == Effect::Redact),
            Tried::CannotTell(_) => {
                let stopping = self.of_effect(bundle, |effect| effect >= Effect::Hold);
                let most = self.record.verdict.rules.iter().map(|rule| rule.effect).max();
                match most {
                    Some(Effect::Deny) => self.of_effect(bundle, |effect| effect == Effect::Deny),
                    _ if stopping.is_empty() => {
                        self.of_effect(bundle, |effect| effect == Effect::Redact)
                    }
                    _ => stopping,
                }
            }
        }
    }

    fn of_effect(&self, bundle: &Bundle, wanted: impl Fn(Effect) -> bool) -> BTreeSet<String> {
        let own = self.record.verdict.rules.iter().filter(|one| {
            let enforced = one.mode == policy::rule::Mode::Enforce;
            enforced && wanted(one.effect) && rule(bundle, &one.rule).is_some()
        });
        own.map(|one| one.rule.clone()).collect()
    }

    /// Of those that are told there, the ones that stop: others only mask.
    fn rules(&self, bundle: &Bundle, side: &Treated) -> BTreeSet<String> {
        let stops = |name: &&String| match rule(bundle, name).map(|rule| rule.effect) {
            Some(Effect::Deny | Effect::Hold) => true,
            Some(_) => backtest::parts(bundle, self.record, name)
                .iter()
                .any(|part| part.held == Held::Unreadable),
            None => false,
        };
        side.rules.iter().filter(stops).cloned().collect()
    }

    /// An exception for this call in one rule.
    fn except(&self, name: &str, sources: &mut Vec<Source>, allow: &mut Allow) -> Result<()> {
        let Some(rule) = rule(&self.at_hand.bundle, name) else { return Ok(()) };
        let all = written::rules(sources);
        let Some(written) = all.iter().find(|one| one.name == name) else { return Ok(()) };
        let lines = match self.allowances(rule, written, sources)? {
            Some(lines) => ("allow_findings", lines),
            None => ("when", vec![self.when(rule, written, allow)]),
        };
        let change = set(written, lines.0, &lines.1)?;
        change.apply(sources)?;
        allow.changes.push(change);
        Ok(())
    }

    fn when(&self, rule: &Rule, written: &Written, allow: &mut Allow) -> String {
        let proposed =
            self.record.response.calls.iter().find(|call| call.rules.contains(&rule.name));
        let proposed = proposed.filter(|_| rule.on == Phase::Proposal);
        let Exception { condition, wider } =
            exception::of(self.record, proposed.map(|call| call.tool.as_str()));
        allow.wider.extend(wider);
        let own = written.says.get("when").and_then(Json::as_str);
        let condition = match own {
            Some(own) => format!("({}) && !({condition})", own.trim()),
            None => format!("!({condition})"),
        };
        format!("when: '{}'", condition.replace('\'', "''"))
    }

    /// Entries that leave what was found alone, by the field or by the digest of the value, and all that the rule has
    /// already. `None`: it was not stopped for what was found, or nobody knows where that stood.
    fn allowances(
        &self,
        rule: &Rule,
        written: &Written,
        sources: &[Source],
    ) -> Result<Option<Vec<String>>> {
        let of = match rule.on {
            Phase::Request => Side::Request,
            Phase::Response => Side::Response,
            Phase::Proposal => return Ok(None),
        };
        let headers = match of {
            Side::Request => &self.record.request.headers,
            Side::Response => &self.record.response.headers,
        };
        let kinds = &rule.matches.findings;
        let found: Vec<&Found> =
            self.found.iter().filter(|one| one.of == of && kinds.contains(&one.kind)).collect();
        let until = (self.now / DAY + ALLOWED) * DAY;
        let until = Rfc3339(i64::try_from(until).unwrap_or(i64::MAX)).to_string();
        let reason = format!("a false finding, see {}", self.record.exchange);
        let mut entries = Vec::new();
        for one in &found {
            let known = self.known.filter(|known| known.kind == one.kind);
            let salt = written::salt(sources, &written.source);
            let entry = match (known, salt, &one.field) {
                (Some(known), Some(salt), _) => {
                    let value = allowance::digest(&salt, &one.kind, known.value.as_bytes());
                    json!({ "kind": one.kind, "value": value, "until": until, "reason": reason })
                }
                (_, _, Some(field)) if is_called_json(headers) => {
                    json!({ "kind": one.kind, "field": field, "until": until, "reason": reason })
                }
                _ => return Ok(None),
            };
            if !entries.contains(&entry) {
                entries.push(entry);
            }
        }
        if entries.is_empty() {
            return Ok(None);
        }
        let before = match written.says.get("allow_findings") {
            Some(Json::Array(before)) => before.clone(),
            Some(one @ Json::Object(_)) => vec![one.clone()],
            _ => Vec::new(),
        };
        let mut lines = vec!["allow_findings:".to_owned()];
        for entry in before.iter().chain(&entries) {
            lines.push(format!("  - {}", one_line(entry)?));
        }
        Ok(Some(lines))
    }
}

fn rule<'b>(bundle: &'b Bundle, name: &str) -> Option<&'b Rule> {
    bundle.rules.iter().find(|rule| rule.name == name)
}

fn denies(reason: policy::reason::Reason) -> bool {
    reason == policy::reason::Reason::Denied
}

fn compiled(sources: &[Source]) -> Result<Vec<u8>> {
    compile(sources).map_err(|mistakes| crate::bundle::Invalid::Mistakes(mistakes).into())
}
