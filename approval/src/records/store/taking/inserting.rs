/*! Writes rows, and compares those whose place is taken. */

use std::collections::BTreeMap;

use sqlx::Row as _;

use super::super::conditions::Query;
use super::super::conflicts::Kept;
use super::super::parts;
use super::super::row::Row;
use super::super::sums::REMOVED;
use super::Taking;
use crate::store::StoreError;

impl Taking<'_> {
    /// Returns those for which a row that had been left out gave way.
    pub(super) async fn insert<'r>(
        &mut self,
        rows: &[&'r Row],
    ) -> Result<Vec<&'r Row>, StoreError> {
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
                self.taken.erased += u64::from(row.is_gone(link, there.try_get("erased")?));
            } else {
                self.conflict(row).await?;
            }
        }
        self.remove(removed).await?;
        Ok(filling)
    }

    pub(super) async fn conflict(&mut self, row: &Row) -> Result<(), StoreError> {
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

    pub(super) async fn remove(&mut self, rows: Vec<i64>) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut query = Query::new("DELETE FROM records WHERE id IN ");
        query.list(rows.into_iter());
        query.run(&mut *self.transaction).await?;
        Ok(())
    }
}
