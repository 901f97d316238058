/*! The record of an exchange as it grows. Written early and again at the end: a crash keeps the first. */

use std::collections::BTreeSet;

use crate::content_type;
use crate::digest::body_digest;
use crate::engine::{Engine, Subjects};
use crate::kill;
use crate::principal::{self, Principal};
use crate::record::part::{self, Part, Side};
use crate::record::{
    AnswerRecord, BodyRecord, ClientClaims, End, Ended, EnvoyRecord, FindingCount, GrantRecord,
    HoldRecord, RECORD_VERSION, Record, ResponseRecord, Speaker, Taken, TargetRecord,
    in_ascii_json,
};
use crate::redact::{self, Seen};
use crate::refusal::LocalResponse;
use crate::rule::{Effect, Mode, Recording, Rule};
use crate::scan::Scanner;
use crate::session::{self, Session};

use super::State;
use super::event::{Now, RequestHead};
use super::head::{Admitted, passes_on};
use super::headers::{self, Headers};
use super::held::Held;
use super::judge::Judged;
use super::masked_target::{form_tells, mask_target};
use super::masked_text::{cut, in_parts, lossy, mask_text, masked};
use super::refuse::Refused;
use super::spoken;
use super::step::Step;

/// Scopes of one token.
const SCOPES_MAX: usize = 64;

#[derive(Default)]
pub struct Journal {
    pub record: Record,
    /// Status and body that the caller got in the upstream's place, unmasked.
    said: Option<(u32, Vec<u8>)>,
    /// What is behind the text of bodies; of a request until its exchange is over.
    parts: Vec<Part>,
    taken: Taken,
    /// Parts were written while the answer went on.
    shown: bool,
    /// Envoy's word for why, where its log must not have it as it is.
    details: Option<String>,
}

impl Journal {
    pub fn open(&mut self, engine: &mut Engine, exchange: &str, head: &RequestHead, now: Now) {
        self.taken = engine.parts_room.begin();
        self.record = Record {
            version: RECORD_VERSION,
            salt: engine.chain.salt(),
            exchange: exchange.to_owned(),
            started_ms: now.unix_ms,
            route: head.route.name.route.clone(),
            sections: sections_of(engine, head),
            revision: engine.bundle.revision.clone(),
            ..Record::default()
        };
        self.record.request.method = shown_method(engine, &head.method);
        self.record.request.authority =
            mask_text(engine, &String::from_utf8_lossy(&head.authority));
        self.record.request.path = mask_target(engine, &String::from_utf8_lossy(&head.path));
        let Headers { list, cut, findings } = headers::copy(engine, &head.headers, None);
        self.record.request.headers = list;
        self.record.request.headers_cut = cut;
        self.record.request.header_findings = findings;
    }

    pub fn admitted(&mut self, engine: &Engine, head: &RequestHead, admitted: &Admitted) {
        let came = (admitted.authority.as_bytes(), admitted.path.as_bytes());
        if came != (&head.authority, &head.path) {
            self.record.request.judged_as = Some(TargetRecord {
                authority: mask_text(engine, &admitted.authority),
                path: mask_target(engine, &admitted.path),
            });
        }
        let key = &engine.digest_key;
        let claim = |text: &Option<String>| text.as_deref().map(|text| mask_text(engine, text));
        self.record.claims = ClientClaims {
            request_id: claim(&admitted.said.request_id),
            run: claim(&admitted.said.run),
            session: admitted.said.session.as_deref().map(|id| session::mcp_session_key(id, key)),
            trace: claim(&session::trace_id(&admitted.headers).map(str::to_owned)),
        };
    }

