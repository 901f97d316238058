/*! The console's JSON, asked as an approver of a running gateway. */

use anyhow::{Context, Result, bail, ensure};
use approval::api::{
    DecisionRequest, HoldDetail, HoldList, KillList, KillRequest, KillSummary, LiftRequest,
    LoginLink, StandingList,
};
use approval::notify::{ChannelList, DeliveryList};
use approval::store::Fate;
use reqwest::Method;
use serde::de::DeserializeOwned;

use crate::data::DataDir;
use crate::data::run_file::RunFile;
use crate::print::clean;
use client::{Client, Reply};
use place::Place;

pub use client::Events;

pub mod place;

mod client;

pub struct Console {
    client: Client,
    /// As messages name it.
    shown: String,
    at: At,
}

enum At {
    /// With the names of its approvers.
    Local(Vec<String>),
    /// And where the key is from.
    Named(String),
}

impl Console {
    /// The one that is named, or of the gateway that runs on the data folder, as the approver of this name, or as
    /// the first.
    pub fn of(place: &Place, default: &str, who: Option<&str>) -> Result<Self> {
        if let Some(named) = place.named()? {
            ensure!(who.is_none(), "your key says who you are: leave out --as");
            let client = Client::new(&named.url, &named.key, named.ca.as_deref());
            let client = client.context("cannot ask that console")?;
            return Ok(Self { client, shown: clean(&named.url), at: At::Named(named.key_at) });
        }
        let run = RunFile::read(&DataDir::open(&place.data(default))?)?;
        let known = |name: &str| run.approvers.iter().find(|one| one.name == name);
        let names: Vec<String> = run.approvers.iter().map(|one| one.name.clone()).collect();
        let key = match who {
            None => run.approver_key.clone(),
            Some(name) => known(name).map(|one| one.key.clone()).with_context(|| {
                format!("`{}` is no approver here; there are: {}", clean(name), listed(&names))
            })?,
        };
        let client = Client::new(&format!("http://{}", run.console_address), &key, None)?;
        Ok(Self { client, shown: run.console, at: At::Local(names) })
    }

    /// Of several approvers nobody decides without saying who.
    pub fn knows_who(&self, who: Option<&str>) -> Result<()> {
        match &self.at {
            At::Local(names) if who.is_none() && names.len() > 1 => {
                bail!("say who you are with --as NAME; there are: {}", listed(names))
            }
            _ => Ok(()),
        }
    }

    /// `status`: a status of holds, `open` or `settled`; the open ones without it. `mine`: what this approver
    /// may approve. The first of them, with where it goes on.
    pub async fn list(&self, status: Option<&str>, mine: bool) -> Result<HoldList> {
        self.leaf(status, mine, None).await
    }

    /// As `list`, all there are.
    pub async fn list_all(&self, status: Option<&str>, mine: bool) -> Result<HoldList> {
        let mut all = self.leaf(status, mine, None).await?;
        while let Some(next) = all.next.take() {
            let more = self.leaf(status, mine, Some(&next)).await?;
            all.holds.extend(more.holds);
            all.next = more.next;
        }
        Ok(all)
    }

    async fn leaf(
        &self,
        status: Option<&str>,
        mine: bool,
        after: Option<&str>,
    ) -> Result<HoldList> {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(status.map(|status| ("status", status)));
        query.extend_pairs(mine.then_some(("group", "mine")));
        query.extend_pairs(after.map(|after| ("after", after)));
        self.ask(Method::GET, &format!("/v1/holds?{}", query.finish()), None).await
    }

    /// Tells of each change of a hold. The first event comes at once.
    pub async fn changes(&self) -> Result<Events> {
        let (status, events) =
            self.client.events("/v1/events").await.with_context(|| self.silent())?;
        if status != 200 {
            bail!("{}", self.problem(status, &[]));
        }
        Ok(events)
    }

    fn silent(&self) -> String {
        match self.at {
            At::Local(_) => {
                format!("the gateway's console at {} does not answer; is it running?", self.shown)
            }
            At::Named(_) => format!("the console at {} cannot be asked", self.shown),
        }
    }

    pub async fn show(&self, id: &str) -> Result<HoldDetail> {
        self.ask(Method::GET, &format!("/v1/holds/{}", segment(id)?), None).await
    }

    pub async fn decide(&self, id: &str, decision: &DecisionRequest) -> Result<HoldDetail> {
        let body = serde_json::to_string(decision)?;
        self.ask(Method::POST, &format!("/v1/holds/{}/decision", segment(id)?), Some(body)).await
    }

