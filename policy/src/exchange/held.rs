/*!
A call on hold, from the question to the grant. Only an approval that names this very call, signed,
unexpired and redeemed for this exchange lets it go; whatever else comes back refuses it or keeps it
waiting. Nothing here looks at an answer's status before the shape of its body is right.
*/

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::call::Call;
use crate::digest;
use crate::engine::Engine;
use crate::engine::{Shown, id};
use crate::grant::Expected;
use crate::hold::{
    Approval, HoldRequest, HoldState, HoldStatus, RedeemRequest, RedeemResponse, Terms,
};
use crate::pin::PinSet;
use crate::protocol::McpCall;
use crate::reason::Reason;
use crate::verdict::Verdict;

use super::again::Again;
use super::event::{CallAnswer, Now, RouteName};
use super::judge::By;
use super::step::{SLACK_MS, ServiceCall};

/// One long poll; short of what proxies between usually cut.
const POLL_MS: u64 = 20_000;

#[derive(Debug)]
pub struct Held {
    pub call: Call,
    pub rewritten: Option<Vec<u8>>,
    pub since_ms: u64,
    /// Known from the service's first answer on.
    pub state: Option<HoldState>,
    /// Of the grant that released it.
    pub approvals: Vec<Approval>,
    /// The standing grant it rests on.
    pub standing: Option<String>,
    /// Of the rule that speaks for those that hold the call.
    pub message: Option<String>,
    exchange: String,
    rules: Vec<String>,
    terms: Terms,
    wait_until_ms: u64,
    asked: Asked,
    /// `None` where nothing is sent: what it is about lies here already.
    again: Option<Again>,
}

#[derive(Debug)]
enum Asked {
    /// For the hold, or for news of it.
    State,
    /// To redeem, with this nonce.
    Redemption(String),
}

#[derive(Debug)]
pub enum Outcome {
    Ask(ServiceCall),
    /// It may be redeemed.
    Approved,
    Release,
    Refuse(Reason, &'static str),
}

impl Held {
    pub fn new(
        exchange: &str,
        call: Call,
        rewritten: Option<Vec<u8>>,
        verdict: &Verdict,
        (wait_seconds, again): (u32, Option<Again>),
        now: Now,
    ) -> Self {
        let terms = verdict.terms.clone().unwrap_or_default();
        let wait = u64::from(wait_seconds.min(terms.wait_seconds)) * 1000;
        Self {
            call,
            rewritten,
            since_ms: now.unix_ms,
            state: None,
            approvals: Vec::new(),
            standing: None,
            message: verdict.message.clone(),
            exchange: exchange.to_owned(),
            rules: verdict.deciding().map(|rule| rule.rule.clone()).collect(),
            terms,
            wait_until_ms: now.unix_ms.saturating_add(wait),
            asked: Asked::State,
            again,
        }
    }

    /// The first question: a hold for this call, or the one there is.
    pub fn ask(
        &self,
        engine: &Engine,
        verdict: &Verdict,
        mcp: Option<&McpCall>,
        run: Option<&str>,
    ) -> Outcome {
        let id = mcp.and_then(|mcp| mcp.id.as_deref());
        let key = &engine.digest_key;
        let request = HoldRequest {
            exchange: self.exchange.clone(),
            cancel_key: id.map(|id| digest::cancel_key(&self.call, id, run, key)),
            call: self.call.clone(),
            rules: self.rules.clone(),
            description: verdict.description.clone().unwrap_or_default(),
            severity: verdict.deciding().map(|rule| rule.severity).max().unwrap_or_default(),
            terms: self.terms.clone(),
            revision: engine.bundle.revision.clone(),
            session: String::new(),
            before: Vec::new(),
        };
        post("/v1/holds", &request)
    }

    pub fn answered(
        &mut self,
        engine: &Engine,
        answer: Option<CallAnswer<'_>>,
        route: &RouteName,
        now: Now,
    ) -> Outcome {
        let Some(answer) = answer else {
            return unavailable("the approval service could not be called");
        };
        match std::mem::replace(&mut self.asked, Asked::State) {
            Asked::State => self.heard_state(&answer, now),
            Asked::Redemption(_) if answer.status == 409 => match self.take_state(&answer) {
                Some(HoldStatus::Redeemed) => used(),
                Some(HoldStatus::Denied) => denied(),
                Some(_) => expired(),
                None => unavailable("the approval service's answer cannot be read"),
            },
            Asked::Redemption(nonce) => self.heard_grant(engine, &answer, route, &nonce, now),
        }
    }

    fn heard_state(&mut self, answer: &CallAnswer<'_>, now: Now) -> Outcome {
        if answer.status == 429 {
            let detail = "the principal has too many calls that wait for a decision";
            return Outcome::Refuse(Reason::HoldLimit, detail);
        }
        if answer.status != 200 {
            return unavailable("the approval service did not answer with a hold");
        }
        match self.take_state(answer) {
            None => unavailable("the approval service's answer cannot be read"),
            Some(HoldStatus::Denied) => denied(),
            Some(HoldStatus::Expired | HoldStatus::Cancelled) => expired(),
            Some(HoldStatus::Redeemed) => used(),
            Some(HoldStatus::Approved) => Outcome::Approved,
            Some(HoldStatus::Pending) => self.wait_on(now),
        }
    }

