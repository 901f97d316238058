/*!
Logins of this process: one-time codes in, cookies out. Kept in memory only, as digests; a restart
ends them all.
*/

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderMap, header};

use crate::random::{digest, secret};

pub const COOKIE: &str = "gatehouse_login";
/// Seconds a login lasts.
const LOGIN_SECONDS: u64 = 12 * 3600;
/// Seconds a link made on request is good for. The first one waits as long as it has to.
pub const LINK_SECONDS: u64 = 600;
/// Logins and links kept at once; past it the ones that end first go.
const KEPT: usize = 64;

/// An approver at a browser.
#[derive(Clone)]
pub struct Login {
    /// Has to come with every form.
    pub csrf: String,
    expires_at: u64,
}

pub struct Logins(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    /// Digests of codes not yet used, with their end.
    codes: HashMap<[u8; 32], u64>,
    /// By the digest of the cookie's value.
    logins: HashMap<[u8; 32], Login>,
}

impl Logins {
    pub fn new(first_code: &str) -> Self {
        let codes = HashMap::from([(digest(first_code), u64::MAX)]);
        Self(Mutex::new(Inner { codes, ..Inner::default() }))
    }

    /// A new one-time code.
    pub fn link(&self, now: u64) -> std::io::Result<String> {
        let code = secret()?;
        let mut inner = self.inner();
        trim(&mut inner.codes, now, |end| *end);
        inner.codes.insert(digest(&code), now.saturating_add(LINK_SECONDS));
        Ok(code)
    }

    /// Uses up a code. `None` if it is not good (any more), else the cookie's value.
    pub fn log_in(&self, code: &str, now: u64) -> std::io::Result<Option<String>> {
        let mut inner = self.inner();
        let good = inner.codes.remove(&digest(code)).is_some_and(|end| end > now);
        if !good {
            return Ok(None);
        }
        let value = secret()?;
        let login = Login { csrf: secret()?, expires_at: now.saturating_add(LOGIN_SECONDS) };
        trim(&mut inner.logins, now, |login| login.expires_at);
        inner.logins.insert(digest(&value), login);
        Ok(Some(value))
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
