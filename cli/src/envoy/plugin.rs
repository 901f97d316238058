/*! The filter's own configuration, version 1: one string of JSON. */

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use policy::custody::CustodyConfig;
use policy::delivery::FetchConfig;
use policy::engine::Subjects;
use policy::identity::IdentityConfig;
use serde_json::json;

use crate::bundle::signed::Signed;

use super::access_log::LINES_EVERY;
use super::{APPROVAL_AUTHORITY, APPROVAL_CLUSTER, Limits};

/// Bytes of masked body that a record keeps.
const RECORD_BODY_LIMIT: u32 = 16 * 1024;

/// Bytes of masked text behind that, of one exchange.
const RECORD_PARTS_LIMIT: u32 = 256 * 1024;

pub struct Plugin<'a> {
    pub identity: &'a IdentityConfig,
    /// Compiled.
    pub bundle: &'a [u8],
    /// Where it is fetched from instead.
    pub fetch: Option<&'a FetchConfig>,
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
    /// How records name who calls.
    pub subjects: Subjects,
}

impl Plugin<'_> {
    pub fn configuration(&self) -> String {
        let mut configuration = json!({
            "version": 1,
            "identity": self.identity,
            "bundle_signers": self.signed.signers,
            "approval": {
                "cluster": APPROVAL_CLUSTER,
                "authority": APPROVAL_AUTHORITY,
                "grant_key": STANDARD.encode(self.grant_key),
                "receipt_key": STANDARD.encode(self.receipt_key),
            },
            "custody": self.custody,
            "shared_data": true,
            "digest_key": STANDARD.encode(self.digest_key),
            "record": {
                "body_limit": RECORD_BODY_LIMIT,
                "parts_limit": RECORD_PARTS_LIMIT,
                "lines_every_ms": LINES_EVERY.as_millis(),
            },
            "limits": {
                "request_body": self.limits.request_body,
                "response_body": self.limits.response_body,
                "holds_per_principal": self.limits.holds_per_principal,
                "held_bytes_per_principal": self.limits.held_bytes_per_principal,
                "holds": self.limits.holds,
                "held_bytes": self.limits.held_bytes,
                "dry_runs_per_minute": self.limits.dry_runs_per_minute,
            },
        });
        if self.subjects != Subjects::default() {
            configuration["record"]["subjects"] = json!(self.subjects);
        }
        match self.fetch {
            Some(fetch) => configuration["bundle_fetch"] = json!(fetch),
            None => {
                configuration["bundle"] = json!(STANDARD.encode(self.bundle));
                configuration["bundle_signatures"] = json!(self.signed.signatures);
            }
        }
        configuration.to_string()
    }
}

#[cfg(test)]
mod tests {
    use policy::bundle::signature::{SignerConfig, SignersConfig};
    use policy::custody::CustodyConfig;
    use policy::delivery::FetchConfig;
    use policy::engine::{Engine, Subjects};
    use serde_json::json;

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
            fetch: None,
            signed: &Signed::default(),
            grant_key: &keys.grant.public_bytes(),
            receipt_key: &keys.receipt.public_bytes(),
            custody: &CustodyConfig::default(),
            digest_key: &keys.digest,
            limits: Limits { request_body: 4711, ..Limits::default() },
            subjects: Subjects::Keyed,
        };
        let engine = Engine::new(plugin.configuration().as_bytes(), [[7; 16]; 2], 0).unwrap();
        assert_eq!((engine.limits.request_body, engine.record.subjects), (4711, Subjects::Keyed));
        let fetch = FetchConfig {
            cluster: "c".into(),
            authority: "a".into(),
            path: "/b".into(),
            interval_seconds: 30,
            stale_after_seconds: 600,
        };
        let fetched = Plugin { fetch: Some(&fetch), ..plugin };
        let refusal = |configuration: &str| {
            let engine = Engine::new(configuration.as_bytes(), [[7; 16]; 2], 0);
            engine.err().map(|error| error.0).unwrap_or_default()
        };
        assert!(refusal(&fetched.configuration()).contains("needs `bundle_signers`"));
        let key = jwt_simple::prelude::Ed25519KeyPair::generate().public_key().to_pem();
        let keys = vec![SignerConfig { name: "ada".into(), key, sections: None }];
        let signers = Some(SignersConfig { keys, required: 1 });
        let signed = Signed { signatures: Vec::new(), signers };
        let fetched = Plugin { signed: &signed, ..fetched };
        let engine = Engine::new(fetched.configuration().as_bytes(), [[7; 16]; 2], 0).unwrap();
        assert!(engine.active().is_none() && engine.delivery.is_some());
        let mut both: serde_json::Value = serde_json::from_str(&fetched.configuration()).unwrap();
        both["bundle"] = json!("");
        assert!(refusal(&both.to_string()).contains("exclude each other"));
        both.as_object_mut().unwrap().remove("bundle");
        both["bundle_signatures"] = json!(["a.b.c"]);
        assert!(refusal(&both.to_string()).contains("brings its own"));
        both["bundle_fetch"] = json!(null);
        assert!(refusal(&both.to_string()).contains("no `bundle_fetch`"));

        let empty = Plugin { bundle: &[], fetch: None, ..plugin };
        assert!(Engine::new(empty.configuration().as_bytes(), [[7; 16]; 2], 0).is_err());
    }
}