    /// Uses the approval.
    pub fn redeem(&mut self, fresh: [u8; 16]) -> Outcome {
        let nonce = id("n", fresh);
        let request = RedeemRequest { exchange: self.exchange.clone(), nonce: nonce.clone() };
        self.asked = Asked::Redemption(nonce);
        post(&format!("/v1/holds/{}/redeem", self.hold()), &request)
    }

    /// Asks for news, if there is time to wait for it.
    pub fn wait_on(&self, now: Now) -> Outcome {
        let left = self.wait_until_ms.saturating_sub(now.unix_ms);
        if left == 0 {
            return Outcome::Refuse(Reason::Pending, "nobody has decided yet");
        }
        let ms = left.min(POLL_MS);
        Outcome::Ask(ServiceCall {
            method: "GET",
            path: format!("/v1/holds/{}/wait?ms={ms}&exchange={}", self.hold(), self.exchange),
            body: Vec::new(),
            timeout_ms: ms + SLACK_MS,
        })
    }

    fn heard_grant(
        &mut self,
        engine: &Engine,
        answer: &CallAnswer<'_>,
        route: &RouteName,
        nonce: &str,
        now: Now,
    ) -> Outcome {
        let parsed: Option<RedeemResponse> =
            if answer.status == 200 { parse(answer.body) } else { None };
        let Some(pair) = parsed else {
            return unavailable("the approval service did not answer with a grant");
        };
        let digest = digest::grant_digest(&self.call, &engine.digest_key);
        let scope = self.terms.scope.as_ref();
        let standing =
            scope.and_then(|scope| digest::standing_key(&self.call, scope, &engine.digest_key));
        let expected = Expected {
            hold: self.hold(),
            digest: &digest,
            exchange: &self.exchange,
            nonce,
            rules: &self.rules,
            standing_key: standing.as_deref(),
            terms: &self.terms,
            owners: &self.call.principal.owners,
            now: now.seconds(),
        };
        match engine.grant_keys.check(&pair.grant, &pair.receipt, &expected) {
            Err(_) => Outcome::Refuse(Reason::GrantInvalid, "the grant does not prove an approval"),
            Ok(grant) if grant.revision != engine.bundle.revision => {
                Outcome::Refuse(Reason::GrantInvalid, "the grant was made under another bundle")
            }
            Ok(_) if !self.stands(engine) => {
                let detail = "the bundle changed, and the new one judges the call in another way";
                Outcome::Refuse(Reason::GrantInvalid, detail)
            }
            Ok(_) if !self.again.as_ref().is_none_or(|again| again.is_on(route)) => {
                Outcome::Refuse(Reason::RouteUnsafe, "the route changed while the call was on hold")
            }
            Ok(grant) => {
                self.approvals = grant.approvals;
                self.standing = grant.standing.map(|one| one.id);
                Outcome::Release
            }
        }
    }

    /// Whether the bundle that is active by now makes the same of the call.
    fn stands(&self, engine: &Engine) -> bool {
        let active = engine.active();
        let Call { route, cluster, .. } = &self.call;
        let observed = |set: &PinSet, tool: &str| {
            engine.definitions.observed(Shown { route, cluster, set: &set.name, tool })
        };
        let by = By { bundle: active, key: &engine.digest_key, observed: &observed };
        active.revision == engine.bundle.revision
            || self
                .again
                .as_ref()
                .is_some_and(|again| again.holds(by, &self.call, &self.rules, &self.terms))
    }

    /// Takes the service's word on the hold if it is one, and about the hold we know.
    fn take_state(&mut self, answer: &CallAnswer<'_>) -> Option<HoldStatus> {
        let state: HoldState = parse(answer.body)?;
        let plain = state.hold.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        let same = self.state.as_ref().is_none_or(|known| known.hold == state.hold);
        if !plain || !same || state.hold.is_empty() || state.hold.len() > 80 {
            return None;
        }
        let status = state.status;
        self.state = Some(state);
        Some(status)
    }

    /// Nobody decided yet.
    pub fn is_pending(&self) -> bool {
        self.state.as_ref().is_some_and(|state| state.status == HoldStatus::Pending)
    }

    /// Empty until the service named it.
    pub fn hold_id(&self) -> String {
        self.hold().to_owned()
    }

    fn hold(&self) -> &str {
        self.state.as_ref().map_or("", |state| state.hold.as_str())
    }
}

fn post(path: &str, body: &impl Serialize) -> Outcome {
    ServiceCall::post(path, body).map_or_else(
        || unavailable("the call cannot be told to the approval service"),
        Outcome::Ask,
    )
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    serde_json::from_slice(body).ok()
}

fn unavailable(detail: &'static str) -> Outcome {
    Outcome::Refuse(Reason::ApprovalUnavailable, detail)
}

fn used() -> Outcome {
    Outcome::Refuse(Reason::HoldUsed, "another try of the call used the approval")
}

fn denied() -> Outcome {
    Outcome::Refuse(Reason::HoldDenied, "an approver denied the call")
}

fn expired() -> Outcome {
    Outcome::Refuse(Reason::HoldExpired, "the hold ended without a decision")
}
