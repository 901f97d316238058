/*! How far a hold is and what came of it, in words, and what tells an open page that it is old. */

use policy::hold::HoldStatus;

use crate::progress::Progress;
use crate::random;
use crate::store::{Audit, Choice, Hold};
use crate::view::visible_line;

/// Those whose word settled it.
pub fn decided_by(hold: &Hold) -> Vec<String> {
    match &hold.decision {
        Some(decision) if decision.choice == Choice::Approve && !decision.break_glass => {
            hold.approvals.iter().map(|one| visible_line(&one.approver)).collect()
        }
        Some(decision) => vec![visible_line(&decision.approver)],
        None => Vec::new(),
    }
}

/// Changes with whatever of it people decide by.
pub fn state(hold: &Hold, status: HoldStatus) -> String {
    let names = |names: Vec<&str>| names.join(",");
    let counted = names(hold.counted.iter().map(|one| one.approver.as_str()).collect());
    let lapsed = names(hold.lapsed.iter().map(String::as_str).collect());
    random::text_digest(&format!("{}\n{counted}\n{lapsed}", status.name()))
}

pub fn progress(one: &Progress) -> String {
    match one.missing.as_str() {
        "" => format!("{}.", one.words()),
        missing => format!("{}, missing: {missing}.", one.words()),
    }
}

/// What the status means for the call.
pub fn outcome(status: HoldStatus) -> &'static str {
    match status {
        HoldStatus::Pending => "The call is on hold until somebody decides.",
        HoldStatus::Approved => "The call may pass once, before the hold expires.",
        HoldStatus::Denied => {
            "The call did not pass. Repeats of it are refused until the hold expires."
        }
        HoldStatus::Expired => "The time ran out. The call did not pass.",
        HoldStatus::Cancelled => {
            "The caller left before a decision, or what had let it pass was revoked or lapsed. It did not pass."
        }
        HoldStatus::Redeemed => {
            "A gateway took the approval, for one call. Whether that call passed is in its record:"
        }
    }
}

pub fn taken_by(trail: &[Audit]) -> String {
    let taken = trail.iter().rfind(|one| one.action == "redeemed");
    taken.map(|one| visible_line(&one.actor)).unwrap_or_default()
}
