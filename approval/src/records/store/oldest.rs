/*!
Which records go next. Of a chain the begin goes alone, and a row of it goes no sooner than all before it: whoever sends a number
that is far ahead, or late, makes nothing go that came since, and holds up no other chain.
*/

use std::collections::{BTreeMap, VecDeque};

use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::conditions::Query;
use super::row::integer;
use super::sql::SqlRecords;
use crate::store::StoreError;

/// Rows in one transaction: those who write wait no longer for it than for a batch of their own.
pub const AT_ONCE: i64 = 500;
/// Chains that cannot go on, which are left out of what is looked through after them. Those beyond are looked through.
const LEFT_OUT: usize = 100;

/// What goes.
#[derive(Default)]
pub struct Going {
    /// Ids of rows without a chain, or that came when it was pruned beyond them.
    pub alone: Vec<i64>,
    pub chains: Vec<Begin>,
}

/// Of a chain, from behind what is gone up to a number; the same where its first row may be another now.
pub struct Begin {
    pub tenant: String,
    pub chain: String,
    pub pruned_to: i64,
    pub to: i64,
}

impl Going {
    pub fn is_empty(&self) -> bool {
        self.alone.is_empty() && self.chains.is_empty()
    }
}

/// Rows in the order in which they came.
pub struct Oldest {
    /// Those that came before go; else the oldest of the tenant that has the most.
    before: Option<u64>,
    /// Bytes that are to go.
    above: u64,
    /// Received, sequence and id of the last that was looked at.
    after: Option<[i64; 3]>,
    stuck: Vec<(String, String)>,
}

/// A chain while its rows are looked at.
struct Chain {
    pruned_to: i64,
    to: Option<i64>,
    /// The first that are left: sequence, received and bytes.
    rows: VecDeque<(i64, i64, i64)>,
}

impl Oldest {
    pub fn before(before: u64) -> Self {
        Self { before: Some(before), above: u64::MAX, after: None, stuck: Vec::new() }
    }

    pub fn above(above: u64) -> Self {
        Self { before: None, above, after: None, stuck: Vec::new() }
    }

    /// The first of them that can go, in one step.
    pub async fn going(mut self, store: &SqlRecords) -> Result<Going, StoreError> {
        loop {
            let page = self.page(store).await?;
            if page.is_empty() {
                return Ok(Going::default());
            }
            let going = self.of(store, &page).await?;
            if !going.is_empty() {
                return Ok(going);
            }
        }
    }

    async fn page(&self, store: &SqlRecords) -> Result<Vec<AnyRow>, StoreError> {
        let mut query = Query::new(
            "SELECT r.id, r.tenant, r.chain, r.sequence, r.bytes, r.received_at, c.pruned_to \
             FROM records r LEFT JOIN record_chains c ON c.tenant = r.tenant AND c.chain = r.chain WHERE ",
        );
        match self.before {
            Some(before) => query.say("r.received_at < ").bind(integer(before)),
            // Whoever sends the most makes room for it with what is its own.
            None => query.say(
                "r.tenant = (SELECT tenant FROM record_tenants ORDER BY bytes DESC, tenant LIMIT 1)",
            ),
        };
        if let Some(after) = self.after {
            query.say(" AND (r.received_at, r.sequence, r.id) > ").values(after.map(Into::into));
        }
        for (tenant, chain) in &self.stuck {
            query.say(" AND NOT (r.chain = ").bind(chain.as_str());
            query.say(" AND r.tenant = ").bind(tenant.as_str()).say(")");
        }
        query.say(" ORDER BY r.received_at, r.sequence, r.id LIMIT ").bind(AT_ONCE);
        Ok(query.all(&store.pool).await?)
    }

    async fn of(&mut self, store: &SqlRecords, page: &[AnyRow]) -> Result<Going, StoreError> {
        let mut chains = begins(store, page).await?;
        let (mut alone, mut freed) = (Vec::new(), 0u64);
        for row in page {
            if freed >= self.above {
                break;
            }
            let (id, received): (i64, i64) = (row.try_get("id")?, row.try_get("received_at")?);
            let sequence: i64 = row.try_get("sequence")?;
            self.after = Some([received, sequence, id]);
            let bytes = match chains.get_mut(&of_chain(row)?) {
                None => {
                    alone.push(id);
                    row.try_get("bytes")?
                }
                Some(chain) => match chain.rows.front() {
                    // It came once more, or late: it is as old as it is.
                    _ if sequence <= chain.pruned_to => {
                        alone.push(id);
                        chain.to.get_or_insert(chain.pruned_to);
                        row.try_get("bytes")?
                    }
                    Some(&(to, came, bytes)) if came <= received => {
                        chain.rows.pop_front();
                        chain.to = Some(to);
                        bytes
                    }
                    _ => 0,
                },
            };
            freed = freed.saturating_add(bytes.unsigned_abs());
        }
        let mut going = Going { alone, ..Going::default() };
        for ((tenant, chain), Chain { pruned_to, to, rows }) in chains {
            let is_young = |before| rows.front().is_some_and(|(_, came, _)| *came >= before);
            match to {
                Some(to) => going.chains.push(Begin { tenant, chain, pruned_to, to }),
                None if self.before.is_some_and(|before| is_young(integer(before)))
                    && self.stuck.len() < LEFT_OUT =>
                {
                    self.stuck.push((tenant, chain));
                }
                None => {}
            }
        }
        Ok(going)
    }
}

fn of_chain(row: &AnyRow) -> Result<(String, String), sqlx::Error> {
    Ok((row.try_get("tenant")?, row.try_get("chain")?))
}

/// As many rows of the begin of each chain as there are of it in the page.
async fn begins(
    store: &SqlRecords,
    page: &[AnyRow],
) -> Result<BTreeMap<(String, String), Chain>, StoreError> {
    let mut many = BTreeMap::<_, (i64, i64)>::new();
    for row in page {
        let of = of_chain(row)?;
        if !of.1.is_empty() {
            let pruned_to = row.try_get::<Option<i64>, _>("pruned_to")?.unwrap_or(0);
            many.entry(of).or_insert((pruned_to, 0)).1 += 1;
        }
    }
    let mut chains = BTreeMap::new();
    for ((tenant, chain), (pruned_to, count)) in many {
        let mut query =
            Query::new("SELECT sequence, received_at, bytes FROM records WHERE tenant = ");
        query.bind(tenant.as_str()).say(" AND chain = ").bind(chain.as_str());
        query.say(" AND sequence > ").bind(pruned_to);
        query.say(" ORDER BY sequence, id LIMIT ").bind(count);
        let one = |row: &AnyRow| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?));
        let rows = query.all(&store.pool).await?;
        let rows = rows.iter().map(one).collect::<Result<_, sqlx::Error>>()?;
        chains.insert((tenant, chain), Chain { pruned_to, to: None, rows });
    }
    Ok(chains)
}
