/*!
Break glass: one person of a group that the rules name lets a call pass at once, alone and with a reason. It is for
one call, once, and shows for ever as what it was.
*/

use policy::hold::{Approval, HoldStatus, Terms};

use super::Holds;
use super::deciding::{Verdict, reason};
use crate::approver::{Approver, Door};
use crate::error::Problem;
use crate::separation::Bar;
use crate::store::{Audit, Choice, Decision, Hold};

const NOT_BY_KEY: &str =
    "glass is broken by a person who is logged in to the console, never by a key";

const NOBODY: &str = "the rules that hold this call let nobody of your groups pass it at once";

impl Approver {
    /// The groups in whose name this approver may break glass. `None`: of none that is asked for, or not here.
    pub fn breaks(&self, terms: &Terms) -> Option<Vec<String>> {
        let mut groups: Vec<String> = terms.break_glass.iter().flatten().cloned().collect();
        groups.sort();
        groups.dedup();
        if let Some(own) = &self.person.groups {
            groups.retain(|group| own.contains(group));
        }
        let one = [Approval { approver: self.name(), groups }];
        let entitled = self.door == Door::Console && terms.broken_by(&one);
        let [Approval { groups, .. }] = one;
        entitled.then_some(groups)
    }
}

impl Holds {
    /// `peer` is the network address the decision came from.
    pub async fn break_glass(
        &self,
        id: &str,
        said: &str,
        approver: &Approver,
        peer: &str,
    ) -> Result<Verdict, Problem> {
        let hold = self.found(id).await?;
        if approver.door != Door::Console {
            return Err(Problem::forbidden(NOT_BY_KEY));
        }
        let reason_text = reason(self, said)?;
        let now = self.clock.now();
        let audit = Audit {
            at: now,
            actor: approver.name(),
            door: approver.door.name().into(),
            peer: peer.into(),
            action: "break_glass".into(),
            reason_text: reason_text.clone(),
        };
        if let Some(why) = barred(&hold, approver) {
            let audit = Audit { action: "break_glass_barred".into(), ..audit };
            self.store.audit(Some(id), &audit).await?;
            return Err(Problem::forbidden(why));
        }
        let entitled_by = approver.breaks(&hold.terms).unwrap_or_default();
        let open = hold.status_at(now) == HoldStatus::Pending;
        if open && reason_text.is_empty() {
            return Err(Problem::unprocessable("say why nobody else could be asked"));
        }
        let decision = Decision {
            choice: Choice::Approve,
            standing: false,
            break_glass: true,
            approver: approver.name(),
            reason_text,
            entitled_by,
            decided_at: now,
        };
        self.settle(id, &decision, &audit).await
    }
}

/// Why this approver may not break glass here.
pub fn barred(hold: &Hold, approver: &Approver) -> Option<&'static str> {
    if approver.breaks(&hold.terms).is_none() {
        return Some(NOBODY);
    }
    Bar::of(&hold.principal, approver).map(Bar::words)
}
