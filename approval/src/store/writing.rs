/*! A transaction that writes, and what others are told once it is committed. */

use std::collections::BTreeSet;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use sqlx::{Any, AnyConnection, Transaction};
use tokio::sync::OwnedMutexGuard;

use super::dialect::Dialect;
use super::listen::{self, Replica};
use super::sql::SqlStore;
use super::{Audit, StoreError, row};
use crate::notify::Route;
use crate::people::People;
use crate::wake::Wake;

/// Rolled back unless it is committed. Nobody else writes before one of both.
pub struct Writing {
    transaction: Transaction<'static, Any>,
    pub dialect: Dialect,
    replica: Replica,
    wake: Arc<Wake>,
    /// Channels that are told of events.
    pub routes: Arc<[Route]>,
    /// Whose approvals count.
    pub people: Option<Arc<People>>,
    changed: BTreeSet<String>,
    /// The writers of this replica queue here, with one connection, and not all in the database.
    _turn: OwnedMutexGuard<()>,
}

impl Writing {
    pub async fn begin(store: &SqlStore) -> Result<Self, StoreError> {
        let turn = store.turn.clone().lock_owned().await;
        let (pool, begin) = (store.pool.clone(), store.dialect.begin());
        // Goes on though the caller goes away meanwhile: sqlx rolls back what has begun, and a connection that was
        // about to begin goes back to the pool with the lock of all writers.
        let transaction = tokio::spawn(async move { pool.begin_with(begin).await });
        Ok(Self {
            transaction: transaction.await.map_err(|_| StoreError::CutOff)??,
            dialect: store.dialect,
            replica: store.replica.clone(),
            wake: store.wake.clone(),
            routes: store.routes.clone(),
            people: store.people.clone(),
            changed: BTreeSet::new(),
            _turn: turn,
        })
    }

    /// Whoever waits on the hold, or looks at it, is woken by the commit, at every replica.
    pub fn changed(&mut self, hold: &str) {
        self.changed.insert(hold.to_owned());
    }

    /// Goes on though the caller goes away meanwhile: a change that was made wakes.
    pub async fn commit(self) -> Result<(), StoreError> {
        tokio::spawn(self.finish()).await.map_err(|_| StoreError::CutOff)?
    }

    async fn finish(mut self) -> Result<(), StoreError> {
        if self.dialect == Dialect::Postgres {
            for payload in listen::payloads(&self.replica, &self.changed) {
                listen::notify(&mut self.transaction, &payload).await?;
            }
        }
        self.transaction.commit().await?;
        for hold in &self.changed {
            self.wake.changed(hold);
        }
        Ok(())
    }

    pub async fn note(&mut self, hold: Option<&str>, audit: &Audit) -> Result<(), StoreError> {
        self.row(hold, None, audit).await
    }

    pub async fn note_kill(&mut self, kill: &str, audit: &Audit) -> Result<(), StoreError> {
        self.row(None, Some(kill), audit).await
    }

    async fn row(
        &mut self,
        hold: Option<&str>,
        kill: Option<&str>,
        audit: &Audit,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO audit (at, hold, kill, actor, door, peer, action, reason_text) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(row::integer(audit.at))
        .bind(hold)
        .bind(kill)
        .bind(&audit.actor)
        .bind(&audit.door)
        .bind(&audit.peer)
        .bind(&audit.action)
        .bind(&audit.reason_text)
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }
}

impl Deref for Writing {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.transaction
    }
}

impl DerefMut for Writing {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.transaction
    }
}
