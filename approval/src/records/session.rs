/*!
Sessions: exchanges of one principal that its client says belong together, as the gateway joined them.
The client's word joins exchanges, but only ever those of the same principal.
*/

use std::collections::HashMap;

use policy::reason::Reason;
use policy::record::{FindingCount, Record};
use policy::session::JoinedBy;
use serde::Serialize;

use super::Exchange;

#[derive(Clone, Debug, Serialize)]
pub struct Session {
    /// A MAC over the principal and the client's id.
    pub id: String,
    /// Absent where nobody was proven to call.
    pub joined_by: Option<JoinedBy>,
    pub issuer: Option<String>,
    pub subject: Option<String>,
    /// The run, trace or session of MCP that the client named, masked.
    pub client_id: Option<String>,
    /// As Envoy writes it.
    pub started: String,
    pub started_ms: u64,
    pub last_ms: u64,
    pub exchanges: usize,
    /// Calls that were not made: their callers only asked. No more is counted of them.
    pub dry_runs: usize,
    pub held: usize,
    /// That got an answer of the gateway in place of the upstream's; waiting ones are not counted.
    pub refused: usize,
    pub redacted: usize,
}

/// By time of their last exchange, the latest first.
pub fn list(exchanges: &[Exchange]) -> Vec<Session> {
    let mut sessions: HashMap<String, Session> = HashMap::new();
    for exchange in exchanges {
        let id = id(&exchange.record);
        let new = || Session::new(id.clone(), exchange);
        sessions.entry(id.clone()).or_insert_with(new).add(exchange);
    }
    let mut sessions: Vec<Session> = sessions.into_values().collect();
    sessions.sort_by(|a, b| b.last_ms.cmp(&a.last_ms).then_with(|| a.id.cmp(&b.id)));
    sessions
}

/// Its exchanges, by the time they began.
pub fn exchanges<'a>(all: &'a [Exchange], session: &str) -> Vec<&'a Exchange> {
    let mut found: Vec<&Exchange> =
        all.iter().filter(|exchange| id(&exchange.record) == session).collect();
    found.sort_by_key(|exchange| (exchange.record.started_ms, exchange.sequence()));
    found
}

pub fn id(record: &Record) -> String {
    if let Some(session) = &record.session {
        return session.id.clone();
    }
    // A caller nobody knows, or a record of before there were sessions in records.
    let (issuer, subject) = match &record.principal {
        Some(principal) => principal.key(),
        None => ("", ""),
    };
    let mut hash = hmac_sha256::Hash::new();
    for part in [issuer, subject, client_id(record).unwrap_or_default()] {
        // With its length: no two different triples are the same bytes.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    format!("s-{}", digest[..6].iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

fn client_id(record: &Record) -> Option<&str> {
    let claims = &record.claims;
    let claim = match record.session.as_ref().map(|session| session.joined_by) {
        Some(JoinedBy::Run) => &claims.run,
        Some(JoinedBy::Trace) => &claims.trace,
        Some(JoinedBy::Token) => &claims.session,
        None => return claims.session.as_deref().or(claims.run.as_deref()),
    };
    claim.as_deref()
}

/// The caller got an answer of the gateway in place of the upstream's, and does not wait any more.
pub fn is_refused(record: &Record) -> bool {
    record.verdict.reason.is_some_and(|reason| reason != Reason::Pending)
}

/// People were asked, for the call or for what its answer proposes.
pub fn is_held(record: &Record) -> bool {
    record.holds().next().is_some()
}

/// What the caller or the upstream got redacted.
pub fn redacted(record: &Record) -> impl Iterator<Item = &FindingCount> {
    let findings = record.request.findings.iter().chain(&record.response.findings);
    findings.filter(|finding| finding.redacted)
}

impl Session {
    pub(super) fn new(id: String, exchange: &Exchange) -> Self {
        let record = &exchange.record;
        let principal = record.principal.as_ref();
        Self {
            id,
            joined_by: record.session.as_ref().map(|session| session.joined_by),
            issuer: principal.map(|principal| principal.issuer.clone()),
            subject: principal.map(|principal| principal.subject.clone()),
            client_id: client_id(record).map(str::to_owned),
            started: exchange.envoy.start_time.clone(),
            started_ms: record.started_ms,
            last_ms: record.started_ms,
            exchanges: 0,
            dry_runs: 0,
            held: 0,
            refused: 0,
            redacted: 0,
        }
    }

    /// Of those that began in the same millisecond, the one that is first by what Envoy wrote: whatever order they come in.
    pub(super) fn begins_by(&mut self, started_ms: u64, started: &str) {
        if (started_ms, started) < (self.started_ms, self.started.as_str()) {
            self.started_ms = started_ms;
            self.started = started.to_owned();
        }
    }

    pub(super) fn add(&mut self, exchange: &Exchange) {
        let record = &exchange.record;
        self.begins_by(record.started_ms, &exchange.envoy.start_time);
        self.last_ms = self.last_ms.max(record.started_ms);
        self.exchanges += 1;
        if record.dry_run {
            self.dry_runs += 1;
            return;
        }
        self.held += usize::from(is_held(record));
        self.refused += usize::from(is_refused(record));
        self.redacted += usize::from(redacted(record).next().is_some());
    }
}
