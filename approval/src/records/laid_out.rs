/*!
One exchange laid out to be read: what was asked and answered, what was found in it, who decided by which
rules, how long it took and how it ended. Its text is masked already; here it is made visible.
*/

mod said;

use policy::record::{AnswerRecord, BodyRecord, HoldRecord, ProposedRecord, Record};
use policy::rule::{Mode, Severity};

use super::phases::{Phase, phases};
use super::timeline::{Timeline, Turn, broken_off, plain};
use super::{Exchange, describe, session, times};
use crate::view::visible_line;

pub use said::{Finding, Said, Statement};

#[derive(Clone, Debug, Default)]
pub struct LaidOut {
    pub turn: Turn,
    pub session: String,
    pub date: String,
    /// `POST`, and where to.
    pub method: String,
    pub target: String,
    pub request: Said,
    /// None where no upstream answered.
    pub response: Option<Said>,
    /// What the caller got in its place: by whom, with which status, and the body.
    pub answer: Option<Answer>,
    /// Calls that the model proposes.
    pub calls: Vec<Proposed>,
    pub rules: Vec<Rule>,
    pub holds: Vec<Held>,
    pub phases: Vec<Phase>,
    pub not_inspected: Vec<String>,
    /// Who called, for whom, and what they said of themselves.
    pub who: Vec<Fact>,
    /// Detail for operators.
    pub verdict: Vec<Fact>,
    /// How it went and ended.
    pub facts: Vec<Fact>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    pub name: &'static str,
    pub value: String,
}

#[derive(Clone, Debug)]
pub struct Answer {
    pub by: String,
    pub status: u32,
    pub said: Said,
}

#[derive(Clone, Debug)]
pub struct Proposed {
    pub tool: String,
    pub effect: String,
    pub rules: String,
}

/// One rule that matched.
#[derive(Clone, Debug)]
pub struct Rule {
    pub name: String,
    pub effect: String,
    pub severity: &'static str,
    /// Recorded, and never acted on.
    pub shadow: bool,
}

#[derive(Clone, Debug)]
pub struct Held {
    pub id: String,
    /// Its page can be linked to: the id has the form of ours.
    pub linked: bool,
    pub status: String,
    /// Those on whose word it ended, with the groups in whose name.
    pub approvers: Vec<String>,
    pub standing: String,
    pub break_glass: bool,
    pub waited: String,
}

impl LaidOut {
    pub fn of(exchange: &Exchange) -> Self {
        let record = &exchange.record;
        let (request, response) = (&record.request, &record.response);
        let answered = response.status != 0 || response.body.size != 0;
        Self {
            turn: Timeline::new(record.started_ms).turn(exchange),
            session: visible_line(&session::id(record)),
            date: times::date(record.started_ms),
            method: visible_line(&request.method),
            target: visible_line(&format!("{}{}", request.authority, request.path)),
            request: Said::of(&request.body, &request.findings)
                .found("path", &request.path_findings)
                .headed(&request.headers, request.headers_cut, &request.header_findings),
            response: answered.then(|| {
                let said = Said::of(&response.body, &response.findings);
                said.headed(&response.headers, response.headers_cut, &response.header_findings)
            }),
            answer: record.answer.as_ref().map(answer),
            calls: response.calls.iter().map(proposed).collect(),
            rules: record.verdict.rules.iter().map(rule).collect(),
            holds: record.holds().map(held).collect(),
            phases: phases(record),
            not_inspected: record.not_inspected.iter().map(|why| visible_line(why)).collect(),
            who: who(record),
            verdict: verdict(record),
            facts: facts(exchange),
        }
    }
}

fn answer(of: &AnswerRecord) -> Answer {
    let body =
        BodyRecord { text: of.body.clone(), size: of.body.len() as u64, ..BodyRecord::default() };
    Answer {
        by: describe::word(&of.by),
        status: of.status,
        said: Said { own_marks: 0, ..Said::of(&body, &[]) },
    }
}

fn proposed(of: &ProposedRecord) -> Proposed {
    Proposed {
        tool: visible_line(&of.tool),
        effect: describe::word(&of.effect),
        rules: visible_line(&of.rules.join(", ")),
    }
}

fn rule(of: &policy::verdict::Contribution) -> Rule {
    Rule {
        name: visible_line(&of.rule),
        effect: describe::word(&of.effect),
        severity: match of.severity {
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        },
        shadow: of.mode == Mode::Shadow,
    }
}

fn held(hold: &HoldRecord) -> Held {
    let mut approvers: Vec<String> = hold
        .approvals
        .iter()
        .map(|one| match one.groups.is_empty() {
            true => visible_line(&one.approver),
            false => visible_line(&format!("{} for {}", one.approver, one.groups.join(", "))),
        })
        .collect();
    if approvers.is_empty() {
        approvers.extend(hold.approver.iter().map(|name| visible_line(name)));
    }
    Held {
        id: visible_line(&hold.hold),
        linked: plain(&hold.hold),
        status: visible_line(&hold.status),
        approvers,
        standing: hold.standing.as_deref().map(visible_line).unwrap_or_default(),
        break_glass: hold.break_glass,
        waited: times::lasted(hold.waited_ms),
    }
}

