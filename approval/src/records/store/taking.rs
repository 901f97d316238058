/*! Takes lines in, many in one transaction. */

mod inserting;
mod places;

use sqlx::{Any, Transaction};

use super::chains::Chains;
use super::conflicts::Conflicts;
use super::row::{Row, integer};
use super::sql::SqlRecords;
use super::sums::Sums;
use super::tails::{self, Tail};
use super::{Line, Source, Taken};
use crate::store::StoreError;
use crate::tenant::Tenant;

/// In one transaction: those who read wait for none, and a crash loses no more than this to come again.
pub const ROWS_AT_ONCE: usize = 500;
pub const BYTES_AT_ONCE: usize = 4 * 1024 * 1024;
/// Two replicas that write the same rows may wait for each other in a circle, which PostgreSQL breaks.
const TRIES: usize = 5;

/// Lines of one sender, and how far their file was read with them.
pub struct Batch<'a> {
    pub tenant: &'a Tenant,
    pub source: Source,
    pub tail: Option<&'a Tail>,
}

pub async fn take(
    store: &SqlRecords,
    batch: &Batch<'_>,
    lines: &[Line],
) -> Result<Taken, StoreError> {
    let mut taken = Taken::default();
    let (mut rows, mut bytes) = (Vec::new(), 0);
    let without = Batch { tail: None, ..*batch };
    for line in lines {
        let Some(row) = Row::of(batch.tenant, line) else {
            taken.refused += 1;
            continue;
        };
        let size = usize::try_from(row.bytes).unwrap_or(usize::MAX);
        if rows.len() >= ROWS_AT_ONCE || bytes + size > BYTES_AT_ONCE && !rows.is_empty() {
            taken += rows_of(store, &without, std::mem::take(&mut rows)).await?;
            bytes = 0;
        }
        bytes += size;
        rows.push(row);
    }
    taken += rows_of(store, batch, rows).await?;
    Ok(taken)
}

/// A row that the database refuses is left out, and no other for it.
async fn rows_of(
    store: &SqlRecords,
    batch: &Batch<'_>,
    rows: Vec<Row>,
) -> Result<Taken, StoreError> {
    let mut taken = Taken::default();
    let mut left = vec![rows];
    while let Some(rows) = left.pop() {
        let last = left.is_empty();
        let of = Batch { tail: batch.tail.filter(|_| last), ..*batch };
        match tried(store, &of, &rows).await {
            Ok(some) => taken += some,
            Err(error) if is_of_a_row(&error) && rows.len() > 1 => {
                let mut first = rows;
                let second = first.split_off(first.len() / 2);
                // The last of the stack tells how far the file was read.
                left.extend([second, first]);
            }
            Err(error) if is_of_a_row(&error) => {
                tracing::warn!(%error, "the database refuses a record");
                taken.refused += 1;
                if of.tail.is_some() {
                    left.push(Vec::new());
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(taken)
}

async fn tried(store: &SqlRecords, batch: &Batch<'_>, rows: &[Row]) -> Result<Taken, StoreError> {
    let mut tries = 1;
    loop {
        match at_once(store, batch, rows).await {
            Err(StoreError::Database(error))
                if tries < TRIES && code(&error, &["40001", "40P01"]) =>
            {
                tries += 1;
            }
            done => return done,
        }
    }
}

fn code(error: &sqlx::Error, wanted: &[&str]) -> bool {
    let sqlx::Error::Database(error) = error else { return false };
    error.code().is_some_and(|code| wanted.contains(&&*code))
}

/// Another row may fare better: it is too long, or what no column takes. A full disk is none of it.
fn is_of_a_row(error: &StoreError) -> bool {
    let StoreError::Database(sqlx::Error::Database(error)) = error else { return false };
    let Some(code) = error.code() else { return false };
    match code.len() {
        // Classes of SQLSTATE: data exception, integrity, limits.
        5 => ["22", "23", "54"].iter().any(|class| code.starts_with(class)),
        // SQLITE_TOOBIG, SQLITE_CONSTRAINT, SQLITE_MISMATCH.
        _ => code.parse::<u32>().is_ok_and(|code| [18, 19, 20].contains(&(code & 0xff))),
    }
}

async fn at_once(store: &SqlRecords, batch: &Batch<'_>, rows: &[Row]) -> Result<Taken, StoreError> {
    if rows.is_empty() && batch.tail.is_none() {
        return Ok(Taken::default());
    }
    let mut taking = Taking {
        transaction: store.write().await?,
        batch,
        now: integer(store.clock.now()),
        taken: Taken::default(),
        sums: Sums::default(),
        chains: Chains::default(),
        conflicts: Conflicts::default(),
    };
    let rows = taking.distinct(rows).await?;
    let rows = taking.make_room(rows).await?;
    let rows: Vec<&Row> = rows.iter().map(AsRef::as_ref).collect();
    // What had no room before has no place of its own now.
    let filling = taking.insert(&rows).await?;
    taking.insert(&filling).await?;
    let Taking { mut transaction, mut taken, sums, chains, .. } = taking;
    // Those that took a place were inserted, too.
    taken.new = taken.new.saturating_sub(taken.finished);
    sums.write(&mut transaction).await?;
    chains.write(&mut transaction, batch.tenant).await?;
    if let Some(tail) = batch.tail {
        tails::note(&mut transaction, tail).await?;
    }
    store.commit(transaction).await?;
    if taken.conflicts > 0 && batch.source == Source::File {
        let conflicts = taken.conflicts;
        tracing::warn!(conflicts, "other records came for places that are taken");
    }
    Ok(taken)
}

struct Taking<'a> {
    transaction: Transaction<'static, Any>,
    batch: &'a Batch<'a>,
    now: i64,
    taken: Taken,
    sums: Sums,
    chains: Chains,
    conflicts: Conflicts,
}
