//! An engine with real keys and a compiled bundle, and short words for events.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jwt_simple::prelude::*;
use serde_json::{Value, json};

use crate::bundle::Bundle;
use crate::call::Kind;
use crate::compile::{Source, SourceFile, compile};
use crate::engine::Engine;
use crate::exchange::{
    CallAnswer, Event, Exchange, Flow, Now, RequestHead, RouteFacts, RouteName, Step, Steps,
};
use crate::grant::{GRANT_TYPE, Grant, RECEIPT_TYPE, Receipt};
use crate::hold::{Approval, HoldRequest, HoldState, HoldStatus, RedeemRequest};
use crate::principal::Principal;
use crate::record::Record;
use crate::refusal::LocalResponse;
use crate::seal::{Id, Seal};

pub const NOW: Now = Now { unix_ms: 1_800_000_000_000 };

const BUNDLE: &str = r"
bundle: {name: lab, version: 1.0.0, serial: 1}
rules:
  - name: no-drop-database
    on: request
    match: {sql: {effect: [drop_database]}}
    effect: deny
    message: databases are not dropped through the gateway
  - name: ask-before-delete
    description: deletes a customer for good
    on: request
    match: {http: {method: [DELETE]}}
    effect: hold
    hold: {approvers: [dba], expiry: 10m, wait: 60s}
  - name: ask-before-delete-by-tool
    on: request
    match: {mcp: {tool: [delete_customer]}}
    effect: hold
  - name: mask-e-mail
    on: response
    match: {findings: [email]}
    effect: redact
  - name: mask-e-mail-in-requests
    on: request
    match: {http: {path: [/mask]}, findings: [email, note]}
    effect: redact
  - name: no-tickets
    on: response
    match: {findings: [ticket]}
    effect: deny
patterns:
  - name: email
    kind: email
    regex: '[a-z]{1,20}@[a-z]{1,20}\.com'
    examples: {match: ['ada@example.com'], no_match: ['ada at example']}
  - name: note
    kind: note
    regex: 'NOTE''[a-z]{1,20}'
    examples: {match: ['NOTE''x'], no_match: ['NOTE x']}
  - name: ticket
    kind: ticket
    regex: 'TICKET-[0-9]{6}'
    examples: {match: ['TICKET-123456'], no_match: ['TICKET-12']}
";

pub struct Lab {
    pub engine: Engine,
    /// What calls come with.
    pub bearer: String,
    /// Of the next tokens.
    pub scope: &'static str,
    issuer: Ed25519KeyPair,
    grant: Ed25519KeyPair,
    receipt: Ed25519KeyPair,
}

/// Of the plugin.
fn configuration(
    issuer: &Ed25519KeyPair,
    grant: &Ed25519KeyPair,
    receipt: &Ed25519KeyPair,
) -> Value {
    let key = json!({"kty": "OKP", "crv": "Ed25519", "kid": "k1", "alg": "EdDSA",
        "x": URL_SAFE_NO_PAD.encode(issuer.public_key().to_bytes())});
    json!({
        "version": 1,
        "identity": {"issuers": [{"issuer": "https://issuer.example", "audiences": ["gatehouse"],
            "keys": {"inline": {"jwks": {"keys": [key]}}}}]},
        "bundle": STANDARD.encode(compiled(BUNDLE)),
        "approval": {"cluster": "approval", "authority": "approval.test",
            "grant_key": public(grant), "receipt_key": public(receipt)},
        "digest_key": STANDARD.encode([7; 32]),
        "limits": {"request_body": 64, "response_body": 256, "holds_per_principal": 2},
    })
}

pub fn public(key: &Ed25519KeyPair) -> String {
    STANDARD.encode(key.public_key().to_bytes())
}

impl Lab {
    /// One that an engine takes.
    pub fn config() -> Value {
        let [issuer, grant, receipt] = [(); 3].map(|()| Ed25519KeyPair::generate());
        configuration(&issuer, &grant, &receipt)
    }

    /// Of its approval service, as the plugin's configuration has it.
    pub fn grant_key(&self) -> String {
        public(&self.grant)
    }

    pub fn receipt_key(&self) -> String {
        public(&self.receipt)
    }

    pub fn new() -> Self {
        let issuer = Ed25519KeyPair::generate();
        let grant = Ed25519KeyPair::generate();
        let receipt = Ed25519KeyPair::generate();
        let config = configuration(&issuer, &grant, &receipt);
        let engine = Engine::new(config.to_string().as_bytes(), [[9; 16]; 2], NOW.seconds());
        let engine = engine.unwrap_or_else(|error| panic!("{error}"));
        let issuer = issuer.with_key_id("k1");
        let mut lab = Self { engine, bearer: String::new(), scope: "", issuer, grant, receipt };
        lab.bearer = lab.token("ada");
        lab
    }

