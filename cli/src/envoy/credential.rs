/*!
The upstream's real credential. Envoy reads it from the operator's file and puts it into the
request behind the second lock; it is in no configuration, so neither the filter nor the admin
interface can show it.
*/

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Plan, route, typed};
use crate::upstream::Credential;

/// One filter per upstream with a credential, off until its route turns it on.
pub fn injectors(plan: &Plan) -> Vec<Value> {
    plan.upstreams
        .iter()
        .enumerate()
        .filter_map(|(index, upstream)| {
            let credential = upstream.credential.as_ref()?;
            Some(injector(&plan.secrets, &route::name(index), credential))
        })
        .collect()
}

fn injector(secrets: &Path, name: &str, credential: &Credential) -> Value {
    let mut generic = json!({
        "credential": {
            "name": name,
            "sds_config": { "path_config_source": { "path": secret_path(secrets, name) } },
        },
        "header": "authorization",
    });
    if !credential.has_scheme {
        generic["header_value_prefix"] = Value::from("Bearer ");
    }
    json!({
        "name": filter_name(name),
        "disabled": true,
        "typed_config": typed(
            "envoy.extensions.filters.http.credential_injector.v3.CredentialInjector",
            json!({
                // Otherwise whatever the agent sent would go out in its place.
                "overwrite": true,
                "credential": {
                    "name": "envoy.http.injected_credentials.generic",
                    "typed_config": typed(
                        "envoy.extensions.http.injected_credentials.generic.v3.Generic",
                        generic,
                    ),
                },
            }),
        ),
    })
}

pub fn filter_name(upstream: &str) -> String {
    format!("gatehouse.credential.{upstream}")
}

/// For `typed_per_filter_config` of a route.
pub fn enabled() -> Value {
    typed("envoy.config.route.v3.FilterConfig", json!({ "config": {} }))
}

/// The files that tell Envoy where each credential lies; they hold none themselves. A new
/// credential that is moved into place is taken up while Envoy runs.
pub fn secrets(plan: &Plan) -> Vec<(PathBuf, Value)> {
    plan.upstreams
        .iter()
        .enumerate()
        .filter_map(|(index, upstream)| {
            let file = &upstream.credential.as_ref()?.file;
            let name = route::name(index);
            let folder = file.parent().unwrap_or(Path::new("/"));
            let secret = typed(
                "envoy.extensions.transport_sockets.tls.v3.Secret",
                json!({ "name": name, "generic_secret": { "secret": {
                    "filename": file,
                    "watched_directory": { "path": folder },
                } } }),
            );
            Some((secret_path(&plan.secrets, &name), json!({ "resources": [secret] })))
        })
        .collect()
}

fn secret_path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.json"))
}
