mod fits;

use std::collections::{BTreeMap, BTreeSet};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use macro_rules_attribute::apply;
use policy::hold::HoldState;
use policy::rule::ScopeTerms;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::DOCUMENT;
use crate::config::{Channel, ChannelKind, Secret};
use crate::notify::Outcome;
use crate::testing::events::{channel, with_kind};
use crate::testing::exchanges::{SESSION, denied, exchange};
use crate::testing::{APPROVER_KEY, Answer, Fixture, HOST, on_both, request, send};
use fits::fits;

const FILTER: &str = include_str!("../filter_api.rs");
const CONSOLE: &str = include_str!("../console.rs");

fn document() -> Value {
    serde_json::from_str(DOCUMENT).unwrap()
}

/// `(path, method)` of each operation with one of these tags.
fn described(document: &Value, tags: &[&str]) -> BTreeSet<(String, String)> {
    let mut all = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            if tags.contains(&operation["tags"][0].as_str().unwrap()) {
                all.insert((path.clone(), method.clone()));
            }
        }
    }
    all
}

/// As the routers are written: pages, which are not described, are all that is not below `/v1`.
fn routed(source: &str) -> BTreeSet<(String, String)> {
    let mut all = BTreeSet::new();
    for route in source.split(".route(").skip(1) {
        let path = route.split('"').nth(1).unwrap();
        if !path.starts_with("/v1/") && !["/healthz", "/openapi.json"].contains(&path) {
            continue;
        }
        let route: String = route.chars().take_while(|c| *c != ';').collect();
        for method in ["get", "post", "put", "delete", "patch"] {
            if route.contains(&format!(" {method}(")) || route.contains(&format!(").{method}(")) {
                all.insert((path.to_owned(), method.to_owned()));
            }
        }
    }
    all
}

#[test]
fn each_route_is_described_and_each_description_has_a_route() {
    let document = document();
    assert_eq!(described(&document, &["filter", "both"]), routed(FILTER));
    assert_eq!(described(&document, &["people", "both", "anybody"]), routed(CONSOLE));
}

/// What was asked and answered so far, compared with the document.
struct Book {
    document: Value,
    seen: BTreeSet<String>,
}

impl Book {
    async fn ask(
        &mut self,
        router: &Router,
        (method, path, template): (&str, &str, &str),
        body: Option<Value>,
    ) -> Answer {
        let operation = self.document["paths"][template][method].clone();
        assert!(operation.is_object(), "{method} {template}");
        let asked = &operation["requestBody"]["content"]["application/json"]["schema"];
        let body = body.map_or_else(String::new, |body| {
            fits(&self.document, asked, &body, path);
            body.to_string()
        });
        let key = format!("Bearer {APPROVER_KEY}");
        let headers = [("host", HOST), ("authorization", key.as_str())];
        let answer = send(router, &method.to_uppercase(), path, &headers, &body).await;
        self.compare(&operation, &answer, path);
        answer
    }

    fn compare(&mut self, operation: &Value, answer: &Answer, path: &str) {
        let responses = &operation["responses"];
        let status = answer.status.as_str();
        let mut response = responses.get(status).unwrap_or(&responses["default"]).clone();
        if let Some(name) = response["$ref"].as_str() {
            response = self.document.pointer(&name[1..]).unwrap().clone();
        }
        let content = response["content"].as_object();
        match answer.headers.get("content-type") {
            None => assert!(content.is_none() && answer.body.is_empty(), "{path}: {status}"),
            Some(kind) => {
                let kind = kind.to_str().unwrap().split(';').next().unwrap();
                let content = content.and_then(|all| all.get(kind));
                let content = content.unwrap_or_else(|| panic!("{path}: {status} as {kind}"));
                if kind.ends_with("json") {
                    fits(&self.document, &content["schema"], &answer.json(), path);
                }
            }
        }
        if answer.status.is_success() {
            self.seen.insert(operation["operationId"].as_str().unwrap().to_owned());
        }
    }
}

fn chat() -> Vec<Channel> {
    let url = Secret::new("https://hooks.chat.example/T0/B0/hush");
    vec![with_kind("chat", ChannelKind::Slack { url }), channel("hook")]
}

