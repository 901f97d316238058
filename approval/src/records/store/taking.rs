/*! Takes lines in, many in one transaction. */

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use sqlx::{Any, Row as _, Transaction};

use super::super::Envoy;
use super::chains::Chains;
use super::conditions::Query;
use super::conflicts::{Conflicts, Kept};
use super::parts;
use super::row::{Row, integer};
use super::sql::SqlRecords;
use super::sums::{REMOVED, Sums};
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

fn goes_on(envoy: &str) -> bool {
    serde_json::from_str::<Envoy>(envoy).is_ok_and(|envoy| envoy.goes_on)
}

type Place = (String, i64);

fn exchange(row: &Row) -> Place {
    (row.exchange.clone(), row.part)
}

impl Taking<'_> {
    /// One row for each place. Of two that are not finished the later one says more.
    async fn distinct<'r>(&mut self, rows: &'r [Row]) -> Result<Vec<Cow<'r, Row>>, StoreError> {
        let finished: BTreeSet<Place> =
            rows.iter().filter(|row| row.last && !row.exchange.is_empty()).map(exchange).collect();
        // In the order of their places: two that write the same ones do not wait in a circle.
        let mut places: BTreeMap<&str, Cow<'r, Row>> = BTreeMap::new();
        for row in rows {
            let mut new = Cow::Borrowed(row);
            if !row.last && finished.contains(&exchange(row)) {
                self.taken.known += 1;
                continue;
            }
            match places.get(row.place.as_str()) {
                Some(known) if known.last => {
                    if row.fills(known.link.as_deref(), known.erased.as_deref()) {
                        self.taken.known += 1;
                        places.insert(&row.place, new);
                    } else if row.says(&known.kept_digest(), known.link.as_deref()) {
                        self.taken.known += 1;
                    } else {
                        self.conflict(row).await?;
                    }
                    continue;
                }
                Some(known) => {
                    self.taken.known += 1;
                    if !row.last {
                        new = Cow::Owned(row.behind(&known.parts));
                    }
                }
                None => {}
            }
            places.insert(&row.place, new);
        }
        Ok(places.into_values().collect())
    }

    /// What is there of the begin of an exchange gives way; and what comes of it, if its end is there.
    async fn make_room<'r>(
        &mut self,
        rows: Vec<Cow<'r, Row>>,
    ) -> Result<Vec<Cow<'r, Row>>, StoreError> {
        let exchanges: BTreeSet<&str> =
            rows.iter().map(|row| row.exchange.as_str()).filter(|one| !one.is_empty()).collect();
        if exchanges.is_empty() {
            return Ok(rows);
        }
        let mut query = Query::new(&format!(
            "SELECT {REMOVED}, exchange, part, last, digest, envoy, parts FROM records WHERE tenant = "
        ));
        query.bind(self.batch.tenant.as_str()).say(" AND exchange IN ");
        query.list(exchanges.into_iter());
        let mut finished = BTreeSet::new();
        let mut begun = BTreeMap::new();
        for row in query.all(&mut *self.transaction).await? {
            let place: Place = (row.try_get("exchange")?, row.try_get("part")?);
            match row.try_get::<i64, _>("last")? {
                0 => drop(begun.insert(place, row)),
                _ => drop(finished.insert(place)),
            }
        }
        let (mut left, mut removed) = (Vec::new(), Vec::new());
        for mut row in rows {
            let place = exchange(&row);
            if !row.last && finished.contains(&place) {
                self.taken.known += 1;
                continue;
            }
            if let Some(before) = begun.get(&place) {
                let same = before.try_get::<&str, _>("digest")? == row.digest()
                    && before.try_get::<&str, _>("envoy")? == row.envoy;
                if !row.last {
                    let parts = parts::of_column(before.try_get("parts")?)?;
                    row = Cow::Owned(row.behind(&parts));
                    let older = row.goes_on && !goes_on(before.try_get("envoy")?);
                    if same && row.parts == parts || older {
                        self.taken.known += 1;
                        continue;
                    }
                }
                removed.push(before.try_get::<i64, _>("id")?);
                self.sums.remove(before)?;
                self.taken.finished += 1;
                begun.remove(&place);
            }
            left.push(row);
        }
        self.remove(removed).await?;
        Ok(left)
    }

    /// Returns those for which a row that had been left out gave way.
    async fn insert<'r>(&mut self, rows: &[&'r Row]) -> Result<Vec<&'r Row>, StoreError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let mut query = Query::new(
            "INSERT INTO records (tenant, place, chain, sequence, exchange, part, last, session, issuer, \
             subject, started_ms, received_at, effect, reason, tool, dry_run, held, refused, redacted, \
             source, bytes, digest, erased, envoy, link, record, parts) VALUES ",
        );
        for (at, row) in rows.iter().enumerate() {
            let session = &row.session;
            let flag = |count: usize| i64::try_from(count.min(1)).unwrap_or(1);
            query.say(if at == 0 { "" } else { ", " }).values([
                self.batch.tenant.as_str().into(),
                row.place.as_str().into(),
                row.chain.as_str().into(),
                row.sequence.into(),
                row.exchange.as_str().into(),
                row.part.into(),
                i64::from(row.last).into(),
                session.id.as_str().into(),
                row.issuer.as_deref().into(),
                row.subject.as_deref().into(),
                row.started_ms.into(),
                self.now.into(),
                row.effect.as_str().into(),
                row.reason.as_str().into(),
                row.tool.as_str().into(),
                flag(session.dry_runs).into(),
                flag(session.held).into(),
                flag(session.refused).into(),
                flag(session.redacted).into(),
                self.batch.source.name().into(),
                row.bytes.into(),
                row.kept_digest().as_str().into(),
                row.erased.as_deref().into(),
                row.envoy.as_str().into(),
                row.link.as_deref().into(),
                row.record.as_deref().into(),
                parts::to_column(&row.parts).as_deref().into(),
            ]);
        }
        query.say(" ON CONFLICT (tenant, place) DO NOTHING RETURNING id, place");
        let inserted = query.all(&mut *self.transaction).await?;
        let ids = inserted
            .iter()
            .map(|row| Ok((row.try_get::<String, _>("place")?, row.try_get::<i64, _>("id")?)))
            .collect::<Result<BTreeMap<_, _>, sqlx::Error>>()?;
        let mut names = Vec::new();
        let mut there = Vec::new();
        for row in rows {
            let Some(&id) = ids.get(&row.place) else {
                there.push(*row);
                continue;
            };
            self.taken.new += 1;
            self.sums.add(self.batch.tenant.as_str(), row);
            self.chains.add(row);
            names.extend(row.names().map(|(sort, name)| (id, sort, name.as_str())));
        }
        self.name(&names).await?;
        self.compare(&there).await
    }

    async fn name(&mut self, names: &[(i64, &str, &str)]) -> Result<(), StoreError> {
        for some in names.chunks(2_000) {
            let mut query = Query::new("INSERT INTO record_names (record, sort, name) VALUES ");
            for (at, (id, sort, name)) in some.iter().enumerate() {
                query.say(if at == 0 { "" } else { ", " });
                query.values([(*id).into(), (*sort).into(), (*name).into()]);
            }
            query.run(&mut *self.transaction).await?;
        }
        Ok(())
    }

    /// Rows whose place is taken.
    async fn compare<'r>(&mut self, rows: &[&'r Row]) -> Result<Vec<&'r Row>, StoreError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let mut query = Query::new(&format!(
            "SELECT {REMOVED}, place, digest, link, erased FROM records WHERE tenant = "
        ));
        query.bind(self.batch.tenant.as_str()).say(" AND place IN ");
        query.list(rows.iter().map(|row| row.place.as_str()));
        let mut known = BTreeMap::new();
        for row in query.all(&mut *self.transaction).await? {
            known.insert(row.try_get::<String, _>("place")?, row);
        }
        let (mut filling, mut removed) = (Vec::new(), Vec::<i64>::new());
        for row in rows {
            let Some(there) = known.get(&row.place) else {
                self.conflict(row).await?;
                continue;
            };
            let link: Option<&str> = there.try_get("link")?;
            if row.fills(link, there.try_get("erased")?) {
                removed.push(there.try_get("id")?);
                self.sums.remove(there)?;
                self.chains.remove(row);
                filling.push(*row);
            } else if row.says(there.try_get("digest")?, link) {
                self.taken.known += 1;
            } else {
                self.conflict(row).await?;
            }
        }
        self.remove(removed).await?;
        Ok(filling)
    }

    async fn conflict(&mut self, row: &Row) -> Result<(), StoreError> {
        let kept = self.conflicts.keep(&mut self.transaction, self.batch, row, self.now).await?;
        match kept {
            Kept::Before => self.taken.known += 1,
            Kept::Counted => self.taken.conflicts += 1,
            Kept::Now => {
                self.taken.conflicts += 1;
                self.sums.conflicts(self.batch.tenant.as_str(), 1, row.bytes);
            }
        }
        Ok(())
    }

    async fn remove(&mut self, rows: Vec<i64>) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut query = Query::new("DELETE FROM records WHERE id IN ");
        query.list(rows.into_iter());
        query.run(&mut *self.transaction).await?;
        Ok(())
    }
}
