/*! Logins of people and the codes that lead to one, for all replicas. */

use async_trait::async_trait;
use sqlx::Row;

use super::StoreError;
use super::row::{integer, json};
use super::sql::SqlStore;
use crate::approver::Person;

/// Codes of one person, made on request, that are kept at once; past it the ones that end first go.
const CODES_KEPT: i64 = 4;
/// Logins one person may have at once.
const LOGINS_KEPT: i64 = 16;

/// A login as it is kept, by the digest of its cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub digest: String,
    pub person: Person,
    /// What the person was made by.
    pub source: String,
    pub seen_at: u64,
    pub expires_at: u64,
}

#[async_trait]
pub trait Logins: Send + Sync {
    /// Keeps a code that is good for one login of this person.
    async fn invite(
        &self,
        digest: &str,
        person: &Person,
        now: u64,
        expires_at: u64,
    ) -> Result<(), StoreError>;
    /// Whose code it is, while it is good.
    async fn code(&self, digest: &str, now: u64) -> Result<Option<Person>, StoreError>;
    /// Whether a code of the configuration was used.
    async fn is_spent(&self, digest: &str) -> Result<bool, StoreError>;
    /// Uses up a code that was kept. `None`: there is none, or not any more.
    async fn use_code(&self, digest: &str, now: u64) -> Result<Option<Person>, StoreError>;
    /// Uses up a code of the configuration; `false` if it was before.
    async fn spend_code(&self, digest: &str, now: u64) -> Result<bool, StoreError>;
    /// A login begins. Earlier ones of the same account end if its person is another by now, whose approvals go by this
    /// one from then on.
    async fn log_in(&self, login: &Kept) -> Result<(), StoreError>;
    async fn login(&self, digest: &str) -> Result<Option<Kept>, StoreError>;
    /// The account is nobody who approves, or not any more: its logins end, and what it said counts no more.
    async fn turn_away(&self, who: &str) -> Result<(), StoreError>;
    async fn seen(&self, digest: &str, now: u64) -> Result<(), StoreError>;
    async fn log_out(&self, digest: &str) -> Result<(), StoreError>;
}

#[async_trait]
impl Logins for SqlStore {
    async fn invite(
        &self,
        digest: &str,
        person: &Person,
        now: u64,
        expires_at: u64,
    ) -> Result<(), StoreError> {
        let mut writing = self.write().await?;
        sqlx::query("DELETE FROM login_codes WHERE person IS NOT NULL AND expires_at <= $1")
            .bind(integer(now))
            .execute(&mut *writing)
            .await?;
        let person = serde_json::to_string(person)?;
        sqlx::query("INSERT INTO login_codes (digest, person, expires_at) VALUES ($1, $2, $3)")
            .bind(digest)
            .bind(&person)
            .bind(integer(expires_at))
            .execute(&mut *writing)
            .await?;
        sqlx::query(
            "DELETE FROM login_codes WHERE person = $1 AND used_at IS NULL AND digest <> $3 \
             AND digest NOT IN (SELECT digest FROM login_codes WHERE person = $1 \
             AND used_at IS NULL AND digest <> $3 ORDER BY expires_at DESC, digest LIMIT $2)",
        )
        .bind(&person)
        .bind(CODES_KEPT - 1)
        .bind(digest)
        .execute(&mut *writing)
        .await?;
        writing.commit().await
    }

    async fn code(&self, digest: &str, now: u64) -> Result<Option<Person>, StoreError> {
        let query = "SELECT person FROM login_codes WHERE digest = $1 AND person IS NOT NULL \
             AND used_at IS NULL AND expires_at > $2";
        let query = sqlx::query(query).bind(digest).bind(integer(now));
        let found = query.fetch_optional(&self.pool).await?;
        found.as_ref().map(|row| json(row, "person")).transpose()
    }

    async fn is_spent(&self, digest: &str) -> Result<bool, StoreError> {
        let query = sqlx::query("SELECT 1 FROM login_codes WHERE digest = $1").bind(digest);
        Ok(query.fetch_optional(&self.pool).await?.is_some())
    }

    async fn use_code(&self, digest: &str, now: u64) -> Result<Option<Person>, StoreError> {
        // Strangers may send any code, and do not get in the way of those who write.
        if self.code(digest, now).await?.is_none() {
            return Ok(None);
        }
        let mut writing = self.write().await?;
        let used = sqlx::query(
            "UPDATE login_codes SET used_at = $2 WHERE digest = $1 AND person IS NOT NULL \
             AND used_at IS NULL AND expires_at > $2 RETURNING person",
        )
        .bind(digest)
        .bind(integer(now))
        .fetch_optional(&mut *writing)
        .await?;
        let person = used.as_ref().map(|row| json(row, "person")).transpose()?;
        writing.commit().await?;
        Ok(person)
    }

