/*! What is known of the definition of a tool that is called. */

use serde::{Deserialize, Serialize};

use super::{PinSet, ToolDigest};
use crate::condition::Fault;
use crate::rule::Mode;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Definition {
    /// The last list showed another one than is pinned.
    Changed,
    /// Pins are meant for the place, and the tool is not among them.
    Unpinned,
    /// It is pinned, and no list showed another one.
    Pinned,
}

impl Definition {
    /// As rules write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Unpinned => "unpinned",
            Self::Pinned => "pinned",
        }
    }
}

/// What lists showed of a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observed {
    /// None did.
    Nothing,
    Digest(ToolDigest),
    /// What was remembered is damaged.
    Garbled,
}

/// Of all sets that concern the call, so that none can speak for what another lacks. `None`: none does.
///
/// # Errors
///
/// `Unreadable` where nobody knows what the last list showed.
pub fn of_call(
    sets: &[&PinSet],
    tool: &str,
    observed: &dyn Fn(&PinSet, &str) -> Observed,
) -> Result<Option<Definition>, Fault> {
    let mut worst = None;
    let mut unknown = false;
    for set in sets.iter().filter(|set| set.mode == Mode::Enforce) {
        let own = match set.tools.get(tool).map(|pin| (pin, observed(set, tool))) {
            None => Definition::Unpinned,
            Some((_, Observed::Nothing)) => Definition::Pinned,
            Some((pin, Observed::Digest(digest))) if *pin == digest => Definition::Pinned,
            Some((_, Observed::Digest(_))) => Definition::Changed,
            Some((_, Observed::Garbled)) => {
                unknown = true;
                continue;
            }
        };
        worst = Some(worst.map_or(own, |worst: Definition| worst.min(own)));
    }
    match worst {
        Some(Definition::Changed) => Ok(worst),
        _ if unknown => Err(Fault::Unreadable),
        _ => Ok(worst),
    }
}
