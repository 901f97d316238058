/*! Kills: set, made longer, lifted, and forgotten long after they ended. */

mod model;

use std::collections::BTreeMap;

use async_trait::async_trait;
use policy::kill::{KILLS_MAX, Whom};
use policy::principal::Principal;
use sqlx::{Row, any::AnyRow};

use super::row::{integer, seconds};
use super::sql::SqlStore;
use super::writing::Writing;
use super::{Audit, StoreError, outbox, row};
use crate::notify::EventKind;
use crate::tenant::Tenant;
use crate::wake::Wake;

pub use model::{Kill, Killing, Lifting, NewKill};

/// In the place of a tenant; no name of one has it.
const ALL: &str = "*";
/// Old ones that go in one transaction.
const FORGOTTEN: i64 = 50;

#[async_trait]
pub trait KillSwitch: Send + Sync {
    /// One that is equal, of one key for the same gateways, is made longer: never shorter, and never two.
    async fn kill(&self, new: &NewKill, audit: &Audit) -> Result<Killing, StoreError>;
    async fn lift(&self, id: &str, audit: &Audit) -> Result<Lifting, StoreError>;
    async fn kill_of(&self, id: &str) -> Result<Option<Kill>, StoreError>;
    /// All that are in force, of all tenants.
    async fn kills_in_force(&self, now: u64) -> Result<Vec<Kill>, StoreError>;
    /// The latest of those that are over.
    async fn kills_over(&self, limit: u32, now: u64) -> Result<Vec<Kill>, StoreError>;
    async fn audit_kill(&self, id: &str, audit: &Audit) -> Result<(), StoreError>;
    /// Of each kill what was audited, of the latest rows at most so many.
    async fn kill_trails(&self, limit: u32) -> Result<BTreeMap<String, Vec<Audit>>, StoreError>;
    /// Removes some of those that were over before this, with all that belongs to them, and how many.
    async fn forget_kills(&self, before: u64) -> Result<usize, StoreError>;
}

#[async_trait]
impl KillSwitch for SqlStore {
    async fn kill(&self, new: &NewKill, audit: &Audit) -> Result<Killing, StoreError> {
        let mut writing = self.write().await?;
        let now = audit.at;
        let equal = sqlx::query(
            "SELECT * FROM kills WHERE whom = $1 AND tenant = $2 AND until > $3 \
             AND lifted_at IS NULL",
        )
        .bind(new.whom.key())
        .bind(place(new.tenant.as_ref()))
        .bind(integer(now))
        .fetch_optional(&mut *writing)
        .await?;
        let equal = equal.as_ref().map(kill).transpose()?;
        let (made, action) = match equal {
            Some(equal) if new.until <= equal.until => {
                let equal = again(&mut writing, equal, new).await?;
                let audit = Audit { action: "kill_again".into(), ..audit.clone() };
                writing.note_kill(&equal.id, &audit).await?;
                writing.commit().await?;
                return Ok(Killing::Same(equal));
            }
            Some(equal) => (Killing::Longer(again(&mut writing, equal, new).await?), "kill_longer"),
            None if is_full(&mut writing, now).await? => return Ok(Killing::Full),
            None => (Killing::New(insert(&mut writing, new, audit).await?), "killed"),
        };
        if let Killing::New(kill) | Killing::Longer(kill) = &made {
            writing.note_kill(&kill.id, &Audit { action: action.into(), ..audit.clone() }).await?;
            outbox::tell_kill(&mut writing, EventKind::Killed, kill, audit).await?;
            writing.changed(Wake::KILLS);
        }
        writing.commit().await?;
        Ok(made)
    }

