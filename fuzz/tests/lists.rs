/*! Any answer where a list was asked for: it stays JSON, and no pinned tool gets by that is not as it was. */

use std::sync::Arc;

use bolero::check;
use policy::answer::{Answer, Asker};
use policy::bundle::Bundle;
use policy::call::{Call, Kind};
use policy::json::{MAX_DEPTH, Node};
use policy::principal::Principal;
use policy::protocol::{McpCall, is_meta, is_own_meta};
use policy::redact::apply;
use policy::scan::Mend;
use policy::seal::Seal;

const PIECES: &[&str] = &[
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[",
    "{\"result\":{\"resourceTemplates\":[",
    "{\"name\":\"refund\"}",
    "{\"name\":\"delete_all\",\"_meta\":{\"gatehouse/x\":1}}",
    "{\"n\\u0061me\":\"a\"",
    "\"Name\":\"a\"",
    "{\"uri\":\"file:///etc/a\"}",
    "\"tools\":",
    "\"result\":",
    "\"result\":{\"task\":{\"taskId\":\"t-1\"}}",
    "\"params\":{\"taskId\":\"\\u0074\"}",
    "\"_meta\":{\"x/related-task\":{\"taskId\":\"t-2\"}}",
    "{",
    "}",
    "[",
    "]",
    ",",
    " ",
    "1e999",
    "\"\\ud800\"",
    "{\"name\":\"b\",\"_meta\":{\"gatehouse\\/x\":1}}",
    "{\"name\":\"c\",\"_\\u006deta\":{\"gatehou\\u017fe/x\":{}}}",
    "NaN",
];

fn answer(bundle: &Arc<Bundle>, events: bool) -> Answer {
    let call = Call {
        principal: Principal {
            issuer: "i".into(),
            subject: "s".into(),
            groups: Vec::new(),
            agent: None,
            owners: Vec::new(),
            scopes: Vec::new(),
        },
        route: "r".into(),
        cluster: "c".into(),
        kind: Kind::Mcp,
        proven: true,
        proposed: false,
        method: "POST".into(),
        authority: "a".into(),
        path: "/mcp".into(),
        headers: Vec::new(),
        body: String::new(),
    };
    let mcp = McpCall { id: Some("1".into()), method: "tools/list".into(), ..McpCall::default() };
    let seal = Seal::new(&[7; 32], &call.principal, &call.cluster);
    let answer = Answer::new(Kind::Mcp, Some(seal)).to(Asker {
        bundle: Arc::clone(bundle),
        call,
        path: "/mcp".into(),
        host: "a".into(),
        sections: Default::default(),
        mcp: Some(mcp),
        said: true,
        now: 0,
    });
    if events { answer.in_events() } else { answer }
}

fn survive(bundle: &Arc<Bundle>, payload: &[u8]) {
    for events in [false, true] {
        let mut answer = answer(bundle, events);
        let edits = answer.data(payload);
        if answer.refuses().is_some() {
            continue;
        }
        let left = apply(payload, &edits);
        let Ok(text) = std::str::from_utf8(&left) else { panic!("text became none") };
        if text.trim().is_empty() {
            continue;
        }
        let left = Node::parse(text, MAX_DEPTH).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert!(!speaks_for_the_gateway(&left, false), "{text}");
        let tools = left.get("result").and_then(|result| result.get("tools"));
        let Some(Node::Array(tools)) = tools else { continue };
        // No digest of the bundle's pins is that of anything.
        let pinned = |tool: &&Node<'_>| {
            matches!(tool.get("name").and_then(Node::text), Some("refund" | "a"))
        };
        assert_eq!(tools.iter().find(pinned), None, "{text}");
    }
}

fn speaks_for_the_gateway(node: &Node<'_>, in_meta: bool) -> bool {
    match node {
        Node::Array(items) => items.iter().any(|item| speaks_for_the_gateway(item, false)),
        Node::Object(members) => members.iter().any(|(name, member)| {
            (in_meta && is_own_meta(name)) || speaks_for_the_gateway(member, is_meta(name))
        }),
        _ => false,
    }
}

#[test]
fn answers() {
    let bundle = Arc::new(fuzz::decoded());
    check!().for_each(|payload: &[u8]| survive(&bundle, payload));
}

#[test]
fn pieces_of_answers() {
    let bundle = Arc::new(fuzz::decoded());
    check!().with_type::<(bool, Vec<u8>)>().for_each(|(listed, order)| {
        let pieces = order.iter().map(|at| PIECES[usize::from(*at) % PIECES.len()]);
        let text: String = pieces.collect();
        let text = match listed {
            true => format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"tools":[{text}]}}}}"#),
            false => text,
        };
        survive(&bundle, text.as_bytes());
    });
}
