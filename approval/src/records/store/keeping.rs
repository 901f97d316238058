/*!
How long records are kept, and how many. It goes by when they came here: what a record says of its age is its
sender's word. Of a chain all goes up to a number, which is noted, so that `verify` tells what was removed on
purpose from what is missing.
*/

use sqlx::Row as _;
use sqlx::any::AnyRow;

use policy::record::checkpoint::Note;

use super::conditions::Query;
use super::conflicts;
use super::oldest::{AT_ONCE, Begin, Going, Oldest};
use super::row::{ERASED, UNSEEN, integer};
use super::sql::SqlRecords;
use super::sums::{REMOVED, Sums};
use super::{Counts, TakenOut};
use crate::store::StoreError;

pub async fn counts(store: &SqlRecords) -> Result<Counts, StoreError> {
    let query = "SELECT \
         coalesce((SELECT exchanges FROM record_sessions WHERE id = $1), 0) AS unseen, \
         coalesce((SELECT exchanges FROM record_sessions WHERE id = $2), 0) AS erased, \
         CAST(coalesce((SELECT sum(conflicts) FROM record_tenants), 0) AS BIGINT) AS conflicts, \
         CAST(coalesce((SELECT sum(bytes + conflict_bytes) FROM record_tenants), 0) AS BIGINT) AS bytes";
    let row = sqlx::query(query).bind(UNSEEN).bind(ERASED).fetch_one(&store.pool).await?;
    let count = |name: &str| row.try_get::<i64, _>(name).map(i64::unsigned_abs);
    Ok(Counts {
        unseen: count("unseen")?,
        erased: count("erased")?,
        conflicts: count("conflicts")?,
        bytes: count("bytes")?,
    })
}

pub async fn pruned(store: &SqlRecords) -> Result<Vec<(String, String, u64)>, StoreError> {
    let query = "SELECT tenant, chain, pruned_to FROM record_chains WHERE pruned_to > 0 ORDER BY tenant, chain";
    let rows = sqlx::query(query).fetch_all(&store.pool).await?;
    let one = |row: &AnyRow| {
        Ok((row.try_get(0)?, row.try_get(1)?, row.try_get::<i64, _>(2)?.unsigned_abs()))
    };
    rows.iter().map(one).collect()
}

pub async fn prune(
    store: &SqlRecords,
    before: u64,
    keep_bytes: u64,
) -> Result<TakenOut, StoreError> {
    let above = match keep_bytes {
        0 => 0,
        keep => counts(store).await?.bytes.saturating_sub(keep),
    };
    // What is old stays so: it is looked for without a transaction.
    let mut old = Oldest::before(before).going(store).await?;
    if old.is_empty() && above > 0 {
        old = Oldest::above(above).going(store).await?;
    }
    let Going { alone, chains } = old;
    let mut transaction = store.write().await?;
    let mut sums = Sums::default();
    let (mut gone, mut notes) = (0, Vec::new());
    if !alone.is_empty() {
        let mut rows = Query::new(&format!("SELECT {REMOVED} FROM records WHERE id IN "));
        rows.list(alone.into_iter());
        gone += remove(&mut transaction, &mut sums, &rows).await?;
    }
    for Begin { tenant, chain, pruned_to, to } in chains {
        let mut rows = Query::new(&format!("SELECT {REMOVED} FROM records WHERE tenant = "));
        rows.bind(tenant.as_str()).say(" AND chain = ").bind(chain.as_str());
        rows.say(" AND sequence > ").bind(pruned_to).say(" AND sequence <= ").bind(to);
        gone += remove(&mut transaction, &mut sums, &rows).await?;
        let mut note = Query::new("UPDATE record_chains SET pruned_to = ");
        note.bind(to).say(", first = coalesce((SELECT min(sequence) FROM records WHERE tenant = ");
        note.bind(tenant.as_str())
            .say(" AND chain = ")
            .bind(chain.as_str())
            .say("), ")
            .bind(to.saturating_add(1));
        note.say(") WHERE pruned_to <= ").bind(to).say(" AND tenant = ");
        note.bind(tenant.as_str()).say(" AND chain = ").bind(chain.as_str());
        note.run(&mut *transaction).await?;
        if to > pruned_to {
            let (pruned_to, at) = (to.unsigned_abs(), store.clock.now());
            notes.push(Note { tenant, chain, pruned_to, at, ..Note::default() });
        }
    }
    sums.write(&mut transaction).await?;
    let mut others =
        Query::new("SELECT id, tenant, bytes FROM record_conflicts WHERE received_at < ");
    others.bind(integer(before)).say(" ORDER BY id LIMIT ").bind(AT_ONCE);
    let others = others.all(&mut *transaction).await?;
    gone += conflicts::remove(&mut transaction, &others.iter().collect::<Vec<_>>()).await?;
    store.commit(transaction).await?;
    Ok(TakenOut { records: gone, notes })
}

async fn remove(
    connection: &mut sqlx::AnyConnection,
    sums: &mut Sums,
    rows: &Query,
) -> Result<u64, StoreError> {
    let found = rows.all(&mut *connection).await?;
    let mut gone = 0;
    for some in found.chunks(1_000) {
        let mut query = Query::new("DELETE FROM records WHERE id IN ");
        let ids: Vec<i64> = some.iter().map(|row| row.try_get("id")).collect::<Result<_, _>>()?;
        query.list(ids.into_iter());
        gone += query.run(&mut *connection).await?;
        some.iter().try_for_each(|row| sums.remove(row))?;
    }
    Ok(gone)
}