/// The life of holds by each operation there is: what is sent and answered is as the document says.
#[apply(on_both)]
async fn what_is_answered_is_as_described() {
    let fixture = Fixture::telling(&chat()).await;
    let mut book = Book { document: document(), seen: BTreeSet::new() };
    let (filter, console) = (&fixture.filter, &fixture.console);
    let mut held = request("e1");
    let free = BTreeMap::from([("/params/arguments/id".to_owned(), vec!["1*".to_owned()])]);
    held.terms = policy::rule::HoldTerms {
        scope: Some(ScopeTerms { uses: 3, lasts_seconds: 3600, free }),
        ..Default::default()
    }
    .into();
    held.session = "s1".into();
    held.before = vec![policy::hold::Earlier {
        at: 1,
        action: "list".into(),
        effect: policy::rule::Effect::Allow,
    }];
    held.call.principal.owners = vec!["owner@corp.example".into()];
    let held = serde_json::to_value(&held).unwrap();
    let post = ("post", "/v1/holds", "/v1/holds");
    let state: HoldState = book.ask(filter, post, Some(held.clone())).await.json();
    let id = state.hold.as_str();
    let at = |end: &str| format!("/v1/holds/{id}{end}");
    let wait = at("/wait?ms=0&exchange=e1");
    book.ask(filter, ("get", &wait, "/v1/holds/{id}/wait"), None).await;
    let redeem = at("/redeem");
    let redeem = ("post", redeem.as_str(), "/v1/holds/{id}/redeem");
    let nonce = json!({"exchange": "e1", "nonce": "0123456789abcdef"});
    let early = book.ask(filter, redeem, Some(nonce.clone())).await;
    assert_eq!(early.status, StatusCode::CONFLICT);
    let status = json!({"hold": id, "issuer": "https://idp.example", "subject": "alice"});
    book.ask(filter, ("post", "/v1/status", "/v1/status"), Some(status)).await;
    book.ask(console, ("get", "/v1/holds?status=open", "/v1/holds"), None).await;
    let decision = at("/decision");
    let decision = ("post", decision.as_str(), "/v1/holds/{id}/decision");
    let said = json!({"decision": "approve", "reason": "fine", "standing": true});
    let decided = book.ask(console, decision, Some(said)).await;
    assert_eq!(decided.status, StatusCode::OK, "{}", decided.body);
    book.ask(filter, redeem, Some(nonce)).await;
    let late = book.ask(console, decision, Some(json!({"decision": "deny"}))).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    let show = at("");
    book.ask(console, ("get", &show, "/v1/holds/{id}"), None).await;
    book.ask(console, ("get", "/v1/holds?status=settled", "/v1/holds"), None).await;
    let grants = ("get", "/v1/standing-grants", "/v1/standing-grants");
    let grants: Value = book.ask(console, grants, None).await.json();
    let grant = grants["standing_grants"][0]["id"].as_str().unwrap();
    let revoke = format!("/v1/standing-grants/{grant}/revocation");
    book.ask(console, ("post", &revoke, "/v1/standing-grants/{id}/revocation"), None).await;
    book.ask(console, grants_again(), None).await;
    book.ask(filter, ("post", "/v1/leave", "/v1/leave"), Some(json!({"exchange": "e1"}))).await;
    let cancel = json!({"cancel_key": "key-of-e1"});
    book.ask(filter, ("post", "/v1/cancel", "/v1/cancel"), Some(cancel)).await;
    let report = json!({
        "gateway": "edge", "worker": "w1", "release": "0.1.0", "stale": true,
        "bundle": {"name": "b", "version": "1", "serial": 1, "revision": "r", "since": 1},
        "error": {"why": "unreachable", "text": "no answer"},
    });
    book.ask(filter, ("post", "/v1/gateways", "/v1/gateways"), Some(report)).await;
    book.ask(console, ("get", "/v1/gateways", "/v1/gateways"), None).await;
    let head = json!({"count": 1, "digest": "blake2b-256:x"});
    let own = policy::record::chain::Chain::of([1; 16]);
    let (name, proof) = (own.name(), own.proof());
    let chain =
        json!({"gateway": "edge", "chain": name, "proof": proof, "head": head, "ended": false});
    book.ask(filter, ("post", "/v1/chains", "/v1/chains"), Some(chain)).await;
    fixture.holds.last_checkpoint().await;
    book.ask(console, ("get", "/v1/checkpoints", "/v1/checkpoints"), None).await;
    tree_head(&mut book).await;
    kills(&mut book, &fixture).await;
    records(&mut book, &fixture).await;
    book.ask(console, ("post", "/v1/login-links", "/v1/login-links"), None).await;
    deliveries(&mut book, &fixture).await;
    for path in ["/healthz", "/openapi.json"] {
        book.ask(console, ("get", path, path), None).await;
    }
    book.ask(filter, ("get", "/healthz", "/healthz"), None).await;
    // It never ends, so only its head is looked at.
    let key = format!("Bearer {APPROVER_KEY}");
    let events = Request::get("/v1/events").header("host", HOST).header("authorization", key);
    let events = console.clone().oneshot(events.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    book.seen.insert("events".to_owned());
    let all = book.document["paths"].as_object().unwrap().values();
    let all = all.flat_map(|methods| methods.as_object().unwrap().values());
    let all: BTreeSet<String> =
        all.map(|one| one["operationId"].as_str().unwrap().to_owned()).collect();
    assert_eq!(book.seen, all, "each operation was asked for with success");
}

/// Of a service that asks witnesses.
async fn tree_head(book: &mut Book) {
    let fixture = crate::chains::tests::witnessed::cosigned().await;
    let path = "/v1/checkpoints/tree-head";
    book.ask(&fixture.console, ("get", path, path), None).await;
    book.ask(&fixture.console, ("get", "/v1/checkpoints", "/v1/checkpoints"), None).await;
}

fn grants_again() -> (&'static str, &'static str, &'static str) {
    ("get", "/v1/standing-grants", "/v1/standing-grants")
}

async fn kills(book: &mut Book, fixture: &Fixture) {
    let (filter, console) = (&fixture.filter, &fixture.console);
    let at = "/v1/kills";
    let whom =
        json!({"issuer": "https://idp.example", "subject": "alice", "reason": "it is not its own"});
    let made: Value = book.ask(console, ("post", at, at), Some(whom)).await.json();
    let key = made["caller"].as_str().unwrap();
    let longer = json!({"caller": key, "seconds": 604_800, "tenant": "", "reason": "still"});
    book.ask(console, ("post", at, at), Some(longer)).await;
    let told: Value =
        book.ask(filter, ("get", "/v1/kills?gateway=edge&worker=w1", at), None).await.json();
    assert_eq!(told["kills"].as_array().unwrap().len(), 2);
    let lift = format!("{at}/{}/lift", made["id"].as_str().unwrap());
    let lift = ("post", lift.as_str(), "/v1/kills/{id}/lift");
    book.ask(console, lift, Some(json!({"reason": "it is again"}))).await;
    let late = book.ask(console, lift, Some(json!({}))).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    let listed: Value = book.ask(console, ("get", at, at), None).await.json();
    assert_eq!(listed["kills"].as_array().unwrap().len(), 2);
    book.ask(console, ("get", "/v1/deliveries?channel=hook", "/v1/deliveries"), None).await;
}

async fn records(book: &mut Book, fixture: &Fixture) {
    fixture.record(&[exchange(0), denied(1)]).await;
    let console = &fixture.console;
    book.ask(console, ("get", "/v1/sessions", "/v1/sessions"), None).await;
    let one = format!("/v1/sessions/{SESSION}");
    book.ask(console, ("get", &one, "/v1/sessions/{id}"), None).await;
    let exchanges = format!("{one}/exchanges");
    book.ask(console, ("get", &exchanges, "/v1/sessions/{id}/exchanges"), None).await;
    for format in ["html", "jsonl"] {
        let export = format!("{one}/export?format={format}");
        book.ask(console, ("get", &export, "/v1/sessions/{id}/export"), None).await;
    }
    let reference = ("get", "/v1/exchanges/x_00001", "/v1/exchanges/{reference}");
    book.ask(console, reference, None).await;
}

/// One that was given up is sent again.
async fn deliveries(book: &mut Book, fixture: &Fixture) {
    let (store, now) = (&fixture.holds.store, fixture.holds.clock.now());
    let message = store.claim("chat", 20, now).await.unwrap().unwrap();
    store.settle(&message, &Outcome::refused("the answer was 410"), now).await.unwrap();
    let console = &fixture.console;
    book.ask(console, ("get", "/v1/channels", "/v1/channels"), None).await;
    let dead = ("get", "/v1/deliveries?state=dead", "/v1/deliveries");
    let dead: Value = book.ask(console, dead, None).await.json();
    let id = dead["deliveries"][0]["id"].as_str().unwrap();
    let settle = format!("/v1/deliveries/{id}");
    let fate = Some(json!({"fate": "again"}));
    book.ask(console, ("post", &settle, "/v1/deliveries/{id}"), fate).await;
}

/// Every error of both listeners is a problem, whoever in the stack found it.
#[apply(on_both)]
async fn every_error_is_a_problem() {
    let fixture = Fixture::new().await;
    let document = document();
    let large = "x".repeat(8 << 20);
    let key = format!("Bearer {APPROVER_KEY}");
    let filter = [
        ("GET", "/nowhere", "", 404),
        ("PUT", "/v1/holds", "", 405),
        ("GET", "/v1/holds", "", 405),
        ("POST", "/v1/holds", "{", 400),
        ("POST", "/v1/holds", &large, 413),
        ("POST", "/v1/holds/none/redeem", "{\"exchange\": \"e\", \"nonce\": \"n\"}", 400),
        ("GET", "/v1/holds/none/wait", "", 400),
        ("GET", "/v1/holds/none/wait?ms=x&exchange=e", "", 400),
        ("GET", "/v1/holds/none/wait?exchange=e", "", 404),
        ("GET", "/v1/holds/%FF/wait?exchange=e", "", 400),
        ("POST", "/v1/holds/%FF/redeem", "{}", 400),
        ("GET", "/v1/kills", "", 400),
        ("POST", "/v1/kills", "{}", 405),
    ];
    let people = [
        ("GET", "/nowhere", "", 404),
        ("DELETE", "/v1/holds", "", 405),
        ("GET", "/v1/holds?status=lost", "", 400),
        ("GET", "/v1/holds/none", "", 404),
        ("GET", "/v1/holds/%FF", "", 400),
        ("GET", "/v1/sessions/none", "", 404),
        ("GET", "/v1/sessions/none/exchanges", "", 404),
        ("GET", "/v1/sessions/none/exchanges?after=x", "", 400),
        ("GET", "/v1/sessions/none/export?format=html", "", 404),
        ("GET", "/v1/sessions/none/export?format=pdf", "", 400),
        ("GET", "/v1/sessions?after=x&before=y", "", 400),
        ("GET", "/v1/exchanges/none", "", 404),
        ("POST", "/v1/holds/none/decision", "{", 400),
        ("POST", "/v1/holds/none/decision", &large, 413),
        ("POST", "/v1/holds/none/decision", "{\"decision\": \"approve\"}", 404),
        ("POST", "/v1/standing-grants/none/revocation", "", 404),
        ("GET", "/v1/kills/none", "", 404),
        ("POST", "/v1/kills", "{", 400),
        ("POST", "/v1/kills", "{\"reason\": \"why\", \"session\": \"s_1\"}", 400),
        ("POST", "/v1/kills", "{\"reason\": \"why\"}", 422),
        ("POST", "/v1/kills/none/lift", "{}", 404),
        ("POST", "/v1/kills/none/lift", "", 400),
        ("POST", "/healthz", "", 405),
    ];
    let told =
        async |router: &Router, headers: &[(&str, &str)], cases: &[(&str, &str, &str, u16)]| {
            for (method, path, body, status) in cases {
                let answer = send(router, method, path, headers, body).await;
                assert_eq!(answer.status.as_u16(), *status, "{method} {path}: {}", answer.body);
                let kind = answer.headers.get("content-type").map(|kind| kind.to_str().unwrap());
                assert_eq!(kind, Some("application/problem+json"), "{method} {path}");
                let problem: Value = answer.json();
                let schema = json!({"$ref": "#/components/schemas/Problem"});
                fits(&document, &schema, &problem, path);
                assert_eq!(problem["status"], *status);
            }
        };
    told(&fixture.filter, &[], &filter).await;
    told(&fixture.console, &[("host", HOST), ("authorization", &key)], &people).await;
    told(&fixture.console, &[("host", HOST)], &[("GET", "/v1/holds", "", 401)]).await;
    told(&fixture.console, &[("host", "evil.example")], &[("GET", "/v1/holds", "", 421)]).await;
}
