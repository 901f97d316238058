/*! Each rule of the hardening, on the configuration that is generated. */

use serde_json::{Value, json};

use super::{
    APPROVAL_CLUSTER, BUNDLE_CLUSTER, Limits, OTLP_CLUSTER, Plan, RECORDS_CLUSTER, WORKERS,
    bootstrap, example, secrets,
};
use crate::upstream::{Target, assemble};

fn plan(upstreams: &[&str]) -> Plan {
    let mut plan = example::plan(None).unwrap();
    let upstreams: Vec<String> = upstreams.iter().map(|text| (*text).to_owned()).collect();
    plan.upstreams = assemble(&upstreams, &[], &[], &[]).unwrap();
    plan
}

fn generated() -> Value {
    bootstrap(&example::plan(None).unwrap())
}

fn manager(bootstrap: &Value) -> &Value {
    let chain = &bootstrap["static_resources"]["listeners"][0]["filter_chains"][0];
    &chain["filters"][0]["typed_config"]
}

fn filters(bootstrap: &Value) -> &Vec<Value> {
    manager(bootstrap)["http_filters"].as_array().unwrap()
}

fn filter<'a>(bootstrap: &'a Value, name: &str) -> &'a Value {
    let found = filters(bootstrap).iter().find(|filter| filter["name"] == name);
    &found.unwrap()["typed_config"]
}

fn routes(bootstrap: &Value) -> Vec<Value> {
    let hosts = &manager(bootstrap)["route_config"]["virtual_hosts"];
    assert_eq!(hosts.as_array().unwrap().len(), 1);
    hosts[0]["routes"].as_array().unwrap().clone()
}

fn cluster(bootstrap: &Value, name: &str) -> Value {
    let clusters = bootstrap["static_resources"]["clusters"].as_array().unwrap();
    clusters.iter().find(|cluster| cluster["name"] == name).unwrap().clone()
}

#[test]
fn fetched_bundles_have_a_cluster_like_an_upstream() {
    let mut plan = plan(&["http://up.test"]);
    plan.bundle_source = Some(Target::parse("https://store.test/b").unwrap());
    let cluster = cluster(&bootstrap(&plan), BUNDLE_CLUSTER);
    let endpoint = &cluster["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"];
    assert_eq!(endpoint["address"]["socket_address"]["address"], "store.test");
    let tls = &cluster["transport_socket"]["typed_config"];
    assert_eq!(tls["sni"], "store.test");
}

/// Every member with one of these names, anywhere.
fn members(value: &Value, names: &[&str], found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            found.extend(object.keys().filter(|key| names.contains(&key.as_str())).cloned());
            object.values().for_each(|value| members(value, names, found));
        }
        Value::Array(array) => array.iter().for_each(|value| members(value, names, found)),
        _ => {}
    }
}

#[test]
fn the_committed_files_are_the_generated_ones() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../envoy");
    for (name, value) in example::files(None).unwrap() {
        let committed = std::fs::read_to_string(folder.join(&name)).unwrap_or_default();
        assert!(committed == example::text(&value), "{} is old; run `make gen`", name.display());
    }
}

#[test]
fn the_chain_is_filter_buffer_lock_credentials_router() {
    let generated = generated();
    let names: Vec<&str> =
        filters(&generated).iter().map(|filter| filter["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "gatehouse",
            "envoy.filters.http.buffer",
            "gatehouse.lock",
            "gatehouse.credential.upstream-1",
            "gatehouse.credential.upstream-2",
            "envoy.filters.http.router",
        ]
    );
}

#[test]
fn only_credentials_may_be_off_and_no_route_turns_a_filter_off() {
    let generated = generated();
    for filter in filters(&generated) {
        let is_credential = filter["name"].as_str().unwrap().starts_with("gatehouse.credential.");
        assert_eq!(filter.get("disabled").is_some(), is_credential, "{}", filter["name"]);
    }
    for route in routes(&generated) {
        for (name, config) in route["typed_per_filter_config"].as_object().into_iter().flatten() {
            assert!(name.starts_with("gatehouse.credential."), "{name}");
            assert_eq!(config.get("disabled"), None);
        }
    }
}

