/*!
Grants and receipts. A grant says that approvers let one call pass; a receipt says that the grant
was redeemed for this exchange and nobody else's. Both are EdDSA JWTs with a key and a `typ` of
their own, so that neither can stand in for the other, for a token or for a bundle.
*/

use std::collections::BTreeSet;

use jwt_simple::prelude::*;
use serde::{Deserialize, Serialize};

use crate::hold::{Approval, Terms};

pub const GRANT_TYPE: &str = "gatehouse-grant+jwt";
pub const RECEIPT_TYPE: &str = "gatehouse-receipt+jwt";

/// `jti` is the hold's id, `exp` the hold's expiry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// `digest::grant_digest` of the call, computed by the service from what it showed.
    pub digest: String,
    pub rules: Vec<String>,
    pub revision: String,
    /// Whose yes it rests on, and in the name of which groups each of them gave it.
    pub approvals: Vec<Approval>,
    /// Where they were given for an earlier call like this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<StandingUse>,
    /// One person let it pass at once, whatever else the rules ask for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub break_glass: bool,
}

/// One use of a standing grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandingUse {
    pub id: String,
    /// `digest::standing_key` of the call that was approved.
    pub key: String,
}

/// `jti` is the hold's id, `exp` a minute away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    pub digest: String,
    pub exchange: String,
    /// `nonce` itself is a registered claim, and the library keeps those for itself.
    #[serde(rename = "redeem_nonce")]
    pub nonce: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    #[error("signature, type or lifetime do not hold")]
    Unverified,
    #[error("it is for another call, exchange, rule or bundle")]
    Other,
}

/// What a pair has to prove.
#[derive(Clone, Debug)]
pub struct Expected<'a> {
    pub hold: &'a str,
    pub digest: &'a str,
    pub exchange: &'a str,
    pub nonce: &'a str,
    pub rules: &'a [String],
    /// `digest::standing_key` of the call, where the bundle lets approvals stand.
    pub standing_key: Option<&'a str>,
    /// What the bundle asks for, whatever the service made of it.
    pub terms: &'a Terms,
    /// People who may not approve this call; see `Principal::owners`.
    pub owners: &'a [String],
    pub now: u64,
}

impl Expected<'_> {
    /// No owner of the caller counts, and glass is broken for one call, never for others like it.
    fn let_through_by(&self, grant: &Grant) -> bool {
        let owns =
            |name: &str| self.owners.iter().any(|owner| *owner == name.trim().to_lowercase());
        if grant.approvals.iter().any(|one| owns(&one.approver)) {
            return false;
        }
        if grant.break_glass {
            return grant.standing.is_none() && self.terms.broken_by(&grant.approvals);
        }
        self.terms.satisfied_by(&grant.approvals)
    }
}

/// Several of each while the approval service changes from one to the next.
pub struct GrantKeys {
    grant: Vec<Ed25519PublicKey>,
    receipt: Vec<Ed25519PublicKey>,
}

impl GrantKeys {
    /// Of each purpose.
    pub const MOST: usize = 4;

    /// Raw 32-byte public keys, at least one of each. All must differ: one key per purpose.
    pub fn from_bytes(grant: &[Vec<u8>], receipt: &[Vec<u8>]) -> Option<Self> {
        let keys = |list: &[Vec<u8>]| -> Option<Vec<_>> {
            let few = (1..=Self::MOST).contains(&list.len());
            let read = list.iter().map(|key| Ed25519PublicKey::from_bytes(key).ok());
            read.collect::<Option<Vec<_>>>().filter(|_| few)
        };
        let all: BTreeSet<_> = grant.iter().chain(receipt).collect();
        if all.len() != grant.len() + receipt.len() {
            return None;
        }
        Some(Self { grant: keys(grant)?, receipt: keys(receipt)? })
    }

    pub fn check(
        &self,
        grant: &str,
        receipt: &str,
        expected: &Expected<'_>,
    ) -> Result<Grant, GrantError> {
        self.check_with_end(grant, receipt, expected).map(|(grant, _)| grant)
    }

    /// The grant, and when it ends, in Unix seconds.
    pub fn check_with_end(
        &self,
        grant: &str,
        receipt: &str,
        expected: &Expected<'_>,
    ) -> Result<(Grant, u64), GrantError> {
        let (grant, until) = verify::<Grant>(&self.grant, grant, GRANT_TYPE, expected)?;
        let (receipt, _) = verify::<Receipt>(&self.receipt, receipt, RECEIPT_TYPE, expected)?;
        let same = grant.digest == expected.digest
            && receipt.digest == expected.digest
            && receipt.exchange == expected.exchange
            && receipt.nonce == expected.nonce
            && grant.rules == expected.rules
            && grant
                .standing
                .as_ref()
                .is_none_or(|one| expected.standing_key == Some(one.key.as_str()))
            && expected.let_through_by(&grant);
        if same { Ok((grant, until)) } else { Err(GrantError::Other) }
    }
}

fn verify<T: Serialize + serde::de::DeserializeOwned>(
    keys: &[Ed25519PublicKey],
    token: &str,
    kind: &str,
    expected: &Expected<'_>,
) -> Result<(T, u64), GrantError> {
    let options = VerificationOptions {
        artificial_time: Some(Duration::from_secs(expected.now)),
        time_tolerance: Some(Duration::from_secs(5)),
        required_signature_type: Some(kind.to_owned()),
        max_token_length: Some(16 * 1024),
        ..Default::default()
    };
    let verified = |key: &Ed25519PublicKey| key.verify_token::<T>(token, Some(options.clone()));
    let claims = keys.iter().find_map(|key| verified(key).ok()).ok_or(GrantError::Unverified)?;
    let until = claims.expires_at.map_or(0, |at| at.as_secs());
    if until < expected.now || claims.jwt_id.as_deref() != Some(expected.hold) {
        return Err(GrantError::Unverified);
    }
    Ok((claims.custom, until))
}
