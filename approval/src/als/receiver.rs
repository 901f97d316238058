/*! What is done with a stream of entries, whatever carries it. */

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::cap::{Cap, Most, Over, principal};
use super::entry::{Entries, Read};
use super::wire::{Identifier, StreamAccessLogsMessage};
use super::{Counts, Keep};
use crate::clock::Clock;
use crate::records::line::{Erased, LEFT_OUT, LEFT_OUT_OF_TENANT};
use crate::records::store::ROWS_AT_ONCE;
use crate::records::{Alike, Line};
use crate::tenant::Tenant;
use crate::view::visible_line;
use crate::wake::Wake;

/// Between two tries to store the same lines. Until then nothing more is read, so that Envoy keeps what it has.
const PAUSE: Duration = Duration::from_millis(if cfg!(test) { 1 } else { 1000 });
const LONGEST_NAME: usize = 128;
/// How often it is told what is lost, if more is.
const TELL: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// At a time: one for each worker of each Envoy, at this replica.
    pub streams_per_tenant: usize,
    /// Bytes of records within a minute.
    pub bytes_per_minute: Most,
}

pub struct Receiver {
    keep: Arc<dyn Keep>,
    clock: Arc<dyn Clock>,
    pub(super) wake: Arc<Wake>,
    limits: Limits,
    pub counts: Counts,
    cap: Cap,
    open: Mutex<HashMap<String, usize>>,
}

/// Why a sender is not heard any more.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    TooManyStreams,
    /// Its first message does not say which gateway it is.
    Nameless,
}

impl Receiver {
    pub fn new(
        keep: Arc<dyn Keep>,
        clock: Arc<dyn Clock>,
        wake: Arc<Wake>,
        limits: Limits,
    ) -> Arc<Self> {
        let (counts, cap, open) = Default::default();
        Arc::new(Self { keep, clock, wake, limits, counts, cap, open })
    }

    /// Until the service stops: what is lost, whenever it is more.
    pub async fn keep_telling(&self) {
        let mut before = String::new();
        loop {
            let stopped = tokio::select! {
                () = tokio::time::sleep(TELL) => false,
                () = self.wake.stopped() => true,
            };
            let lost = self.counts.lost.told();
            if lost != before {
                tracing::warn!("of the access log that Envoys send, since the start: {lost}");
                before = lost;
            }
            if stopped {
                return;
            }
        }
    }

    pub fn open(self: &Arc<Self>, tenant: Tenant) -> Result<Stream, Refused> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let streams = open.entry(tenant.as_str().to_owned()).or_default();
        if *streams >= self.limits.streams_per_tenant {
            self.counts.lost.streams_refused.add(1);
            return Err(Refused::TooManyStreams);
        }
        *streams += 1;
        self.counts.streams.add(1);
        Ok(Stream {
            receiver: self.clone(),
            tenant,
            gateway: String::new(),
            alike: Alike::default(),
        })
    }
}

/// Of one worker of one Envoy.
pub struct Stream {
    receiver: Arc<Receiver>,
    tenant: Tenant,
    /// Empty until its first message.
    gateway: String,
    alike: Alike,
}

impl Stream {
    #[cfg(test)]
    pub(super) fn gateway(&self) -> &str {
        &self.gateway
    }

    /// Returns when they are stored, or the service stops.
    pub async fn take(&mut self, message: StreamAccessLogsMessage) -> Result<(), Refused> {
        if self.gateway.is_empty() {
            let Some(name) = name(message.identifier) else {
                self.receiver.counts.lost.streams_refused.add(1);
                return Err(Refused::Nameless);
            };
            self.gateway = name;
        }
        let Receiver { counts, .. } = self.receiver.as_ref();
        let mut lines = Vec::new();
        for read in Entries::of(message.http_logs) {
            match read {
                Read::Line(mut line) => {
                    self.alike.number(&mut line);
                    lines.extend(self.limited(*line));
                }
                Read::Intermediate => counts.intermediate.add(1),
                Read::Unreadable => counts.lost.unreadable.add(1),
            }
            // Of a batch of nothing but the shortest lines no more than these are in memory.
            if lines.len() >= ROWS_AT_ONCE {
                self.store(&lines).await;
                lines.clear();
            }
        }
        if !lines.is_empty() {
            self.store(&lines).await;
        }
        Ok(())
    }

    /// The link stays though the record does not fit, so that the chain has no gap. Nothing stays of what has neither.
    fn limited(&self, mut line: Line) -> Option<Line> {
        let Receiver { cap, limits, clock, counts, .. } = self.receiver.as_ref();
        let who = principal(line.record.as_deref().unwrap_or_default());
        let (tenant, most, now) = (self.tenant.as_str(), limits.bytes_per_minute, clock.now());
        let by = match cap.take(tenant, who, line.bytes(), most, now) {
            Ok(()) => return Some(line),
            Err(Over::Principal) => LEFT_OUT,
            Err(Over::Tenant) => LEFT_OUT_OF_TENANT,
        };
        counts.lost.over_limit.add(1);
        line.link.as_ref()?;
        if line.record.take().is_some() {
            line.erased = Some(Erased { at: now, by: by.to_owned() });
        }
        cap.take_left(tenant, line.bytes(), most, now).then_some(line)
    }

    async fn store(&self, lines: &[Line]) {
        let gateway = self.gateway.as_str();
        let Receiver { keep, counts, wake, .. } = self.receiver.as_ref();
        let mut told = false;
        loop {
            match keep.keep(&self.tenant, lines).await {
                Ok(taken) => return counts.taken(&taken),
                Err(error) => {
                    counts.lost.retries.add(1);
                    if !std::mem::replace(&mut told, true) {
                        tracing::warn!(gateway, tenant = %self.tenant, %error, "records are not stored yet");
                    }
                }
            }
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = wake.stopped() => {
                    let records = lines.len();
                    tracing::error!(gateway, tenant = %self.tenant, records, "records are lost: the service stops and its store does not answer");
                    return counts.lost.given_up.add(records);
                }
            }
        }
    }
}

/// As a node of Envoy says it.
fn name(identifier: Option<Identifier>) -> Option<String> {
    let id = identifier?.node?.id;
    let short: String = String::from_utf8_lossy(&id).chars().take(LONGEST_NAME).collect();
    Some(visible_line(&short)).filter(|name| !name.is_empty())
}

impl Drop for Stream {
    fn drop(&mut self) {
        let mut open = self.receiver.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(streams) = open.get_mut(self.tenant.as_str()) {
            *streams -= 1;
            if *streams == 0 {
                open.remove(self.tenant.as_str());
            }
        }
    }
}
