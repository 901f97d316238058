/*! A channel as the configuration has it: what all kinds share, and one table that is named like its kind. */

use std::path::PathBuf;

use policy::rule::Severity;
use serde::Deserialize;

use super::{Channel, ChannelKind, Mail, Secret};
use crate::notify::EventKind;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    name: String,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default = "lowest")]
    severity: Severity,
    #[serde(default)]
    events: Vec<EventKind>,
    #[serde(default = "per_minute")]
    per_minute: u32,
    ca: Option<PathBuf>,
    slack: Option<Slack>,
    webhook: Option<Webhook>,
    mail: Option<Mail>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Slack {
    url: Secret,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Webhook {
    url: Secret,
    keys: Vec<Secret>,
}

impl TryFrom<Written> for Channel {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { name, groups, severity, events, per_minute, ca, .. } = written;
        let kind = match (written.slack, written.webhook, written.mail) {
            (Some(Slack { url }), None, None) => ChannelKind::Slack { url },
            (None, Some(Webhook { url, keys }), None) => ChannelKind::Webhook { url, keys },
            (None, None, Some(mail)) => ChannelKind::Mail(mail),
            _ => {
                return Err(format!(
                    "channel `{name}`: give it one of the tables `slack`, `webhook` and `mail`"
                ));
            }
        };
        let channel = Self { name, groups, severity, events, per_minute, ca, kind };
        super::check::channel(&channel)
            .map_err(|why| format!("channel `{}`: {why}", channel.name))?;
        Ok(channel)
    }
}

fn lowest() -> Severity {
    Severity::Low
}

fn per_minute() -> u32 {
    Channel::PER_MINUTE
}
