/*! The second lock: whatever makes the filter step aside, without its verdict nothing passes. */

use integration::envoy::{Envoy, connection_manager, filter, routes};
use integration::record::Entry;
use integration::{Call, Gateway, Upstream, place};
use serde_json::{Value, json};

const FILTER_CONFIG: &str = "type.googleapis.com/envoy.config.route.v3.FilterConfig";

fn with_hooks(config: &mut Value) {
    filter(config, "gatehouse")["typed_config"]["config"]["vm_config"]["code"]["local"]["filename"] =
        json!(place::module_with_hooks());
}

fn disabled() -> Value {
    json!({ "gatehouse": { "@type": FILTER_CONFIG, "disabled": true } })
}

#[test]
fn a_route_that_disables_the_filter() {
    let upstream = Upstream::start();
    let gateway = Gateway::start(&upstream);
    let envoy = Envoy::start(&gateway, |config| {
        for route in routes(config) {
            route["typed_per_filter_config"] = disabled();
        }
    });
    let token = gateway.token("robot");
    Call::get("/x").token(&token).send_to(&envoy.address).expect(403);
    Call::post("/x").token(&token).body("{}").send_to(&envoy.address).expect(403);
    upstream.assert_untouched();
}

#[test]
fn a_filter_that_fails_open_after_a_panic() {
    let upstream = Upstream::start();
    let gateway = Gateway::start(&upstream);
    let envoy = Envoy::start(&gateway, |config| {
        with_hooks(config);
        let plugin = &mut filter(config, "gatehouse")["typed_config"]["config"];
        plugin["failure_policy"] = json!("FAIL_OPEN");
        plugin.as_object_mut().unwrap().remove("reload_config");
    });
    let token = gateway.token("robot");
    let panics = Call::get("/panic").token(&token);
    let panics = panics.header("x-gatehouse-test-fault", "panic-at-headers");
    assert_ne!(panics.send_to(&envoy.address).status, 200);
    // The filter is out of the way now.
    Call::get("/x").token(&token).send_to(&envoy.address).expect(403);
    Call::get("/x").send_to(&envoy.address).expect(403);
    upstream.assert_untouched();
}

#[test]
fn a_filter_that_lets_go_too_early() {
    let upstream = Upstream::start();
    let gateway = Gateway::start(&upstream);
    let envoy = Envoy::start(&gateway, with_hooks);
    let call = Call::post("/x").token(&gateway.token("robot"));
    let call = call.header("x-gatehouse-test-fault", "continue-at-body");
    call.json(&json!({ "a": 1 })).send_to(&envoy.address).expect(403);
    upstream.assert_untouched();
}

/// Even if an operator turns redirects inside Envoy on, and the target has no filter: the verdict on
/// the first call does not count for the second.
#[test]
fn an_internal_redirect_past_the_filter() {
    let upstream = Upstream::start();
    // Envoy follows whole URLs only.
    let to = [("location", "http://gateway.test/open/x")];
    upstream.reply("/start", integration::Reply::new(302, &to, ""));
    let gateway = Gateway::start(&upstream);
    let envoy = Envoy::start(&gateway, |config| {
        // The configuration takes this header off, and Envoy finds no second route without it.
        let kept = json!("x-forwarded-proto");
        let table = &mut connection_manager(config)["route_config"];
        table["request_headers_to_remove"].as_array_mut().unwrap().retain(|name| *name != kept);
        let all = routes(config);
        let mut open = all[0].clone();
        open["name"] = json!("open");
        open["match"] = json!({ "prefix": "/open/" });
        open["typed_per_filter_config"] = disabled();
        all[0]["route"]["internal_redirect_policy"] =
            json!({ "redirect_response_codes": [302], "allow_cross_scheme_redirect": true });
        all.insert(0, open);
    });
    let call = Call::get("/start").token(&gateway.token("robot"));
    call.send_to(&envoy.address).expect(403);
    upstream.wait_for("/start", 1);
    assert!(!upstream.saw("/open/x"), "the redirected call reached the upstream");
    let told = |entry: &Entry, details: &str| {
        entry.line["details"].as_str().is_some_and(|told| told.starts_with(details))
    };
    envoy.record("the redirect", |entry| told(entry, "internal_redirect"));
    let second = envoy.record("the second call", |entry| told(entry, "rbac_access_denied"));
    assert_eq!(second.line["route"], "open", "{}", second.line);
    assert_eq!(second.line["status"], 403, "{}", second.line);
    assert_eq!(second.record, Value::Null, "no filter saw it");
}