    async fn lift(&self, id: &str, audit: &Audit) -> Result<Lifting, StoreError> {
        let mut writing = self.write().await?;
        let found = sqlx::query("SELECT * FROM kills WHERE id = $1").bind(id);
        let Some(found) = found.fetch_optional(&mut *writing).await? else {
            return Ok(Lifting::NoSuchKill);
        };
        let kill = kill(&found)?;
        if !kill.in_force(audit.at) {
            return Ok(Lifting::Before(kill));
        }
        sqlx::query("UPDATE kills SET lifted_at = $1, lifted_by = $2 WHERE id = $3")
            .bind(integer(audit.at))
            .bind(&audit.actor)
            .bind(id)
            .execute(&mut *writing)
            .await?;
        let (lifted_by, lifted_at) = (Some(audit.actor.clone()), Some(audit.at));
        let kill = Kill { lifted_by, lifted_at, ..kill };
        writing.note_kill(id, audit).await?;
        outbox::tell_kill(&mut writing, EventKind::KillLifted, &kill, audit).await?;
        writing.changed(Wake::KILLS);
        writing.commit().await?;
        Ok(Lifting::Now(kill))
    }

    async fn kill_of(&self, id: &str) -> Result<Option<Kill>, StoreError> {
        let found = sqlx::query("SELECT * FROM kills WHERE id = $1").bind(id);
        found.fetch_optional(&self.pool).await?.as_ref().map(kill).transpose()
    }

    async fn kills_in_force(&self, now: u64) -> Result<Vec<Kill>, StoreError> {
        let query = "SELECT * FROM kills WHERE until > $1 AND lifted_at IS NULL ORDER BY seq DESC";
        let rows = sqlx::query(query).bind(integer(now)).fetch_all(&self.pool).await?;
        rows.iter().map(kill).collect()
    }

    async fn kills_over(&self, limit: u32, now: u64) -> Result<Vec<Kill>, StoreError> {
        let query = "SELECT * FROM kills WHERE until <= $1 OR lifted_at IS NOT NULL \
             ORDER BY coalesce(lifted_at, until) DESC, seq DESC LIMIT $2";
        let rows = sqlx::query(query).bind(integer(now)).bind(i64::from(limit));
        rows.fetch_all(&self.pool).await?.iter().map(kill).collect()
    }

    async fn audit_kill(&self, id: &str, audit: &Audit) -> Result<(), StoreError> {
        let mut writing = self.write().await?;
        writing.note_kill(id, audit).await?;
        writing.commit().await
    }

    async fn kill_trails(&self, limit: u32) -> Result<BTreeMap<String, Vec<Audit>>, StoreError> {
        let query = "SELECT * FROM (SELECT * FROM audit WHERE kill IS NOT NULL ORDER BY seq DESC \
             LIMIT $1) AS latest ORDER BY seq";
        let rows = sqlx::query(query).bind(i64::from(limit)).fetch_all(&self.pool).await?;
        let mut trails: BTreeMap<String, Vec<Audit>> = BTreeMap::new();
        for found in &rows {
            trails.entry(found.try_get("kill")?).or_default().push(row::audit(found)?);
        }
        Ok(trails)
    }

    async fn forget_kills(&self, before: u64) -> Result<usize, StoreError> {
        let old: Vec<String> = sqlx::query_scalar(
            "SELECT id FROM kills WHERE coalesce(lifted_at, until) < $1 AND NOT EXISTS \
             (SELECT 1 FROM deliveries d WHERE d.kill = kills.id AND d.state = 'waiting') \
             ORDER BY seq LIMIT $2",
        )
        .bind(integer(before))
        .bind(FORGOTTEN)
        .fetch_all(&self.pool)
        .await?;
        if old.is_empty() {
            return Ok(0);
        }
        let mut writing = self.write().await?;
        for id in &old {
            // In the order in which rows refer to each other. Rows of the trail go only after their kill.
            for step in [
                "DELETE FROM deliveries WHERE kill = $1",
                "DELETE FROM kills WHERE id = $1",
                "DELETE FROM audit WHERE kill = $1",
            ] {
                sqlx::query(step).bind(id).execute(&mut *writing).await?;
            }
        }
        writing.commit().await?;
        Ok(old.len())
    }
}

