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
    /// The groups in whose name this approver may break glass here, or why not.
    fn breaks(&self, hold: &Hold, approver: &Approver) -> Result<Vec<String>, &'static str> {
        let groups = approver.breaks(&hold.terms).ok_or(NOBODY)?;
        // A key makes login links, and programs have keys.
        if self.provider && approver.person.account.is_none() {
            return Err(NOT_BY_KEY);
        }
        Ok(groups)
    }

    /// Why this approver may not break glass here.
    pub fn barred_from_breaking(&self, hold: &Hold, approver: &Approver) -> Option<&'static str> {
        match self.breaks(hold, approver) {
            Err(why) => Some(why),
            Ok(_) => self.bar(hold, approver).map(Bar::words),
        }
    }

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
        // Who is not asked leaves no trace on the hold, as with a decision.
        let entitled_by = self.breaks(&hold, approver).map_err(Problem::forbidden)?;
        let open = hold.status_at(now) == HoldStatus::Pending;
        if let Some(bar) = self.bar(&hold, approver) {
            if open {
                let audit = Audit { action: "break_glass_barred".into(), ..audit };
                self.store.audit(Some(id), &audit).await?;
            }
            return Err(Problem::forbidden(bar.words()));
        }
        if open && reason_text.is_empty() {
            return Err(Problem::unprocessable("say why nobody else could be asked"));
        }
        let decision = Decision {
            choice: Choice::Approve,
            standing: false,
            break_glass: true,
            took_back: false,
            account: approver.account(),
            approver: approver.name(),
            reason_text,
            entitled_by,
            decided_at: now,
        };
        self.settle(id, &decision, &audit).await
    }
}
