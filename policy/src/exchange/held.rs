/*!
A call on hold, from the question to the grant. Only an approval that names this very call, signed,
unexpired and redeemed for this exchange lets it go; whatever else comes back refuses it or keeps it
waiting. A question that nobody answered is asked again while the caller waits: the service knows it by its
exchange, and a redemption by its nonce as well, so that asking twice is asking once.
*/

mod proof;
mod question;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::call::Call;
use crate::engine::Engine;
use crate::hold::{Approval, HoldState, HoldStatus, Terms};
use crate::reason::Reason;
use crate::verdict::Verdict;

use super::again::Again;
use super::event::{CallAnswer, Now, RouteName};
use super::patience::Patience;
use super::step::ServiceCall;
use question::{About, Asked};

/// By so much two clocks may differ.
const EARLY_MS: u64 = 100;

#[derive(Debug)]
pub struct Held {
    pub call: Call,
    pub rewritten: Option<Vec<u8>>,
    pub since_ms: u64,
    /// Known from the service's first answer on.
    pub state: Option<HoldState>,
    /// Of the grant that released it.
    pub approvals: Vec<Approval>,
    /// When the grant ends that released it, in Unix seconds.
    pub granted_until: Option<u64>,
    /// The standing grant it rests on.
    pub standing: Option<String>,
    /// One person let it pass.
    pub break_glass: bool,
    /// Of the rule that speaks for those that hold the call.
    pub message: Option<String>,
    exchange: String,
    rules: Vec<String>,
    terms: Terms,
    about: About,
    patience: Patience,
    asked: Asked,
    /// When an answer about nothing new is due.
    news_by_ms: u64,
    /// `None` where nothing is sent: what it is about lies here already.
    again: Option<Again>,
}

#[derive(Debug)]
pub enum Outcome {
    Ask(ServiceCall),
    /// The same question once more, at this time in Unix milliseconds.
    AskAgain(u64),
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
        Self {
            call,
            rewritten,
            since_ms: now.unix_ms,
            state: None,
            approvals: Vec::new(),
            granted_until: None,
            standing: None,
            break_glass: false,
            message: verdict.message.clone(),
            exchange: exchange.to_owned(),
            rules: verdict.deciding().map(|rule| rule.rule.clone()).collect(),
            about: About::new(verdict),
            patience: Patience::new(wait_seconds.min(terms.wait_seconds), now),
            terms,
            asked: Asked::Hold,
            news_by_ms: 0,
            again,
        }
    }

    pub fn answered(
        &mut self,
        engine: &Engine,
        answer: Option<CallAnswer<'_>>,
        route: &RouteName,
        fresh: [u8; 16],
        now: Now,
    ) -> Outcome {
        self.patience.notice(now);
        let Some(answer) = answer.filter(CallAnswer::is_one) else {
            return self.unanswered(fresh, now);
        };
        self.patience.heard();
        match &self.asked {
            Asked::Hold | Asked::News => self.heard_state(engine, &answer, fresh, now),
            Asked::Redemption { lost, .. } if answer.status == 409 => {
                let lost = *lost;
                match self.take_state(&answer) {
                    Some(HoldStatus::Redeemed) if lost => unknown(),
                    Some(HoldStatus::Redeemed) => used(),
                    Some(HoldStatus::Denied) => denied(),
                    Some(_) => expired(),
                    None => unavailable("the approval service's answer cannot be read"),
                }
            }
            Asked::Redemption { nonce, lost } => {
                let (nonce, lost) = (nonce.clone(), *lost);
                self.heard_grant(engine, &answer, route, (&nonce, lost), now)
            }
        }
    }

    /// What failed on its way may have been heard, and answered.
    fn unanswered(&mut self, fresh: [u8; 16], now: Now) -> Outcome {
        let redeems = match &mut self.asked {
            Asked::Redemption { lost, .. } => {
                *lost = true;
                true
            }
            Asked::Hold | Asked::News => false,
        };
        match self.patience.again(fresh, now) {
            Some(at) => Outcome::AskAgain(at),
            None => self.given_up(redeems),
        }
    }

    fn given_up(&self, redeems: bool) -> Outcome {
        match redeems {
            true => unknown(),
            false => unavailable("the approval service did not answer while the caller waited"),
        }
    }

    /// Nobody keeps the question until it could be asked again.
    pub fn not_kept(&self) -> Outcome {
        self.given_up(matches!(self.asked, Asked::Redemption { .. }))
    }

    fn heard_state(
        &mut self,
        engine: &Engine,
        answer: &CallAnswer<'_>,
        fresh: [u8; 16],
        now: Now,
    ) -> Outcome {
        if answer.status == 429 {
            return full(answer);
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
            Some(HoldStatus::Pending) => {
                let polled = matches!(self.asked, Asked::News);
                let early = polled && now.unix_ms.saturating_add(EARLY_MS) < self.news_by_ms;
                self.asked = Asked::News;
                match self.patience.again_for_news(early, fresh, now) {
                    Some(at) => Outcome::AskAgain(at),
                    None => self.ask(engine, now),
                }
            }
        }
    }

    /// Takes the service's word on the hold if it is one, and about the hold we know.
    fn take_state(&mut self, answer: &CallAnswer<'_>) -> Option<HoldStatus> {
        let state: HoldState = parse(answer.body)?;
        let same = self.state.as_ref().is_none_or(|known| known.hold == state.hold);
        if !same || !HoldState::is_id(&state.hold) {
            return None;
        }
        let status = state.status;
        self.state = Some(state);
        Some(status)
    }

    /// It asks for news, and the last time somebody answered.
    pub fn has_none_yet(&self) -> bool {
        matches!(self.asked, Asked::News) && !self.patience.is_in_vain()
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

fn parse<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    serde_json::from_slice(body).ok()
}

fn unavailable(detail: &'static str) -> Outcome {
    Outcome::Refuse(Reason::ApprovalUnavailable, detail)
}

/// The type (RFC 9457) of its refusal where it takes nobody's calls.
const SERVICE_FULL: &str = "urn:gatehouse:problem:service_full";

/// Why the service takes no more: of this principal, or of anybody.
fn full(answer: &CallAnswer<'_>) -> Outcome {
    #[derive(Deserialize)]
    struct Problem {
        #[serde(rename = "type")]
        kind: String,
    }
    match parse::<Problem>(answer.body) {
        Some(problem) if problem.kind == SERVICE_FULL => {
            Outcome::Refuse(Reason::HoldsFull, "the approval service has no room for more calls")
        }
        _ => {
            let detail = "the principal has too many calls that wait for a decision";
            Outcome::Refuse(Reason::HoldLimit, detail)
        }
    }
}

fn unknown() -> Outcome {
    let detail =
        "the call was not sent, and the approval service did not say whether its approval was used";
    Outcome::Refuse(Reason::RedemptionUnknown, detail)
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
