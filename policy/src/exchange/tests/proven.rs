//! Messages of MCP on a route that does not say what it speaks.

use super::lab::*;
use crate::call::Kind;
use crate::digest::{grant_digest, join_key};
use crate::exchange::{Event, Exchange, Flow};
use crate::hold::HoldRequest;

fn message(id: u32, method: &str, params: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#)
}

fn lab() -> Lab {
    let mut lab = Lab::new();
    lab.engine.limits.request_body = 4096;
    lab.engine.limits.response_body = 4096;
    lab.engine.limits.holds_per_principal = 100;
    lab
}

const DELETE: &str = r#"{"name":"delete_customer","arguments":{"id":7}}"#;

fn post(lab: &mut Lab, kind: Kind, path: &str, body: &str) -> (Exchange, crate::exchange::Steps) {
    let mut head = lab.head("POST", path, false);
    head.headers.push(("content-type".into(), b"application/json".to_vec()));
    head.route.kind = kind;
    let (mut exchange, _) = lab.begin(head);
    let steps = lab.body(&mut exchange, body);
    (exchange, steps)
}

/// Both digests of two tries of a held call, which differ in their JSON-RPC id alone.
fn same(lab: &mut Lab, kind: Kind, path: &str) -> (bool, bool) {
    let tries = [1, 2].map(|id| {
        let (_, steps) = post(lab, kind, path, &message(id, "tools/call", DELETE));
        let held: HoldRequest = serde_json::from_slice(&call(&steps).body).unwrap();
        let key = lab.engine.digest_key.clone();
        (join_key(&held.call, &key), grant_digest(&held.call, &key))
    });
    let [one, two] = tries;
    (one.0 == two.0, one.1 == two.1)
}

/// The upstream's answer to a message that passes.
fn answered(lab: &mut Lab, path: &str, method: &str, status: &str, body: &str) {
    let (mut exchange, steps) = post(lab, Kind::Auto, path, &message(5, method, "{}"));
    assert_eq!(steps.flow, Flow::Continue);
    let headers = [(":status", status), ("content-type", "application/json")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())).into();
    lab.on(&mut exchange, Event::ResponseHeaders { headers, end_of_stream: false });
    let (one, two) = body.as_bytes().split_at(body.len() / 2);
    for (chunk, end_of_stream) in [(one, false), (two, true)] {
        lab.on(&mut exchange, Event::ResponseBody { chunk, end_of_stream });
    }
}

#[test]
fn the_id_counts_until_the_upstream_has_answered_as_an_mcp_server() {
    let mut lab = lab();
    assert_eq!(same(&mut lab, Kind::Auto, "/mcp"), (false, false));
    let tools = r#"{"jsonrpc":"2.0","id":5,"result":{"tools":[{"name":"delete_customer"}]}}"#;
    for (method, status, body) in [
        ("tools/list", "200", r#"{"deleted":5}"#),
        ("tools/list", "200", r#"{"jsonrpc":"2.0","id":5,"method":"tools/list","params":{}}"#),
        ("tools/list", "200", r#"{"jsonrpc":"2.0","id":5,"method":"x","result":{"tools":[]}}"#),
        ("tools/list", "500", tools),
        ("ping", "200", tools),
    ] {
        answered(&mut lab, "/mcp", method, status, body);
        assert_eq!(same(&mut lab, Kind::Auto, "/mcp"), (false, false), "{method} {body}");
    }
    answered(&mut lab, "/mcp", "tools/list", "200", tools);
    assert_eq!(same(&mut lab, Kind::Auto, "/mcp"), (true, true));
    for elsewhere in ["/customers", "/mcp?op=rest"] {
        assert_eq!(same(&mut lab, Kind::Auto, elsewhere), (false, false), "{elsewhere}");
    }
}

#[test]
fn a_route_that_says_so_needs_no_proof() {
    assert_eq!(same(&mut lab(), Kind::Mcp, "/mcp"), (true, true));
}
