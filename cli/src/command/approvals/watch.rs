/*! Calls on hold as they come. */

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Result;
use approval::api::HoldSummary;

use super::now;
use super::shown::{action, severity};
use crate::console::{Console, Events};
use crate::lifetime;
use crate::print::{self, Format, clean};

/// Many that change at once are asked for at once.
const BURST: Duration = Duration::from_millis(100);
/// Holds that are remembered as told; more than ever are open at once.
const TOLD: usize = 100_000;
const AGAIN_AFTER: Duration = Duration::from_secs(2);

/// Until somebody ends it. Only what it begins with has to work: later it waits for the console to come back.
pub async fn run(console: &Console, mine: bool, format: Format) -> Result<()> {
    let watched = async {
        let mut told = BTreeSet::new();
        let mut events = console.changes().await?;
        loop {
            match follow(console, &mut events, &mut told, mine, format).await {
                Ok(Ended::Reader) => return Ok(()),
                Ok(Ended::Stream) => print::warn(&["the console ended the stream".to_owned()]),
                Err(Stopped::Output(error)) => return Err(error),
                Err(Stopped::Console(error)) => print::warn(&[format!("{error:#}")]),
            }
            events = loop {
                tokio::time::sleep(AGAIN_AFTER).await;
                if let Ok(events) = console.changes().await {
                    break events;
                }
            };
        }
    };
    tokio::select! {
        ended = watched => ended,
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}

enum Ended {
    Stream,
    /// Nobody reads the output any more.
    Reader,
}

enum Stopped {
    Console(anyhow::Error),
    Output(anyhow::Error),
}

/// Tells each hold once, until the stream ends.
async fn follow(
    console: &Console,
    events: &mut Events,
    told: &mut BTreeSet<String>,
    mine: bool,
    format: Format,
) -> Result<Ended, Stopped> {
    while events.next().await.map_err(Stopped::Console)?.is_some() {
        let end = tokio::time::Instant::now() + BURST;
        while let Ok(more) = tokio::time::timeout_at(end, events.next()).await {
            if more.map_err(Stopped::Console)?.is_none() {
                return Ok(Ended::Stream);
            }
        }
        let open = console.list_all(None, mine).await.map_err(Stopped::Console)?.holds;
        if told.len() > TOLD {
            told.retain(|id| open.iter().any(|hold| hold.id == *id));
        }
        for hold in open.iter().filter(|hold| !told.contains(&hold.id)) {
            let line = match format {
                Format::Json => print::json_line(hold).map_err(Stopped::Output)?,
                Format::Human => line(hold, now()),
            };
            if !print::out_one(&line).map_err(Stopped::Output)? {
                return Ok(Ended::Reader);
            }
        }
        told.extend(open.into_iter().map(|hold| hold.id));
    }
    Ok(Ended::Stream)
}

/// `abc  high  alice  delete_customer  (expires in 9m 58s)  http://..`.
fn line(hold: &HoldSummary, now: u64) -> String {
    let severity = severity(hold);
    let expires = lifetime::until(now, hold.expires_at);
    let (who, call) = (&hold.principal.subject, action(hold));
    clean(&format!("{}  {severity}  {who}  {call}  (expires {expires})  {}", hold.id, hold.url))
}

#[cfg(test)]
mod tests {
    use approval::api::HoldSummary;
    use serde_json::json;

    use super::line;

    #[test]
    fn a_hold_is_one_line() {
        let hold: HoldSummary = serde_json::from_value(json!({
            "id": "h1", "status": "pending", "url": "http://c/holds/h1", "action": "pay\u{1b}[2J\n",
            "proposed": true, "rules": [], "description": "", "severity": "critical",
            "principal": {"issuer": "i", "subject": "al\u{202e}ice"}, "reason_required": false,
            "created_at": 0, "expires_at": 160,
        }))
        .unwrap();
        let told = "h1  critical  al\u{fffd}ice  proposed: pay\u{fffd}[2J\u{fffd}  (expires in 1m 0s)  http://c/holds/h1";
        assert_eq!(line(&hold, 100), told);
    }
}
