/*!
Whose tokens the gateway takes: those of the development issuer of its data folder, and those of
the issuers in the file of `--identity`.

The file is the identity part of the filter's configuration in YAML or JSON, with one more way to
say where keys are: `keys: {url: https://issuer/jwks.json}`, for which Envoy gets a cluster.
*/

use std::path::Path;

use anyhow::{Context, Result};
use policy::identity::{IdentityConfig, IssuerConfig};
use serde::Deserialize;
use serde_json::Value;

use crate::data::keys::IssuerKey;
use crate::token;
use crate::upstream::Target;

pub struct Trust {
    pub config: IdentityConfig,
    /// Clusters that keys are fetched from, by name.
    pub key_sources: Vec<(String, Target)>,
}

/// Only the local issuer.
pub fn local(key: &IssuerKey) -> Trust {
    let issuers = vec![token::issuer(key)];
    let config = IdentityConfig {
        issuers,
        leeway_seconds: 30,
        mtls: false,
        resource: None,
        scopes_supported: Vec::new(),
    };
    Trust { config, key_sources: Vec::new() }
}

/// The local issuer and those of the file.
pub fn with_file(key: &IssuerKey, path: &Path) -> Result<Trust> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the identity file `{}`", path.display()))?;
    let unusable = || format!("the identity file `{}` cannot be used", path.display());
    merge(local(key), &text).with_context(unusable)
}

fn merge(mut trust: Trust, text: &str) -> Result<Trust> {
    let file: File = serde_saphyr::from_str(text)?;
    trust.config.leeway_seconds = file.leeway_seconds.unwrap_or(trust.config.leeway_seconds);
    trust.config.mtls = file.mtls;
    trust.config.resource = file.resource;
    trust.config.scopes_supported = file.scopes_supported;
    for mut issuer in file.issuers {
        if let Some(url) = issuer.keys.get("url") {
            let url = url.as_str().context("`url` of `keys` must be text")?;
            let target = Target::parse(url)?;
            let name = format!("issuer-{}", trust.key_sources.len());
            let mut cluster = issuer.keys.clone();
            cluster.as_object_mut().context("`keys` must be a mapping")?.remove("url");
            cluster["cluster"] = Value::from(name.as_str());
            cluster["authority"] = Value::from(target.authority());
            cluster["path"] = Value::from(target.path());
            issuer.keys = serde_json::json!({ "cluster": cluster });
            trust.key_sources.push((name, target));
        }
        trust.config.issuers.push(issuer.lower()?);
    }
    // The filter would refuse it too, but only after Envoy started.
    policy::identity::Identity::new(trust.config.clone())?;
    Ok(trust)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    issuers: Vec<Issuer>,
    leeway_seconds: Option<u64>,
    #[serde(default)]
    mtls: bool,
    resource: Option<String>,
    #[serde(default)]
    scopes_supported: Vec<String>,
}

#[derive(Deserialize)]
struct Issuer {
    keys: Value,
    #[serde(flatten)]
    rest: serde_json::Map<String, Value>,
}

impl Issuer {
    fn lower(self) -> Result<IssuerConfig> {
        let mut whole = self.rest;
        whole.insert("keys".to_owned(), self.keys);
        Ok(serde_json::from_value(Value::Object(whole))?)
    }
}

#[cfg(test)]
mod tests;
