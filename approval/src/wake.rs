/*! Who sleeps on a hold at this replica is woken when it changes; who watches the queue hears of every change. */

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{broadcast, watch};

/// Changes a slow watcher may lag behind before it is told to look at everything again.
const BACKLOG: usize = 256;

/// No id of a hold begins with it.
const LEFT: char = '!';

pub struct Wake {
    sleepers: Mutex<HashMap<String, watch::Sender<()>>>,
    changes: broadcast::Sender<Arc<str>>,
    stopping: watch::Sender<bool>,
}

impl Default for Wake {
    fn default() -> Self {
        Self {
            sleepers: Mutex::default(),
            changes: broadcast::channel(BACKLOG).0,
            stopping: watch::channel(false).0,
        }
    }
}

impl Wake {
    /// What sleeps on the kills that are in force. No hold has it for an id.
    pub const KILLS: &str = "kills";

    /// Take it before reading the hold: a change in between is then not missed.
    pub fn sleeper(&self, hold: &str) -> watch::Receiver<()> {
        let mut sleepers = self.sleepers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = sleepers.get(hold) {
            return sender.subscribe();
        }
        let (sender, receiver) = watch::channel(());
        sleepers.insert(hold.to_owned(), sender);
        receiver
    }

    /// How many sleep on the hold, at this replica.
    pub fn sleeping(&self, hold: &str) -> usize {
        let sleepers = self.sleepers.lock().unwrap_or_else(PoisonError::into_inner);
        sleepers.get(hold).map_or(0, watch::Sender::receiver_count)
    }

    /// What its poll sleeps on besides its hold: woken when the caller of the exchange left.
    pub fn left(exchange: &str) -> String {
        format!("{LEFT}{exchange}")
    }

    /// Of a hold, of `left`, or of `KILLS`.
    pub fn changed(&self, hold: &str) {
        let mut sleepers = self.sleepers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = sleepers.remove(hold) {
            sender.send_replace(());
        }
        drop(sleepers);
        if hold.starts_with(LEFT) {
            return;
        }
        // Nobody listening is no error.
        let _ = self.changes.send(hold.into());
    }

    /// Nobody knows what changed: everybody looks again. Watchers are told `*`.
    pub fn all(&self) {
        let mut sleepers = self.sleepers.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, sender) in sleepers.drain() {
            sender.send_replace(());
        }
        drop(sleepers);
        let _ = self.changes.send("*".into());
    }

    /// Drops the entries nobody sleeps on any more.
    pub fn sweep(&self) {
        let mut sleepers = self.sleepers.lock().unwrap_or_else(PoisonError::into_inner);
        sleepers.retain(|_, sender| sender.receiver_count() > 0);
    }

    pub fn changes(&self) -> broadcast::Receiver<Arc<str>> {
        self.changes.subscribe()
    }

    /// Long polls and event streams end, so that the servers can.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    pub fn is_stopped(&self) -> bool {
        *self.stopping.borrow()
    }

    pub async fn stopped(&self) {
        let mut stopping = self.stopping.subscribe();
        // The sender lives as long as `self`.
        let _ = stopping.wait_for(|stopping| *stopping).await;
    }
}