#[test]
fn a_dead_filter_lets_nothing_by_and_comes_back() {
    let generated = generated();
    let plugin = &filter(&generated, "gatehouse")["config"];
    assert_eq!(plugin["failure_policy"], "FAIL_RELOAD");
    assert_eq!(plugin["reload_config"]["backoff"]["base_interval"], "1s");
    assert_eq!(plugin.get("fail_open"), None);
    assert_eq!(plugin.get("allow_on_headers_stop_iteration"), None);
}

#[test]
fn the_filter_may_do_what_it_needs_and_no_more() {
    let generated = generated();
    let vm = &filter(&generated, "gatehouse")["config"]["vm_config"];
    let allowed = vm["capability_restriction_config"]["allowed_capabilities"].as_object().unwrap();
    for needed in ["proxy_on_request_body", "proxy_on_configure", "proxy_on_http_call_response"] {
        assert!(allowed.contains_key(needed), "{needed}");
    }
    for name in allowed.keys() {
        let of_wasi = ["random_get", "environ_get", "environ_sizes_get"];
        assert!(of_wasi.contains(&name.as_str()) || name.starts_with("proxy_"), "{name}");
        for unneeded in ["grpc", "queue", "foreign"] {
            assert!(!name.contains(unneeded), "{name}");
        }
    }
    assert_eq!(vm.get("environment_variables"), None);
}

#[test]
fn the_lock_opens_on_the_verdict_for_this_route_alone() {
    let generated = generated();
    let rules = &filter(&generated, "gatehouse.lock")["rules"];
    assert_eq!(rules["action"], "ALLOW");
    let verdict = json!([{ "filter_state": {
        "key": "wasm.gatehouse_verdict",
        "string_match": { "exact": "allow" },
    } }]);
    assert_eq!(rules["policies"].as_object().unwrap().len(), 1);
    assert_eq!(rules["policies"]["verdict"]["principals"], verdict);
    let condition = rules["policies"]["verdict"]["condition"].to_string();
    for word in [
        "wasm.gatehouse_route",
        "route_name",
        "wasm.gatehouse_cluster",
        "cluster_name",
        "wasm.gatehouse_sections",
        "route_metadata",
    ] {
        assert!(condition.contains(word), "{word}");
    }
}

#[test]
fn buffers_hold_a_byte_more_than_the_filter_lets_through() {
    let plan = example::plan(None).unwrap();
    let generated = bootstrap(&plan);
    // That of the filter is the limit of responses, too.
    let buffer = filter(&generated, "envoy.filters.http.buffer")["max_request_bytes"].as_u64();
    assert!(buffer.unwrap() > plan.limits.request_body.max(plan.limits.response_body));
    let listener = &generated["static_resources"]["listeners"][0];
    let connection = listener["per_connection_buffer_limit_bytes"].as_u64();
    assert!(connection.unwrap() > plan.limits.request_body.max(plan.limits.response_body));
}

#[test]
fn paths_hosts_and_names_read_one_way() {
    let generated = generated();
    let manager = manager(&generated);
    for (option, value) in [
        ("normalize_path", json!(true)),
        ("merge_slashes", json!(true)),
        ("path_with_escaped_slashes_action", json!("REJECT_REQUEST")),
        ("server_header_transformation", json!("PASS_THROUGH")),
        ("generate_request_id", json!(false)),
        ("preserve_external_request_id", json!(true)),
    ] {
        assert_eq!(manager[option], value, "{option}");
    }
    let common = &manager["common_http_protocol_options"];
    assert_eq!(common["headers_with_underscores_action"], "REJECT_REQUEST");
}

