/*! What agents did, in numbers: tables that can be read without the bars beside them. */

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use tokio::sync::Semaphore;

use super::Console;
use super::page::{Frame, problem, render};
use super::sessions::asked::{AGES, Asked, EFFECTS};
use super::viewers::Viewer;
use crate::error::Problem;
use crate::records::numbers::{Calls, Numbers, Told};
use crate::records::sieve::Sieve;
use crate::records::store::{Bodies, ExchangePlace, SessionCut, SessionPlace};
use crate::records::times::lasted;
use crate::view::{shorten, visible_line};

/// Of each table.
const MOST: usize = 15;
const PAGE: u32 = 200;
/// Exchanges that are counted, of the latest sessions first; each has its bodies.
const EXCHANGES: usize = 10_000;
/// Bytes of a name.
const NAME: usize = 120;
/// Where nobody says: what happened of late.
const AGE: &str = "1d";

/// Each reads many records: more at a time would keep the store from those who look at one.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

#[derive(Template)]
#[template(path = "numbers.html")]
struct NumbersPage {
    frame: Frame,
    asked: Asked,
    /// What is told of the whole.
    lead: Vec<(&'static str, String)>,
    /// There are more that fit.
    cut: bool,
    tables: Vec<Table>,
}

struct Table {
    title: &'static str,
    heads: Vec<&'static str>,
    rows: Vec<Row>,
}

struct Row {
    names: Vec<String>,
    /// With what they count.
    counts: Vec<(u64, &'static str)>,
    /// Of the greatest first count, in percent.
    share: u64,
}

pub async fn page(
    State(console): State<Arc<Console>>,
    Viewer { visitor, peer }: Viewer,
    Query(mut asked): Query<Asked>,
) -> Response {
    if asked.is_open() {
        asked.since = AGE.to_owned();
    }
    let sieve = match asked.at(console.now() * 1000) {
        Ok(sieve) => sieve,
        Err(error) => return problem(&visitor, &error, "/numbers"),
    };
    let counted = async {
        console.looked(&visitor.approver, &peer, "numbers_read", &asked.query(&[])).await?;
        let _turn = AT_ONCE.acquire().await.map_err(|error| Problem::internal(&error))?;
        counted(&console, &sieve).await
    };
    let (told, cut) = match counted.await {
        Ok(counted) => counted,
        Err(error) => return problem(&visitor, &error, "/numbers"),
    };
    let page = NumbersPage {
        frame: visitor.frame("numbers"),
        asked,
        lead: lead(&told),
        cut,
        tables: tables(&told),
    };
    render(StatusCode::OK, &page)
}

/// And whether some were left out.
async fn counted(console: &Console, sieve: &Sieve) -> Result<(Told, bool), Problem> {
    let records = &console.holds.records;
    let (mut numbers, mut count) = (Numbers::default(), 0);
    let mut cut = SessionCut::Begin;
    loop {
        let sessions = records.sessions(sieve, cut, PAGE).await?;
        let Some(last) = sessions.last() else { return Ok((numbers.told(MOST), false)) };
        cut = SessionCut::After(SessionPlace::from(last));
        for session in &sessions {
            let mut after = None;
            loop {
                let some = records
                    .exchanges(&session.id, sieve, Bodies::listed_by(sieve), after, PAGE)
                    .await?;
                let Some(last) = some.last() else { break };
                after = Some(ExchangePlace::from(last));
                for one in &some {
                    if count == EXCHANGES {
                        return Ok((numbers.told(MOST), true));
                    }
                    numbers.add(one);
                    count += 1;
                }
            }
        }
    }
}

fn lead(told: &Told) -> Vec<(&'static str, String)> {
    let mut lead: Vec<(&str, String)> = [
        ("Calls", told.all.calls),
        ("Sessions", told.sessions as u64),
        ("Refused", told.all.refused),
        ("Held", told.all.held),
        ("With something masked", told.all.redacted),
        ("Dry runs", told.dry_runs),
    ]
    .into_iter()
    .map(|(name, count)| (name, count.to_string()))
    .collect();
    if told.holds.holds > 0 {
        lead.push(("Half of those held waited no longer than", lasted(told.holds.half_ms)));
        lead.push(("Nine of ten no longer than", lasted(told.holds.most_ms)));
    }
    lead
}

fn tables(told: &Told) -> Vec<Table> {
    let who = told.principals.iter().map(|(name, calls)| (vec![name.as_str()], of(*calls)));
    let uses = told.uses.iter();
    let uses = uses.map(|(one, calls)| (vec![one.what.as_str(), &one.subject], of(*calls)));
    let calls = ["Calls", "Refused", "Held", "Masked"];
    let mut tables = vec![
        table("Who", [&["Who"][..], &calls].concat(), who.collect()),
        table("What, by whom", [&["What", "Who"][..], &calls].concat(), uses.collect()),
    ];
    let holds: Vec<_> = told.holds.ended.iter().map(|(name, n)| (name.clone(), *n)).collect();
    for (title, heads, counts) in [
        ("Rules that stopped calls", ["Rule", "Calls"], &told.stopped_by_rule),
        ("Why calls were refused", ["Reason", "Calls"], &told.refused_for),
        ("What was masked", ["Kind", "Findings"], &told.redacted),
        ("What became of holds", ["Status", "Holds"], &holds),
    ] {
        let rows = counts.iter().map(|(name, count)| (vec![name.as_str()], vec![*count]));
        tables.push(table(title, heads.to_vec(), rows.collect()));
    }
    tables.retain(|table| !table.rows.is_empty());
    tables
}

fn of(calls: Calls) -> Vec<u64> {
    vec![calls.calls, calls.refused, calls.held, calls.redacted]
}

fn table(title: &'static str, heads: Vec<&'static str>, rows: Vec<(Vec<&str>, Vec<u64>)>) -> Table {
    let first = |counts: &[u64]| counts.first().copied().unwrap_or_default();
    let counted = rows.first().map_or(0, |(_, counts)| counts.len());
    let words = heads[heads.len().saturating_sub(counted)..].to_vec();
    let most = rows.iter().map(|(_, counts)| first(counts)).max().unwrap_or_default().max(1);
    let row = |(names, counts): (Vec<&str>, Vec<u64>)| Row {
        names: names.into_iter().map(|name| shorten(&visible_line(name), NAME)).collect(),
        share: first(&counts) * 100 / most,
        counts: counts.into_iter().zip(words.iter().copied()).collect(),
    };
    Table { title, heads, rows: rows.into_iter().map(row).collect() }
}