    /// Who is proven to call. The names of people are text like any other.
    pub fn called_by(&mut self, engine: &Engine, principal: &Principal, token: Option<&[u8]>) {
        let key = &engine.digest_key;
        self.record.caller = principal.caller(key);
        self.record.token = token.map(|token| kill::token_key(token, key)).unwrap_or_default();
        self.record.owner_keys = principal.owner_keys(key);
        self.record.principal = Some(match engine.record.subjects {
            Subjects::Clear => Principal {
                owners: principal.owners.iter().map(|owner| mask_text(engine, owner)).collect(),
                ..principal.clone()
            },
            Subjects::Keyed => {
                let keyed = |name: &String| principal::caller(&principal.issuer, name, key);
                Principal {
                    subject: self.record.caller.clone(),
                    agent: principal.agent.as_ref().map(keyed),
                    owners: principal.owners.iter().map(keyed).collect(),
                    ..principal.clone()
                }
            }
        });
        let scopes = principal.scopes.iter().take(SCOPES_MAX);
        self.record.scopes = scopes.map(|scope| mask_text(engine, scope)).collect();
    }

    pub fn joined(&mut self, session: &Session) {
        self.record.session = Some(session.clone());
    }

    /// A body that could not be read is not copied into the record either: nothing in it is masked.
    pub fn not_read(&mut self, engine: &Engine, body: &[u8], why: &str) {
        self.record.request.body = BodyRecord {
            size: body.len() as u64,
            digest: body_digest(body, &engine.digest_key),
            ..BodyRecord::default()
        };
        self.record.not_inspected.push(why.into());
    }

    pub fn judged(&mut self, engine: &Engine, body: &[u8], judged: &Judged, now: Now) {
        if let Some(session) = &judged.session {
            self.joined(session);
        }
        let record = &mut self.record;
        if let Some(run) = judged.mcp.as_ref().and_then(|mcp| mcp.run.as_deref()) {
            record.claims.run = Some(mask_text(engine, run));
        }
        record.kind = judged.call.kind.name().to_owned();
        record.kind_guessed = judged.guessed;
        record.request.mcp = judged.mcp.as_ref().map(|call| spoken::mcp(engine, call));
        record.request.model = judged.model.as_ref().map(|model| spoken::model(engine, model));
        record.request.sql = judged.sql.iter().map(|text| spoken::sql(engine, text)).collect();
        let read = judged.body.as_deref().map_or(body, str::as_bytes);
        let (own, rest) = masked(engine, read, &judged.findings);
        let (size, digest) = (body.len() as u64, body_digest(body, &engine.digest_key));
        record.request.body = BodyRecord { size, digest, ..own };
        let content_type = content_type::of(&judged.call.headers);
        let text = &record.request.body.text;
        let room = self.taken.more(rest.len());
        if form_tells(engine, content_type, &format!("{text}{rest}")) {
            record.request.body.without_text();
            record.not_inspected.push("request body: it cannot be masked, not recorded".into());
        } else if room {
            self.parts = in_parts(Side::Request, &rest, [], text.len());
        }
        let scanner = &engine.bundle.scanner;
        record.request.findings = findings(judged.findings.counts(), scanner, &judged.seen);
        if judged.rewritten.is_none() {
            record.request.findings.iter_mut().for_each(|one| one.redacted = false);
        }
        record.request.path_findings =
            findings(judged.in_target.clone(), scanner, &Seen::default());
        record.verdict.effect = Some(judged.verdict.effect);
        record.verdict.rules.clone_from(&judged.verdict.contributions);
        record.timings.verdict_ms = now.unix_ms.saturating_sub(record.started_ms);
        self.keep_to_rules(engine);
    }

    /// What a rule that is in force wants to be in no record is taken out as soon as that is known.
    fn keep_to_rules(&mut self, engine: &Engine) {
        let record = &mut self.record;
        let none = |rule: &&Rule| rule.mode == Mode::Enforce && rule.record.is_some();
        let mut none = engine.bundle.rules.iter().filter(none);
        let matched = |name: &str| {
            record.verdict.rules.iter().any(|one| one.mode == Mode::Enforce && one.rule == name)
        };
        if !none.any(|rule| matched(&rule.name)) {
            return;
        }
        record.recording = Some(Recording::None);
        record.request.body.without_text();
        record.response.body.without_text();
        self.parts.clear();
        record.request.sql.clear();
        if let Some(mcp) = &mut record.request.mcp {
            mcp.resources.clear();
        }
        if let Some(answer) = &mut record.answer {
            answer.body.clear();
        }
    }

