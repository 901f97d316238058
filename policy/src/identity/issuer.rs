/*! One issuer: what it may say, the keys it says it with, and when they are fetched. */

use jwt_simple::prelude::{Duration, VerificationOptions};

use super::bearer::MAX_AUTHORIZATION;
use super::cache::Verified;
use super::claims::Lifetime;
use super::config::{IssuerConfig, KeySource, MAX_LEEWAY};
use super::fetch::{KeyFetch, Schedule};
use super::keys::{Key, KeySet, NotFound};
use super::token::Token;
use super::unauthorized::Unauthorized;
use crate::bundle::LoadError;
use crate::principal::Principal;

pub(super) struct Issuer {
    /// Position in the configuration.
    at: usize,
    config: IssuerConfig,
    /// `None` until the first answer of a fetched key set.
    keys: Option<KeySet>,
    /// `None` where the keys are inline.
    schedule: Option<Schedule>,
}

/// What a token says, not yet proven.
pub(super) struct Offer<'a> {
    principal: Principal,
    lifetime: Lifetime,
    issuer: usize,
    key: &'a Key,
}

impl Offer<'_> {
    pub(super) fn verify(self, token: &Token<'_>, now: u64) -> Result<Verified, Unauthorized> {
        let Self { principal, lifetime, issuer, key } = self;
        if !key.material.signed(token.compact, signature_only(token, now)) {
            return Err(Unauthorized::invalid("token signature does not hold"));
        }
        Ok(Verified { principal, lifetime, issuer, key: key.id })
    }
}

impl Issuer {
    pub(super) fn new(at: usize, config: IssuerConfig) -> Result<Self, LoadError> {
        let (keys, schedule) = match &config.keys {
            KeySource::Inline { jwks } => {
                let keys = KeySet::from_value(jwks, &config.algorithms);
                (Some(keys.map_err(|why| config.error(why))?), None)
            }
            KeySource::Cluster { refresh_seconds, .. } => {
                (None, Some(Schedule::new(*refresh_seconds)))
            }
        };
        Ok(Self { at, config, keys, schedule })
    }

    pub(super) fn name(&self) -> &str {
        &self.config.issuer
    }

    /// All that is cheap; the signature comes last, and only if all else holds.
    pub(super) fn check(
        &mut self,
        token: &Token<'_>,
        leeway: u64,
        now: u64,
    ) -> Result<Offer<'_>, Unauthorized> {
        let config = &self.config;
        if !config.algorithms.iter().any(|algorithm| algorithm.is_called(&token.algorithm)) {
            return Err(Unauthorized::invalid("token algorithm is not allowed"));
        }
        token.check_type(config.typ.as_deref())?;
        token.claims.check(config)?;
        let lifetime = token.claims.lifetime()?;
        lifetime.check(now, leeway)?;
        let principal = token.claims.principal(config)?;
        let issuer = self.at;
        Ok(Offer { principal, lifetime, issuer, key: self.key(token)? })
    }

    /// An unknown name is refused at once; the caller may come back with the keys of tomorrow.
    fn key(&mut self, token: &Token<'_>) -> Result<&Key, Unauthorized> {
        let found = match &self.keys {
            Some(keys) => keys.find(token.kid.as_deref(), &token.algorithm),
            None => Err(NotFound::Kid),
        };
        if let (Err(NotFound::Kid), Some(schedule)) = (&found, &mut self.schedule) {
            schedule.want();
        }
        found.map_err(|why| {
            Unauthorized::invalid(match why {
                NotFound::Kid if self.keys.is_none() => "keys of the issuer are not there yet",
                NotFound::Kid => "token is of an unknown key",
                NotFound::Algorithm => "token algorithm is not the key's",
                NotFound::Unnamed => "token names no key, and not exactly one would fit",
            })
        })
    }

    pub(super) fn due_fetch(&mut self, now: u64) -> Option<KeyFetch> {
        let KeySource::Cluster { cluster, authority, path, .. } = &self.config.keys else {
            return None;
        };
        let due = self.schedule.as_mut()?.due(now);
        let (cluster, authority, path) = (cluster.clone(), authority.clone(), path.clone());
        due.then_some(KeyFetch { issuer: self.at, cluster, authority, path })
    }

    pub(super) fn take_keys(
        &mut self,
        status: u32,
        body: &[u8],
        now: u64,
    ) -> Result<&KeySet, LoadError> {
        let Some(schedule) = &mut self.schedule else {
            return Err(self.config.error("keys came, but its keys are inline"));
        };
        let keys = match status {
            200 => KeySet::from_bytes(body, &self.config.algorithms),
            0 => Err("the key set was not answered".to_owned()),
            _ => Err(format!("the key set was answered with status {status}")),
        };
        match keys {
            Ok(keys) => {
                schedule.arrived();
                Ok(self.keys.insert(keys))
            }
            Err(why) => {
                schedule.failed(now);
                Err(self.config.error(why))
            }
        }
    }
}

/// Claims were checked before, by stricter rules than the library's: it would allow 900 seconds,
/// and its addition of times overflows far in the future, which `accept_future` avoids.
fn signature_only(token: &Token<'_>, now: u64) -> VerificationOptions {
    VerificationOptions {
        accept_future: true,
        time_tolerance: Some(Duration::from_secs(MAX_LEEWAY.min(now))),
        artificial_time: Some(Duration::from_secs(now)),
        required_signature_type: token.typ.clone(),
        max_token_length: Some(MAX_AUTHORIZATION),
        max_header_length: Some(MAX_AUTHORIZATION),
        ..Default::default()
    }
}
