/*! What the session of a call did before, as far as the filter remembers. */

use policy::hold::HoldRequest;
use policy::rule::Effect;
use serde::{Deserialize, Serialize};

use super::{View, reading, visible_line};
use crate::mask::Mask;

/// Characters of a session's id.
const ID_LIMIT: usize = 128;
/// Characters of one action.
const ACTION_LIMIT: usize = 120;

/// An exchange of the same session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    /// Unix seconds.
    pub at: u64,
    /// The call in a few words, masked.
    pub action: String,
    /// What became of it.
    pub effect: Effect,
}

impl Before {
    pub fn words(&self) -> &'static str {
        match self.effect {
            Effect::Allow => "allowed",
            Effect::Redact => "masked",
            Effect::Hold => "held",
            Effect::Deny => "denied",
        }
    }
}

impl View {
    /// With the session it belongs to, the latest exchanges last.
    pub fn in_session(self, request: &HoldRequest, mask: &dyn Mask) -> Self {
        let entries = &request.before;
        let latest = entries.iter().skip(entries.len().saturating_sub(HoldRequest::BEFORE_MAX));
        let before = latest.map(|entry| {
            // Cut before it is masked, too: work is bounded whatever the filter sends.
            let action: String = entry.action.chars().take(4 * ACTION_LIMIT).collect();
            let action = visible_line(&mask.mask(&action).text);
            Before {
                at: entry.at,
                action: reading::shorten(&action, ACTION_LIMIT),
                effect: entry.effect,
            }
        });
        let session = &request.session;
        Self {
            before: before.collect(),
            session: if session.len() <= ID_LIMIT { visible_line(session) } else { String::new() },
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use policy::hold::{Earlier, HoldRequest};
    use policy::rule::Effect;

    use crate::mask::BundleMask;
    use crate::testing::{bundle, card, request};
    use crate::view::View;

    #[test]
    fn the_session_is_bounded_and_masked() {
        let earlier = |n: u64| Earlier {
            at: n,
            action: format!("{n} pay {}\u{1b}[2J{}", card(), "x".repeat(200)),
            effect: Effect::Deny,
        };
        let before = (0..20).map(earlier).collect();
        let held = HoldRequest { session: "s_1\u{202e}".into(), before, ..request("e1") };
        let mask = BundleMask(bundle());
        let view = View::of(&held.call, &mask).in_session(&held, &mask);
        assert_eq!((view.session.as_str(), view.before.len()), ("s_1\\u{202e}", 16));
        assert_eq!((view.before[0].at, view.before[15].at), (4, 19));
        for one in &view.before {
            assert!(one.action.contains("[REDACTED:payment-card]\\u{1b}[2J"), "{}", one.action);
            assert!(one.action.chars().count() <= 121 && one.words() == "denied");
        }
        let long = HoldRequest { session: "s".repeat(129), ..request("e1") };
        assert_eq!(View::default().in_session(&long, &mask).session, "");
    }
}
