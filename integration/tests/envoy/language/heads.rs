//! Hosts, headers and parameters of the query.

use super::*;

pub const RULES: &str = "
rules:
  - {name: one-host, on: request, match: {http: {host: 'LocalHost*', path: '/named/**'}}, effect: deny}
  - {name: other-host, on: request, match: {http: {host: 'localhost*', path: '/hosts/**'}}, effect: deny}
  - {name: regions, on: request, match: {http: {path: /head/h, header: {x-region: ['eu-*', test]}}},
     effect: deny}
  - {name: exports, on: request, match: {http: {path: /head/q, query: {export: 'full*'}}}, effect: deny}
";

#[test]
fn the_host_is_the_one_of_the_upstream() {
    stopped(Call::get("/named/h1"), "one-host", "denied");
    // A like rule for another route: what the caller calls the host is nothing to it.
    let mut lies = Call::get("/hosts/h1");
    lies.headers[0].1 = "localhost".into();
    passes(lies);
}

#[test]
fn one_value_of_a_header_is_enough() {
    let call = |case: &str, values: &[&str]| {
        let call = Call::get(format!("/head/h?{case}"));
        values.iter().fold(call, |call, value| call.header("x-region", *value))
    };
    stopped(call("1", &["eu-west"]), "regions", "denied");
    stopped(call("2", &["us-east", "eu-north"]), "regions", "denied");
    passes(call("3", &["us-east"]));
    passes(call("4", &["testing"]));
    passes(call("5", &[]));
    passes(Call::get("/head/h?6").header("x-regions", "eu-west"));
}

#[test]
fn one_value_of_a_parameter_is_enough() {
    stopped(Call::get("/head/q?export=full"), "exports", "denied");
    stopped(Call::get("/head/q?export=part&export=%66ull-7"), "exports", "denied");
    passes(Call::get("/head/q?export=part"));
    passes(Call::get("/head/q?import=full"));
    passes(Call::get("/head/q?note=export=full"));
}
