/*! Where people are told of holds. A message has a link to the page and never the power to decide. */

mod check;
mod written;

use std::path::PathBuf;

use policy::rule::Severity;
use serde::Deserialize;

use super::Secret;
use crate::approver::distinct;
use crate::notify::EventKind;

pub(crate) use check::{Security, smtp, url, webhook_key};

#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "written::Written")]
pub struct Channel {
    /// Names it in the console and in the log; each its own.
    pub name: String,
    /// Only holds that ask for one of these groups. Empty: all.
    pub groups: Vec<String>,
    /// Only from this severity on.
    pub severity: Severity,
    /// Only what is named here. Empty: all.
    pub events: Vec<EventKind>,
    /// Messages within a minute; what is more goes out together, as a digest.
    pub per_minute: u32,
    /// Certificates (PEM) by which its server may be signed, besides those that the system trusts.
    pub ca: Option<PathBuf>,
    pub kind: ChannelKind,
}

#[derive(Clone, Debug)]
pub enum ChannelKind {
    /// A Slack-compatible incoming webhook; its URL is its password.
    Slack {
        url: Secret,
    },
    /// JSON, signed after the Standard Webhooks scheme under each of the keys.
    Webhook {
        url: Secret,
        keys: Vec<Secret>,
    },
    Mail(Mail),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// `smtps://host`, `smtp://host?tls=required`, or `smtp://127.0.0.1:25` without TLS on loopback alone.
    pub server: String,
    pub user: Option<String>,
    pub password: Option<Secret>,
    pub from: String,
    pub to: Vec<String>,
}

impl Channel {
    /// Messages within a minute, of a channel that does not say.
    pub const PER_MINUTE: u32 = 20;

    /// All of them, before anything is sent.
    pub(crate) fn check_all(channels: &[Self]) -> anyhow::Result<()> {
        for channel in channels {
            check::channel(channel)
                .map_err(|why| anyhow::anyhow!("channel `{}`: {why}", channel.name))?;
        }
        let names = channels.iter().map(|channel| channel.name.as_str());
        anyhow::ensure!(distinct(names), "each channel needs a name of its own");
        Ok(())
    }
}

impl ChannelKind {
    pub fn name(&self) -> &'static str {
        match self {
            ChannelKind::Slack { .. } => "slack",
            ChannelKind::Webhook { .. } => "webhook",
            ChannelKind::Mail(_) => "mail",
        }
    }
}

#[cfg(test)]
mod tests;