    pub async fn standing_grants(&self) -> Result<StandingList> {
        self.ask(Method::GET, "/v1/standing-grants", None).await
    }

    /// The answer names it as it is now.
    pub async fn revoke(&self, id: &str) -> Result<StandingList> {
        let path = format!("/v1/standing-grants/{}/revocation", segment(id)?);
        self.ask(Method::POST, &path, None).await
    }

    pub async fn channels(&self) -> Result<ChannelList> {
        self.ask(Method::GET, "/v1/channels", None).await
    }

    /// Messages that were given up.
    pub async fn given_up(&self) -> Result<DeliveryList> {
        self.ask(Method::GET, "/v1/deliveries?state=dead", None).await
    }

    /// Sends a message that was given up again, or drops it.
    pub async fn settle(&self, id: &str, fate: Fate) -> Result<()> {
        let fate = match fate {
            Fate::Again => "again",
            Fate::Drop => "drop",
        };
        let body = serde_json::json!({ "fate": fate }).to_string();
        let path = format!("/v1/deliveries/{}", segment(id)?);
        let reply = self.send(Method::POST, &path, Some(body)).await?;
        if reply.status == 204 {
            return Ok(());
        }
        bail!("{}", self.problem(reply.status, &reply.body))
    }

    /// Those in force, and the latest that are over.
    pub async fn kills(&self) -> Result<KillList> {
        self.ask(Method::GET, "/v1/kills", None).await
    }

    pub async fn kill(&self, request: &KillRequest) -> Result<KillSummary> {
        self.ask(Method::POST, "/v1/kills", Some(serde_json::to_string(request)?)).await
    }

    pub async fn lift(&self, id: &str, request: &LiftRequest) -> Result<KillSummary> {
        let path = format!("/v1/kills/{}/lift", segment(id)?);
        self.ask(Method::POST, &path, Some(serde_json::to_string(request)?)).await
    }

    pub async fn login_link(&self) -> Result<LoginLink> {
        self.ask(Method::POST, "/v1/login-links", None).await
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
    ) -> Result<T> {
        let reply = self.send(method, path, body).await?;
        if reply.status == 200 {
            return serde_json::from_slice(&reply.body).with_context(|| {
                format!("what {} answers is none of a console, or of another version", self.shown)
            });
        }
        bail!("{}", self.problem(reply.status, &reply.body))
    }

    async fn send(&self, method: Method, path: &str, body: Option<String>) -> Result<Reply> {
        self.client.send(method, path, body).await.with_context(|| self.silent())
    }

    /// What went wrong, and what to do where that is known.
    fn problem(&self, status: u16, body: &[u8]) -> String {
        match (&self.at, status) {
            (At::Named(key), 401) => format!(
                "the console at {} does not know the key in {key}; whoever runs it names people and keys in \
                 `[[approvers]]`",
                self.shown
            ),
            (At::Named(_), 421) => format!(
                "the console does not go by the name {}; say its `public_url`, or `console.listen` on its own machine",
                self.shown
            ),
            (At::Named(_), 300..=399) => {
                format!(
                    "{} leads elsewhere, and is not followed; say where the console is",
                    self.shown
                )
            }
            _ => problem(status, body),
        }
    }
}

fn listed(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{}`", clean(name))).collect();
    names.join(", ")
}

/// What problem+json says, in one line.
fn problem(status: u16, body: &[u8]) -> String {
    let problem: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| problem[name].as_str().map(clean).filter(|text| !text.is_empty());
    match (text("title"), text("detail")) {
        (Some(title), Some(detail)) => format!("{title}: {detail}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => format!("the console answers {status}"),
    }
}

/// Ids are letters, digits and a few marks; anything else would be another path.
fn segment(id: &str) -> Result<&str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if id.is_empty() || !id.chars().all(plain) {
        bail!(
            "`{}` is no id; `gatehouse approvals list`, `standing` and `channels --given-up` show them, and `gatehouse \
             kills list`",
            clean(id)
        );
    }
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::{problem, segment};

    #[test]
    fn problems_read_as_one_line() {
        let body = br#"{"title":"no such hold","detail":"a\u001b[31m\nb"}"#;
        assert_eq!(problem(404, body), "no such hold: a\u{fffd}[31m\u{fffd}b");
        assert_eq!(problem(502, b"<html>"), "the console answers 502");
    }

    #[test]
    fn an_id_is_no_path() {
        assert!(segment("h-1_A").is_ok());
        for id in ["", "..", "a/b", "a?b", "a b", "%2e"] {
            assert!(segment(id).is_err(), "{id}");
        }
    }
}
