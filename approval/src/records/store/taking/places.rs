/*! One row for each place, of what comes and of what is there: exchanges that go on give way to what comes of them. */

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use sqlx::Row as _;

use super::super::super::Envoy;
use super::super::conditions::Query;
use super::super::parts;
use super::super::row::Row;
use super::super::sums::REMOVED;
use super::Taking;
use crate::store::StoreError;

type Place = (String, i64);

fn exchange(row: &Row) -> Place {
    (row.exchange.clone(), row.part)
}

fn goes_on(envoy: &str) -> bool {
    serde_json::from_str::<Envoy>(envoy).is_ok_and(|envoy| envoy.goes_on)
}

impl Taking<'_> {
    /// One row for each place. Of two that are not finished the later one says more.
    pub(super) async fn distinct<'r>(
        &mut self,
        rows: &'r [Row],
    ) -> Result<Vec<Cow<'r, Row>>, StoreError> {
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
    pub(super) async fn make_room<'r>(
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
}
