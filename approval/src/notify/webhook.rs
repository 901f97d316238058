/*!
A message for a program: JSON, signed after the Standard Webhooks scheme
(<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>).
*/

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac_sha256::HMAC;
use serde::Serialize;

use super::delivery::Message;
use super::event::{About, Event};
use crate::console::machine;

#[derive(Serialize)]
struct Body<'a> {
    /// What happened; `digest` of many events.
    #[serde(rename = "type")]
    kind: &'static str,
    /// When it happened.
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Data<'a> {
    One(Told<'a>),
    Many { total: u64, counts: BTreeMap<&'static str, u64>, events: Vec<Told<'a>> },
}

#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    event: &'a Event,
    /// The page on which a person decides, or lifts a kill.
    url: String,
}

/// `console`: the URL of the console, without a slash at the end.
pub fn body(message: &Message, console: &str) -> Result<String, serde_json::Error> {
    let body = match message.only() {
        Some(event) => Body {
            kind: event.kind.name(),
            timestamp: machine(event.at),
            data: Data::One(told(event, console)),
        },
        None => Body {
            kind: "digest",
            timestamp: machine(message.since),
            data: Data::Many {
                total: message.total,
                counts: message.kinds.iter().map(|(kind, count)| (kind.name(), *count)).collect(),
                events: message.events.iter().map(|event| told(event, console)).collect(),
            },
        },
    };
    serde_json::to_string(&body)
}

fn told<'a>(event: &'a Event, console: &str) -> Told<'a> {
    let url = match &event.about {
        About::Hold(hold) => format!("{console}/holds/{}", hold.id),
        About::Kill(_) => format!("{console}/kills"),
    };
    Told { event, url }
}

/// The value of `webhook-signature`: one signature for each key, so that a receiver may know either.
pub fn signature(keys: &[Vec<u8>], id: &str, timestamp: u64, body: &str) -> String {
    let signed = format!("{id}.{timestamp}.{body}");
    let sign = |key: &Vec<u8>| format!("v1,{}", STANDARD.encode(HMAC::mac(&signed, key)));
    keys.iter().map(sign).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
