/*!
Takes the records of one caller out. The text goes, and with it its salt, so that the digest in the link says
nothing of it; so does all that was looked up by the caller. Link, digest and what Envoy says stay, and that
the record was erased is noted beside.
*/

use std::collections::BTreeMap;

use policy::record::checkpoint::{Note, ranges};
use sqlx::{AnyConnection, Row as _};

use super::super::Line;
use super::super::line::Erased;
use super::TakenOut;
use super::conditions::Query;
use super::conflicts;
use super::row::{ERASED, column, integer};
use super::sql::SqlRecords;
use super::sums::{REMOVED, Sums};
use crate::store::{Dialect, StoreError};

const AT_ONCE: i64 = 1_000;
/// Each of them may have a few megabytes.
const CONFLICTS_AT_ONCE: i64 = 20;

/// `taken`: what was, also where not all could be: nobody else can say it later.
pub async fn erase(
    store: &SqlRecords,
    caller: Caller<'_>,
    by: &str,
    taken: &mut TakenOut,
) -> Result<(), StoreError> {
    let now = store.clock.now();
    let mut places = Places::new();
    let done = batches(store, caller, (now, by), (&mut taken.records, &mut places)).await;
    let note = |((tenant, chain), sequences)| Note {
        tenant,
        chain,
        erased: ranges(sequences),
        at: now,
        by: column(by),
        ..Note::default()
    };
    taken.notes.extend(places.into_iter().map(note));
    done
}

async fn batches(
    store: &SqlRecords,
    caller: Caller<'_>,
    (now, by): (u64, &str),
    (records, places): (&mut u64, &mut Places),
) -> Result<(), StoreError> {
    let note = serde_json::to_string(&Erased { at: now, by: column(by) })?;
    let others = of_conflicts(store, caller).await?;
    let mut erased = 0;
    loop {
        let mut transaction = store.write().await?;
        let mut own = Places::new();
        let some = rows(&mut transaction, caller, &note, &mut own).await?;
        erased += some;
        if some == 0 {
            erased += others;
            if erased > 0 {
                let mut query =
                    Query::new("INSERT INTO record_erasures (at, by_whom, records) VALUES ");
                query.values([
                    integer(now).into(),
                    column(by).as_str().into(),
                    integer(erased).into(),
                ]);
                query.run(&mut *transaction).await?;
            }
            store.commit(transaction).await?;
            *records += others;
            break;
        }
        store.commit(transaction).await?;
        *records += some;
        for (place, numbers) in own {
            places.entry(place).or_default().extend(numbers);
        }
    }
    // What was written ahead of the file has the text, too.
    if store.dialect == Dialect::Sqlite {
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_all(&store.pool).await?;
    }
    Ok(())
}

/// Of tenant and chain, numbers.
type Places = BTreeMap<(String, String), Vec<u64>>;
type Caller<'a> = (Option<&'a str>, &'a str);

async fn rows(
    connection: &mut AnyConnection,
    (issuer, subject): Caller<'_>,
    note: &str,
    places: &mut Places,
) -> Result<u64, StoreError> {
    let mut query = Query::new(&format!(
        "SELECT {REMOVED}, chain, sequence, link, envoy FROM records WHERE subject = "
    ));
    query.bind(column(subject).as_str());
    if let Some(issuer) = issuer {
        query.say(" AND issuer = ").bind(column(issuer).as_str());
    }
    query.say(" ORDER BY id LIMIT ").bind(AT_ONCE);
    let found = query.all(&mut *connection).await?;
    if found.is_empty() {
        return Ok(0);
    }
    let mut sums = Sums::default();
    let (mut ids, mut left) = (Vec::<i64>::new(), 0);
    for row in &found {
        ids.push(row.try_get("id")?);
        let place = (row.try_get("tenant")?, row.try_get::<String, _>("chain")?);
        if !place.1.is_empty() {
            let sequence = row.try_get::<i64, _>("sequence")?.unsigned_abs();
            places.entry(place).or_default().push(sequence);
        }
        sums.remove(row)?;
        let link: Option<String> = row.try_get("link")?;
        let envoy: String = row.try_get("envoy")?;
        let of_it = i64::try_from(link.map_or(0, |link| link.len()) + envoy.len());
        let of_it = of_it.unwrap_or(i64::MAX);
        sums.bytes(row.try_get("tenant")?, of_it);
        left += of_it;
    }
    let mut query = Query::new(
        "UPDATE records SET record = NULL, parts = NULL, digest = '', issuer = NULL, subject = NULL, tool = '', \
         effect = '', reason = '', dry_run = 0, held = 0, refused = 0, redacted = 0, last = 1, \
         bytes = length(envoy) + coalesce(length(link), 0), session = ",
    );
    query.bind(ERASED).say(", erased = ").bind(note).say(" WHERE id IN ");
    query.list(ids.iter().copied());
    query.run(&mut *connection).await?;
    let mut query = Query::new("DELETE FROM record_names WHERE record IN ");
    query.list(ids.iter().copied());
    query.run(&mut *connection).await?;
    sums.write(&mut *connection).await?;
    // A session that others are in, too, is not called by this caller any more.
    let mut query = Query::new(
        "UPDATE record_sessions SET issuer = NULL, subject = NULL, client_id = NULL WHERE subject = ",
    );
    query.bind(column(subject).as_str());
    if let Some(issuer) = issuer {
        query.say(" AND issuer = ").bind(column(issuer).as_str());
    }
    query.run(&mut *connection).await?;
    let count = i64::try_from(ids.len()).unwrap_or(i64::MAX);
    sqlx::query(
        "INSERT INTO record_sessions (id, started, started_ms, last_ms, exchanges, dry_runs, held, \
         refused, redacted, bytes) VALUES ($1, '', 0, 0, $2, 0, 0, 0, 0, $3) ON CONFLICT (id) DO UPDATE \
         SET exchanges = record_sessions.exchanges + excluded.exchanges, \
         bytes = record_sessions.bytes + excluded.bytes",
    )
    .bind(ERASED)
    .bind(count)
    .bind(left)
    .execute(connection)
    .await?;
    Ok(count.unsigned_abs())
}

/// Records that came for a place that was taken: some at a time, however many and long they are.
async fn of_conflicts(store: &SqlRecords, caller: Caller<'_>) -> Result<u64, StoreError> {
    let (mut erased, mut after) = (0, 0_i64);
    loop {
        let mut query = Query::new(
            "SELECT id, tenant, bytes, record FROM record_conflicts WHERE record IS NOT NULL AND id > ",
        );
        query.bind(after).say(" ORDER BY id LIMIT ").bind(CONFLICTS_AT_ONCE);
        let found = query.all(&store.pool).await?;
        let Some(last) = found.last() else { return Ok(erased) };
        after = last.try_get("id")?;
        let mut of_caller = Vec::new();
        for row in &found {
            if is_of(row.try_get("record")?, caller) {
                of_caller.push(row);
            }
        }
        if !of_caller.is_empty() {
            let mut transaction = store.write().await?;
            erased += conflicts::remove(&mut transaction, &of_caller).await?;
            store.commit(transaction).await?;
        }
    }
}

fn is_of(record: &str, (issuer, subject): Caller<'_>) -> bool {
    let line = Line { record: Some(record.to_owned()), ..Line::default() };
    line.is_of(issuer, subject)
}
