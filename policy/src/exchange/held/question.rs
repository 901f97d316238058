/*! What is asked about a call on hold. Each question is made anew when it is asked: none is kept. */

use serde::Serialize;

use crate::digest;
use crate::engine::{Engine, id};
use crate::hold::{Earlier, HoldRequest, RedeemRequest};
use crate::protocol::McpCall;
use crate::reason::Reason;
use crate::rule::Severity;
use crate::session::Session;
use crate::verdict::Verdict;

use super::super::event::Now;
use super::super::step::ServiceCall;
use super::{Held, Outcome, unavailable};

/// One long poll; short of what proxies between usually cut.
const POLL_MS: u64 = 20_000;

/// What is asked, until it is answered.
#[derive(Debug)]
pub(super) enum Asked {
    /// For a hold for this call, or the one there is.
    Hold,
    News,
    Redemption {
        nonce: String,
        /// It was asked before, and nobody knows what became of that.
        lost: bool,
    },
}

/// What the service is told of a call beside the call itself.
#[derive(Debug, Default)]
pub struct About {
    pub cancel_key: Option<String>,
    pub description: String,
    pub severity: Severity,
    /// Empty where it belongs to none.
    pub session: String,
    pub before: Vec<Earlier>,
}

impl About {
    pub fn new(verdict: &Verdict) -> Self {
        Self {
            cancel_key: None,
            session: String::new(),
            before: Vec::new(),
            description: verdict.description.clone().unwrap_or_default(),
            severity: verdict.deciding().map(|rule| rule.severity).max().unwrap_or_default(),
        }
    }
}

impl Held {
    /// Under which name its caller may call it off.
    pub fn called(&mut self, engine: &Engine, mcp: Option<&McpCall>, run: Option<&str>) {
        let id = mcp.and_then(|mcp| mcp.id.as_deref());
        let key = &engine.digest_key;
        self.about.cancel_key = id.map(|id| digest::cancel_key(&self.call, id, run, key));
    }

    /// What it comes after.
    pub fn within(&mut self, engine: &Engine, session: Option<&Session>) {
        let Some(session) = session else { return };
        self.about.session.clone_from(&session.id);
        self.about.before = engine.sessions.before(&session.id);
    }

    /// Asks what is to be asked, also for a second time.
    pub fn ask(&mut self, engine: &Engine, now: Now) -> Outcome {
        match &self.asked {
            Asked::Hold => self.ask_for_hold(engine, now),
            Asked::News => self.ask_for_news(now),
            Asked::Redemption { nonce, .. } => {
                let (exchange, nonce) = (self.exchange.clone(), nonce.clone());
                let path = format!("/v1/holds/{}/redeem", self.hold());
                self.post(&path, &RedeemRequest { exchange, nonce }, now)
            }
        }
    }

    /// When its time has come; but not if it comes so late that nobody waits for the answer.
    pub fn ask_again(&mut self, engine: &Engine, now: Now) -> Outcome {
        self.patience.notice(now);
        match self.asked {
            Asked::Hold | Asked::Redemption { .. } if self.patience.left_ms(now) == 0 => {
                self.not_kept()
            }
            Asked::Hold | Asked::News | Asked::Redemption { .. } => self.ask(engine, now),
        }
    }

    fn ask_for_hold(&self, engine: &Engine, now: Now) -> Outcome {
        let request = HoldRequest {
            exchange: self.exchange.clone(),
            cancel_key: self.about.cancel_key.clone(),
            call: self.call.clone(),
            rules: self.rules.clone(),
            description: self.about.description.clone(),
            severity: self.about.severity,
            terms: self.terms.clone(),
            revision: engine.bundle.revision.clone(),
            session: self.about.session.clone(),
            before: self.about.before.clone(),
        };
        self.post("/v1/holds", &request, now)
    }

    /// If there is time to wait for them.
    fn ask_for_news(&mut self, now: Now) -> Outcome {
        let left = self.patience.left_ms(now);
        if left == 0 && self.patience.is_in_vain() {
            return unavailable("the approval service went away while the call was on hold");
        }
        if left == 0 {
            return Outcome::Refuse(Reason::Pending, "nobody has decided yet");
        }
        let ms = left.min(POLL_MS);
        self.news_by_ms = now.unix_ms.saturating_add(ms);
        Outcome::Ask(ServiceCall {
            method: "GET",
            path: format!("/v1/holds/{}/wait?ms={ms}&exchange={}", self.hold(), self.exchange),
            body: Vec::new(),
            timeout_ms: self.patience.news_ms(ms, now),
            waits: true,
        })
    }

    /// Uses the approval.
    pub fn redeem(&mut self, engine: &Engine, fresh: [u8; 16], now: Now) -> Outcome {
        self.asked = Asked::Redemption { nonce: id("n", fresh), lost: false };
        self.ask(engine, now)
    }

    fn post(&self, path: &str, body: &impl Serialize, now: Now) -> Outcome {
        match ServiceCall::post(path, body) {
            Some(call) => {
                Outcome::Ask(ServiceCall { timeout_ms: self.patience.question_ms(now), ..call })
            }
            None => unavailable("the call cannot be told to the approval service"),
        }
    }
}
