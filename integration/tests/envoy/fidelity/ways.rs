//! How an exchange may go, and what both ends see of it.

use std::collections::BTreeSet;

use integration::http1::Connection;
use integration::record::Entry;
use integration::upstream::Request;
use integration::wait::{SOON, until};
use integration::{Call, Gateway, Reply, Upstream, sample};
use serde_json::{Value, json};

pub type Way = fn(&World<'_>, &str) -> Seen;

pub const WAYS: [(&str, Way); 20] = [
    ("read", |world, id| world.get(id, "/api/read")),
    ("head", |world, id| world.whole(id, Call::new("HEAD", at("/api/read", id)), "complete")),
    ("write", |world, id| world.post(id, "/api/write", &json!({ "to": sample::email(), "n": 1 }))),
    ("card", |world, id| world.post(id, "/api/card", &json!({ "order": id }))),
    ("text", |world, id| world.get(id, "/api/text")),
    ("long", |world, id| {
        let text = format!("{} {}", sample::ssn(), "x".repeat(40_000));
        world.post(id, "/api/write", &json!({ "text": text }))
    }),
    ("denied", |world, id| {
        let call = Call::post(at("/api/sql", id)).json(&json!({ "query": "DROP DATABASE prod" }));
        world.whole(id, call, "refused")
    }),
    ("nobody", |world, id| {
        let call = Call::get(at("/api/read", id)).header("x-request-id", id);
        Seen::answered(&call, world.gateway, "refused")
    }),
    ("asked", |world, id| {
        // All wait on one hold, of which there are not so many for one caller.
        let call = Call::delete("/api/held").header("x-gatehouse-wait", "0");
        world.whole(id, call, "refused")
    }),
    ("approved", |world, id| {
        let call = Call::delete(at("/api/approved", id)).header("x-gatehouse-wait", "120");
        world.whole(id, call, "complete")
    }),
    ("dry", |world, id| {
        let call = Call::delete(at("/api/held", id)).header("x-gatehouse-dry-run", "true");
        world.whole(id, call, "refused")
    }),
    ("tool-2025", |world, id| {
        let message = json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call",
            "params": { "name": "read", "arguments": { "who": sample::email() } } });
        let call = Call::post(at("/mcp/", id))
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2025-06-18")
            .header("mcp-session-id", &world.session);
        world.whole(id, call.json(&message), "complete")
    }),
    ("tool-2026", |world, id| {
        let call = Call::tool(at("/mcp/", id), json!(id), "read", json!({ "who": id }));
        world.whole(id, call, "complete")
    }),
    ("tool-events", |world, id| {
        let call = Call::tool(at("/mcp/", id), json!(id), "watch", json!({ "who": id }));
        world.whole(id, call, "complete")
    }),
    ("model", |world, id| {
        world.post(id, "/llm/v1/responses", &json!({ "model": "m", "input": id }))
    }),
    ("model-stream", |world, id| {
        world.post(id, "/llm/v1/responses", &json!({ "model": "m", "input": id, "stream": true }))
    }),
    ("left-early", |world, id| world.leaves(id, "/api/silent", "")),
    ("left-midway", |world, id| world.leaves(id, "/api/endless", "begun")),
    ("reset-early", |world, id| {
        world.whole(id, Call::get(at("/api/reset-early", id)), "upstream_reset")
    }),
    ("reset-midway", |world, id| {
        world.whole(id, Call::get(at("/api/reset-midway", id)), "upstream_reset")
    }),
];

/// More than is held back of a text, which may go on with a secret.
fn begun() -> String {
    format!("begun{}", " and so on".repeat(2_000))
}

fn at(path: &str, id: &str) -> String {
    format!("{path}?id={id}&")
}

pub fn upstream(upstream: &Upstream) {
    upstream.script(|request| {
        let is = |part: &str| request.target.contains(part);
        Some(match () {
            () if is("/text") => Reply::text(&format!("mail {} now", sample::email())),
            () if is("/card") => Reply::json(200, &json!({ "card": sample::card(), "a": "\u{e9}\n" })),
            () if is("/silent") => Reply::raw(*b"").wait(&Default::default()),
            () if is("/endless") => {
                Reply::chunked(200, &[("content-type", "text/plain")]).chunk(begun()).wait(&Default::default())
            }
            () if is("/reset-early") => Reply::raw(*b"").close(),
            () if is("/reset-midway") => {
                Reply::chunked(200, &[("content-type", "text/plain")]).chunk(begun()).close()
            }
            () if request.text().contains("\"watch\"") => events(&[json!({ "jsonrpc": "2.0",
                "id": request_id(request), "result": { "content": [{ "type": "text", "text": sample::email() }] } })]),
            () if request.text().contains("initialize") => {
                let body = json!({ "jsonrpc": "2.0", "id": 1, "result": { "protocolVersion": "2025-06-18" } });
                let headers = [("content-type", "application/json"), ("mcp-session-id", "one")];
                Reply::new(200, &headers, body.to_string())
            }
            () if request.text().contains("jsonrpc") => Reply::json(200, &json!({ "jsonrpc": "2.0",
                "id": request_id(request), "result": { "content": [{ "type": "text", "text": sample::card() }] } })),
            () if request.text().contains("\"stream\":true") => events(&[
                json!({ "type": "response.created", "response": { "id": "resp_1", "output": [] } }),
                json!({ "type": "response.output_text.delta", "delta": "write to " }),
                json!({ "type": "response.output_text.delta", "delta": sample::email() }),
            ]),
            () => return None,
        })
    });
}

fn request_id(request: &Request) -> Value {
    serde_json::from_slice::<Value>(request.body()).map_or(Value::Null, |body| body["id"].clone())
}

