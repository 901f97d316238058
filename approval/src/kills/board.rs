/*!
What is in force, in memory: hundreds of workers ask each two seconds. What was read last counts until something else is
read, and what nobody read yet is not told as nothing.
*/

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use policy::kill;

use super::heard::Heard;
use crate::random;
use crate::store::Kill;
use crate::tenant::Tenant;

#[derive(Default)]
pub struct Board {
    known: Mutex<Known>,
    /// Whose turn it is to read the store: what was read first is not put in the place of what was read later.
    pub(super) reading: tokio::sync::Mutex<()>,
    /// Who asked.
    pub(super) heard: Heard,
}

#[derive(Default)]
struct Known {
    /// In force when they were read; `None` if they never were.
    kills: Option<Vec<Kill>>,
    /// The store cannot be read by now.
    stale: bool,
    /// What each tenant is told.
    told: BTreeMap<Tenant, Arc<Told>>,
}

/// What the gateways of one tenant are told at a time.
#[derive(Debug)]
pub struct Told {
    /// A strong `ETag` of the body.
    pub tag: String,
    pub body: Bytes,
    /// Ids of the kills in it, with their ends.
    pub kills: BTreeMap<String, u64>,
}

impl Told {
    fn of<'k>(kills: impl Iterator<Item = &'k Kill>, stale: bool) -> Self {
        let mut all: Vec<kill::Kill> = kills
            .map(|one| kill::Kill { id: one.id.clone(), whom: one.whom.clone(), until: one.until })
            .collect();
        all.sort_by(|a, b| a.id.cmp(&b.id));
        let kills = all.iter().map(|one| (one.id.clone(), one.until)).collect();
        // Of plain texts and numbers: nothing of it can fail to be written.
        let body = serde_json::to_string(&kill::Kills { kills: all, stale }).unwrap_or_default();
        Self { tag: format!("\"{}\"", random::text_digest(&body)), body: body.into(), kills }
    }

    /// From then on it is another one.
    fn changes_at(&self) -> u64 {
        self.kills.values().copied().min().unwrap_or(u64::MAX)
    }
}

impl Board {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the store has by now.
    pub(super) fn take(&self, kills: Vec<Kill>) {
        let mut known = self.known();
        if known.stale || known.kills.as_ref() != Some(&kills) {
            *known = Known { kills: Some(kills), ..Known::default() };
        }
    }

    /// It could not be read: who is told of what was read last takes nothing for lifted.
    pub(super) fn fails(&self) {
        let mut known = self.known();
        if !known.stale {
            known.stale = true;
            known.told.clear();
        }
    }

    /// `None` if nothing was ever read.
    pub(super) fn told(&self, tenant: &Tenant, now: u64) -> Option<Arc<Told>> {
        let mut known = self.known();
        if let Some(told) = known.told.get(tenant)
            && now < told.changes_at()
        {
            return Some(told.clone());
        }
        let kills = known.kills.as_ref()?.iter();
        let concerned = kills.filter(|one| one.in_force(now) && one.concerns(tenant));
        let told = Arc::new(Told::of(concerned, known.stale));
        known.told.insert(tenant.clone(), told.clone());
        Some(told)
    }
}
