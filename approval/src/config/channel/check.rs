/*! What is wrong with a channel, in words that hold no secret. */

use std::net::IpAddr;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lettre::Address;
use lettre::message::Mailbox;
use reqwest::{Certificate, Url};

use super::{Channel, ChannelKind, Mail};

/// A message goes to all of them; more belong on a list of the mail server's.
const RECIPIENTS: usize = 50;
/// So many receivers may learn a new key one after the other.
const KEYS: usize = 4;

/// How a connection to a mail server is kept from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// From its first byte.
    Tls,
    /// By STARTTLS, without which nothing is sent.
    Starttls,
    /// Not at all: this machine's own server.
    Loopback,
}

pub fn channel(channel: &Channel) -> Result<(), String> {
    let name = &channel.name;
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !(1..=40).contains(&name.len()) || !name.chars().all(word) {
        return Err("a name is 1 to 40 of a-z, 0-9 and -".to_owned());
    }
    if !(1..=600).contains(&channel.per_minute) {
        return Err("`per_minute` is 1 to 600".to_owned());
    }
    if let Some(path) = &channel.ca {
        certificates(path)?;
    }
    match &channel.kind {
        ChannelKind::Slack { url: address } => url(address.reveal()).map(drop),
        ChannelKind::Webhook { url: address, keys } => {
            url(address.reveal())?;
            if !(1..=KEYS).contains(&keys.len()) {
                return Err(format!("a webhook has 1 to {KEYS} keys"));
            }
            keys.iter().try_for_each(|key| webhook_key(key.reveal()).map(drop))
        }
        ChannelKind::Mail(mail) => check_mail(mail),
    }
}

/// Those of a PEM file, of which there is one at least.
fn certificates(path: &Path) -> Result<(), String> {
    let file = path.display();
    let pem = std::fs::read(path).map_err(|error| format!("`ca`: `{file}`: {error}"))?;
    match Certificate::from_pem_bundle(&pem) {
        Ok(found) if !found.is_empty() => Ok(()),
        _ => Err(format!("`ca`: there is no certificate in `{file}`")),
    }
}

/// Where messages are posted. It may be a secret, so no error repeats it.
pub fn url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("`url` is no URL: {error}"))?;
    let host = url.host_str().unwrap_or_default();
    match url.scheme() {
        _ if host.is_empty() => Err("`url` has no host".to_owned()),
        _ if !url.username().is_empty() || url.password().is_some() => {
            Err("`url` must not have a user or a password".to_owned())
        }
        "https" => Ok(url),
        "http" if is_loopback(host) => Ok(url),
        _ => Err("`url` has to be https, or http to loopback".to_owned()),
    }
}

/// The bytes of a key of the Standard Webhooks scheme.
pub fn webhook_key(text: &str) -> Result<Vec<u8>, String> {
    let bytes = text.strip_prefix("whsec_").and_then(|key| STANDARD.decode(key).ok());
    bytes.filter(|bytes| (24..=64).contains(&bytes.len())).ok_or_else(|| {
        "a key is `whsec_` and base64 of 24 to 64 random bytes; make one by \
         `echo whsec_$(openssl rand -base64 32)`"
            .to_owned()
    })
}

fn check_mail(mail: &Mail) -> Result<(), String> {
    smtp(&mail.server)?;
    if mail.user.is_some() != mail.password.is_some() {
        return Err("give `user` and `password` both or neither".to_owned());
    }
    let mailbox = |text: &String| -> Result<Address, String> {
        let box_of = text.parse::<Mailbox>().map_err(|error| format!("`{text}`: {error}"))?;
        Ok(box_of.email)
    };
    mailbox(&mail.from)?;
    if !(1..=RECIPIENTS).contains(&mail.to.len()) {
        return Err(format!("`to` has 1 to {RECIPIENTS} addresses"));
    }
    let mut addresses: Vec<Address> = mail.to.iter().map(mailbox).collect::<Result<_, _>>()?;
    addresses.sort();
    if addresses.windows(2).any(|pair| pair.first() == pair.last()) {
        return Err("an address of `to` is there twice".to_owned());
    }
    Ok(())
}

/// Host, port and security of a mail server.
pub fn smtp(server: &str) -> Result<(String, u16, Security), String> {
    let wrong = || {
        "`server` is `smtps://HOST`, `smtp://HOST?tls=required`, or `smtp://127.0.0.1:PORT` \
         without TLS, each with a port if it is not the usual one"
            .to_owned()
    };
    let url = Url::parse(server).map_err(|_| wrong())?;
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(wrong)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "`server` must not have a user or a password: they have keys of their own".into()
        );
    }
    let (port, security) = match (url.scheme(), url.query()) {
        _ if !matches!(url.path(), "" | "/") || url.fragment().is_some() => return Err(wrong()),
        ("smtps", None) => (465, Security::Tls),
        ("smtp", Some("tls=required")) => (587, Security::Starttls),
        ("smtp", None) if is_loopback(host) => (25, Security::Loopback),
        ("smtp", None) => {
            return Err("a mail server that is not on loopback needs TLS: \
                 `smtps://HOST` or `smtp://HOST?tls=required`"
                .into());
        }
        _ => return Err(wrong()),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    Ok((host.to_owned(), url.port().unwrap_or(port), security))
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
