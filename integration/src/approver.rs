/*!
An approval service that a test writes: it keeps the contract with keys of its own, but for what the test makes it
say. The real one is tested by itself; this one fails, lies and lingers.
*/

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jwt_simple::prelude::*;
use policy::digest::grant_digest;
use policy::grant::{GRANT_TYPE, Grant, RECEIPT_TYPE, Receipt};
use policy::hold::{Approval, HoldRequest, RedeemRequest, StatusRequest};
use policy::kill::{Kill, Kills, Whom};
use serde_json::{Value, json};

use crate::envoy::{cluster, plugin};
use crate::reply::Reply;
use crate::upstream::{Request, Upstream};

/// What the filter asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Question {
    Hold,
    News,
    Redemption,
    /// That a caller left.
    Left,
    /// What became of a hold.
    Status,
    /// Whom the kill switch stops.
    Kills,
    Other,
}

impl Question {
    pub fn of(request: &Request) -> Self {
        match request.target.as_str() {
            "/v1/holds" => Question::Hold,
            "/v1/leave" => Question::Left,
            "/v1/status" => Question::Status,
            target if target.starts_with("/v1/kills?") => Question::Kills,
            target if target.ends_with("/redeem") => Question::Redemption,
            target if target.contains("/wait?") => Question::News,
            _ => Question::Other,
        }
    }
}

/// Everything is approved at once, by `grace`, unless a test says otherwise.
#[derive(Clone)]
pub struct Approver {
    pub service: Upstream,
    desk: Arc<Desk>,
}

struct Desk {
    /// The pair in use, and the next.
    keys: [Keys; 2],
    next: AtomicBool,
    digest_key: Mutex<Vec<u8>>,
    holds: Mutex<Vec<HoldRequest>>,
    status: Mutex<&'static str>,
    kills: Mutex<Kills>,
    forge: Mutex<Option<Forge>>,
    /// What breaks, and how often from now on.
    broken: Mutex<Vec<(Question, usize)>>,
}

struct Keys {
    grant: Ed25519KeyPair,
    receipt: Ed25519KeyPair,
}

impl Keys {
    fn new() -> Self {
        Self { grant: Ed25519KeyPair::generate(), receipt: Ed25519KeyPair::generate() }
    }
}

/// As the plugin's configuration has it.
fn public(key: &Ed25519KeyPair) -> String {
    STANDARD.encode(key.public_key().to_bytes())
}

type Forge = Arc<dyn Fn(&mut Pair) + Send + Sync>;

/// What is about to be signed.
pub struct Pair {
    pub hold: String,
    pub grant: Grant,
    pub receipt: Receipt,
    /// Seconds from now.
    pub grant_lasts: i64,
    pub receipt_lasts: i64,
    /// Other keys than those that the filter knows.
    pub grant_key: Option<Ed25519KeyPair>,
    pub receipt_key: Option<Ed25519KeyPair>,
    /// What the filter asked for.
    pub request: HoldRequest,
    pub digest_key: Vec<u8>,
}

impl Approver {
    pub fn start() -> Self {
        let desk = Arc::new(Desk {
            keys: [Keys::new(), Keys::new()],
            next: AtomicBool::new(false),
            digest_key: Mutex::default(),
            holds: Mutex::default(),
            status: Mutex::new("approved"),
            kills: Mutex::default(),
            forge: Mutex::default(),
            broken: Mutex::default(),
        });
        let service = Upstream::start();
        let at = Arc::clone(&desk);
        service.script(move |request| at.answer(request));
        Self { service, desk }
    }

    /// Leads an Envoy's questions here, in clear, and makes the filter know these keys.
    pub fn serves(&self, config: &mut Value) {
        lead(config, self.service.address);
        plugin(config, |plugin| {
            let [now, _] = &self.desk.keys;
            plugin["approval"]["grant_key"] = json!(public(&now.grant));
            plugin["approval"]["receipt_key"] = json!(public(&now.receipt));
            let key = STANDARD.decode(plugin["digest_key"].as_str().unwrap()).unwrap();
            *self.desk.digest_key.lock().unwrap() = key;
        });
    }

