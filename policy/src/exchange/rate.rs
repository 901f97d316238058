/*! What a principal may do so many times a minute, over all workers, whatever the bundle says. */

use crate::budget::{Budget, Spent, Window};
use crate::engine::Engine;
use crate::principal::Principal;

use super::event::Now;

const WINDOW_SECONDS: u64 = 60;

/// Takes one of this minute; if there is none left, in how many seconds there is. The name has a blank in it, as
/// no budget of a bundle has.
pub fn take(
    engine: &mut Engine,
    principal: &Principal,
    (name, per_minute): (&str, u32),
    now: Now,
) -> Option<u32> {
    let limit = Budget {
        name: name.to_owned(),
        requests: Some(u64::from(per_minute)),
        per_seconds: WINDOW_SECONDS,
        ..Budget::default()
    };
    let account = engine.ledger.account(&limit, principal);
    let sight = engine.ledger.look(&account);
    let (one, seconds) = (Spent { requests: 1, bytes: 0 }, now.seconds());
    let added = engine.ledger.add(&account, sight, one, seconds, |spent| limit.over(spent, 0));
    let (_, until) = added.err()?;
    Some(Window::new(seconds, WINDOW_SECONDS).seconds_to(until))
}
