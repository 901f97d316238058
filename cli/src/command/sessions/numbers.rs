/*! `gatehouse sessions numbers`: who did what, what stopped it, and how long people took. */

use std::process::ExitCode;

use anyhow::Result;
use approval::records::numbers::{Calls, Numbers, Told, Waits};
use approval::records::times::lasted;
use clap::Args;

use super::super::{Log, Reading};
use crate::print::{self, Format, clean, count, table};
use crate::records::sieve::Sieve;

#[derive(Args)]
pub struct Arguments {
    /// Lines of each table.
    #[arg(long, value_name = "N", default_value_t = 10)]
    most: usize,
    #[command(flatten)]
    sieve: Sieve,
}

pub async fn run(arguments: &Arguments, log: &Log, reading: &Reading) -> Result<ExitCode> {
    let place = log.place(reading).await?;
    let sieve = arguments.sieve.at(super::now());
    let mut numbers = Numbers::default();
    place.each(&sieve, |exchange| numbers.add(exchange)).await?;
    let told = numbers.told(arguments.most);
    print::out(&match reading.format {
        Format::Json => print::json(&told)?,
        Format::Human => human(&told),
    })?;
    Ok(ExitCode::SUCCESS)
}

fn human(told: &Told) -> String {
    let Told { all, dry_runs, sessions, holds, .. } = told;
    let mut parts = vec![format!(
        "{} in {}: {} refused, {} held, {} with something redacted; {}",
        count(all.calls, "call"),
        count(*sessions as u64, "session"),
        all.refused,
        all.held,
        all.redacted,
        count(*dry_runs, "dry run"),
    )];
    let calls = ["CALLS", "REFUSED", "HELD", "REDACTED"];
    let who = told.principals.iter().map(|(name, calls)| row(&[name], *calls));
    parts.push(titled(&[&["WHO"], &calls[..]].concat(), who.collect()));
    let uses = told.uses.iter().map(|(one, calls)| row(&[&one.what, &one.subject], *calls));
    parts.push(titled(&[&["WHAT", "WHO"], &calls[..]].concat(), uses.collect()));
    for (head, counts) in [
        (["STOPPED BY RULE", "CALLS"], &told.stopped_by_rule),
        (["REFUSED FOR", "CALLS"], &told.refused_for),
        (["REDACTED", "FINDINGS"], &told.redacted),
    ] {
        let rows = counts.iter().map(|(name, count)| vec![name.clone(), count.to_string()]);
        parts.push(titled(&head, rows.collect()));
    }
    if holds.holds > 0 {
        parts.push(waits(holds));
    }
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n")
}

fn titled(head: &[&str], rows: Vec<Vec<String>>) -> String {
    if rows.is_empty() { String::new() } else { table(head, &rows).trim_end().to_owned() }
}

fn row(names: &[&String], calls: Calls) -> Vec<String> {
    let counts = [calls.calls, calls.refused, calls.held, calls.redacted].map(|n| n.to_string());
    names.iter().map(|name| (*name).clone()).chain(counts).collect()
}

fn waits(holds: &Waits) -> String {
    let ended: Vec<String> =
        holds.ended.iter().map(|(status, n)| format!("{n} {}", clean(status))).collect();
    format!(
        "{}: {}; callers waited {} or less for half of them, {} for nine of ten, {} at most",
        count(holds.holds, "hold"),
        ended.join(", "),
        lasted(holds.half_ms),
        lasted(holds.most_ms),
        lasted(holds.longest_ms),
    )
}

#[cfg(test)]
mod tests {
    use approval::records::{Envoy, Exchange};
    use policy::record::{HoldRecord, Record};

    use super::*;

    #[test]
    fn what_is_there_is_told_and_what_is_not_has_no_table() {
        let mut record = Record::default();
        record.request.method = "GET".into();
        record.request.authority = "a\u{1b}.example".into();
        record.hold =
            Some(HoldRecord { status: "redeemed".into(), waited_ms: 1_400, ..Default::default() });
        let mut numbers = Numbers::default();
        numbers.add(&Exchange { record, link: None, envoy: Envoy::default() });
        let text = human(&numbers.told(10));
        for wanted in [
            "1 call in 1 session: 0 refused, 1 held, 0 with something redacted; 0 dry runs",
            "WHO  CALLS  REFUSED  HELD  REDACTED\n-    1      0        1     0",
            "GET a\u{fffd}.example  -    1",
            "1 hold: 1 redeemed; callers waited 1.4 s or less for half of them, 1.4 s for nine of ten, 1.4 s at most",
        ] {
            assert!(text.contains(wanted), "{wanted}\n{text}");
        }
        assert!(!text.contains("STOPPED BY RULE"), "{text}");
    }
}