fn events(all: &[Value]) -> Reply {
    let event = |data: &Value| match data["type"].as_str() {
        Some(name) => format!("event: {name}\ndata: {data}\n\n"),
        None => format!("data: {data}\n\n"),
    };
    all.iter().map(event).fold(Reply::event_stream(), Reply::chunk).end(&[])
}

pub struct World<'g> {
    gateway: &'g Gateway,
    upstream: &'g Upstream,
    token: String,
    /// Of MCP before 2026.
    session: String,
}

impl<'g> World<'g> {
    pub fn new(gateway: &'g Gateway, upstream: &'g Upstream) -> Self {
        let token = gateway.token("robot");
        let begin = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize",
            "params": { "protocolVersion": "2025-06-18", "capabilities": {},
                "clientInfo": { "name": "c", "version": "1" } } });
        let call = Call::post("/mcp/").header("accept", "application/json, text/event-stream");
        let begun = call.token(&token).json(&begin).send(gateway).expect(200);
        let session = begun.header("mcp-session-id").unwrap();
        Self { gateway, upstream, token, session }
    }

    /// Exchanges that made it.
    pub fn before(&self) -> usize {
        1
    }

    /// So many of the calls that wait for that.
    pub fn approve(&self, wanted: usize) {
        let mut done = BTreeSet::new();
        until("all to be approved", 2 * SOON, || {
            let list = self.gateway.cli_ok(&["approvals", "list", "--format", "json"]);
            let list: Value = serde_json::from_str(&list).unwrap();
            for hold in list["holds"].as_array().unwrap() {
                let id = hold["id"].as_str().unwrap().to_owned();
                if hold.to_string().contains("/approved") && done.insert(id.clone()) {
                    self.gateway.cli_ok(&["approvals", "approve", &id]);
                }
            }
            (done.len() == wanted).then_some(())
        });
    }

    fn own(&self, id: &str, call: Call) -> Call {
        call.token(&self.token).header("x-request-id", id)
    }

    fn get(&self, id: &str, path: &str) -> Seen {
        self.whole(id, Call::get(at(path, id)), "complete")
    }

    fn post(&self, id: &str, path: &str, body: &Value) -> Seen {
        self.whole(id, Call::post(at(path, id)).json(body), "complete")
    }

    fn whole(&self, id: &str, call: Call, end: &'static str) -> Seen {
        Seen::answered(&self.own(id, call), self.gateway, end)
    }

    /// The caller leaves, once the upstream has the call or has begun to answer.
    fn leaves(&self, id: &str, path: &str, begun: &str) -> Seen {
        let call = self.own(id, Call::get(at(path, id)));
        let mut connection = Connection::open(&self.gateway.address);
        connection.write(call.bytes());
        self.upstream.wait_for(&format!("id={id}&"), 1);
        if !begun.is_empty() {
            connection.head().unwrap();
            let mut got = Vec::new();
            while !String::from_utf8_lossy(&got).contains(begun) {
                got.extend(connection.bytes().unwrap());
            }
        }
        Seen { answer: begun.to_owned(), end: "aborted", ..Seen::default() }
    }
}

/// Of one exchange, at the agent.
#[derive(Default)]
pub struct Seen {
    request: String,
    /// None where it left before.
    status: Option<u16>,
    answer: String,
    end: &'static str,
}

impl Seen {
    fn answered(call: &Call, gateway: &Gateway, end: &'static str) -> Self {
        let response = call.send(gateway);
        Self {
            request: String::from_utf8(call.content()).unwrap(),
            status: Some(response.status),
            answer: response.text(),
            end,
        }
    }

    /// In what it is not what was recorded. `sent`: as the upstream got it, if it did.
    pub fn differs(&self, entry: &Entry, sent: Option<&Request>) -> Option<String> {
        let record = &entry.record;
        let status = entry.line["status"].as_u64().unwrap_or_default();
        if self.status.is_some_and(|seen| u64::from(seen) != status) {
            return Some(format!("status {status}, not {:?}", self.status));
        }
        if record["end"] != self.end {
            return Some(format!("ended {}, not {}", record["end"], self.end));
        }
        let request = sent.map_or_else(|| self.request.clone(), Request::text);
        let request = told("request", &record["request"]["body"], &request);
        // In the upstream's place somebody else spoke: the gateway, or Envoy.
        let answer = match &record["answer"] {
            Value::Null => record["response"]["body"].clone(),
            answer => json!({ "text": answer["body"] }),
        };
        request.or_else(|| told("answer", &answer, &self.answer))
    }
}

fn told(what: &str, body: &Value, seen: &str) -> Option<String> {
    let seen = masked(seen);
    let (text, cut) = (body["text"].as_str().unwrap(), body["truncated"] == true);
    let same = match cut {
        // Of an answer that broke off one end may have more than the other.
        true => seen.starts_with(text) || (!seen.is_empty() && text.starts_with(&seen)),
        false => seen == text,
    };
    (!same).then(|| format!("{what}: recorded {text:?}, seen {seen:?}"))
}

/// By hand: what was put there, and nothing else. The seal on an id is the gateway's own.
fn masked(text: &str) -> String {
    let mut parts = text.split("resp_1~");
    let mut opened = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        opened.push_str("resp_1");
        opened.push_str(
            part.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "-_".contains(c)),
        );
    }
    [(sample::email(), "email"), (sample::card(), "payment_card"), (sample::ssn(), "us_ssn")]
        .iter()
        .fold(opened, |text, (value, kind)| text.replace(value, &format!("[REDACTED:{kind}]")))
}
