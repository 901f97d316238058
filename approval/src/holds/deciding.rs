/*! A person's decision. A denial settles a hold at once, an approval once every rule has
the approvals it asks for. */

use policy::hold::HoldStatus;

use super::Holds;
use crate::api::DecisionRequest;
use crate::approver::{Approver, folded};
use crate::error::Problem;
use crate::separation::Bar;
use crate::store::{Audit, Change, Choice, Decision, Hold};
use crate::view::visible;

/// Characters of a reason text: the caller gets it back in one line of its answer.
const REASON_LIMIT: usize = 1000;

const NO_STANDING: &str =
    "no rule lets an approval of this call stand for others like it; approve it once";

const DENIED_ALIKE: &str =
    "a call like this one was denied within the last 7 days: approve each of them once";

/// What came of a decision, with the hold as it is now.
pub enum Verdict {
    Stands(Hold),
    /// This person said the same before: nothing changed, and this reason is not kept.
    Again(Hold),
    /// Somebody else decided before, this person decided otherwise, it was used or over: nothing changed.
    TooLate(Hold),
}

impl Holds {
    /// `peer` is the network address the decision came from.
    pub async fn decide(
        &self,
        id: &str,
        said: &DecisionRequest,
        approver: &Approver,
        peer: &str,
    ) -> Result<Verdict, Problem> {
        let hold = self.found(id).await?;
        let reason_text = reason(self, &said.reason)?;
        // What is over stays over, with or without a reason.
        let status = hold.status_at(self.clock.now());
        let open = status == HoldStatus::Pending;
        let takes_back = status == HoldStatus::Approved && said.decision == Choice::Deny;
        if (open || takes_back) && hold.terms.reason_required && reason_text.is_empty() {
            return Err(Problem::unprocessable("this rule asks for a reason: write one"));
        }
        let standing = said.standing && said.decision == Choice::Approve;
        if standing && hold.scope().is_none() {
            return Err(Problem::unprocessable(NO_STANDING));
        }
        let own = said.decision == Choice::Deny && hold.has_approval_of(&approver.name());
        let entitled_by = approver.groups(&hold.terms).or_else(|| own.then(Vec::new));
        let Some(entitled_by) = entitled_by else {
            return Err(Problem::forbidden("this hold is for approvers of other groups"));
        };
        let now = self.clock.now();
        let audit = Audit {
            at: now,
            actor: approver.name(),
            door: approver.door.name().into(),
            peer: peer.into(),
            action: said.decision.name().into(),
            reason_text: reason_text.clone(),
        };
        if said.decision == Choice::Approve {
            if let Some(bar) = self.bar(&hold, approver) {
                if open {
                    let audit = Audit { action: "approve_barred".into(), ..audit };
                    self.store.audit(Some(id), &audit).await?;
                }
                return Err(Problem::forbidden(bar.words()));
            }
            // One who approved before names were compared without regard to case.
            let before = |name: &str| name != approver.name() && folded(name) == approver.name();
            if open && hold.approvals.iter().any(|one| before(&one.approver)) {
                return Ok(Verdict::Again(hold));
            }
        }
        let decision = Decision {
            choice: said.decision,
            standing,
            break_glass: false,
            took_back: false,
            account: approver.account(),
            approver: approver.name(),
            reason_text,
            entitled_by,
            decided_at: now,
        };
        self.settle(id, &decision, &audit).await
    }

    /// Whether this approver may end an approval that nobody used yet: one of those who gave it, and whoever may deny.
    pub fn takes_back(&self, hold: &Hold, approver: &Approver) -> bool {
        hold.status_at(self.clock.now()) == HoldStatus::Approved
            && (approver.groups(&hold.terms).is_some() || hold.has_approval_of(&approver.name()))
    }

    /// Why this approver may not let it pass, whatever the rules say.
    pub fn bar(&self, hold: &Hold, approver: &Approver) -> Option<Bar> {
        Bar::by(&self.owners, &hold.principal, approver)
    }

    pub(super) async fn settle(
        &self,
        id: &str,
        decision: &Decision,
        audit: &Audit,
    ) -> Result<Verdict, Problem> {
        match self.store.decide(id, decision, audit).await? {
            Change::Made(hold) => Ok(Verdict::Stands(hold)),
            Change::Same(hold) if hold.has_decision_of(decision) => Ok(Verdict::Again(hold)),
            Change::Same(hold) | Change::Refused(hold) => Ok(Verdict::TooLate(hold)),
            Change::DeniedAlike => Err(Problem::unprocessable(DENIED_ALIKE)),
            Change::NoSuchHold => Err(Problem::no_such_hold()),
        }
    }
}

/// As it is kept: masked, and harmless to whoever reads it.
pub(crate) fn reason(holds: &Holds, said: &str) -> Result<String, Problem> {
    let text = said.replace("\r\n", "\n");
    let text = visible(&holds.mask.mask(text.trim()).text);
    if text.chars().count() > REASON_LIMIT {
        return Err(Problem::unprocessable("the reason is longer than 1000 characters"));
    }
    Ok(text)
}
