/*!
Logins of this process: one-time codes in, cookies out. Kept in memory only, as digests; a restart
ends them all.
*/

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderMap, header};

use crate::approver::Person;
use crate::random::{digest, secret};

pub const COOKIE: &str = "gatehouse_login";
/// Seconds a login lasts.
const LOGIN_SECONDS: u64 = 12 * 3600;
/// Seconds a link made on request is good for.
pub const LINK_SECONDS: u64 = 600;
/// Logins and links kept at once; past it the ones that end first go.
const KEPT: usize = 256;

/// An approver at a browser.
#[derive(Clone)]
pub struct Login {
    pub person: Person,
    /// Has to come with every form.
    pub csrf: String,
    expires_at: u64,
}

pub struct Logins(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    /// By the digests of codes not yet used.
    codes: HashMap<[u8; 32], Invitation>,
    /// By the digest of the cookie's value.
    logins: HashMap<[u8; 32], Login>,
}

/// What a code is good for.
struct Invitation {
    person: Person,
    expires_at: u64,
}

impl Logins {
    /// With the first code of each person; those wait as long as they have to.
    pub fn new<'a>(people: impl Iterator<Item = (&'a Person, &'a str)>) -> Self {
        let codes = people.map(|(person, code)| {
            (digest(code), Invitation { person: person.clone(), expires_at: u64::MAX })
        });
        Self(Mutex::new(Inner { codes: codes.collect(), ..Inner::default() }))
    }

    /// A new one-time code.
    pub fn link(&self, person: Person, now: u64) -> std::io::Result<String> {
        let code = secret()?;
        let mut inner = self.inner();
        trim(&mut inner.codes, now, |code| code.expires_at);
        let expires_at = now.saturating_add(LINK_SECONDS);
        inner.codes.insert(digest(&code), Invitation { person, expires_at });
        Ok(code)
    }

    /// Uses up a code. `None` if it is not good (any more), else the cookie's value and whose it is.
    pub fn log_in(&self, code: &str, now: u64) -> std::io::Result<Option<(String, Person)>> {
        let mut inner = self.inner();
        let invitation = inner.codes.remove(&digest(code));
        let Some(Invitation { person, .. }) = invitation.filter(|one| one.expires_at > now) else {
            return Ok(None);
        };
        let value = secret()?;
        let expires_at = now.saturating_add(LOGIN_SECONDS);
        let login = Login { person: person.clone(), csrf: secret()?, expires_at };
        trim(&mut inner.logins, now, |login| login.expires_at);
        inner.logins.insert(digest(&value), login);
        Ok(Some((value, person)))
    }

    pub fn of(&self, headers: &HeaderMap, now: u64) -> Option<Login> {
        let value = cookie(headers)?;
        let inner = self.inner();
        inner.logins.get(&digest(value)).filter(|login| login.expires_at > now).cloned()
    }

    pub fn log_out(&self, headers: &HeaderMap) {
        if let Some(value) = cookie(headers) {
            self.inner().logins.remove(&digest(value));
        }
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn trim<T>(kept: &mut HashMap<[u8; 32], T>, now: u64, end: impl Fn(&T) -> u64) {
    kept.retain(|_, value| end(value) > now);
    while kept.len() >= KEPT {
        let Some(first) = kept.iter().min_by_key(|(_, value)| end(value)).map(|(key, _)| *key)
        else {
            return;
        };
        kept.remove(&first);
    }
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = values.flat_map(|value| value.split(';')).map(str::trim);
    pairs.find_map(|pair| pair.strip_prefix(COOKIE)?.strip_prefix('='))
}
