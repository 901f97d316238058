/*!
What sessions asked for, so that approvers see what a call on hold comes after. As far as this VM saw it, and as
far as there is room: of the sessions that nobody asks in any more the oldest goes.
*/

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::hold::{Earlier, HoldRequest};

/// Sessions kept at a time. With the bound of what one is told of, less than 6 MiB in all.
const SESSIONS_MAX: usize = 1024;

/// Bytes of an action.
const ACTION_MAX: usize = 200;

impl Earlier {
    /// As much of an action as is kept.
    pub fn short(action: &str) -> String {
        let end = (0..=ACTION_MAX.min(action.len())).rev().find(|at| action.is_char_boundary(*at));
        action.get(..end.unwrap_or(0)).unwrap_or_default().to_owned()
    }
}

#[derive(Default)]
pub struct Sessions {
    seen: HashMap<String, Seen>,
    /// By when something was seen of them last.
    order: BTreeMap<u64, String>,
    clock: u64,
}

#[derive(Default)]
struct Seen {
    last: u64,
    exchanges: VecDeque<Earlier>,
}

impl Sessions {
    pub fn remember(&mut self, session: &str, earlier: Earlier) {
        self.clock += 1;
        let seen = self.seen.entry(session.to_owned()).or_default();
        self.order.remove(&seen.last);
        seen.last = self.clock;
        self.order.insert(self.clock, session.to_owned());
        if seen.exchanges.len() >= HoldRequest::BEFORE_MAX {
            seen.exchanges.pop_front();
        }
        seen.exchanges.push_back(earlier);
        while self.order.len() > SESSIONS_MAX
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.seen.remove(&oldest);
        }
    }

    /// The latest last.
    pub fn before(&self, session: &str) -> Vec<Earlier> {
        let seen = self.seen.get(session).into_iter();
        seen.flat_map(|seen| seen.exchanges.iter().cloned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Effect;

    fn earlier(action: &str) -> Earlier {
        Earlier { at: 1, action: Earlier::short(action), effect: Effect::Allow }
    }

    #[test]
    fn the_last_of_a_session_are_kept() {
        let mut sessions = Sessions::default();
        for number in 0..20 {
            sessions.remember("a", earlier(&number.to_string()));
        }
        sessions.remember("b", earlier(&"é".repeat(200)));
        let told: Vec<String> = sessions.before("a").into_iter().map(|one| one.action).collect();
        let expected: Vec<String> = (4..20).map(|number: u32| number.to_string()).collect();
        assert_eq!(told, expected);
        assert_eq!(sessions.before("b")[0].action, "é".repeat(100));
        assert!(sessions.before("c").is_empty());
    }

    #[test]
    fn who_was_seen_last_is_kept_longest() {
        let mut sessions = Sessions::default();
        for number in 0..SESSIONS_MAX {
            sessions.remember(&number.to_string(), earlier("x"));
        }
        sessions.remember("0", earlier("y"));
        sessions.remember("new", earlier("z"));
        assert_eq!(sessions.before("0").len(), 2);
        assert!(sessions.before("1").is_empty());
        assert_eq!(sessions.before("2").len(), 1);
        assert_eq!((sessions.seen.len(), sessions.order.len()), (SESSIONS_MAX, SESSIONS_MAX));
    }
}
