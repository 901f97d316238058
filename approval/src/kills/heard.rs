/*! Which worker asked when, and what it left with: so that people see where a kill is in force. As this replica heard. */

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::board::Told;
use crate::store::Kill;
use crate::tenant::Tenant;

/// How long a worker that asks no more counts, in seconds.
const LATELY: u64 = 60;
/// Of one tenant. Those beyond are served all the same, and not counted.
const WORKERS: usize = 4096;
/// Characters of a gateway's name that tell it from others.
const LONGEST: usize = 128;

#[derive(Default)]
pub struct Heard(Mutex<BTreeMap<Tenant, BTreeMap<Worker, Asked>>>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Worker {
    gateway: String,
    chain: String,
}

struct Asked {
    at: u64,
    told: Arc<Told>,
    /// It came back without what it was told, which it did not take then.
    lost: bool,
}

/// How many workers have a kill, of those that were heard within the last minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reach {
    pub workers: usize,
    pub heard: usize,
}

impl Heard {
    fn all(&self) -> MutexGuard<'_, BTreeMap<Tenant, BTreeMap<Worker, Asked>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `had`: it has this one already, as it says.
    pub fn note(
        &self,
        (tenant, gateway, chain): (&Tenant, &str, &str),
        told: Arc<Told>,
        had: bool,
        now: u64,
    ) {
        let short = |text: &str| text.chars().take(LONGEST).collect();
        let worker = Worker { gateway: short(gateway), chain: short(chain) };
        let mut all = self.all();
        let own = all.entry(tenant.clone()).or_default();
        if own.len() >= WORKERS && !own.contains_key(&worker) {
            own.retain(|_, asked| now < asked.at.saturating_add(LATELY));
            if own.len() >= WORKERS {
                return;
            }
        }
        let before = own.get(&worker);
        let lost = !had && before.is_some_and(|asked| asked.told.tag == told.tag);
        own.insert(worker, Asked { at: now, told, lost });
    }

    pub fn reach(&self, kill: &Kill, now: u64) -> Reach {
        let all = self.all();
        let concerned = all.iter().filter(|(tenant, _)| kill.concerns(tenant));
        let mut reach = Reach::default();
        for asked in concerned.flat_map(|(_, own)| own.values()) {
            if now < asked.at.saturating_add(LATELY) {
                reach.heard += 1;
                let has = asked.told.kills.get(&kill.id).is_some_and(|until| now < *until);
                reach.workers += usize::from(has && !asked.lost);
            }
        }
        reach
    }
}
