/*!
Exchanges in numbers: who did what, which rules stopped what, how long people took. Made in one pass, by what
records say alone.
*/

use std::collections::BTreeMap;

use policy::record::Record;
use policy::rule::{Effect, Mode};
use serde::Serialize;

use super::{Exchange, describe, session};

/// Names of one sort that are told apart. An agent chooses some of them; what comes after these is `others`.
const NAMES: usize = 10_000;
const OTHERS: &str = "others";
/// Holds that are told apart; of those beyond each call counts.
const HOLDS: usize = 100_000;

/// How often something was called, and what became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Calls {
    pub calls: u64,
    /// Denied, by a rule or by people, and all else that the gateway answered itself.
    pub refused: u64,
    pub held: u64,
    /// Something in request or answer was redacted.
    pub redacted: u64,
}

/// Who called it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Use {
    pub subject: String,
    /// Tool of MCP, table of SQL with what is done to it, model, or method of HTTP and host.
    pub what: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Waits {
    pub holds: u64,
    /// By what became of them, as the last call says that waited for one.
    pub ended: BTreeMap<String, u64>,
    /// Milliseconds that callers waited: of half of them no longer, of all but a tenth, and of all.
    pub half_ms: u64,
    pub most_ms: u64,
    pub longest_ms: u64,
}

#[derive(Debug, Default)]
pub struct Numbers {
    all: Calls,
    dry_runs: u64,
    sessions: BTreeMap<String, u64>,
    principals: BTreeMap<String, Calls>,
    uses: BTreeMap<Use, Calls>,
    /// By rule that denied or held, and by reason.
    stopped: BTreeMap<String, u64>,
    reasons: BTreeMap<String, u64>,
    kinds: BTreeMap<String, u64>,
    /// What became of each, as the last call says that waited for it, and when that began.
    holds: BTreeMap<String, (u64, String)>,
    more_holds: u64,
    ended: BTreeMap<String, u64>,
    waited: Vec<u64>,
}

/// The most of each sort, most first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    #[serde(flatten)]
    pub all: Calls,
    pub dry_runs: u64,
    pub sessions: usize,
    pub principals: Vec<(String, Calls)>,
    pub uses: Vec<(Use, Calls)>,
    pub stopped_by_rule: Vec<(String, u64)>,
    pub refused_for: Vec<(String, u64)>,
    pub redacted: Vec<(String, u64)>,
    pub holds: Waits,
}

impl Numbers {
    pub fn add(&mut self, exchange: &Exchange) {
        let record = &exchange.record;
        *entry(&mut self.sessions, session::id(record)) += 1;
        if record.dry_run {
            self.dry_runs += 1;
            return;
        }
        let calls = calls(record);
        self.all.add(calls);
        let subject = record.principal.as_ref().map_or("-", |who| &who.subject);
        entry(&mut self.principals, subject.to_owned()).add(calls);
        for what in uses(record) {
            let subject = subject.to_owned();
            let full = self.uses.len() >= NAMES;
            let own = Use { subject, what };
            let key = match full && !self.uses.contains_key(&own) {
                true => Use { subject: OTHERS.to_owned(), what: OTHERS.to_owned() },
                false => own,
            };
            self.uses.entry(key).or_default().add(calls);
        }
        let stops = record
            .verdict
            .rules
            .iter()
            .filter(|rule| rule.mode == Mode::Enforce && rule.effect >= Effect::Hold);
        for rule in stops {
            *entry(&mut self.stopped, rule.rule.clone()) += 1;
        }
        if let Some(reason) = record.verdict.reason.filter(|_| session::is_refused(record)) {
            *entry(&mut self.reasons, reason.code().to_owned()) += 1;
        }
        for finding in session::redacted(record) {
            *entry(&mut self.kinds, finding.kind.clone()) += u64::from(finding.count);
        }
        for hold in record.holds() {
            self.waited.push(hold.waited_ms);
            let own = (record.started_ms, hold.status.clone());
            let full = self.holds.len() >= HOLDS && !self.holds.contains_key(&hold.hold);
            if full {
                self.more_holds += 1;
                *entry(&mut self.ended, own.1) += 1;
            } else {
                // Several calls may wait for one, each until it left.
                let known = self.holds.entry(hold.hold.clone()).or_default();
                if own.0 >= known.0 {
                    *known = own;
                }
            }
        }
    }

    /// At most `most` of each sort.
    pub fn told(mut self, most: usize) -> Told {
        self.waited.sort_unstable();
        let part = |of: usize| {
            let at = (self.waited.len() * of).div_ceil(100).saturating_sub(1);
            self.waited.get(at).copied().unwrap_or_default()
        };
        let count = self.holds.len() as u64 + self.more_holds;
        for (_, status) in self.holds.into_values() {
            *entry(&mut self.ended, status) += 1;
        }
        let holds = Waits {
            holds: count,
            half_ms: part(50),
            most_ms: part(90),
            longest_ms: part(100),
            ended: self.ended,
        };
        Told {
            all: self.all,
            dry_runs: self.dry_runs,
            sessions: self.sessions.len(),
            principals: top(self.principals, most, |one| one.calls),
            uses: top(self.uses, most, |one| one.calls),
            stopped_by_rule: top(self.stopped, most, |count| *count),
            refused_for: top(self.reasons, most, |count| *count),
            redacted: top(self.kinds, most, |count| *count),
            holds,
        }
    }
}

