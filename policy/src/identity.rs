/*!
Who calls: a bearer token of a trusted issuer (RFC 6750, 7519, 8725), or, where the operator wants
it and there is no token, the SPIFFE ID of the client certificate.

All that is cheap is checked before the signature, and the signature with one key only: the one
the token names, under the one algorithm of that key.
*/

mod algorithm;
mod bearer;
mod cache;
mod certificate;
mod claims;
mod config;
mod failures;
mod fetch;
mod issuer;
mod keys;
mod owners;
mod resource;
mod token;
mod unauthorized;

#[cfg(test)]
mod tests;

use self::cache::Cache;
use self::failures::Failures;
use self::issuer::Issuer;
use self::token::Token;
use crate::bundle::LoadError;
use crate::principal::Principal;

pub use self::algorithm::Algorithm;
pub use self::bearer::MAX_AUTHORIZATION;
pub use self::config::{IdentityConfig, IssuerConfig, KeySource, MAX_LEEWAY};
pub use self::fetch::KeyFetch;
pub use self::resource::{Resource, Target, challenge, insufficient_scope, is_scope};
pub use self::unauthorized::Unauthorized;

/// One per VM: keys of the issuers, and the tokens verified so far. `now` is everywhere in seconds
/// since 1970.
pub struct Identity {
    pub resource: Resource,
    issuers: Vec<Issuer>,
    leeway: u64,
    mtls: bool,
    cache: Cache,
    failures: Failures,
}

/// The one of a request, whatever it is worth.
pub fn token<'a>(authorization: &[&'a [u8]]) -> Option<&'a [u8]> {
    bearer::read(authorization).ok().flatten().map(str::as_bytes)
}

/// Where a request comes from.
#[derive(Clone, Copy, Debug, Default)]
pub struct Peer<'a> {
    /// Of the connection's verified client certificate.
    pub uri_san: Option<&'a str>,
    /// Envoy's number for the connection.
    pub connection: u64,
}

impl Identity {
    pub fn new(config: IdentityConfig) -> Result<Self, LoadError> {
        config.check()?;
        let written = serde_json::to_vec(&config)
            .map_err(|error| LoadError(format!("identity: cannot be written as JSON: {error}")))?;
        let cache = Cache::new(&written);
        let failures = Failures::default();
        let resource = Resource::new(&config);
        let issuers = config.issuers.into_iter().enumerate();
        let issuers =
            issuers.map(|(at, issuer)| Issuer::new(at, issuer)).collect::<Result<_, _>>()?;
        let (leeway, mtls) = (config.leeway_seconds, config.mtls);
        Ok(Self { resource, issuers, leeway, mtls, cache, failures })
    }

    /// Whether a caller without a token may be known by its certificate.
    pub fn takes_certificates(&self) -> bool {
        self.mtls
    }

    /// `authorization` holds the raw value of each Authorization header; a value that joins
    /// several with commas is refused too.
    pub fn verify(
        &mut self,
        authorization: &[&[u8]],
        peer: Peer<'_>,
        now: u64,
    ) -> Result<Principal, Unauthorized> {
        let Some(token) = bearer::read(authorization)? else {
            return self.certified(peer.uri_san);
        };
        let cache_key = self.cache.key(token);
        if let Some(verified) = self.cache.get(&cache_key) {
            let valid = verified.lifetime.check(now, self.leeway);
            let principal = verified.principal.clone();
            return valid.map(|()| principal).inspect_err(|_| self.cache.remove(&cache_key));
        }
        let token = Token::read(token)?;
        let name = token.claims.issuer()?;
        let issuer = self.issuers.iter_mut().find(|issuer| issuer.name() == name);
        let issuer = issuer.ok_or(Unauthorized::invalid("token is of an unknown issuer"))?;
        let offer = issuer.check(&token, self.leeway, now)?;
        if !self.failures.has_room(peer.connection, now) {
            return Err(Unauthorized::invalid("too many tokens of the connection did not hold"));
        }
        let verified = offer.verify(&token, now).inspect_err(|_| {
            self.failures.note(peer.connection, now);
        })?;
        let principal = verified.principal.clone();
        self.cache.insert(cache_key, verified);
        Ok(principal)
    }

    /// Fetches to send now; to be asked on every tick. An answer that does not come within ten
    /// seconds is no longer waited for: give the request a shorter timeout than that.
    pub fn due_fetches(&mut self, now: u64) -> Vec<KeyFetch> {
        self.issuers.iter_mut().filter_map(|issuer| issuer.due_fetch(now)).collect()
    }

    /// The answer to a fetch; `status` 0 where there was none. On any failure the keys stay as
    /// they were and the fetch is repeated.
    pub fn on_keys(
        &mut self,
        issuer: usize,
        status: u32,
        body: &[u8],
        now: u64,
    ) -> Result<(), LoadError> {
        let unknown = || LoadError("keys came for an issuer that is not configured".to_owned());
        let known = self.issuers.get_mut(issuer).ok_or_else(unknown)?;
        let keys = known.take_keys(status, body, now)?;
        // What a key has signed is worth no more than the key.
        self.cache.retain(|entry| entry.issuer != issuer || keys.contains(&entry.key));
        Ok(())
    }

    fn certified(&self, uri_san: Option<&str>) -> Result<Principal, Unauthorized> {
        match uri_san.filter(|uri| self.mtls && !uri.is_empty()) {
            None => Err(Unauthorized::missing("no token")),
            Some(uri) => certificate::principal(uri)
                .ok_or(Unauthorized::missing("no token, and no SPIFFE ID in the certificate")),
        }
    }
}
