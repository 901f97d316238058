/*!
Routes that promise to send a call only once (`replay: off`), and what in an Envoy configuration breaks the promise.
Repeats and hedges the filter switches off by itself, for such a route, and a redirect that Envoy follows by itself is
to it a call without a token; a mirror it cannot stop.
*/

use std::collections::BTreeMap;

use serde_json::Value;

/// Of a route's action; a virtual host, a table of routes and the cluster (`HttpProtocolOptions`) may have some of them
/// too.
const BREAKS: [(&str, &str); 5] = [
    ("request_mirror_policies", "sends a copy of each approved call to another cluster"),
    ("retry_policy", "sends an approved call again"),
    ("retry_policy_typed_config", "sends an approved call again"),
    ("hedge_policy", "sends an approved call twice at once"),
    ("internal_redirect_policy", "sends an approved call to where its upstream says"),
];

/// What is wrong, a line each: which route, what breaks its promise and why.
pub fn broken(config: &Value) -> Vec<String> {
    let (mut clusters, mut found) = (Clusters::new(), Vec::new());
    gather(config, &mut clusters);
    walk(config, &[], &clusters, &mut found);
    found
}

/// What is said of how HTTP is spoken to each cluster, by its name.
type Clusters<'a> = BTreeMap<&'a str, Vec<&'a Value>>;

fn gather<'a>(value: &'a Value, clusters: &mut Clusters<'a>) {
    match value {
        Value::Array(list) => list.iter().for_each(|one| gather(one, clusters)),
        Value::Object(members) => {
            let options =
                members.get("typed_extension_protocol_options").and_then(Value::as_object);
            if let (Some(options), Some(name)) =
                (options, members.get("name").and_then(Value::as_str))
            {
                let typed = options.values().filter_map(|one| one.get("value"));
                clusters.entry(name).or_default().extend(options.values().chain(typed));
            }
            members.values().for_each(|member| gather(member, clusters));
        }
        _ => {}
    }
}

fn walk<'a>(
    value: &'a Value,
    inherited: &[&'a Value],
    clusters: &Clusters<'a>,
    found: &mut Vec<String>,
) {
    match value {
        Value::Array(list) => list.iter().for_each(|one| walk(one, inherited, clusters, found)),
        Value::Object(members) => {
            let has = |name: &str| members.get(name).is_some_and(Value::is_array);
            let mut own = inherited.to_vec();
            if has("virtual_hosts") || has("routes") {
                own.push(value);
            }
            if promises(value) {
                let above: Vec<&Value> =
                    own.iter().copied().chain(reached(value, clusters)).collect();
                check(value, &above, found);
            }
            members.values().for_each(|member| walk(member, &own, clusters, found));
        }
        _ => {}
    }
}

/// Of the clusters that a route may choose; of all where something else than its name chooses.
fn reached<'a>(route: &Value, clusters: &Clusters<'a>) -> Vec<&'a Value> {
    let action = &route["route"];
    let weighted = action["weighted_clusters"]["clusters"].as_array().into_iter().flatten();
    let named: Option<Vec<&str>> = match action["cluster"].as_str() {
        Some(name) => Some(vec![name]),
        None => weighted.map(|one| one["name"].as_str()).collect(),
    };
    match named.filter(|named| !named.is_empty()) {
        Some(named) => {
            named.iter().filter_map(|name| clusters.get(name)).flatten().copied().collect()
        }
        None => clusters.values().flatten().copied().collect(),
    }
}

fn promises(route: &Value) -> bool {
    route["metadata"]["filter_metadata"]["gatehouse"]["replay"] == "off"
}