#[test]
fn no_caller_is_internal() {
    let generated = generated();
    let manager = manager(&generated);
    assert_eq!(manager["use_remote_address"], true);
    // Present but empty would trust loopback.
    let ranges = json!([{ "address_prefix": "255.255.255.255", "prefix_len": 32 }]);
    assert_eq!(manager["internal_address_config"]["cidr_ranges"], ranges);
}

#[test]
fn a_call_is_sent_once_and_to_one_place() {
    let mut found = Vec::new();
    let replays = [
        "retry_policy",
        "retry_policy_typed_config",
        "hedge_policy",
        "request_mirror_policies",
        "internal_redirect_policy",
        "weighted_clusters",
        "cluster_header",
        "host_rewrite_header",
        "auto_host_rewrite",
    ];
    // What is asked of the approval service may be asked of another replica, where nothing was sent.
    let mut generated = generated();
    let clusters = generated["static_resources"]["clusters"].as_array_mut().unwrap();
    clusters.retain(|cluster| cluster["name"] != "gatehouse_approval");
    members(&generated, &replays, &mut found);
    assert_eq!(found, Vec::<String>::new());
    for route in routes(&generated) {
        assert_eq!(route["metadata"]["filter_metadata"]["gatehouse"]["replay"], "off");
        // A header in a match would let the agent, or an edit, choose another route.
        assert_eq!(route["match"].as_object().unwrap().len(), 1);
    }
}