    pub fn hold_ended(&mut self, held: &Held, now: Now) {
        self.record.hold = Some(record_of(held, now));
        self.record.timings.verdict_ms = now.unix_ms.saturating_sub(self.record.started_ms);
    }

    pub fn answer_waited(&mut self, held: &[Held], now: Now) {
        self.record.response.holds = held.iter().map(|held| record_of(held, now)).collect();
    }

    /// What was asked for was meant for somebody else, and the query may hold a secret.
    pub fn without_query(&mut self) {
        let path = &mut self.record.request.path;
        path.truncate(path.find('?').unwrap_or(path.len()));
    }

    pub fn refused(&mut self, refused: &Refused) {
        let verdict = &mut self.record.verdict;
        verdict.effect = Some(verdict.effect.unwrap_or(Effect::Deny).max(Effect::Hold));
        verdict.reason = Some(refused.reason);
        verdict.detail = Some(refused.detail.clone());
        self.record.end = End::Refused;
    }

    /// A dry run that would not be refused. Nobody got anything, redacted or not.
    pub fn told(&mut self) {
        self.record.request.findings.iter_mut().for_each(|one| one.redacted = false);
        self.record.end = End::Refused;
    }

    pub fn close(&mut self, engine: &mut Engine, state: &State, ended: Option<&Ended>, now: Now) {
        if self.record.version == 0 {
            // Envoy refused the request before any filter saw it.
            self.record = Record {
                version: RECORD_VERSION,
                salt: engine.chain.salt(),
                started_ms: now.unix_ms,
                revision: engine.bundle.revision.clone(),
                end: End::Refused,
                ..Record::default()
            };
            self.record.not_inspected.push("request: refused by envoy before the gateway".into());
        }
        match state {
            State::Released(response) | State::Withheld(_, response) => {
                let parts = response.write(engine, &mut self.record);
                self.parts.splice(..0, parts);
                self.said = self.said.take().or_else(|| response.said());
            }
            State::Refused => {}
            State::New
            | State::Receiving(_)
            | State::Held(..)
            | State::Cancelling(_)
            | State::Inquiring(_) => {
                if self.record.end == End::Unfinished {
                    self.record.end = End::Aborted;
                }
            }
        }
        if let Some((status, body)) = self.said.take() {
            let body = mask_text(engine, &lossy(&body));
            self.record.answer = Some(AnswerRecord { by: Speaker::Gateway, status, body });
        }
        if let Some(ended) = ended {
            self.ended(engine, ended);
        }
        self.list_parts(engine);
        self.keep_to_rules(engine);
        self.record.timings.total_ms = now.unix_ms.saturating_sub(self.record.started_ms);
        self.record.last = true;
    }

    fn ended(&mut self, engine: &Engine, ended: &Ended) {
        let record = &mut self.record;
        record.end = ended.of(record.end);
        let response = &mut record.response;
        if response.status == ended.status && response.status != 0 && !ended.is_of_upstream() {
            // What came was Envoy's word for it.
            self.parts.retain(|part| part.of == Side::Request);
            let body = std::mem::take(&mut response.body).text;
            *response = ResponseRecord::default();
            if record.answer.is_none() {
                record.answer =
                    Some(AnswerRecord { by: Speaker::Envoy, status: ended.status, body });
            }
        }
        let details = details(engine, &ended.details);
        self.details = in_ascii_json(&details).filter(|_| breaks_lines(&ended.details, &details));
        record.envoy = Some(EnvoyRecord {
            status: ended.status,
            flags: ended.flag_names(),
            details,
            cluster: ended.cluster.clone(),
            upstream: ended.upstream.clone(),
            bytes_received: ended.bytes_received,
            bytes_sent: ended.bytes_sent,
        });
    }

