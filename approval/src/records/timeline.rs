/*!
A session as one line of time: each exchange is a turn, with what became of it in a few words.

Everything that an agent or an upstream wrote is made visible here, so that pages only have to escape it.
*/

use std::collections::BTreeMap;

use policy::reason::Reason;
use policy::record::{End, HoldRecord, Record};
use policy::rule::{Effect, Mode};

use super::{Exchange, describe, times};
use crate::view::{shorten, visible_line};

/// A shorter one needs no word.
const PAUSE_MS: u64 = 2_000;
/// Bytes of a call in a few words.
const CALL_LIMIT: usize = 240;
/// Marks of one sort on a turn; the rest is in what it opens to.
const MARKS: usize = 6;

/// The time that turns are counted from, and how far the line is.
#[derive(Clone, Debug)]
pub struct Timeline {
    begin: u64,
    /// When the latest of those before ended.
    idle_from: Option<u64>,
}

#[derive(Clone, Debug, Default)]
pub struct Turn {
    pub reference: String,
    /// Names it on a page; empty where nothing does.
    pub id: String,
    /// Milliseconds since the session began, and how long it took.
    pub offset: u64,
    pub took: u64,
    pub took_words: String,
    pub clock: String,
    pub machine: String,
    /// How long nothing happened before it; empty if that was short.
    pub pause: String,
    /// Who talked to whom.
    pub kind: &'static str,
    pub call: String,
    /// What became of it: `allowed`, `masked`, `held`, `denied`, `none`, for the style.
    pub effect: &'static str,
    pub outcome: String,
    pub marks: Vec<Mark>,
    /// Which the caller got; 0 if it left before.
    pub status: u32,
}

/// Something about a turn that should catch the eye.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// For the style.
    pub class: &'static str,
    pub words: String,
}

impl Turn {
    /// Whether its reference is as ours are, so that a link can lead there.
    pub fn linked(&self) -> bool {
        plain(&self.reference)
    }
}

/// By its reference; of what Envoy refused before the filter saw it, by its place in its chain.
fn id(exchange: &Exchange) -> String {
    let reference = &exchange.record.exchange;
    match &exchange.link {
        _ if plain(reference) => reference.clone(),
        Some(link) if plain(&link.chain) => format!("{}.{}", link.chain, link.sequence),
        _ => String::new(),
    }
}

/// Whether an id has the form of those that the gateway gives.
pub fn plain(id: &str) -> bool {
    let of_ours = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    !id.is_empty() && id.bytes().all(of_ours)
}

impl Timeline {
    /// Of a session that began then, in Unix milliseconds.
    pub fn new(begin: u64) -> Self {
        Self { begin, idle_from: None }
    }

    /// The next one, by when they began.
    pub fn turn(&mut self, exchange: &Exchange) -> Turn {
        let record = &exchange.record;
        let took = took(exchange);
        let idle = self.idle_from.map_or(0, |from| record.started_ms.saturating_sub(from));
        let ended = record.started_ms.saturating_add(took);
        self.idle_from = Some(self.idle_from.map_or(ended, |before| before.max(ended)));
        Turn {
            reference: visible_line(&record.exchange),
            id: id(exchange),
            offset: record.started_ms.saturating_sub(self.begin),
            took,
            took_words: times::lasted(took),
            clock: times::clock(record.started_ms),
            machine: times::machine(record.started_ms),
            pause: if idle >= PAUSE_MS { times::lasted(idle) } else { String::new() },
            kind: kind(record),
            call: shorten(&visible_line(&call(record)), CALL_LIMIT),
            effect: effect(record),
            outcome: visible_line(&outcome(exchange)),
            marks: marks(exchange),
            status: exchange.envoy.status,
        }
    }
}

/// By the filter's count, which has the time on hold in it; by Envoy's where the filter told no end.
pub fn took(exchange: &Exchange) -> u64 {
    match exchange.record.timings.total_ms {
        0 => exchange.envoy.duration_ms,
        total => total,
    }
}

fn kind(record: &Record) -> &'static str {
    match &record.request.mcp {
        Some(mcp) if mcp.method == "tools/call" => "Tool call",
        Some(_) => "MCP",
        None if record.kind == "openai" => "Model turn",
        None => "Request",
    }
}

/// With the model that is asked.
fn call(record: &Record) -> String {
    let call = describe::call(record);
    match record.request.model.as_ref().filter(|model| !model.models.is_empty()) {
        Some(model) => format!("{call} {}", model.models.join(", ")),
        None => call,
    }
}

fn effect(record: &Record) -> &'static str {
    match record.verdict.effect {
        Some(Effect::Allow) if record.verdict.reason.is_some() => "denied",
        Some(Effect::Allow) => "allowed",
        Some(Effect::Redact) => "masked",
        Some(Effect::Hold) => "held",
        Some(Effect::Deny) => "denied",
        None if record.verdict.reason.is_some() => "denied",
        None => "none",
    }
}

fn outcome(exchange: &Exchange) -> String {
    let record = &exchange.record;
    let words = match (effect(record), record.verdict.reason) {
        (_, Some(Reason::Pending)) => "waits for approval".to_owned(),
        ("held", Some(reason)) => format!("held: {}", reason.code()),
        (_, Some(reason)) => format!("refused: {}", reason.code()),
        ("none", None) => "no verdict".to_owned(),
        ("held", None) if describe::released(record) => "held, then let pass".to_owned(),
        (effect, None) => effect.to_owned(),
    };
    if record.dry_run { format!("dry run: {words}") } else { words }
}