    async fn spend_code(&self, digest: &str, now: u64) -> Result<bool, StoreError> {
        if self.is_spent(digest).await? {
            return Ok(false);
        }
        let mut writing = self.write().await?;
        let spent = sqlx::query(
            "INSERT INTO login_codes (digest, expires_at, used_at) VALUES ($1, $2, $2) \
             ON CONFLICT (digest) DO NOTHING",
        )
        .bind(digest)
        .bind(integer(now))
        .execute(&mut *writing)
        .await?;
        writing.commit().await?;
        Ok(spent.rows_affected() == 1)
    }

    async fn log_in(&self, login: &Kept) -> Result<(), StoreError> {
        let (who, person) = (login.person.who(), serde_json::to_string(&login.person)?);
        let mut writing = self.write().await?;
        sqlx::query(
            "DELETE FROM logins WHERE expires_at <= $1 OR who = $2 AND (source <> $3 OR person <> $4)",
        )
        .bind(integer(login.seen_at))
        .bind(&who)
        .bind(&login.source)
        .bind(&person)
        .execute(&mut *writing)
        .await?;
        sqlx::query(
            "INSERT INTO logins (digest, who, person, source, seen_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(&login.digest)
        .bind(&who)
        .bind(&person)
        .bind(&login.source)
        .bind(integer(login.seen_at))
        .bind(integer(login.expires_at))
        .execute(&mut *writing)
        .await?;
        if login.person.account.is_some() {
            sqlx::query(
                "INSERT INTO accounts (who, person, source, seen_at) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (who) DO UPDATE SET person = excluded.person, \
                 source = excluded.source, seen_at = excluded.seen_at",
            )
            .bind(&who)
            .bind(&person)
            .bind(&login.source)
            .bind(integer(login.seen_at))
            .execute(&mut *writing)
            .await?;
        }
        sqlx::query(
            "DELETE FROM logins WHERE who = $1 AND digest NOT IN (SELECT digest FROM logins \
             WHERE who = $1 ORDER BY expires_at DESC, digest LIMIT $2)",
        )
        .bind(&who)
        .bind(LOGINS_KEPT)
        .execute(&mut *writing)
        .await?;
        writing.commit().await
    }

    async fn login(&self, digest: &str) -> Result<Option<Kept>, StoreError> {
        let query = "SELECT * FROM logins WHERE digest = $1";
        let found = sqlx::query(query).bind(digest).fetch_optional(&self.pool).await?;
        let Some(row) = found else { return Ok(None) };
        Ok(Some(Kept {
            digest: row.try_get("digest")?,
            person: json(&row, "person")?,
            source: row.try_get("source")?,
            seen_at: super::row::seconds(row.try_get("seen_at")?),
            expires_at: super::row::seconds(row.try_get("expires_at")?),
        }))
    }

    async fn turn_away(&self, who: &str) -> Result<(), StoreError> {
        let known =
            "SELECT 1 FROM accounts WHERE who = $1 UNION ALL SELECT 1 FROM logins WHERE who = $1";
        // Strangers do not get the lock of those who write.
        if sqlx::query(known).bind(who).fetch_optional(&self.pool).await?.is_none() {
            return Ok(());
        }
        let mut writing = self.write().await?;
        for query in ["DELETE FROM logins WHERE who = $1", "DELETE FROM accounts WHERE who = $1"] {
            sqlx::query(query).bind(who).execute(&mut *writing).await?;
        }
        writing.commit().await
    }

    async fn seen(&self, digest: &str, now: u64) -> Result<(), StoreError> {
        let mut writing = self.write().await?;
        sqlx::query("UPDATE logins SET seen_at = $2 WHERE digest = $1 AND seen_at < $2")
            .bind(digest)
            .bind(integer(now))
            .execute(&mut *writing)
            .await?;
        writing.commit().await
    }

    async fn log_out(&self, digest: &str) -> Result<(), StoreError> {
        let known = "SELECT 1 FROM logins WHERE digest = $1";
        if sqlx::query(known).bind(digest).fetch_optional(&self.pool).await?.is_none() {
            return Ok(());
        }
        let mut writing = self.write().await?;
        sqlx::query("DELETE FROM logins WHERE digest = $1")
            .bind(digest)
            .execute(&mut *writing)
            .await?;
        writing.commit().await
    }
}
