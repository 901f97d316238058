use serde_json::Value;

use super::*;

/// What the console says of the one gateway there is, once it says so.
#[track_caller]
fn reported(gateway: &Gateway, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let address = gateway.console.trim_start_matches("http://");
    let bearer = format!("Bearer {}", gateway.approver_key());
    let mut call = Call::get("/v1/gateways").header("authorization", bearer);
    call.headers[0].1 = address.to_owned();
    until(what, SOON, || {
        let list = call.send_to(address).expect(200).json();
        let gateways = list["gateways"].as_array().unwrap().clone();
        assert!(gateways.len() <= 1, "{list}");
        gateways.into_iter().next().filter(|gateway| wanted(gateway))
    })
}

#[test]
fn the_console_tells_what_is_in_force_and_why_the_next_is_not() {
    let (upstream, author) = (Upstream::start(), Author::new());
    let server = BundleServer::start(None);
    let gateway = fetching(&upstream, &author, &server.url(), "1s").start();
    let none = reported(&gateway, "no bundle yet", |gateway| {
        gateway["state"] == "no_bundle" && gateway["error"]["why"] == "unreachable"
    });
    assert_eq!(none["gateway"], "gatehouse");
    assert_eq!(none["bundles"], serde_json::json!([]));

    server.serve(Some(author.release(5)));
    let current = reported(&gateway, "serial 5", |gateway| gateway["state"] == "current");
    assert_eq!(current["bundles"][0]["serial"], 5);
    assert_eq!(current["bundles"].as_array().unwrap().len(), 1);
    assert_ne!(current["bundles"][0]["since"], 0);
    assert_eq!(current["error"], Value::Null);

    server.serve(Some(author.release(4)));
    let failing = reported(&gateway, "4 refused", |gateway| {
        gateway["state"] == "failing" && gateway["error"]["text"] != ""
    });
    assert_eq!(failing["error"]["why"], "older");
    assert!(failing["error"]["text"].as_str().unwrap().contains("its serial 4 is not higher"));
    assert_eq!(failing["bundles"][0]["serial"], 5, "the last good one stays");

    server.serve(Some(author.release(6)));
    reported(&gateway, "serial 6", |gateway| {
        gateway["state"] == "current" && gateway["bundles"][0]["serial"] == 6
    });
}

#[test]
fn a_bundle_of_the_configuration_is_told_too() {
    let upstream = Upstream::start();
    let gateway = Gateway::start(&upstream);
    let told = reported(&gateway, "a report", |gateway| gateway["state"] == "current");
    assert_eq!(told["bundles"][0]["name"], "baseline+personal-data+secrets");
    let record = {
        Call::get("/x").token(&gateway.token("robot")).send(&gateway).expect(200);
        gateway.record("the call", |entry| entry.path() == "/x")
    };
    assert_eq!(told["bundles"][0]["revision"], record.record["revision"]);
}