    /// Makes it know the next keys as well.
    pub fn announces(&self, config: &mut Value) {
        plugin(config, |plugin| {
            let list = |of: fn(&Keys) -> &Ed25519KeyPair| {
                json!(self.desk.keys.iter().map(|keys| public(of(keys))).collect::<Vec<_>>())
            };
            plugin["approval"]["grant_key"] = list(|keys| &keys.grant);
            plugin["approval"]["receipt_key"] = list(|keys| &keys.receipt);
        });
    }

    /// Signs with the next keys from now on.
    pub fn rotates(&self) {
        self.desk.next.store(true, Ordering::Relaxed);
    }

    /// What is said of every hold from now on.
    pub fn says(&self, status: &'static str) {
        *self.desk.status.lock().unwrap() = status;
    }

    /// Whom the kill switch stops from now on, and until when, in Unix seconds.
    pub fn kills(&self, all: &[(Whom, u64)]) {
        let kill = |(number, (whom, until)): (usize, &(Whom, u64))| Kill {
            id: format!("k{number}"),
            whom: whom.clone(),
            until: *until,
        };
        *self.desk.kills.lock().unwrap() =
            Kills { kills: all.iter().enumerate().map(kill).collect(), stale: false };
    }

    /// Changes each pair before it is signed.
    pub fn forges(&self, forge: impl Fn(&mut Pair) + Send + Sync + 'static) {
        *self.desk.forge.lock().unwrap() = Some(Arc::new(forge));
    }

    /// The next `times` questions of that kind come, and their connection breaks before the answer.
    pub fn breaks(&self, question: Question, times: usize) {
        self.desk.broken.lock().unwrap().push((question, times));
    }

    /// Nothing breaks any more.
    pub fn mends(&self) {
        self.desk.broken.lock().unwrap().clear();
    }

    pub fn asked(&self, question: Question) -> Vec<Request> {
        let requests = self.service.requests("/v1/").into_iter();
        requests.filter(|request| Question::of(request) == question).collect()
    }
}

/// Leads an Envoy's questions to that address, in clear.
pub fn lead(config: &mut Value, address: std::net::SocketAddr) {
    let approval = cluster(config, "gatehouse_approval");
    approval["type"] = json!("STATIC");
    let members = approval.as_object_mut().unwrap();
    members.remove("transport_socket");
    members.remove("typed_extension_protocol_options");
    members.remove("dns_lookup_family");
    approval["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]["address"] = json!({
        "socket_address": { "address": address.ip().to_string(), "port_value": address.port() },
    });
}

