/*! Signs grants and receipts: a key and a `typ` each, as `policy::grant` checks them. */

use jwt_simple::algorithms::EdDSAKeyPairLike;
use jwt_simple::prelude::{Duration, HeaderOptions, JWTClaims, UnixTimeStamp};
use policy::grant::{GRANT_TYPE, Grant, RECEIPT_TYPE, Receipt};
use policy::record::checkpoint::{CHECKPOINT_TYPE, Checkpoint};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::config::SigningKey;

/// Seconds a receipt lives: long enough for the way back to the filter.
const RECEIPT_SECONDS: u64 = 60;

pub struct Signer {
    grant: SigningKey,
    receipt: SigningKey,
}

#[derive(Debug, thiserror::Error)]
#[error("signing failed")]
pub struct SignError;

impl Signer {
    pub fn new(grant: SigningKey, receipt: SigningKey) -> Self {
        Self { grant, receipt }
    }

    pub fn grant(
        &self,
        hold: &str,
        expires_at: u64,
        now: u64,
        grant: Grant,
    ) -> Result<String, SignError> {
        sign(&self.grant, GRANT_TYPE, hold, now, expires_at, grant)
    }

    pub fn receipt(&self, hold: &str, now: u64, receipt: Receipt) -> Result<String, SignError> {
        sign(&self.receipt, RECEIPT_TYPE, hold, now, now + RECEIPT_SECONDS, receipt)
    }
}

fn sign<T: Serialize + DeserializeOwned>(
    key: &SigningKey,
    kind: &str,
    hold: &str,
    issued_at: u64,
    expires_at: u64,
    custom: T,
) -> Result<String, SignError> {
    let mut claims = claims(issued_at, custom);
    claims.expires_at = Some(at(expires_at));
    claims.jwt_id = Some(hold.to_owned());
    signed(key, kind, claims)
}

fn at(seconds: u64) -> UnixTimeStamp {
    UnixTimeStamp::from(Duration::from_secs(seconds))
}

fn claims<T>(issued_at: u64, custom: T) -> JWTClaims<T> {
    JWTClaims {
        issued_at: Some(at(issued_at)),
        expires_at: None,
        invalid_before: None,
        issuer: None,
        subject: None,
        audiences: None,
        jwt_id: None,
        nonce: None,
        custom,
    }
}

fn signed<T: Serialize + DeserializeOwned>(
    key: &SigningKey,
    kind: &str,
    claims: JWTClaims<T>,
) -> Result<String, SignError> {
    let options =
        HeaderOptions { signature_type: Some(kind.to_owned()), ..HeaderOptions::default() };
    key.pair().sign_with_options(claims, &options).map_err(|_| SignError)
}

/// It is true for ever, so it does not expire.
pub fn checkpoint(
    key: &SigningKey,
    checkpoint: &Checkpoint,
    now: u64,
) -> Result<String, SignError> {
    signed(key, CHECKPOINT_TYPE, claims(now, checkpoint.clone()))
}

#[cfg(test)]
mod tests;
