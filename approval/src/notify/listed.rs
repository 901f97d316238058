/*! A channel as people see it: what it gets, and nothing by which one could write to it. */

use policy::rule::Severity;
use serde::{Deserialize, Serialize};

use super::event::EventKind;
use crate::config::{Channel, ChannelKind, url};
use crate::view::visible_line;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    pub name: String,
    /// slack, webhook or mail.
    pub kind: String,
    /// The host of a webhook, the addresses of mail.
    pub to: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    pub severity: Severity,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EventKind>,
    pub per_minute: u32,
}

impl From<&Channel> for Listed {
    fn from(channel: &Channel) -> Self {
        let to = match &channel.kind {
            ChannelKind::Slack { url: address } | ChannelKind::Webhook { url: address, .. } => {
                let url = url(address.reveal()).ok();
                url.and_then(|url| Some(url.host_str()?.to_owned())).into_iter().collect()
            }
            ChannelKind::Mail(mail) => mail.to.iter().map(|to| visible_line(to)).collect(),
        };
        Self {
            name: channel.name.clone(),
            kind: channel.kind.name().to_owned(),
            to,
            groups: channel.groups.iter().map(|group| visible_line(group)).collect(),
            severity: channel.severity,
            events: channel.events.clone(),
            per_minute: channel.per_minute,
        }
    }
}
