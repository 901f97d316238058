/*! The filter's own configuration, version 1: one string of JSON. */

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use policy::custody::CustodyConfig;
use policy::identity::IdentityConfig;
use serde_json::json;

use crate::bundle::signed::Signed;

use super::{APPROVAL_AUTHORITY, APPROVAL_CLUSTER, Limits};

/// Bytes of masked body that a record keeps.
const RECORD_BODY_LIMIT: u32 = 16 * 1024;

pub struct Plugin<'a> {
    pub identity: &'a IdentityConfig,
    /// Compiled.
    pub bundle: &'a [u8],
    pub signed: &'a Signed,
    /// Raw public keys, Ed25519.
    pub grant_key: &'a [u8],
    pub receipt_key: &'a [u8],
    /// Marks of the credentials, by which the filter knows them without knowing them.
    pub custody: &'a CustodyConfig,
    /// The key of the digests in records and holds. The only secret in here, and worth nothing
    /// without the records: no credential goes into a configuration.
    pub digest_key: &'a [u8],
    pub limits: Limits,
}

impl Plugin<'_> {
    pub fn configuration(&self) -> String {
        json!({
            "version": 1,
            "identity": self.identity,
            "bundle": STANDARD.encode(self.bundle),
            "bundle_signatures": self.signed.signatures,
            "bundle_signers": self.signed.signers,
            "approval": {
                "cluster": APPROVAL_CLUSTER,
                "authority": APPROVAL_AUTHORITY,
                "grant_key": STANDARD.encode(self.grant_key),
                "receipt_key": STANDARD.encode(self.receipt_key),
            },
            "custody": self.custody,
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

#[cfg(test)]
mod tests {
    use policy::custody::CustodyConfig;
    use policy::engine::Engine;

    use super::Plugin;
    use crate::bundle::signed::Signed;
    use crate::data::DataDir;
    use crate::data::keys::{IssuerKey, ServiceKeys};
    use crate::envoy::Limits;

    /// By the very code that reads it in the filter.
    #[test]
    fn the_filter_takes_it() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::create(folder.path()).unwrap();
        let keys = ServiceKeys::of(&data).unwrap();
        let trust = crate::identity::local(&IssuerKey::of(&data).unwrap());
        let bundle = crate::bundle::load(&[]).unwrap();
        let plugin = Plugin {
            identity: &trust.config,
            bundle: &bundle,
            signed: &Signed::default(),
            grant_key: &keys.grant.public_bytes(),
            receipt_key: &keys.receipt.public_bytes(),
            custody: &CustodyConfig::default(),
            digest_key: &keys.digest,
            limits: Limits { request_body: 4711, ..Limits::default() },
        };
        let engine = Engine::new(plugin.configuration().as_bytes(), [7; 16], 0).unwrap();
        assert_eq!(engine.limits.request_body, 4711);
        let empty = Plugin { bundle: &[], ..plugin };
        assert!(Engine::new(empty.configuration().as_bytes(), [7; 16], 0).is_err());
    }
}