impl Calls {
    fn add(&mut self, more: Self) {
        self.calls += more.calls;
        self.refused += more.refused;
        self.held += more.held;
        self.redacted += more.redacted;
    }
}

fn calls(record: &Record) -> Calls {
    Calls {
        calls: 1,
        refused: u64::from(session::is_refused(record)),
        held: u64::from(session::is_held(record)),
        redacted: u64::from(session::redacted(record).next().is_some()),
    }
}

/// What it was about, in the words of its protocol.
fn uses(record: &Record) -> Vec<String> {
    let request = &record.request;
    let mut uses = Vec::new();
    if request.mcp.is_some() {
        uses.push(describe::call(record));
    } else if let Some(model) = &request.model {
        uses.extend(model.models.iter().map(|name| format!("model {name}")));
    } else {
        uses.push(format!("{} {}", request.method, request.authority));
    }
    for sql in &request.sql {
        let effects: Vec<String> = sql.effects.iter().map(describe::word).collect();
        let effects = effects.join(", ");
        uses.extend(sql.tables.iter().map(|table| format!("table {table}: {effects}")));
    }
    uses.sort();
    uses.dedup();
    uses
}

fn entry<V: Default>(all: &mut BTreeMap<String, V>, name: String) -> &mut V {
    let full = all.len() >= NAMES && !all.contains_key(&name);
    all.entry(if full { OTHERS.to_owned() } else { name }).or_default()
}

fn top<K: Ord, V>(all: BTreeMap<K, V>, most: usize, by: impl Fn(&V) -> u64) -> Vec<(K, V)> {
    let mut all: Vec<(K, V)> = all.into_iter().collect();
    // Those that are as many stay in the order of their names.
    all.sort_by_key(|(_, value)| std::cmp::Reverse(by(value)));
    all.truncate(most);
    all
}

#[cfg(test)]
mod tests {
    use policy::record::HoldRecord;
    use policy::sql::{Dialect, SqlEffect};

    use super::*;
    use crate::testing::exchanges::{denied, exchange};

    #[test]
    fn what_was_done_is_counted_by_who_did_it_and_to_what() {
        let mut held = exchange(2);
        held.record.request.mcp = None;
        held.record.request.sql = vec![policy::record::SqlRecord {
            dialect: Dialect::Postgres,
            effects: vec![SqlEffect::Delete],
            tables: vec!["orders".into(), "orders".into()],
            unparsed: false,
        }];
        let hold = |id: &str, waited_ms, status: &str| HoldRecord {
            hold: id.into(),
            waited_ms,
            status: status.into(),
            ..HoldRecord::default()
        };
        held.record.hold = Some(hold("h_1", 700, "approved"));
        held.record.response.holds = vec![hold("h_2", 90, "denied"), hold("h_3", 100, "denied")];
        // Asked once before, and left.
        let mut before = exchange(1);
        before.record.hold = Some(hold("h_1", 20, "pending"));
        before.record.verdict.reason = Some(policy::reason::Reason::Pending);
        let mut dry = exchange(3);
        dry.record.dry_run = true;
        let mut numbers = Numbers::default();
        for one in [&exchange(0), &denied(1), &held, &before, &dry] {
            numbers.add(one);
        }
        let told = numbers.told(9);
        assert_eq!((told.all.calls, told.all.refused, told.all.held, told.dry_runs), (4, 1, 3, 1));
        let whats: Vec<&str> = told.uses.iter().map(|(one, _)| one.what.as_str()).collect();
        assert!(whats.contains(&"table orders: delete"), "{whats:?}");
        let ended = BTreeMap::from([("denied".to_owned(), 3), ("approved".to_owned(), 1)]);
        let holds = Waits { holds: 4, ended, half_ms: 100, most_ms: 5_000, longest_ms: 5_000 };
        assert_eq!(told.holds, holds);
        assert_eq!(told.principals.len(), 1);
        assert_eq!(told.principals[0].1.calls, 4);
        assert_eq!(told.refused_for, [("hold_denied".to_owned(), 1)]);
    }

    #[test]
    fn names_that_an_agent_makes_up_have_an_end() {
        let mut numbers = Numbers::default();
        for number in 0..NAMES + 50 {
            let mut one = exchange(0);
            one.record.request.mcp = None;
            one.record.request.model = None;
            one.record.request.authority = format!("h{number}");
            numbers.add(&one);
        }
        assert_eq!(numbers.uses.len(), NAMES + 1);
        let others = Use { subject: OTHERS.into(), what: OTHERS.into() };
        assert_eq!(numbers.uses[&others].calls, 50);
        assert_eq!(numbers.told(3).uses.len(), 3);
    }

    #[test]
    fn of_nothing_there_is_nothing() {
        let told = Numbers::default().told(5);
        assert_eq!((told.all, told.holds), (Calls::default(), Waits::default()));
    }
}