fn check(route: &Value, above: &[&Value], found: &mut Vec<String>) {
    let name = route["name"].as_str().unwrap_or("without a name");
    let places = above.iter().copied().chain([&route["route"]]);
    for place in places {
        for (field, why) in BREAKS {
            let set = match &place[field] {
                Value::Null => false,
                Value::Array(list) => !list.is_empty(),
                _ => true,
            };
            if set {
                let line =
                    format!("route `{name}` says `replay: off`, and `{field}` {why}: remove it");
                if !found.contains(&line) {
                    found.push(line);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::broken;

    fn table(route: Value, host: Value, table: Value) -> Value {
        let mut action = json!({ "cluster": "a" });
        action.as_object_mut().unwrap().extend(route.as_object().unwrap().clone());
        let promise = json!({ "filter_metadata": { "gatehouse": { "replay": "off" } } });
        let routes = json!([
            { "name": "held", "metadata": promise, "route": action },
            { "name": "other", "route": { "retry_policy": {}, "request_mirror_policies": [{}] } },
        ]);
        let mut virtual_host = json!({ "name": "h", "routes": routes });
        virtual_host.as_object_mut().unwrap().extend(host.as_object().unwrap().clone());
        let mut whole = json!({ "virtual_hosts": [virtual_host] });
        whole.as_object_mut().unwrap().extend(table.as_object().unwrap().clone());
        json!({ "static_resources": { "listeners": [{ "route_config": whole }] } })
    }

    #[test]
    fn whatever_sends_a_call_twice_is_told_wherever_it_stands() {
        let none = || json!({});
        let mirror = || json!({ "request_mirror_policies": [{ "cluster": "b" }] });
        for (config, field) in [
            (table(mirror(), none(), none()), "request_mirror_policies"),
            (table(none(), mirror(), none()), "request_mirror_policies"),
            (table(none(), none(), mirror()), "request_mirror_policies"),
            (
                table(json!({ "retry_policy": { "num_retries": 1 } }), none(), none()),
                "retry_policy",
            ),
            (table(none(), json!({ "retry_policy": {} }), none()), "retry_policy"),
            (table(json!({ "hedge_policy": {} }), none(), none()), "hedge_policy"),
            (table(json!({ "internal_redirect_policy": {} }), none(), none()), "internal_redirect"),
        ] {
            let told = broken(&config);
            assert_eq!(told.len(), 1, "{told:?}");
            assert!(told[0].contains("route `held`") && told[0].contains(field), "{told:?}");
        }
        assert!(broken(&table(none(), none(), none())).is_empty());
        // Envoy 1.39 and later take two of them of a cluster.
        let mut config = table(none(), none(), none());
        let options =
            |more: Value| json!({ "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": more });
        for (name, more, wanted) in [
            ("a", mirror(), 1),
            ("a", json!({ "retry_policy": { "retry_on": "5xx" } }), 1),
            ("b", mirror(), 0),
        ] {
            let cluster =
                json!({ "name": name, "typed_extension_protocol_options": options(more) });
            config["static_resources"]["clusters"] = json!([cluster]);
            assert_eq!(broken(&config).len(), wanted, "{config}");
        }
        config["static_resources"]["clusters"] = json!([
            { "name": "b", "typed_extension_protocol_options": options(json!({ "value": mirror() })) },
        ]);
        assert!(broken(&config).is_empty());
        let action = &mut config["static_resources"]["listeners"][0]["route_config"]["virtual_hosts"]
            [0]["routes"][0]["route"];
        *action =
            json!({ "weighted_clusters": { "clusters": [{ "name": "a" }, { "name": "b" }] } });
        assert_eq!(broken(&config).len(), 1, "{config}");
        let action = &mut config["static_resources"]["listeners"][0]["route_config"]["virtual_hosts"]
            [0]["routes"][0]["route"];
        *action = json!({ "cluster_header": "x-where" });
        assert_eq!(broken(&config).len(), 1, "{config}");
        let empty = json!({ "request_mirror_policies": [] });
        assert!(broken(&table(empty.clone(), empty.clone(), empty)).is_empty());
    }

    #[test]
    fn what_is_shipped_keeps_its_promise() {
        let files = crate::envoy::example::files(None).unwrap();
        assert!(files.iter().any(|(_, file)| file.to_string().contains(r#""replay":"off""#)));
        for (name, file) in files {
            assert_eq!(broken(&file), [""; 0], "{}", name.display());
        }
    }
}