/// What is not there is left out.
fn told<const N: usize>(all: [(&'static str, String); N]) -> Vec<Fact> {
    let all = all.into_iter().filter(|(_, value)| !value.is_empty());
    all.map(|(name, value)| Fact { name, value: visible_line(&value) }).collect()
}

fn who(record: &Record) -> Vec<Fact> {
    let principal = record.principal.as_ref();
    let claim = |claim: &Option<String>| claim.clone().unwrap_or_default();
    let claims = &record.claims;
    told([
        (
            "Principal",
            principal.map_or("nobody was proven to call".to_owned(), |one| one.subject.clone()),
        ),
        ("Agent", principal.and_then(|one| one.agent.clone()).unwrap_or_default()),
        ("Groups", principal.map(|one| one.groups.join(", ")).unwrap_or_default()),
        ("Owners", principal.map(|one| one.owners.join(", ")).unwrap_or_default()),
        ("Issuer", principal.map(|one| one.issuer.clone()).unwrap_or_default()),
        ("Scopes", record.scopes.join(", ")),
        ("Run", claim(&claims.run)),
        ("Trace", claim(&claims.trace)),
        ("MCP session", claim(&claims.session)),
        ("Request id", claim(&claims.request_id)),
    ])
}

fn verdict(record: &Record) -> Vec<Fact> {
    let verdict = &record.verdict;
    let budgets = verdict.budgets.iter().map(|one| {
        let shadow = if one.mode == Mode::Shadow { " (shadow)" } else { "" };
        format!("{}: {}{shadow}", one.budget, describe::word(&one.used))
    });
    let changed = record.response.changed.iter().map(|one| format!("{} of {}", one.tool, one.pins));
    told([
        ("Asks", asks(record)),
        ("SQL", sql(record)),
        ("Detail", verdict.detail.clone().unwrap_or_default()),
        ("Budgets", budgets.collect::<Vec<_>>().join(", ")),
        ("Other than pinned", changed.collect::<Vec<_>>().join(", ")),
        ("Bundle", record.revision.clone()),
        ("Sections", record.sections.join(", ")),
    ])
}

/// In its protocol's words, what is not in the few words of its head.
fn asks(record: &Record) -> String {
    let mut asks = Vec::new();
    if let Some(mcp) = &record.request.mcp {
        asks.extend(mcp.prompt.iter().map(|prompt| format!("prompt {prompt}")));
        asks.extend(mcp.resources.iter().map(|one| format!("resource {one}")));
        let version = mcp.client_version.as_deref().unwrap_or_default();
        asks.extend(mcp.client.iter().map(|client| format!("client {client} {version}")));
        asks.extend(mcp.protocol_version.iter().map(|version| format!("MCP {version}")));
    }
    if let Some(model) = &record.request.model {
        asks.extend(model.models.iter().map(|name| format!("model {name}")));
        if !model.tools.is_empty() {
            asks.push(format!("with tools {}", model.tools.join(", ")));
        }
    }
    asks.join("; ")
}

fn sql(record: &Record) -> String {
    let texts = record.request.sql.iter().map(|one| {
        let effects: Vec<String> = one.effects.iter().map(describe::word).collect();
        let tables = match one.tables.is_empty() {
            true => String::new(),
            false => format!(" on {}", one.tables.join(", ")),
        };
        let more = if one.unparsed { ", and maybe more" } else { "" };
        format!("{}{tables}{more}", effects.join(", "))
    });
    texts.collect::<Vec<_>>().join("; ")
}

fn facts(exchange: &Exchange) -> Vec<Fact> {
    let Exchange { record, link, envoy } = exchange;
    let status = |status: u32| if status == 0 { String::new() } else { status.to_string() };
    let place = link.as_ref().map(|link| format!("{} of chain {}", link.sequence, link.chain));
    let dry_run = "only asked about, nothing was sent";
    told([
        ("Reference", record.exchange.clone()),
        ("Dry run", if record.dry_run { dry_run.to_owned() } else { String::new() }),
        ("Route", record.route.clone()),
        ("Read as", record.kind.clone()),
        ("Upstream", envoy.upstream_host.clone()),
        ("Answer differs", edits(record)),
        ("Upstream said", status(record.response.status)),
        ("Caller got", status(envoy.status)),
        ("Bytes", format!("{} in, {} out", envoy.bytes_received, envoy.bytes_sent)),
        ("Envoy", [envoy.flags.as_str(), &envoy.details].join(" ").trim().to_owned()),
        ("Ended", ended(exchange)),
        ("Record", place.unwrap_or_else(|| "in no chain".to_owned())),
    ])
}

fn edits(record: &Record) -> String {
    record.response.edits.iter().map(describe::word).collect::<Vec<_>>().join(", ")
}

fn ended(exchange: &Exchange) -> String {
    use policy::record::End;
    let words = match (exchange.record.end, broken_off(exchange)) {
        (End::Complete, _) => "complete",
        (End::Refused, _) => "refused by the gateway",
        (End::Answered, _) => "answered by the gateway, about itself",
        (_, Some(words)) => words,
        (_, None) => "",
    };
    words.to_owned()
}