#[test]
fn nothing_but_requests_and_responses() {
    let mut found = Vec::new();
    let others = ["upgrade_configs", "connect_matcher", "connect_config", "allow_connect"];
    members(&generated(), &others, &mut found);
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn every_stream_ends() {
    let generated = generated();
    for route in routes(&generated) {
        let action = &route["route"];
        assert_eq!(action["timeout"], "0s", "a slow tool is no failure");
        assert_eq!(action["idle_timeout"], "300s");
        assert_eq!(action["max_stream_duration"]["max_stream_duration"], "3600s");
    }
    let manager = manager(&generated);
    assert_eq!(manager["stream_idle_timeout"], "300s");
    assert_eq!(manager["request_headers_timeout"], "10s");
    assert!(generated["overload_manager"]["resource_monitors"][1].is_object());
}

#[test]
fn the_admin_interface_is_a_socket_of_the_owners() {
    let mut plan = example::plan(None).unwrap();
    let pipe = json!({ "pipe": { "path": "/run/gatehouse/admin.sock", "mode": 0o600 } });
    assert_eq!(bootstrap(&plan)["admin"]["address"], pipe);
    plan.admin = None;
    assert_eq!(bootstrap(&plan).get("admin"), None);
}

#[test]
fn the_longest_prefix_comes_first_and_ends_at_a_segment() {
    let routes =
        routes(&bootstrap(&plan(&["http://h:1", "/a=http://h:2", "/a/b=http://h:3/base/path/"])));
    let seen: Vec<_> = routes
        .iter()
        .map(|route| (&route["name"], &route["match"], &route["route"]["prefix_rewrite"]))
        .map(|(name, matches, rewrite)| json!([name, matches, rewrite]))
        .collect();
    assert_eq!(
        seen,
        [
            json!(["upstream-2", { "path_separated_prefix": "/a/b" }, "/base/path"]),
            json!(["upstream-1", { "path": "/a" }, "/"]),
            json!(["upstream-1", { "prefix": "/a/" }, "/"]),
            json!(["upstream-0", { "prefix": "/" }, null]),
        ]
    );
    let metadata = &routes[0]["metadata"]["filter_metadata"]["gatehouse"];
    assert_eq!(
        *metadata,
        json!({
            "kind": "auto",
            "prefix": "/a/b",
            "rewrite": "/base/path",
            "host": "h:3",
            "replay": "off",
        })
    );
    assert_eq!(routes[0]["route"]["host_rewrite_literal"], "h:3");
}

#[test]
fn a_root_prefix_with_a_base_keeps_the_root_without_a_slash() {
    let routes = routes(&bootstrap(&plan(&["http://h/mcp"])));
    let seen: Vec<_> = routes
        .iter()
        .map(|route| json!([route["match"], route["route"]["prefix_rewrite"]]))
        .collect();
    assert_eq!(seen, [json!([{ "path": "/" }, "/mcp"]), json!([{ "prefix": "/" }, "/mcp/"])]);
}

#[test]
fn https_is_checked_against_roots_and_name() {
    let generated = bootstrap(&plan(&["https://Example.com", "/ip=https://10.0.0.1:8443"]));
    let context = |name| cluster(&generated, name)["transport_socket"]["typed_config"].clone();
    let name = context("upstream-0");
    assert_eq!(name["sni"], "example.com");
    let validation = |context: &Value| context["common_tls_context"]["validation_context"].clone();
    assert_eq!(
        validation(&name),
        json!({
            "trusted_ca": { "filename": "/etc/ssl/certs/ca-certificates.crt" },
            "match_typed_subject_alt_names": [
                { "san_type": "DNS", "matcher": { "exact": "example.com" } },
            ],
        })
    );
    let address = context("upstream-1");
    assert_eq!(address.get("sni"), None);
    let names = &validation(&address)["match_typed_subject_alt_names"];
    assert_eq!(*names, json!([{ "san_type": "IP_ADDRESS", "matcher": { "exact": "10.0.0.1" } }]));
}

#[test]
fn addresses_are_static_and_names_resolved() {
    let generated = bootstrap(&plan(&["http://127.0.0.1:1", "/n=http://n:1", "/6=http://[::1]:1"]));
    let kind = |name| cluster(&generated, name)["type"].clone();
    assert_eq!(kind("upstream-0"), "STATIC");
    assert_eq!(kind("upstream-1"), "STRICT_DNS");
    let six = cluster(&generated, "upstream-2");
    let endpoint = &six["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"];
    assert_eq!(six["type"], "STATIC");
    assert_eq!(endpoint["address"]["socket_address"]["address"], "::1");
}

#[test]
fn the_filter_proves_itself_to_the_approval_service_and_checks_it() {
    let cluster = cluster(&generated(), "gatehouse_approval");
    let tls = &cluster["transport_socket"]["typed_config"]["common_tls_context"];
    let pair = &tls["tls_certificates"][0];
    assert_eq!(pair["certificate_chain"]["filename"], "/etc/gatehouse/approval/filter.pem");
    assert_eq!(pair["private_key"]["filename"], "/etc/gatehouse/approval/filter.key");
    let validation = &tls["validation_context"];
    assert_eq!(validation["trusted_ca"]["filename"], "/etc/gatehouse/approval/ca.pem");
    let names = &validation["match_typed_subject_alt_names"];
    assert_eq!(names[0]["matcher"]["exact"], "approval.gatehouse.internal");
    // All that may be on hold waits side by side, and there is room for what else is asked and told.
    let breaker = &cluster["circuit_breakers"]["thresholds"][0];
    let holds = u64::from(WORKERS * Limits::default().holds);
    for bound in ["max_requests", "max_connections", "max_pending_requests", "max_retries"] {
        assert!(breaker[bound].as_u64().unwrap() >= holds + 1024, "{bound}");
    }
}

#[test]
fn no_log_holds_a_header_or_a_path() {
    let otlp = Target::parse("http://collector.test:4317").unwrap();
    let generated = bootstrap(&example::plan(Some(otlp)).unwrap());
    let logs = &manager(&generated)["access_log"];
    let names: Vec<_> = logs.as_array().unwrap().iter().map(|log| &log["name"]).collect();
    assert_eq!(
        names,
        [
            "envoy.access_loggers.file",
            "envoy.access_loggers.file",
            "envoy.access_loggers.http_grpc",
            "envoy.access_loggers.open_telemetry",
        ]
    );
    let line = &logs[0]["typed_config"]["log_format"]["text_format_source"]["inline_string"];
    let line = line.as_str().unwrap();
    assert!(line.contains(r#""records":[%FILTER_STATE(wasm.gatehouse_record:PLAIN)%]"#), "{line}");
    let text = logs.to_string();
    for forbidden in [
        "%REQ",
        "%RESP(",
        "%TRAILER",
        "%PATH",
        "%DYNAMIC_METADATA",
        "headers_to_log",
        "trailers_to",
    ] {
        assert!(!text.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn records_are_sent_where_somebody_proves_to_be_meant() {
    let service = cluster(&generated(), RECORDS_CLUSTER);
    let holds = cluster(&generated(), APPROVAL_CLUSTER);
    assert_eq!(service["transport_socket"], holds["transport_socket"]);
    assert_eq!(service["load_assignment"]["endpoints"], holds["load_assignment"]["endpoints"]);
    let mut plan = plan(&["http://up.test"]);
    plan.otlp = Some(Target::parse("https://collector.test:4317").unwrap());
    plan.als = false;
    let generated = bootstrap(&plan);
    let tls = &cluster(&generated, OTLP_CLUSTER)["transport_socket"]["typed_config"];
    assert_eq!(tls["sni"], "collector.test");
    assert_eq!(tls["common_tls_context"]["alpn_protocols"], json!(["h2"]));
    assert!(!generated.to_string().contains(RECORDS_CLUSTER));
}

#[test]
fn a_credential_lies_in_its_file_alone() {
    let folder = tempfile::tempdir().unwrap();
    let canary = format!("canary-{}", crate::random::hex::<8>().unwrap());
    let file = folder.path().join("token");
    std::fs::write(&file, &canary).unwrap();
    let mut plan = plan(&["/a=http://h"]);
    let argument = format!("/a={}", file.display());
    plan.upstreams = assemble(&["/a=http://h".to_owned()], &[], &[], &[argument]).unwrap();
    let generated = bootstrap(&plan);
    let secrets = secrets(&plan);
    assert!(!generated.to_string().contains(&canary));
    assert!(!format!("{secrets:?}").contains(&canary));

    let injector = filter(&generated, "gatehouse.credential.upstream-0");
    assert_eq!(injector["overwrite"], true);
    let generic = &injector["credential"]["typed_config"];
    assert_eq!(generic["header_value_prefix"], "Bearer ");
    let (path, secret) = &secrets[0];
    let source = &generic["credential"]["sds_config"]["path_config_source"]["path"];
    assert_eq!(source.as_str().unwrap(), path.to_str().unwrap());
    let secret = &secret["resources"][0]["generic_secret"]["secret"];
    assert_eq!(secret["filename"].as_str().unwrap(), file.to_str().unwrap());
    for route in routes(&generated) {
        let enabled = &route["typed_per_filter_config"]["gatehouse.credential.upstream-0"];
        assert!(enabled["config"].is_object(), "{enabled}");
    }
}

#[test]
fn each_route_of_an_upstream_carries_its_sections() {
    let mut plan = example::plan(None).unwrap();
    let (upstreams, sections) = (["/a=http://h/x", "/b=http://h"], ["/b=payments", "/b=stock"]);
    let owned = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
    plan.upstreams = assemble(&owned(&upstreams), &[], &owned(&sections), &[]).unwrap();
    let generated = super::route::table(&plan);
    let routes = generated["virtual_hosts"][0]["routes"].as_array().unwrap().iter();
    let said: Vec<_> = routes
        .map(|route| {
            let sections = &route["metadata"]["filter_metadata"]["gatehouse"]["sections"];
            (route["name"].as_str().unwrap(), sections.as_str())
        })
        .collect();
    let b = ("upstream-1", Some("payments,stock"));
    assert_eq!(said, [("upstream-0", None), b, b]);
}