    /// Those of the answer come first. What is over the limit of them all together is left out.
    fn list_parts(&mut self, engine: &Engine) {
        let Record { salt, request, response, .. } = &mut self.record;
        let mut left = engine.record.parts_limit;
        let mut left_out = BTreeSet::new();
        self.parts.retain_mut(|part| {
            let fits = cut(&part.text, left).len();
            if fits < part.text.len() {
                part.text.truncate(fits);
                left_out.insert(part.of);
            }
            left = if left_out.contains(&part.of) { 0 } else { left - fits };
            fits > 0
        });
        for part in &self.parts {
            let body = match part.of {
                Side::Request => &mut request.body,
                Side::Response => &mut response.body,
            };
            body.parts.push(part.told(salt));
            body.parts_truncated |= left_out.contains(&part.of);
        }
        if request.body.parts.is_empty() {
            request.body.parts_truncated = false;
        }
    }

    /// To the lines that Envoy writes while the answer goes on.
    pub fn show(&mut self, parts: &[Part]) -> Option<Step> {
        if self.record.recording.is_some() {
            return None;
        }
        self.shown = true;
        Some(Step::WriteParts(part::to_ascii_json(parts)))
    }

    pub fn write(&self) -> Step {
        Step::WriteRecord(self.record.to_ascii_json())
    }

    /// How long it took to get there.
    pub fn since(&self, now: Now) -> Option<u64> {
        Some(now.unix_ms.saturating_sub(self.record.started_ms))
    }

    pub fn said(&mut self, answer: &LocalResponse) {
        self.said = Some((answer.status, answer.body.clone().into_bytes()));
    }

    /// For the last time: what is written is tied to the chain as it stands.
    pub fn write_linked(&self, engine: &mut Engine) -> Vec<Step> {
        let record = self.record.to_ascii_json();
        let link = engine.chain.link(&record).to_ascii_json();
        let mut steps = vec![Step::WriteRecord(record), Step::WriteLink(link)];
        if self.shown || !self.parts.is_empty() {
            steps.push(Step::WriteParts(part::to_ascii_json(&self.parts)));
        }
        steps.extend(self.details.clone().map(Step::WriteDetails));
        steps
    }
}

fn record_of(held: &Held, now: Now) -> HoldRecord {
    let status = held.state.as_ref().map(|state| state.status);
    HoldRecord {
        hold: held.hold_id(),
        status: status.map_or("unknown", |status| status.name()).to_owned(),
        approver: held.state.as_ref().and_then(|state| state.approver.clone()),
        approvals: held.approvals.clone(),
        standing: held.standing.clone(),
        grant: held.granted_until.map(|expires_at| GrantRecord { id: held.hold_id(), expires_at }),
        break_glass: held.break_glass,
        waited_ms: now.unix_ms.saturating_sub(held.since_ms),
    }
}

/// Bytes of Envoy's word for why.
const DETAILS_MAX: usize = 256;

/// Words of the other end may stand in it, such as what is wrong with its certificate.
fn details(engine: &Engine, details: &str) -> String {
    match details {
        "via_upstream" | "" => details.to_owned(),
        _ => mask_text(engine, cut(details, DETAILS_MAX)),
    }
}

/// Envoy writes its words into the log's line as they are: a certificate with a quote in a name would break it.
fn breaks_lines(details: &str, masked: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    details != masked || !details.bytes().all(plain)
}

/// Letters of a method that is not passed on: `PROPFIND`, `MKCALENDAR`.
const METHOD_MAX: usize = 10;

/// Any token is one to a caller, also a key.
fn shown_method(engine: &Engine, method: &str) -> String {
    let short = method.len() <= METHOD_MAX && method.bytes().all(|byte| byte.is_ascii_uppercase());
    match (passes_on(method), short) {
        (true, _) => method.to_owned(),
        (false, true) => mask_text(engine, method),
        (false, false) => redact::LEFT_OUT.to_owned(),
    }
}

fn sections_of(engine: &Engine, head: &RequestHead) -> Vec<String> {
    let names = head.route.name.sections.names().into_iter();
    names.map(|name| mask_text(engine, name)).collect()
}

pub fn findings(counts: Vec<(String, u32)>, scanner: &Scanner, seen: &Seen) -> Vec<FindingCount> {
    let one = |(kind, count): (String, u32)| FindingCount {
        redacted: seen.redacted(scanner, &kind),
        allowed: seen.allowed(scanner, &kind),
        kind,
        count,
    };
    counts.into_iter().map(one).collect()
}
