/*! How a message gets to one channel. */

use anyhow::Context;
use lettre::message::Mailbox;
use reqwest::Url;

use super::delivery::Message;
use super::mail::{Post, letter};
use super::note::Note;
use super::post::Poster;
use super::retry::Outcome;
use super::smtp::Postman;
use super::{slack, webhook};
use crate::config::{Channel, ChannelKind, Mail, url, webhook_key};

pub enum Carrier {
    Slack(Poster),
    Webhook(Poster, Vec<Vec<u8>>),
    Mail(Postman, Post),
}

impl Carrier {
    pub fn new(channel: &Channel, console: &str) -> anyhow::Result<Self> {
        let ca = channel.ca.as_ref();
        let ca =
            ca.map(|path| std::fs::read(path).with_context(|| format!("`{}`", path.display())));
        let ca = ca.transpose()?;
        let poster =
            |address: &str| Poster::new(url(address).map_err(anyhow::Error::msg)?, ca.as_deref());
        Ok(match &channel.kind {
            ChannelKind::Slack { url } => Self::Slack(poster(url.reveal())?),
            ChannelKind::Webhook { url, keys } => {
                let keys =
                    keys.iter().map(|key| webhook_key(key.reveal()).map_err(anyhow::Error::msg));
                Self::Webhook(poster(url.reveal())?, keys.collect::<Result<_, _>>()?)
            }
            ChannelKind::Mail(mail) => {
                Self::Mail(Postman::new(mail, ca.as_deref())?, post(mail, console)?)
            }
        })
    }

    /// `console`: the URL of the console, without a slash at the end.
    pub async fn carry(&self, message: &Message, console: &str, now: u64) -> Outcome {
        let note = Note::of(message, console, now);
        match self {
            Self::Slack(poster) => poster.post(slack::payload(&note).to_string(), &[]).await,
            Self::Webhook(poster, keys) => {
                let body = match webhook::body(message, console) {
                    Ok(body) => body,
                    Err(error) => return Outcome::refused(error.to_string()),
                };
                let headers = [
                    ("webhook-id", message.id.clone()),
                    ("webhook-timestamp", now.to_string()),
                    ("webhook-signature", webhook::signature(keys, &message.id, now, &body)),
                ];
                poster.post(body, &headers).await
            }
            Self::Mail(postman, post) => match letter(&note, post, &message.id, now) {
                Ok(letter) => postman.send(letter).await,
                Err(error) => Outcome::refused(error.to_string()),
            },
        }
    }
}

fn post(mail: &Mail, console: &str) -> anyhow::Result<Post> {
    let mailbox = |text: &String| text.parse::<Mailbox>().with_context(|| format!("`{text}`"));
    let host = Url::parse(console).ok().and_then(|url| Some(url.host_str()?.to_owned()));
    Ok(Post {
        from: mailbox(&mail.from)?,
        to: mail.to.iter().map(mailbox).collect::<Result<_, _>>()?,
        host: host.unwrap_or_else(|| "gatehouse.invalid".to_owned()),
    })
}
