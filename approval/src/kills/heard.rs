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
pub struct Heard(Mutex<Workers>);

#[derive(Default)]
struct Workers {
    of: BTreeMap<Tenant, BTreeMap<Worker, Asked>>,
    /// When those that ask no more were taken off.
    swept: u64,
}

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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reach {
    pub workers: usize,
    pub heard: usize,
    /// The same of each tenant where there are several: how many workers it has is its own word.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tenants: Vec<TenantReach>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantReach {
    /// Empty for those without one.
    pub tenant: String,
    pub workers: usize,
    pub heard: usize,
}

/// What was heard at one time: for many kills at once, and in nobody's way.
pub struct Reached {
    /// Of each tenant how many workers left with which list, and have taken it.
    of: BTreeMap<Tenant, Vec<(Arc<Told>, bool, usize)>>,
    now: u64,
}

impl Heard {
    fn all(&self) -> MutexGuard<'_, Workers> {
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
        all.sweep(now);
        let own = all.of.entry(tenant.clone()).or_default();
        if own.len() >= WORKERS && !own.contains_key(&worker) {
            return;
        }
        let before = own.get(&worker);
        let lost = !had && before.is_some_and(|asked| asked.told.tag == told.tag);
        own.insert(worker, Asked { at: now, told, lost });
    }

    #[cfg(test)]
    pub fn known(&self) -> usize {
        self.all().of.values().map(BTreeMap::len).sum()
    }

    pub fn reached(&self, now: u64) -> Reached {
        let all = self.all();
        let mut reached = Reached { of: BTreeMap::new(), now };
        for (tenant, own) in &all.of {
            let mut lists: Vec<(Arc<Told>, bool, usize)> = Vec::new();
            for asked in own.values().filter(|asked| asked.lately(now)) {
                let same = |one: &&mut (Arc<Told>, bool, usize)| {
                    Arc::ptr_eq(&one.0, &asked.told) && one.1 != asked.lost
                };
                match lists.iter_mut().find(same) {
                    Some((_, _, many)) => *many += 1,
                    None => lists.push((asked.told.clone(), !asked.lost, 1)),
                }
            }
            reached.of.insert(tenant.clone(), lists);
        }
        reached
    }
}

impl Workers {
    /// Their lists may be long, and their names are anybody's in a tenant.
    fn sweep(&mut self, now: u64) {
        if now < self.swept.saturating_add(LATELY) {
            return;
        }
        self.swept = now;
        for own in self.of.values_mut() {
            own.retain(|_, asked| asked.lately(now));
        }
        self.of.retain(|_, own| !own.is_empty());
    }
}

impl Asked {
    fn lately(&self, now: u64) -> bool {
        now < self.at.saturating_add(LATELY)
    }
}

impl Reached {
    pub fn of(&self, kill: &Kill) -> Reach {
        let mut reach = Reach::default();
        let concerned = self.of.iter().filter(|(tenant, _)| kill.concerns(tenant));
        for (tenant, lists) in concerned {
            let mut own = TenantReach { tenant: tenant.to_string(), ..TenantReach::default() };
            for (told, taken, many) in lists {
                let has = told.kills.get(&kill.id).is_some_and(|until| self.now < *until);
                own.heard += many;
                own.workers += if has && *taken { *many } else { 0 };
            }
            reach.heard += own.heard;
            reach.workers += own.workers;
            if own.heard > 0 {
                reach.tenants.push(own);
            }
        }
        if reach.tenants.len() < 2 {
            reach.tenants.clear();
        }
        reach
    }
}
