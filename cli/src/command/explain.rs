/*! `gatehouse explain`: one call, from who asked to why it ended, and what would let it pass. */

mod told;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use approval::records::{Exchange, describe};
use clap::Args;
use policy::record::{BodyRecord, FindingCount, Record};
use policy::rule::Mode;
use serde_json::json;

use super::{Log, Reading};
use crate::bundle::kept::{self, AtHand};
use crate::explained::{self, Explained, FalseFinding};
use crate::print::{self, Format, clean};
use crate::reasons::explanation;

const PATIENCE: Duration = Duration::from_secs(1);
const POLL: Duration = Duration::from_millis(50);

#[derive(Args)]
pub struct Arguments {
    /// The reference in an answer of the gateway (`x-gatehouse-ref`), one that `gatehouse sessions show`
    /// lists, or the id of a hold.
    #[arg(value_name = "REF")]
    reference: String,
    /// The bundle that judged it, as it was given to the gateway; may be repeated. `gatehouse run` keeps those it
    /// ran in its data folder.
    #[arg(long, value_name = "BUNDLE")]
    bundle: Vec<PathBuf>,
    /// What was found as KIND is none; the file, or `-` for standard input, has the value. It is told by its digest.
    #[arg(long, value_name = "KIND=FILE")]
    false_finding: Option<String>,
    #[command(flatten)]
    log: Log,
    #[command(flatten)]
    reading: Reading,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let found = super::block_on(find(arguments))?;
    let exchange = found.with_context(|| unknown(&arguments.reference))?;
    let record = &exchange.record;
    let why = record.verdict.reason.map(explanation);
    let known = arguments.false_finding.as_deref().map(FalseFinding::read).transpose()?;
    let by_rules = at_hand(arguments, record)?
        .map(|at_hand| explained::explained(&at_hand, record, known.as_ref(), super::now()));
    print::out(&match arguments.reading.format {
        Format::Json => print::json(&json!({
            "record": record,
            "envoy": exchange.envoy,
            "explanation": why,
            "by_rules": by_rules.as_ref().ok(),
            "bundle": by_rules.as_ref().err(),
        }))?,
        Format::Human => human(&exchange, why, &by_rules),
    })?;
    Ok(ExitCode::SUCCESS)
}

fn unknown(reference: &str) -> String {
    let name = clean(reference);
    // Of a tenant it stands before: `red.s_…`.
    let own = reference.rsplit('.').next().unwrap_or_default();
    match own.strip_prefix("s_").or_else(|| own.strip_prefix("s-")) {
        Some(_) => {
            format!("`{name}` is a session: `gatehouse sessions show {name}` lists its calls")
        }
        None => {
            format!("no record has the reference `{name}`; a call is recorded when it has ended")
        }
    }
}

/// The bundle of the record's revision, or why there is none.
fn at_hand(arguments: &Arguments, record: &Record) -> Result<Result<AtHand, String>> {
    let revision = &record.revision;
    if revision.is_empty() {
        return Ok(Err("no bundle judged it".to_owned()));
    }
    if !arguments.bundle.is_empty() {
        let found = kept::given(&arguments.bundle, revision)?;
        return Ok(found.ok_or_else(|| {
            format!(
                "the one given by --bundle is another than judged it, {revision}: give it as it was then, and several in \
                 the order in which the gateway was given them; without --bundle it runs baseline, personal-data, secrets"
            )
        }));
    }
    let found = match arguments.reading.data() {
        Ok(data) => kept::find(&data, revision)?,
        Err(_) => None,
    };
    Ok(found.ok_or_else(|| {
        "the one that judged it is not at hand, so nothing is said of its rules: name its folder by --bundle, as it was then"
            .to_owned()
    }))
}

