/*! Carries what waits in the outbox. Each channel has a task of its own, so that a slow one delays no other. */

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;

use super::carrier::Carrier;
use crate::config::Channel;
use crate::holds::Holds;
use crate::store::StoreError;

/// How often a channel looks for what is due again. What happens here wakes it at once.
const LOOK_EVERY: Duration = Duration::from_secs(1);
const PURGE_EVERY: Duration = Duration::from_secs(60);

pub struct Senders(Vec<(Channel, Carrier)>);

struct Sender {
    channel: Channel,
    carrier: Carrier,
    holds: Arc<Holds>,
}

impl Senders {
    /// `console`: the URL of the console. Fails on what is wrong with a channel.
    pub fn new(channels: Vec<Channel>, console: &str) -> anyhow::Result<Self> {
        let with_carrier = |channel: Channel| -> anyhow::Result<(Channel, Carrier)> {
            let carrier = Carrier::new(&channel, console)
                .map_err(|error| error.context(format!("channel `{}`", channel.name)))?;
            Ok((channel, carrier))
        };
        Ok(Self(channels.into_iter().map(with_carrier).collect::<Result<_, _>>()?))
    }

    /// Until the service stops.
    pub fn start(self, holds: &Arc<Holds>) -> Vec<JoinHandle<()>> {
        let sender = |(channel, carrier)| {
            let sender = Sender { channel, carrier, holds: holds.clone() };
            tokio::spawn(async move { sender.run().await })
        };
        let mut tasks: Vec<_> = self.0.into_iter().map(sender).collect();
        tasks.push(tokio::spawn(purge(holds.clone())));
        tasks
    }
}

impl Sender {
    async fn run(&self) {
        let stopped = self.holds.wake.stopped();
        tokio::pin!(stopped);
        loop {
            // What is being sent is sent: a stop comes between two messages.
            tokio::select! {
                biased;
                () = &mut stopped => return,
                () = std::future::ready(()) => {}
            }
            // Before it looks: what changes from here on wakes it, what changed before it sees.
            let mut changes = self.holds.wake.changes();
            match self.next().await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => {
                    tracing::error!(%error, channel = self.channel.name, "the outbox failed");
                }
            }
            tokio::select! {
                () = &mut stopped => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
                changed = changes.recv() => if changed == Err(RecvError::Closed) { return },
            }
        }
    }

    /// Whether there was something to send. One that is broken off here is sent again once its lease is over.
    async fn next(&self) -> Result<bool, StoreError> {
        let (store, clock) = (&self.holds.store, &self.holds.clock);
        let Channel { name, per_minute, .. } = &self.channel;
        let Some(message) = store.claim(name, *per_minute, clock.now()).await? else {
            return Ok(false);
        };
        let outcome = self.carrier.carry(&message, &self.holds.console_url, clock.now()).await;
        if let Some(why) = outcome.why() {
            // Not by the name `message`, which is that of the line itself.
            let (delivery, tries) = (&message.id, message.tries);
            if outcome.pause(&message, clock.now()).is_some() {
                tracing::warn!(
                    channel = name,
                    delivery,
                    tries,
                    why,
                    "a message was not sent, and is tried again"
                );
            } else {
                tracing::error!(channel = name, delivery, tries, why, "a message is given up");
            }
        }
        store.settle(&message, &outcome, clock.now()).await?;
        Ok(true)
    }
}

async fn purge(holds: Arc<Holds>) {
    loop {
        if let Err(error) = holds.store.purge(holds.clock.now()).await {
            tracing::error!(%error, "old deliveries cannot be taken away");
        }
        tokio::select! {
            () = tokio::time::sleep(PURGE_EVERY) => {}
            () = holds.wake.stopped() => return,
        }
    }
}
