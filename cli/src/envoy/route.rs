/*! Which upstream a path leads to. */

use serde_json::{Map, Value, json};

use super::{Plan, credential, duration};
use crate::upstream::Upstream;

/// Name of the route and of the cluster of the upstream at `index` of the plan.
pub fn name(index: usize) -> String {
    format!("upstream-{index}")
}

pub fn table(plan: &Plan) -> Value {
    let mut upstreams: Vec<_> = plan.upstreams.iter().enumerate().collect();
    // Envoy takes the first route that matches.
    upstreams.sort_by_key(|(_, upstream)| std::cmp::Reverse(upstream.prefix.len()));
    let routes: Vec<Value> = upstreams
        .into_iter()
        .flat_map(|(index, upstream)| routes(plan, &name(index), upstream))
        .collect();
    json!({
        "name": "gatehouse",
        "virtual_hosts": [{ "name": "gatehouse", "domains": ["*"], "routes": routes }],
        // Where the agent runs is no business of the upstream's.
        "request_headers_to_remove": [
            "x-envoy-external-address",
            "x-envoy-internal",
            "x-forwarded-for",
            "x-forwarded-proto",
        ],
    })
}

/// No retry, hedge or mirror policy and no internal redirect: one verdict, one request. The route
/// matches on nothing but the path, which the filter does not change, so that no edit of a header
/// moves a call to another route after it was judged.
fn routes(plan: &Plan, name: &str, upstream: &Upstream) -> Vec<Value> {
    let action = json!({
        "cluster": name,
        "host_rewrite_literal": upstream.target.authority(),
        // Time on hold does not count for `timeout` but a slow tool does; the other two end
        // streams nobody moves, among them those held by a VM that died.
        "timeout": "0s",
        "idle_timeout": duration(plan.limits.idle),
        "max_stream_duration": { "max_stream_duration": duration(plan.limits.stream) },
    });
    rewrites(&upstream.prefix, upstream.target.base())
        .into_iter()
        .map(|rewrite| {
            let mut action = action.clone();
            if rewrite.by != rewrite.prefix {
                action["prefix_rewrite"] = Value::from(rewrite.by.as_str());
            }
            let mut route = json!({
                "name": name,
                "match": { rewrite.how: rewrite.prefix },
                // What the filter works out the upstream's view of the call from.
                "metadata": { "filter_metadata": { "gatehouse": {
                    "kind": upstream.kind,
                    "prefix": rewrite.prefix,
                    "rewrite": rewrite.by,
                    "host": upstream.target.authority(),
                    "replay": "off",
                } } },
                "route": action,
            });
            if !upstream.sections.is_empty() {
                let metadata = &mut route["metadata"]["filter_metadata"]["gatehouse"];
                metadata["sections"] = Value::from(upstream.sections.join(","));
            }
            if upstream.credential.is_some() {
                let mut filters = Map::new();
                filters.insert(credential::filter_name(name), credential::enabled());
                route["typed_per_filter_config"] = Value::Object(filters);
            }
            route
        })
        .collect()
}

/// One way in which a path is matched, and what takes the place of what matched.
struct Rewrite {
    /// Field of a route match.
    how: &'static str,
    prefix: String,
    by: String,
}

/// The segments of `prefix` are replaced by those of `base`, and a path that would be empty is
/// `/`. Both are `/`, or start with `/` and do not end with it.
fn rewrites(prefix: &str, base: &str) -> Vec<Rewrite> {
    let rewrite = |how, prefix: &str, by: &str| {
        let (prefix, by) = (prefix.to_owned(), by.to_owned());
        Rewrite { how, prefix, by }
    };
    match (prefix, base) {
        ("/", "/") => vec![rewrite("prefix", "/", "/")],
        ("/", base) => {
            vec![rewrite("path", "/", base), rewrite("prefix", "/", &format!("{base}/"))]
        }
        // Replacing `/mcp` of `/mcp/x` by `/` would make `//x`.
        (prefix, "/") => {
            vec![rewrite("path", prefix, "/"), rewrite("prefix", &format!("{prefix}/"), "/")]
        }
        (prefix, base) => vec![rewrite("path_separated_prefix", prefix, base)],
    }
}
