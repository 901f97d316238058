/*!
What the second lock asks in CEL beside the verdict: whether Envoy would take the route that was
judged. As a tree, since the API takes no text.
*/

use serde_json::{Value, json};

/// The route, its cluster and the sections it names are those of the judged call.
pub fn judged() -> Value {
    let route = same("wasm.gatehouse_route", "route_name");
    let cluster = same("wasm.gatehouse_cluster", "cluster_name");
    and(route, and(cluster, same_sections()))
}

/// `!has(xds.route_name) || filter_state["wasm.gatehouse_route"] == bytes(xds.route_name)`. What has
/// no such attribute, such as a redirect or a path without a route, leads nowhere.
fn same(key: &str, attribute: &str) -> Value {
    let now = select(variable("xds"), attribute);
    or(not(has(attribute)), equal(state(key), bytes(now)))
}

/// Two routes may have the same name and cluster, and other rules:
/// `!has(xds.route_metadata) || (named ? state == bytes(sections) : state == b"")`, where `named` asks
/// of each map whether the key is in it, since a key that is not there is an error.
fn same_sections() -> Value {
    let all = select(select(variable("xds"), "route_metadata"), "filter_metadata");
    let own = index(all.clone(), "gatehouse");
    let named = and(is_in("gatehouse", all), is_in("sections", own.clone()));
    let state = state("wasm.gatehouse_sections");
    let as_judged = equal(state.clone(), bytes(index(own, "sections")));
    let none = equal(state, json!({ "const_expr": { "bytes_value": "" } }));
    let either = call("_?_:_", vec![named, as_judged, none]);
    or(not(has("route_metadata")), either)
}

fn call(function: &str, args: Vec<Value>) -> Value {
    json!({ "call_expr": { "function": function, "args": args } })
}

fn variable(name: &str) -> Value {
    json!({ "ident_expr": { "name": name } })
}

fn text(value: &str) -> Value {
    json!({ "const_expr": { "string_value": value } })
}

fn select(operand: Value, field: &str) -> Value {
    json!({ "select_expr": { "operand": operand, "field": field } })
}

fn has(attribute: &str) -> Value {
    let mut has = select(variable("xds"), attribute);
    has["select_expr"]["test_only"] = Value::from(true);
    has
}

fn state(key: &str) -> Value {
    index(variable("filter_state"), key)
}

fn index(map: Value, key: &str) -> Value {
    call("_[_]", vec![map, text(key)])
}

fn is_in(key: &str, map: Value) -> Value {
    call("@in", vec![text(key), map])
}

fn bytes(value: Value) -> Value {
    call("bytes", vec![value])
}

fn equal(one: Value, other: Value) -> Value {
    call("_==_", vec![one, other])
}

fn not(value: Value) -> Value {
    call("!_", vec![value])
}

fn and(one: Value, other: Value) -> Value {
    call("_&&_", vec![one, other])
}

fn or(one: Value, other: Value) -> Value {
    call("_||_", vec![one, other])
}
