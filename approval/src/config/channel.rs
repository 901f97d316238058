/*! Where people are told of holds. A message has a link to the page and never the power to decide. */

use policy::rule::Severity;
use serde::Deserialize;

use super::Secret;

#[derive(Clone, Debug, Deserialize)]
pub struct Channel {
    /// Names it in the console and in the log; each its own.
    pub name: String,
    /// Only holds that ask for one of these groups. Empty: all.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Only from this severity on.
    #[serde(default = "Channel::lowest")]
    pub severity: Severity,
    #[serde(flatten)]
    pub kind: ChannelKind,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ChannelKind {
    /// A Slack-compatible incoming webhook; its URL is its password.
    Slack {
        url: Secret,
    },
    /// JSON, signed with HMAC-SHA-256 under the key.
    Webhook {
        url: String,
        key: Secret,
    },
    Mail(Mail),
}

#[derive(Clone, Debug, Deserialize)]
pub struct Mail {
    /// `smtps://host`, `smtp://host?tls=required`, or `smtp://127.0.0.1:25` without TLS on loopback alone.
    pub server: String,
    pub user: Option<String>,
    pub password: Option<Secret>,
    pub from: String,
    pub to: Vec<String>,
}

impl Channel {
    fn lowest() -> Severity {
        Severity::Low
    }
}
