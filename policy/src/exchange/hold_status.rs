/*!
What became of a hold: its caller asks, with a token of the same principal, at a place of the gateway's own. It
tells no more than an answer to the call would, decides nothing and opens nothing; a hold of somebody else is one
that is not there. An upstream that has this very place itself is not reached there.
*/

use serde_json::json;

use crate::call::Kind;
use crate::engine::Engine;
use crate::hold::{HoldState, HoldStatus, StatusRequest};
use crate::principal::Principal;
use crate::reason::Reason;
use crate::refusal::{HOLDS, LocalResponse};

use super::event::{CallAnswer, Now, RequestHead};
use super::refuse::Refused;
use super::step::{ServiceCall, Step, Steps};
use super::{Exchange, State, rate};

/// All below is the gateway's.
const OWN: &str = "/.well-known/gatehouse";

/// Each is a question to the service.
const PER_MINUTE: (&str, u32) = ("of questions about holds", 120);

/// What is asked there, as the caller spells the place; `None` where it is another.
pub fn asked(normal_path: &str) -> Option<&str> {
    let path = normal_path.split_once('?').map_or(normal_path, |(path, _)| path);
    let rest = path.strip_prefix(OWN)?;
    if !rest.is_empty() && !rest.starts_with('/') {
        return None;
    }
    Some(path.strip_prefix(HOLDS).unwrap_or_default())
}

impl Exchange {
    pub(super) fn ask_for_status(
        &mut self,
        engine: &mut Engine,
        principal: &Principal,
        hold: &str,
        head: &RequestHead,
        now: Now,
    ) -> Steps {
        self.asked.kind = Kind::Http;
        if !matches!(head.method.as_str(), "GET" | "HEAD") || !head.end_of_stream {
            let detail = "what became of a hold is asked with GET or HEAD, without a body";
            return self.refuse(Refused::new(Reason::MethodNotAllowed, detail));
        }
        if let Some(seconds) = rate::take(engine, principal, PER_MINUTE, now) {
            return self.refuse(Refused::over_budget(PER_MINUTE.0, seconds));
        }
        if !HoldState::is_id(hold) {
            return self.refuse(Refused::no_such_hold());
        }
        let request = StatusRequest {
            hold: hold.to_owned(),
            issuer: principal.issuer.clone(),
            subject: principal.subject.clone(),
        };
        let Some(call) = ServiceCall::post("/v1/status", &request) else {
            return self.refuse(Refused::no_such_hold());
        };
        self.state = State::Inquiring(request.hold);
        Steps::with(vec![self.journal.write(), Step::Call(call)], self.flow())
    }

    pub(super) fn on_status(&mut self, answer: Option<CallAnswer<'_>>) -> Steps {
        let State::Inquiring(hold) = std::mem::take(&mut self.state) else {
            return Steps::new(self.flow());
        };
        let read = |answer: CallAnswer<'_>| {
            (answer.status, serde_json::from_slice::<HoldState>(answer.body).ok())
        };
        let told = answer.map(read);
        match told {
            Some((404, _)) => self.refuse(Refused::no_such_hold()),
            Some((200, Some(state))) if state.hold == hold => {
                self.answer(LocalResponse::document(&document(&state), &self.id))
            }
            _ => {
                let detail = "the approval service did not say what became of the hold";
                self.refuse(Refused::new(Reason::ApprovalUnavailable, detail))
            }
        }
    }
}

fn document(state: &HoldState) -> serde_json::Value {
    let mut document = json!({
        "hold": state.hold,
        "status": state.status,
        "expires_at": state.expires_at,
        "url": state.url,
    });
    // Why somebody approved, and who, is between people.
    if state.status != HoldStatus::Denied {
        return document;
    }
    let more = [("approver", &state.approver), ("reason_text", &state.reason_text)];
    for (name, text) in more {
        if let (Some(text), Some(members)) = (text, document.as_object_mut()) {
            members.insert(name.into(), json!(text));
        }
    }
    document
}

#[cfg(test)]
mod tests {
    use super::asked;

    #[test]
    fn the_place_is_the_gateways_and_nothing_beside_it() {
        for (path, hold) in [
            ("/.well-known/gatehouse/holds/h_1", Some("h_1")),
            ("/.well-known/gatehouse/holds/h_1?a=b", Some("h_1")),
            ("/.well-known/gatehouse/holds/", Some("")),
            ("/.well-known/gatehouse/holds", Some("")),
            ("/.well-known/gatehouse", Some("")),
            ("/.well-known/gatehouse/other", Some("")),
            ("/.well-known/gatehouse/holds/h_1/redeem", Some("h_1/redeem")),
            ("/.well-known/gatehouses/holds/h_1", None),
            ("/a/.well-known/gatehouse/holds/h_1", None),
            ("/.Well-Known/gatehouse/holds/h_1", None),
            ("/", None),
        ] {
            assert_eq!(asked(path), hold, "{path}");
        }
    }
}
