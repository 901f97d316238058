/*!
Who is logged in: one-time codes in, cookies out. The store keeps their digests, so that a restart ends no login,
every replica knows them, and whoever logs out is out everywhere.

A login is good for as long as the person it was made for is configured the same.
*/

use std::collections::HashMap;
use std::sync::Arc;

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::approver::Person;
use crate::config::{LocalApprover, Oidc};
use crate::error::Problem;
use crate::people::{LOCAL, People};
use crate::random::{digest, secret};
use crate::store::{Kept, Store};

/// Seconds a login lasts.
const LOGIN_SECONDS: u64 = 12 * 3600;
/// Seconds it lasts without a page being opened. Pages that refresh themselves do not count.
const IDLE_SECONDS: u64 = 3600;
/// How exactly it is known when a page was opened last.
const SEEN_SECONDS: u64 = 60;
/// Seconds a link made on request is good for.
pub const LINK_SECONDS: u64 = 600;

/// An approver at a browser.
#[derive(Clone)]
pub struct Login {
    pub person: Person,
    /// Has to come with every form.
    pub csrf: String,
}

pub struct Logins {
    store: Arc<dyn Store>,
    people: People,
    /// The first code of each, by digest; they wait as long as they have to.
    first: HashMap<String, Person>,
    oidc: Option<Oidc>,
    secure: bool,
}

impl Logins {
    /// `secure`: browsers reach the console over TLS.
    pub fn new(
        store: Arc<dyn Store>,
        approvers: &[LocalApprover],
        oidc: Option<Oidc>,
        secure: bool,
    ) -> Self {
        let first = approvers.iter().map(|one| (word(&one.login_code), one.person.clone()));
        let people = People::new(approvers, oidc.clone(), Vec::new());
        Self { store, people, first: first.collect(), oidc, secure }
    }

    /// A new one-time code.
    pub async fn link(&self, person: &Person, now: u64) -> Result<String, Problem> {
        let code = secret().map_err(|error| Problem::internal(&error))?;
        let expires_at = now.saturating_add(LINK_SECONDS);
        self.store.invite(&word(&code), person, now, expires_at).await?;
        Ok(code)
    }

    /// Whom a code is for, as long as it is good. It stays so.
    pub async fn invites(&self, code: &str, now: u64) -> Result<Option<Person>, Problem> {
        let digest = word(code);
        let person = match self.first.get(&digest) {
            Some(person) => (!self.store.is_spent(&digest).await?).then(|| person.clone()),
            None => self.store.code(&digest, now).await?,
        };
        Ok(person.filter(|person| self.people.knows(person, LOCAL)))
    }

    /// Uses up a code. `None` if it is not good (any more).
    pub async fn invited(&self, code: &str, now: u64) -> Result<Option<Person>, Problem> {
        let digest = word(code);
        let person = match self.first.get(&digest) {
            Some(person) => self.store.spend_code(&digest, now).await?.then(|| person.clone()),
            None => self.store.use_code(&digest, now).await?,
        };
        Ok(person.filter(|person| self.people.knows(person, LOCAL)))
    }

    /// The value of a new login's cookie.
    pub async fn log_in(&self, person: &Person, now: u64) -> Result<String, Problem> {
        let value = secret().map_err(|error| Problem::internal(&error))?;
        let source = match (&person.account, &self.oidc) {
            (Some(_), Some(oidc)) => oidc.mapping(),
            _ => LOCAL.to_owned(),
        };
        let (seen_at, expires_at) = (now, now.saturating_add(LOGIN_SECONDS));
        let digest = word(&value);
        let kept = Kept { digest, person: person.clone(), source, seen_at, expires_at };
        self.store.log_in(&kept).await?;
        Ok(value)
    }

    /// `None`: nobody, or not any more.
    pub async fn of(&self, headers: &HeaderMap, now: u64) -> Result<Option<Login>, Problem> {
        let Some(value) = self.cookie(headers, LOGIN) else { return Ok(None) };
        let Some(kept) = self.store.login(&word(value)).await? else { return Ok(None) };
        let idle = kept.seen_at.saturating_add(IDLE_SECONDS) <= now;
        if idle || kept.expires_at <= now || !self.people.knows(&kept.person, &kept.source) {
            return Ok(None);
        }
        if opened(headers) && kept.seen_at.saturating_add(SEEN_SECONDS) <= now {
            self.store.seen(&kept.digest, now).await?;
        }
        Ok(Some(Login { person: kept.person, csrf: csrf(value) }))
    }

    pub async fn log_out(&self, headers: &HeaderMap) -> Result<(), Problem> {
        if let Some(value) = self.cookie(headers, LOGIN) {
            self.store.log_out(&word(value)).await?;
        }
        Ok(())
    }

    pub fn cookie<'a>(&self, headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
        let name = self.named(name);
        let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = values.flat_map(|value| value.split(';')).map(str::trim);
        pairs.find_map(|pair| pair.strip_prefix(&name)?.strip_prefix('='))
    }

    /// `seconds`: how long the browser keeps it; absent: until it is closed. An empty value takes it away.
    ///
    /// Lax, so that a link in a mail or a chat opens the page it names. What changes anything is a POST with a
    /// token of its own.
    pub fn set_cookie(&self, name: &str, value: &str, seconds: Option<u64>) -> String {
        let secure = if self.secure { "; Secure" } else { "" };
        let age = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
        format!("{}={value}; Path=/; HttpOnly; SameSite=Lax{age}{secure}", self.named(name))
    }

    /// Browsers let nobody but this very host set a name with the prefix.
    fn named(&self, name: &str) -> String {
        let prefix = if self.secure { "__Host-" } else { "" };
        format!("{prefix}{name}")
    }
}

pub const LOGIN: &str = "gatehouse_login";
/// Of a try to log in at the provider.
pub const ATTEMPT: &str = "gatehouse_attempt";

fn word(secret: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(secret))
}

/// Derived from the cookie, which no page and no script can read.
fn csrf(value: &str) -> String {
    URL_SAFE_NO_PAD.encode(hmac_sha256::HMAC::mac("form", value.as_bytes()))
}

/// Whether a person opened the page or sent the form, and not a script that refreshes it.
fn opened(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-mode").is_none_or(|mode| mode == "navigate")
}
