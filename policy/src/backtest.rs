/*!
What a bundle would make of exchanges that were recorded. Each goes through the admission and the judgement
of real calls, as far as its record has it.

A record is masked, so what was found is known by its kind and no more: findings are taken from the record,
and what patterns find besides. Where masked text may decide, the call is judged with it written in two ways;
where these differ, nobody can tell.
*/

mod call;
mod change;
mod judged;
mod masked;
mod parts;
mod recorded;

use std::collections::BTreeSet;

use serde::Serialize;

use crate::bundle::Bundle;
use crate::reason::Reason;
use crate::record::Record;
use crate::rule::Effect;

pub use call::place;
pub use change::{Change, Side, What, changes};
pub use parts::{Held, Part, parts};

/// What became of an exchange by a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub request: Treated,
    /// Of an answer that came and that rules were asked about.
    pub response: Option<Treated>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Treated {
    /// `None`: everything passes that is not redacted.
    pub stops: Option<Stop>,
    /// Kinds that go on masked.
    pub masked: BTreeSet<String>,
    /// Those that decide.
    pub rules: BTreeSet<String>,
    /// Those that match and are not acted on.
    pub shadow: BTreeSet<String>,
}

/// In their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    Hold,
    Deny,
}

impl Stop {
    fn of(effect: Effect) -> Option<Self> {
        match effect {
            Effect::Allow | Effect::Redact => None,
            Effect::Hold => Some(Self::Hold),
            Effect::Deny => Some(Self::Deny),
        }
    }
}

/// Why an exchange cannot be judged once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CannotTell {
    /// The record has only the begin of the request's body.
    RequestCut,
    /// The record has none of it.
    RequestNotKept,
    /// A record of a release that kept no headers.
    HeadersNotKept,
    /// What is masked in the request decides.
    MaskedDecides,
    /// A rule leaves some values alone, and the record has none.
    AllowanceDecides,
    /// What is left of the call is not read as the call was.
    ReadOtherwise,
    /// The record has only the begin of an answer in which a model may propose calls.
    AnswerCut,
    /// The bundle that was in force does not come to what was recorded, so another one tells nothing.
    UnlikeRecorded,
}

impl CannotTell {
    pub fn words(self) -> &'static str {
        match self {
            Self::RequestCut => "the record has only the begin of the request",
            Self::RequestNotKept => "the record has no body of the request",
            Self::HeadersNotKept => "the record is of a release that kept no headers",
            Self::MaskedDecides => "what is masked decides",
            Self::AllowanceDecides => "a rule leaves some values alone, and they are masked",
            Self::ReadOtherwise => "what is left of the call is not read as the call was",
            Self::AnswerCut => {
                "the record has only the begin of the answer, which may propose calls"
            }
            Self::UnlikeRecorded => "the bundle before comes to something else than was recorded",
        }
    }
}

/// What was made of it. `None`: no rule was asked, since it was refused before.
pub fn recorded(record: &Record) -> Option<Outcome> {
    recorded::outcome(record)
}

/// What the bundle makes of it.
///
/// # Errors
///
/// Where the record has too little of it.
pub fn judge(bundle: &Bundle, record: &Record) -> Result<Outcome, CannotTell> {
    judged::outcome(bundle, record)
}

/// Reasons that rules give a request.
fn is_by_rules(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::Denied
            | Reason::NoRule
            | Reason::EndpointNotAllowed
            | Reason::InsufficientScope
            | Reason::FactUnavailable
            | Reason::RequestAmbiguous
    )
}