impl Desk {
    fn answer(&self, request: &Request) -> Option<Reply> {
        if self.breaks(Question::of(request)) {
            return Some(Reply { steps: Vec::new() }.close());
        }
        match Question::of(request) {
            Question::Hold => {
                let asked: HoldRequest = serde_json::from_slice(request.body()).unwrap();
                // One hold for each call of an exchange, however often it asks.
                let same =
                    |one: &HoldRequest| one.exchange == asked.exchange && one.call == asked.call;
                let mut holds = self.holds.lock().unwrap();
                let number = holds.iter().position(same).unwrap_or(holds.len());
                if number == holds.len() {
                    holds.push(asked);
                }
                drop(holds);
                Some(Reply::json(200, &self.state(&format!("h{number}"))))
            }
            Question::News => Some(Reply::json(200, &self.state(hold_of(request)))),
            Question::Redemption => {
                let redeem: RedeemRequest = serde_json::from_slice(request.body()).unwrap();
                Some(Reply::json(200, &self.sign(hold_of(request), &redeem)))
            }
            Question::Status => Some(self.status(&serde_json::from_slice(request.body()).unwrap())),
            Question::Kills => {
                let body = serde_json::to_vec(&*self.kills.lock().unwrap()).unwrap();
                let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&body));
                Some(match request.header("if-none-match") {
                    Some(known) if known == etag => Reply::bodyless(304, &[("etag", &etag)]),
                    _ => Reply::new(200, &[("etag", &etag)], &body),
                })
            }
            Question::Left | Question::Other => Some(Reply::bodyless(204, &[])),
        }
    }

    /// To whom the call is that waits.
    fn status(&self, asked: &StatusRequest) -> Reply {
        let holds = self.holds.lock().unwrap();
        let number = asked.hold.strip_prefix('h').and_then(|number| number.parse().ok());
        let hold = number.and_then(|number: usize| holds.get(number));
        match hold.map(|hold| hold.call.principal.key()) {
            Some(own) if own == (asked.issuer.as_str(), asked.subject.as_str()) => {
                Reply::json(200, &self.state(&asked.hold))
            }
            _ => Reply::json(404, &json!({ "status": 404, "title": "no such hold" })),
        }
    }

    fn breaks(&self, question: Question) -> bool {
        let mut broken = self.broken.lock().unwrap();
        let one = broken.iter_mut().find(|(one, times)| *one == question && *times > 0);
        one.is_some_and(|(_, times)| {
            *times -= 1;
            true
        })
    }

    fn state(&self, hold: &str) -> Value {
        json!({ "hold": hold, "status": *self.status.lock().unwrap(), "expires_at": 4_000_000_000u64,
            "url": format!("http://console.test/{hold}") })
    }

    fn sign(&self, hold: &str, redeem: &RedeemRequest) -> Value {
        let request = self.holds.lock().unwrap()[number(hold)].clone();
        let digest_key = self.digest_key.lock().unwrap().clone();
        let digest = grant_digest(&request.call, &digest_key);
        let groups = request.terms.requirements.iter().flat_map(|one| one.approvers.groups());
        let approval = Approval { approver: "grace".into(), groups: groups.collect() };
        let mut pair = Pair {
            hold: hold.to_owned(),
            grant: Grant {
                digest: digest.clone(),
                rules: request.rules.clone(),
                revision: request.revision.clone(),
                approvals: vec![approval],
                standing: None,
                break_glass: false,
            },
            receipt: Receipt {
                digest,
                exchange: redeem.exchange.clone(),
                nonce: redeem.nonce.clone(),
            },
            grant_lasts: 600,
            receipt_lasts: 60,
            grant_key: None,
            receipt_key: None,
            request,
            digest_key,
        };
        let forge = self.forge.lock().unwrap().clone();
        forge.iter().for_each(|forge| forge(&mut pair));
        let Pair { hold, grant, receipt, grant_lasts, receipt_lasts, .. } = pair;
        let own = &self.keys[usize::from(self.next.load(Ordering::Relaxed))];
        let keys = (
            pair.grant_key.as_ref().unwrap_or(&own.grant),
            pair.receipt_key.as_ref().unwrap_or(&own.receipt),
        );
        json!({
            "grant": signed(keys.0, GRANT_TYPE, &hold, grant, grant_lasts),
            "receipt": signed(keys.1, RECEIPT_TYPE, &hold, receipt, receipt_lasts),
        })
    }
}

fn number(hold: &str) -> usize {
    hold.trim_start_matches('h').parse().unwrap()
}

fn hold_of(request: &Request) -> &str {
    request.target.split('/').nth(3).unwrap_or_default()
}

fn signed<T: serde::Serialize + serde::de::DeserializeOwned>(
    key: &Ed25519KeyPair,
    kind: &str,
    hold: &str,
    content: T,
    lasts: i64,
) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let until = now.as_secs().saturating_add_signed(lasts);
    let begin = until.min(now.as_secs()).saturating_sub(60);
    let mut claims = Claims::with_custom_claims(content, Duration::from_hours(1)).with_jwt_id(hold);
    claims.issued_at = Some(Duration::from_secs(begin));
    claims.invalid_before = None;
    claims.expires_at = Some(Duration::from_secs(until));
    let options = HeaderOptions { signature_type: Some(kind.into()), ..Default::default() };
    key.sign_with_options(claims, &options).unwrap()
}