fn marks(exchange: &Exchange) -> Vec<Mark> {
    let record = &exchange.record;
    let mut marks = Vec::new();
    marks.extend(record.holds().take(MARKS).map(held));
    // Of both sides together: which one shows where it opens.
    let mut masked: BTreeMap<&str, u32> = BTreeMap::new();
    for one in record.request.findings.iter().chain(&record.response.findings) {
        if one.redacted {
            let count = masked.entry(&one.kind).or_default();
            *count = count.saturating_add(one.count);
        }
    }
    marks.extend(masked.into_iter().take(MARKS).map(|(kind, count)| {
        let count = if count == 1 { String::new() } else { format!(" ×{count}") };
        Mark { class: "redacted", words: format!("masked {}{count}", visible_line(kind)) }
    }));
    marks.extend(record.response.calls.iter().take(MARKS).map(|call| {
        let class = if call.effect == Effect::Deny { "status-denied" } else { "" };
        Mark {
            class,
            words: format!("proposes {}", shorten(&visible_line(&call.tool), CALL_LIMIT)),
        }
    }));
    let shadow = record.verdict.rules.iter().filter(|rule| rule.mode == Mode::Shadow);
    let shadow = shadow.filter(|rule| rule.effect != Effect::Allow).take(MARKS);
    marks.extend(shadow.map(|rule| {
        let (effect, rule) = (describe::word(&rule.effect), visible_line(&rule.rule));
        calm(format!("would {effect}: {rule}"))
    }));
    match record.response.hidden {
        0 => {}
        hidden => marks.push(calm(format!("{hidden} hidden in a list"))),
    }
    if !record.not_inspected.is_empty() {
        marks.push(Mark { class: "severity-high", words: "not all inspected".to_owned() });
    }
    if let Some(words) = broken_off(exchange) {
        marks.push(Mark { class: "severity-high", words: words.to_owned() });
    }
    marks
}

fn calm(words: String) -> Mark {
    Mark { class: "", words }
}

fn held(hold: &HoldRecord) -> Mark {
    let class = match hold.status.as_str() {
        "approved" => "status-approved",
        "denied" => "status-denied",
        _ => "status-pending",
    };
    let by = hold.approver.iter().chain(hold.approvals.iter().map(|one| &one.approver));
    let mut by: Vec<String> = by.map(|name| visible_line(name)).collect();
    by.sort();
    by.dedup();
    let by = if by.is_empty() { String::new() } else { format!(" by {}", by.join(", ")) };
    let glass = if hold.break_glass { ", break glass" } else { "" };
    let waited = times::lasted(hold.waited_ms);
    let words = format!("{}{by}{glass} after {waited}", visible_line(&hold.status));
    Mark { class, words }
}

/// Where it did not end as it should.
pub fn broken_off(exchange: &Exchange) -> Option<&'static str> {
    match exchange.record.end {
        End::Complete | End::Refused | End::Answered => None,
        End::Aborted if describe::left(exchange) => Some("the caller left"),
        End::Aborted => Some("broken off"),
        End::Reset => Some("cut by the gateway"),
        End::UpstreamReset => Some("the upstream broke off"),
        End::TimedOut => Some("timed out"),
        End::Unfinished if exchange.envoy.goes_on => Some("no end yet"),
        End::Unfinished => Some("unfinished"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::exchanges::{denied, exchange, rule};

    fn words(turn: &Turn) -> Vec<&str> {
        turn.marks.iter().map(|mark| mark.words.as_str()).collect()
    }

    #[test]
    fn a_session_is_one_line_of_time() {
        let mut line = Timeline::new(1_800_000_000_000);
        let mut model = exchange(9);
        model.record.request.mcp = None;
        model.record.kind = "openai".into();
        let turns = [exchange(0), denied(1), exchange(2), model].map(|one| line.turn(&one));
        let told: Vec<_> = turns
            .iter()
            .map(|one| (one.offset, one.kind, one.outcome.as_str(), one.pause.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                (0, "Tool call", "allowed", ""),
                (1000, "Tool call", "held: hold_denied", ""),
                // While the one before still waited.
                (2000, "Tool call", "allowed", ""),
                (9000, "Model turn", "allowed", "2.9 s"),
            ]
        );
        assert_eq!(words(&turns[1]), ["denied by dana after 5.0 s", "masked email"]);
        assert_eq!(turns[1].took, 5_005);
        assert_eq!(turns[3].call, "POST /mcp");
    }

    #[test]
    fn what_did_not_go_well_is_marked() {
        let mut one = exchange(0);
        one.record.verdict.rules = vec![
            rule("deny-all", Effect::Deny, Mode::Shadow),
            rule("seen", Effect::Allow, Mode::Shadow),
        ];
        one.record.not_inspected = vec!["encoded".into()];
        one.record.end = End::Aborted;
        one.envoy.flags = "DC".into();
        let turn = Timeline::new(0).turn(&one);
        assert_eq!(
            words(&turn),
            ["masked email", "would deny: deny-all", "not all inspected", "the caller left"]
        );
        one.envoy.flags = "UC".into();
        assert_eq!(words(&Timeline::new(0).turn(&one)).last(), Some(&"broken off"));
    }

    #[test]
    fn a_link_leads_to_an_id_of_ours_alone() {
        assert!(exchange(1).record.exchange.starts_with("x_") && plain("x_aZ-9"));
        for wrong in ["", "a/b", "x?y", "..", "é", "a b"] {
            assert!(!plain(wrong), "{wrong}");
        }
    }
}
