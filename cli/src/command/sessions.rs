/*! `gatehouse sessions`: what agents did, session by session. */

mod backtest;
mod erase;
mod export;
mod numbers;
mod replay;
mod verify;

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use approval::records::session::Session;
use approval::records::{Exchange, describe};
use clap::{Args, Subcommand};
use policy::rule::Mode;
use policy::verdict::Contribution;
use serde_json::json;

use super::{Log, Reading};
use crate::print::{self, Format, clean, count, table};
use crate::records::place::Besides;
use crate::records::sieve::Sieve;

#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    log: Log,
    #[command(flatten)]
    reading: Reading,
}

#[derive(Subcommand)]
enum Action {
    /// All sessions, the latest first; or those with an exchange that fits.
    List {
        #[command(flatten)]
        sieve: Sieve,
    },
    /// The calls of one session, in order.
    Show {
        /// The session, s_…, as `gatehouse sessions list` names it.
        id: String,
        #[command(flatten)]
        sieve: Sieve,
    },
    /// What was said in one session, exchange by exchange.
    Replay {
        /// The session, s_…, as `gatehouse sessions list` names it.
        id: String,
        #[command(flatten)]
        pace: replay::Pace,
        #[command(flatten)]
        sieve: Sieve,
    },
    /// What another bundle would have made of what was recorded: which calls it would deny, hold or mask.
    Backtest(backtest::Arguments),
    /// Who did what, which rules stopped what, and how long people took to decide.
    Numbers(numbers::Arguments),
    /// Write the very lines of all sessions, or of one, for `verify` and `import` elsewhere; or one as a page to play.
    Export(export::Export),
    /// Take access logs into the store. What is there already stays as it is.
    Import(export::Import),
    /// Take the records of a caller out and leave their links, so that the others can still be verified.
    Erase(erase::Arguments),
    /// Find what was altered, taken out or moved in the records, or say that nothing was.
    Verify(Box<verify::Arguments>),
}

pub fn run(Arguments { action, log, reading }: &Arguments) -> Result<ExitCode> {
    match action {
        Action::List { sieve } => super::block_on(list(sieve, log, reading)),
        Action::Show { id, sieve } => {
            let shown = super::block_on(found(id, sieve, log, reading))?;
            exchanges(&shown, reading, |shown| print::out(&timeline(shown)))
        }
        Action::Replay { id, pace, sieve } => {
            let shown = super::block_on(found(id, sieve, log, reading))?;
            exchanges(&shown, reading, |shown| replay::replay(shown, pace))
        }
        Action::Backtest(chosen) => super::block_on(backtest::run(chosen, log, reading)),
        Action::Numbers(chosen) => super::block_on(numbers::run(chosen, log, reading)),
        Action::Export(chosen) => {
            super::block_on(async { export::export(chosen, &log.store(reading).await?).await })
        }
        Action::Import(chosen) => super::block_on(async {
            export::import(chosen, &log.store(reading).await?, reading.format).await
        }),
        Action::Erase(chosen) => super::block_on(erase::run(chosen, log, reading)),
        Action::Verify(chosen) => verify::run(chosen, log, reading),
    }
}

async fn list(sieve: &Sieve, log: &Log, reading: &Reading) -> Result<ExitCode> {
    let place = log.place(reading).await?;
    let sessions = place.sessions(&sieve.at(now())).await?;
    let besides = place.besides().await?;
    print::out(&match reading.format {
        Format::Human => overview(&sessions, besides, sieve),
        Format::Json => print::json(&json!({
            "sessions": sessions,
            "unseen": besides.unseen,
            "unreadable": besides.unreadable,
            "conflicts": besides.conflicts,
        }))?,
    })?;
    Ok(ExitCode::SUCCESS)
}