    /// The id of a session as ada gets it.
    pub fn session(&self, id: &str) -> Vec<u8> {
        self.sealed(Id::Session, id)
    }

    /// As ada gets it.
    pub fn sealed(&self, of: Id, id: &str) -> Vec<u8> {
        let ada = Principal {
            issuer: "https://issuer.example".into(),
            subject: "ada".into(),
            groups: Vec::new(),
            agent: None,
            owners: Vec::new(),
            scopes: Vec::new(),
        };
        let seal = Seal::new(&self.engine.digest_key, &ada, &route().cluster);
        seal.close(of, id).into_bytes()
    }

    /// Each is another, also for the same subject.
    pub fn token(&self, subject: &str) -> String {
        let scope = std::collections::BTreeMap::from([("scope", self.scope)]);
        let mut claims = Claims::with_custom_claims(scope, Duration::from_hours(1))
            .with_issuer("https://issuer.example")
            .with_audience("gatehouse")
            .with_subject(subject);
        let seconds = Duration::from_secs(NOW.seconds());
        claims.issued_at = Some(seconds);
        claims.invalid_before = None;
        claims.expires_at = Some(seconds + Duration::from_hours(1));
        self.issuer.sign(claims).unwrap()
    }

    pub fn head(&self, method: &str, path: &str, end_of_stream: bool) -> RequestHead {
        let scoped = (!self.scope.is_empty()).then(|| self.token("ada"));
        let bearer = scoped.as_ref().unwrap_or(&self.bearer);
        let authorization = format!("Bearer {bearer}").into_bytes();
        RequestHead {
            method: method.into(),
            https: true,
            authority: b"gateway.example".to_vec(),
            path: path.into(),
            headers: vec![("authorization".into(), authorization)],
            end_of_stream,
            route: RouteFacts {
                name: route(),
                kind: Kind::Auto,
                replay_off: true,
                ..Default::default()
            },
            uri_san: None,
            connection: 1,
            fresh: [1; 16],
        }
    }

    pub fn begin(&mut self, head: RequestHead) -> (Exchange, Steps) {
        let mut exchange = Exchange::new();
        let steps = self.on(&mut exchange, Event::RequestHeaders(head));
        (exchange, steps)
    }

    pub fn on(&mut self, exchange: &mut Exchange, event: Event<'_>) -> Steps {
        exchange.on(&mut self.engine, event, NOW)
    }

    pub fn body(&mut self, exchange: &mut Exchange, body: &str) -> Steps {
        self.on(exchange, Event::RequestBody { body: body.as_bytes(), upstream_attempts: 0 })
    }

    pub fn answer(&mut self, exchange: &mut Exchange, status: u32, body: &str) -> Steps {
        self.answer_on(exchange, status, body, route(), NOW)
    }

    pub fn answer_on(
        &mut self,
        exchange: &mut Exchange,
        status: u32,
        body: &str,
        route: RouteName,
        now: Now,
    ) -> Steps {
        let answer = Some(CallAnswer { status, body: body.as_bytes() });
        exchange.on(&mut self.engine, Event::CallAnswered { answer, route, fresh: [5; 16] }, now)
    }

    /// An exchange on hold, and what was said to the service.
    pub fn held(&mut self) -> (Exchange, HoldRequest) {
        let head = self.head("DELETE", "/customers/7", true);
        let (exchange, steps) = self.begin(head);
        assert_eq!(steps.flow, Flow::Pause);
        let request = serde_json::from_slice(&call(&steps).body).unwrap();
        (exchange, request)
    }

    /// An exchange whose hold was approved, and what an honest service grants for it.
    pub fn approved(&mut self) -> (Exchange, Grant, Receipt) {
        let (mut exchange, request) = self.held();
        let steps = self.answer(&mut exchange, 200, &state(HoldStatus::Approved));
        let redeem: RedeemRequest = serde_json::from_slice(&call(&steps).body).unwrap();
        let (grant, receipt) = self.honest(&request, &redeem);
        (exchange, grant, receipt)
    }

