/*! The filter's own configuration, version 1: one string of JSON. */

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use policy::identity::IdentityConfig;
use serde_json::json;

use super::{APPROVAL_AUTHORITY, APPROVAL_CLUSTER, Limits};

/// Bytes of masked body that a record keeps.
const RECORD_BODY_LIMIT: u32 = 16 * 1024;

pub struct Plugin<'a> {
    pub identity: &'a IdentityConfig,
    /// Compiled.
    pub bundle: &'a [u8],
    /// Raw public keys, Ed25519.
    pub grant_key: &'a [u8],
    pub receipt_key: &'a [u8],
    /// The key of the digests in records and holds. The only secret in here, and worth nothing
    /// without the records: no credential goes into a configuration.
    pub digest_key: &'a [u8],
    /// Where approvers decide.
    pub console: &'a str,
    pub limits: Limits,
}

impl Plugin<'_> {
    pub fn configuration(&self) -> String {
        json!({
            "version": 1,
            "identity": self.identity,
            "bundle": STANDARD.encode(self.bundle),
            "approval": {
                "cluster": APPROVAL_CLUSTER,
                "authority": APPROVAL_AUTHORITY,
                "grant_key": STANDARD.encode(self.grant_key),
                "receipt_key": STANDARD.encode(self.receipt_key),
                "console": self.console,
            },
            "digest_key": STANDARD.encode(self.digest_key),
            "record": { "body_limit": RECORD_BODY_LIMIT },
            "limits": {
                "request_body": self.limits.request_body,
                "response_body": self.limits.response_body,
                "holds_per_principal": self.limits.holds_per_principal,
            },
        })
        .to_string()
    }
}