/// Envoy writes records a moment after the answer, so one of a running gateway is waited for.
async fn find(arguments: &Arguments) -> Result<Option<Exchange>> {
    let Arguments { reference, log, reading, .. } = arguments;
    let end = Instant::now() + PATIENCE;
    let mut place = log.place(reading).await?;
    loop {
        let found = place.find(reference).await?;
        if found.is_some() || !log.may_come(reading) || Instant::now() > end {
            return Ok(found);
        }
        tokio::time::sleep(POLL).await;
        place.refresh().await?;
    }
}

fn human(exchange: &Exchange, why: Option<&str>, by_rules: &Result<Explained, String>) -> String {
    let Exchange { record, envoy, .. } = exchange;
    let verdict = &record.verdict;
    let mut lines = Lines::default();
    lines.add("ref", &record.exchange);
    lines.add("when", &format!("{}, {} ms", envoy.start_time, envoy.duration_ms));
    lines.add("who", &who(record));
    // By which `gatehouse kills add` knows them.
    lines.add("caller", &record.caller);
    lines.add("token", &record.token);
    lines.add("call", &describe::call(record));
    lines.add("to", &format!("{} {}", record.request.authority, record.request.path));
    lines.add("route", &record.route);
    lines.add("verdict", &describe::verdict(exchange));
    lines.add("means", why.unwrap_or_default());
    lines.add("detail", verdict.detail.as_deref().unwrap_or_default());
    lines.add("kill", verdict.kill.as_deref().unwrap_or_default());
    for rule in &verdict.rules {
        let shadow = if rule.mode == Mode::Shadow { ", shadow: not acted on" } else { "" };
        let (effect, severity) = (describe::word(&rule.effect), describe::word(&rule.severity));
        lines.add("rule", &format!("{} ({effect}, {severity}{shadow})", rule.rule));
        by_rules.iter().for_each(|told| lines.all(&told::rule(told, &rule.rule)));
    }
    for one in &verdict.budgets {
        let shadow = if one.mode == Mode::Shadow { ", shadow: not acted on" } else { "" };
        let used = describe::word(&one.used);
        lines.add("budget", &format!("{} ({used} used up{shadow})", one.budget));
        by_rules.iter().for_each(|told| lines.all(&told::budget(told, &one.budget)));
    }
    // What the caller left is cancelled, which the exchange does not live to see.
    let left = if describe::left(exchange) { " when the caller left" } else { "" };
    for hold in record.holds() {
        let by = hold.approver.as_ref().map(|name| format!(" by {name}")).unwrap_or_default();
        let waited = hold.waited_ms;
        lines.add("hold", &format!("{} {}{by}{left}, waited {waited} ms", hold.hold, hold.status));
        for one in &hold.approvals {
            let groups = one.groups.join(", ");
            let groups = if groups.is_empty() { groups } else { format!(" of {groups}") };
            lines.add("approved", &format!("by {}{groups}", one.approver));
        }
        if hold.break_glass {
            lines.add("glass", "broken: one person let it pass at once, whoever else is asked for");
        }
        lines.add("standing", hold.standing.as_deref().unwrap_or_default());
    }
    for text in &record.request.sql {
        let effects: Vec<_> = text.effects.iter().map(describe::word).collect();
        lines.add("sql", &format!("{} {}", effects.join(", "), text.tables.join(", ")));
    }
    lines.add("request", &body(&record.request.body, &record.request.findings));
    if record.response.status != 0 {
        let read = body(&record.response.body, &record.response.findings);
        lines.add("response", &format!("status {}, {read}", record.response.status));
    }
    for call in &record.response.calls {
        let (effect, rules) = (describe::word(&call.effect), call.rules.join(", "));
        lines.add("proposed", format!("{} ({effect}) {rules}", call.tool).trim_end());
        for rule in &call.rules {
            by_rules.iter().for_each(|told| lines.all(&told::rule(told, rule)));
        }
    }
    by_rules.iter().for_each(|told| lines.all(&told::found(told)));
    let edits: Vec<_> = record.response.edits.iter().map(describe::word).collect();
    lines.add("edited", &edits.join(", "));
    for one in &record.response.changed {
        let shadow = if one.mode == Mode::Shadow { ", shadow: not cut out" } else { "" };
        lines.add("changed", &format!("the tool {} ({}{shadow})", one.tool, one.pins));
    }
    if record.response.hidden > 0 {
        lines.add("hidden", &format!("{} of its list", record.response.hidden));
    }
    let by = record.answer.as_ref().map(|answer| format!(", by {}", describe::word(&answer.by)));
    let by = by.unwrap_or_default();
    lines.add("answer", &format!("status {}, {} bytes{by}", envoy.status, envoy.bytes_sent));
    for reason in &record.not_inspected {
        lines.add("not read", reason);
    }
    lines.add("sections", &record.sections.join(", "));
    lines.add("bundle", &record.revision);
    lines.add("end", &describe::word(&record.end));
    match by_rules {
        Ok(told) => lines.all(&told::allow(told, record)),
        Err(why) => lines.add("rules", &format!("the bundle: {why}")),
    }
    lines.0.join("\n")
}