    /// A signed pair as the approval service makes it.
    pub fn pair(&self, hold: &str, grant: Grant, receipt: Receipt) -> String {
        let claims = |seconds| {
            let now = Duration::from_secs(NOW.seconds());
            (now, now + Duration::from_secs(seconds))
        };
        let (at, until) = claims(600);
        let mut body = Claims::with_custom_claims(grant, Duration::from_hours(1)).with_jwt_id(hold);
        (body.issued_at, body.invalid_before, body.expires_at) = (Some(at), None, Some(until));
        let options =
            HeaderOptions { signature_type: Some(GRANT_TYPE.into()), ..Default::default() };
        let grant = self.grant.sign_with_options(body, &options).unwrap();
        let (at, until) = claims(60);
        let mut body =
            Claims::with_custom_claims(receipt, Duration::from_hours(1)).with_jwt_id(hold);
        (body.issued_at, body.invalid_before, body.expires_at) = (Some(at), None, Some(until));
        let options =
            HeaderOptions { signature_type: Some(RECEIPT_TYPE.into()), ..Default::default() };
        let receipt = self.receipt.sign_with_options(body, &options).unwrap();
        json!({"grant": grant, "receipt": receipt}).to_string()
    }

    /// What an honest service would grant for this request.
    pub fn honest(&self, request: &HoldRequest, redeem: &RedeemRequest) -> (Grant, Receipt) {
        let digest = crate::digest::grant_digest(&request.call, &self.engine.digest_key);
        let grant = Grant {
            break_glass: false,
            digest: digest.clone(),
            rules: request.rules.clone(),
            revision: request.revision.clone(),
            approvals: vec![approval("grace", &["dba"])],
            standing: None,
        };
        let receipt =
            Receipt { digest, exchange: redeem.exchange.clone(), nonce: redeem.nonce.clone() };
        (grant, receipt)
    }
}

/// A person's yes in the name of these groups.
pub fn approval(name: &str, groups: &[&str]) -> Approval {
    let groups = groups.iter().map(|group| (*group).to_owned()).collect();
    Approval { approver: name.to_owned(), groups }
}

fn compiled(text: &str) -> Vec<u8> {
    let file = SourceFile { path: "lab.yaml".into(), text: text.into() };
    let source = Source { name: "lab".into(), files: vec![file], ..Source::default() };
    compile(&[source]).unwrap_or_else(|errors| panic!("{errors:?}"))
}

/// The lab's bundle with one thing changed.
pub fn changed(from: &str, to: &str) -> Bundle {
    assert!(BUNDLE.contains(from));
    Bundle::decode(&compiled(&BUNDLE.replacen(from, to, 1))).unwrap()
}

pub fn changed_both((from, to): (&str, &str), (second, into): (&str, &str)) -> Bundle {
    assert!(BUNDLE.contains(from) && BUNDLE.contains(second));
    Bundle::decode(&compiled(&BUNDLE.replacen(from, to, 1).replacen(second, into, 1))).unwrap()
}

pub fn route() -> RouteName {
    RouteName { route: "r".into(), cluster: "c".into(), ..RouteName::default() }
}

pub fn state(status: HoldStatus) -> String {
    let state = HoldState {
        hold: "h_1".into(),
        status,
        expires_at: NOW.seconds() + 600,
        url: "http://console.example/holds/h_1".into(),
        approver: None,
        standing: None,
        reason_text: None,
    };
    serde_json::to_string(&state).unwrap()
}

pub fn call(steps: &Steps) -> &crate::exchange::ServiceCall {
    let found = steps.list.iter().find_map(|step| match step {
        Step::Call(call) => Some(call),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("no call to the service in {steps:?}"))
}

pub fn response(steps: &Steps) -> Option<&LocalResponse> {
    steps.list.iter().find_map(|step| match step {
        Step::Respond(answer) => Some(answer),
        _ => None,
    })
}

pub fn reason(steps: &Steps) -> &str {
    let answer = response(steps).unwrap_or_else(|| panic!("no answer in {steps:?}"));
    let header = answer.headers.iter().find(|(name, _)| name == "x-gatehouse-reason");
    header.map_or("", |(_, value)| value.as_str())
}

pub fn releases(steps: &Steps) -> bool {
    steps.list.contains(&Step::SetVerdict("allow"))
}

pub fn chunk(steps: &Steps) -> Option<String> {
    steps.list.iter().find_map(|step| match step {
        Step::ReplaceResponseChunk(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        _ => None,
    })
}

pub fn record(steps: &Steps) -> Record {
    let line = steps.list.iter().rev().find_map(|step| match step {
        Step::WriteRecord(line) => Some(line),
        _ => None,
    });
    serde_json::from_str(line.unwrap_or_else(|| panic!("no record in {steps:?}"))).unwrap()
}