/// For programs all of them are the same, whatever people are told.
fn exchanges(
    shown: &[Exchange],
    reading: &Reading,
    told: impl FnOnce(&[Exchange]) -> Result<()>,
) -> Result<ExitCode> {
    match reading.format {
        Format::Human => told(shown)?,
        Format::Json => print::out(&print::json(&json!({ "exchanges": shown }))?)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// In Unix milliseconds.
fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    u64::try_from(now).unwrap_or(u64::MAX)
}

async fn found(id: &str, sieve: &Sieve, log: &Log, reading: &Reading) -> Result<Vec<Exchange>> {
    let name = clean(id);
    let shown = log.place(reading).await?.exchanges(id, &sieve.at(now())).await?;
    let shown = shown.with_context(|| {
        format!("there is no session `{name}`; `gatehouse sessions list` shows them")
    })?;
    ensure!(!shown.is_empty(), "no exchange of session `{name}` fits");
    Ok(shown)
}

fn overview(sessions: &[Session], besides: Besides, sieve: &Sieve) -> String {
    let rows: Vec<Vec<String>> = sessions
        .iter()
        .map(|session| {
            vec![
                session.id.clone(),
                session.subject.clone().unwrap_or_else(|| "-".to_owned()),
                session.started.clone(),
                session.exchanges.to_string(),
                session.dry_runs.to_string(),
                session.held.to_string(),
                session.refused.to_string(),
                session.redacted.to_string(),
                session.joined_by.map_or_else(|| "-".to_owned(), |by| describe::word(&by)),
                session.client_id.clone().unwrap_or_else(|| "-".to_owned()),
            ]
        })
        .collect();
    let head = [
        "ID",
        "WHO",
        "STARTED",
        "CALLS",
        "DRY RUNS",
        "HELD",
        "REFUSED",
        "REDACTED",
        "JOINED BY",
        "CLIENT ID",
    ];
    let mut text = match rows.is_empty() {
        true if sieve.at(now()).is_open() => "no call was recorded".to_owned(),
        true => "no recorded call fits".to_owned(),
        false => table(&head, &rows).trim_end().to_owned(),
    };
    let Besides { unseen, unreadable, conflicts } = besides;
    if unseen > 0 {
        text.push_str(&format!("\nand {} that Envoy refused by itself", count(unseen, "request")));
    }
    if unreadable > 0 {
        text.push_str(&format!("\nand {} that cannot be read", count(unreadable, "line")));
    }
    if conflicts > 0 {
        text.push_str(&format!(
            "\nand {} whose place another record has: one of both was changed after it was written",
            count(conflicts, "record")
        ));
    }
    text
}

/// A rule in shadow matched, and nothing came of it.
fn named(rule: &Contribution) -> String {
    let shadow = if rule.mode == Mode::Shadow { " (shadow)" } else { "" };
    format!("{}{shadow}", rule.rule)
}

fn timeline(shown: &[Exchange]) -> String {
    let row = |exchange: &Exchange| {
        let Exchange { record, envoy, .. } = exchange;
        let rules: Vec<String> = record.verdict.rules.iter().map(named).collect();
        vec![
            envoy.start_time.clone(),
            record.exchange.clone(),
            envoy.status.to_string(),
            describe::verdict(exchange),
            rules.join(", "),
            describe::call(record),
        ]
    };
    let rows: Vec<Vec<String>> = shown.iter().map(row).collect();
    let head = ["STARTED", "REF", "STATUS", "VERDICT", "RULES", "CALL"];
    table(&head, &rows).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use approval::records::{Envoy, Exchange};
    use policy::record::{Record, VerdictRecord};
    use policy::rule::{Effect, Mode, Severity};
    use policy::verdict::Contribution;

    use super::timeline;

    #[test]
    fn a_rule_in_shadow_is_told_from_one_that_acts() {
        let rule = |name: &str, effect, mode| Contribution {
            rule: name.to_owned(),
            effect,
            mode,
            severity: Severity::High,
        };
        let rules = vec![
            rule("hold-refunds", Effect::Hold, Mode::Shadow),
            rule("mask-orders", Effect::Redact, Mode::Enforce),
        ];
        let verdict = VerdictRecord { effect: Some(Effect::Allow), rules, ..Default::default() };
        let record = Record { exchange: "r1".to_owned(), verdict, ..Default::default() };
        let text = timeline(&[Exchange { record, link: None, envoy: Envoy::default() }]);
        assert!(text.contains("  allow    hold-refunds (shadow), mask-orders"), "{text}");
    }
}