fn who(record: &Record) -> String {
    match &record.principal {
        None => "nobody proved to be anybody".to_owned(),
        Some(principal) if principal.groups.is_empty() => {
            format!("{} of {}", principal.subject, principal.issuer)
        }
        Some(principal) => {
            let groups = principal.groups.join(", ");
            format!("{} of {}, in {groups}", principal.subject, principal.issuer)
        }
    }
}

fn body(body: &BodyRecord, findings: &[FindingCount]) -> String {
    let mut text = format!("{} bytes", body.size);
    for finding in findings {
        let redacted = if finding.redacted { "redacted" } else { "left" };
        text.push_str(&format!(", {} {} ({redacted})", finding.count, finding.kind));
    }
    text
}

#[derive(Default)]
struct Lines(Vec<String>);

impl Lines {
    fn add(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            self.0.push(format!("{name:9} {}", clean(text)));
        }
    }

    fn all(&mut self, all: &[(&str, String)]) {
        all.iter().for_each(|(name, text)| self.add(name, text));
    }
}

#[cfg(test)]
mod tests {
    use approval::records::{Envoy, Exchange};
    use policy::reason::Reason;
    use policy::record::{HoldRecord, Record, VerdictRecord};
    use policy::rule::Effect;

    use super::human;
    use crate::reasons::explanation;

    #[test]
    fn a_session_is_told_from_a_call() {
        for session in ["s_abc", "red.s_abc", "s-9d90"] {
            let told = super::unknown(session);
            assert!(told.contains(&format!("gatehouse sessions show {session}")), "{told}");
        }
        assert!(super::unknown("x_\u{1b}").starts_with("no record has the reference `x_\u{fffd}`"));
    }

    #[test]
    fn the_caller_cannot_write_lines_of_its_own() {
        let record = Record {
            exchange: "r".to_owned(),
            request: policy::record::RequestRecord {
                path: "/\u{1b}[2J\nverdict   allow".to_owned(),
                ..Default::default()
            },
            verdict: VerdictRecord {
                effect: Some(Effect::Deny),
                reason: Some(Reason::HoldDenied),
                ..Default::default()
            },
            hold: Some(HoldRecord {
                hold: "h".to_owned(),
                break_glass: true,
                ..Default::default()
            }),
            ..Default::default()
        };
        let exchange = Exchange { record, link: None, envoy: Envoy::default() };
        let none = Err("none".to_owned());
        let text = human(&exchange, Some(explanation(Reason::HoldDenied)), &none);
        assert!(!text.contains('\u{1b}') && text.contains("\nglass     broken: one person"));
        let verdicts: Vec<&str> = text.lines().filter(|line| line.starts_with("verdict")).collect();
        assert_eq!(verdicts, ["verdict   deny (hold_denied)"]);
    }
}