fn place(tenant: Option<&Tenant>) -> &str {
    tenant.map_or(ALL, Tenant::as_str)
}

async fn is_full(writing: &mut Writing, now: u64) -> Result<bool, StoreError> {
    let query = "SELECT count(*) FROM kills WHERE until > $1 AND lifted_at IS NULL";
    let row = sqlx::query(query).bind(integer(now)).fetch_one(&mut **writing).await?;
    Ok(seconds(row.try_get(0)?) >= KILLS_MAX as u64)
}

async fn insert(writing: &mut Writing, new: &NewKill, audit: &Audit) -> Result<Kill, StoreError> {
    let NewKill { id, tenant, whom, principal, whose, until } = new.clone();
    sqlx::query(
        "INSERT INTO kills (id, tenant, whom, principal, reason_text, killed_by, killed_at, until, whose) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(&id)
    .bind(place(tenant.as_ref()))
    .bind(whom.key())
    .bind(principal.as_ref().map(serde_json::to_string).transpose()?)
    .bind(&audit.reason_text)
    .bind(&audit.actor)
    .bind(integer(audit.at))
    .bind(integer(until))
    .bind(serde_json::to_string(&whose)?)
    .execute(&mut **writing)
    .await?;
    Ok(Kill {
        id,
        tenant,
        whom,
        principal,
        whose,
        reason_text: audit.reason_text.clone(),
        killed_by: audit.actor.clone(),
        killed_at: audit.at,
        until,
        lifted_by: None,
        lifted_at: None,
    })
}

/// Who it is, and whose, may have become known since. What was known stays so.
async fn again(writing: &mut Writing, kill: Kill, new: &NewKill) -> Result<Kill, StoreError> {
    let principal = match (kill.principal, &new.principal) {
        (Some(known), Some(new)) => Some(of_both(known, new)),
        (known, new) => known.or_else(|| new.clone()),
    };
    let whose = &kill.whose | &new.whose;
    let until = kill.until.max(new.until);
    sqlx::query("UPDATE kills SET until = $1, principal = $2, whose = $3 WHERE id = $4")
        .bind(integer(until))
        .bind(principal.as_ref().map(serde_json::to_string).transpose()?)
        .bind(serde_json::to_string(&whose)?)
        .bind(&kill.id)
        .execute(&mut **writing)
        .await?;
    Ok(Kill { principal, whose, until, ..kill })
}

/// One principal, as two people knew it.
fn of_both(mut known: Principal, new: &Principal) -> Principal {
    known.agent = known.agent.or_else(|| new.agent.clone());
    known.owners.extend(new.owners.iter().cloned());
    known.owners.sort();
    known.owners.dedup();
    known
}

fn kill(row: &AnyRow) -> Result<Kill, StoreError> {
    let (key, tenant): (&str, &str) = (row.try_get("whom")?, row.try_get("tenant")?);
    let unread = || sqlx::Error::Decode("a kill is of no key or no tenant".into());
    let principal: Option<&str> = row.try_get("principal")?;
    Ok(Kill {
        id: row.try_get("id")?,
        tenant: match tenant {
            ALL => None,
            name => Some(Tenant::of_name(name).ok_or_else(unread)?),
        },
        whom: Whom::named(key).ok_or_else(unread)?,
        principal: principal.map(serde_json::from_str).transpose()?,
        whose: serde_json::from_str(row.try_get("whose")?)?,
        reason_text: row.try_get("reason_text")?,
        killed_by: row.try_get("killed_by")?,
        killed_at: seconds(row.try_get("killed_at")?),
        until: seconds(row.try_get("until")?),
        lifted_by: row.try_get("lifted_by")?,
        lifted_at: row.try_get::<Option<i64>, _>("lifted_at")?.map(seconds),
    })
}

#[cfg(test)]
mod tests;
