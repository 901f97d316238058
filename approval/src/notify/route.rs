/*! Which channel hears of what. */

use policy::rule::Severity;

use super::event::EventKind;
use crate::config::Channel;
use crate::store::Hold;

/// What the store has to know of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub channel: String,
    groups: Vec<String>,
    severity: Severity,
    events: Vec<EventKind>,
}

impl From<&Channel> for Route {
    fn from(channel: &Channel) -> Self {
        Self {
            channel: channel.name.clone(),
            groups: channel.groups.clone(),
            severity: channel.severity,
            events: channel.events.clone(),
        }
    }
}

impl Route {
    pub fn wants(&self, kind: EventKind, hold: &Hold) -> bool {
        self.names(kind) && (kind.is_for_all() || self.looks_after(hold))
    }

    /// Whether it hears of events of this kind at all.
    pub fn names(&self, kind: EventKind) -> bool {
        self.events.is_empty() || self.events.contains(&kind)
    }

    /// A hold that anybody may approve concerns every group.
    fn looks_after(&self, hold: &Hold) -> bool {
        let mut asked = hold.terms.requirements.iter().map(|one| &one.approvers);
        let concerned = self.groups.is_empty()
            || asked.any(|approvers| {
                approvers.is_everyone()
                    || approvers.groups().iter().any(|group| self.groups.contains(group))
            });
        concerned && hold.severity >= self.severity
    }
}
