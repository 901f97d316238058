/*! Calls on hold in one VM and the memory they take: what one principal may have of it, and all together. */

use std::collections::HashMap;

use super::Limits;
use crate::principal::Principal;

/// Messages that call something off and wait until the service heard it: more than any client has under way, and for
/// all as many as the service's cluster has questions in reserve.
pub const CANCELS: u32 = 1024;
const CANCELS_PER_PRINCIPAL: u32 = 32;

#[derive(Default)]
pub struct Holding {
    holds: Room,
    /// A room of its own: who has as many calls on hold as it may have can still call one off.
    cancels: Room,
}

#[derive(Default)]
struct Room {
    by_principal: HashMap<(String, String), Share>,
    all: Share,
}

#[derive(Clone, Copy, Debug, Default)]
struct Share {
    calls: u32,
    bytes: usize,
}

/// Room for calls on hold. Whoever took it gives it back.
#[derive(Debug)]
pub struct Place {
    principal: (String, String),
    share: Share,
    cancels: bool,
}

impl Place {
    pub fn bytes(&self) -> usize {
        self.share.bytes
    }
}

/// Whose room is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// The principal's own.
    Principal,
    /// That of all.
    All,
}

impl Holding {
    pub fn take(
        &mut self,
        limits: &Limits,
        principal: &Principal,
        calls: u32,
        bytes: usize,
    ) -> Result<Place, Full> {
        let own =
            Share { calls: limits.holds_per_principal, bytes: limits.held_bytes_per_principal };
        let all = Share { calls: limits.holds, bytes: limits.held_bytes };
        let share = Share { calls, bytes };
        let principal = self.holds.take(principal, share, own, all)?;
        Ok(Place { principal, share, cancels: false })
    }

    /// For one message that calls something off.
    pub fn take_cancel(
        &mut self,
        limits: &Limits,
        principal: &Principal,
        bytes: usize,
    ) -> Result<Place, Full> {
        let own = Share { calls: CANCELS_PER_PRINCIPAL, bytes: limits.held_bytes_per_principal };
        let all = Share { calls: CANCELS, bytes: limits.held_bytes / 2 };
        let share = Share { calls: 1, bytes };
        let principal = self.cancels.take(principal, share, own, all)?;
        Ok(Place { principal, share, cancels: true })
    }

    pub fn give_back(&mut self, place: Place) {
        let room = if place.cancels { &mut self.cancels } else { &mut self.holds };
        room.give_back(&place.principal, place.share);
    }
}

impl Room {
    /// Under which name it was taken.
    fn take(
        &mut self,
        principal: &Principal,
        more: Share,
        most: Share,
        most_of_all: Share,
    ) -> Result<(String, String), Full> {
        let (issuer, subject) = principal.key();
        let principal = (issuer.to_owned(), subject.to_owned());
        let own = self.by_principal.get(&principal).copied().unwrap_or_default().and(more);
        let all = self.all.and(more);
        if own.is_over(most) {
            return Err(Full::Principal);
        }
        if all.is_over(most_of_all) {
            return Err(Full::All);
        }
        self.all = all;
        self.by_principal.insert(principal.clone(), own);
        Ok(principal)
    }

    fn give_back(&mut self, principal: &(String, String), less: Share) {
        self.all = self.all.without(less);
        if let Some(own) = self.by_principal.get_mut(principal) {
            *own = own.without(less);
            if own.calls == 0 {
                self.by_principal.remove(principal);
            }
        }
    }
}

impl Share {
    fn is_over(self, most: Self) -> bool {
        self.calls > most.calls || self.bytes > most.bytes
    }

    fn and(self, more: Self) -> Self {
        Self {
            calls: self.calls.saturating_add(more.calls),
            bytes: self.bytes.saturating_add(more.bytes),
        }
    }

    fn without(self, less: Self) -> Self {
        Self {
            calls: self.calls.saturating_sub(less.calls),
            bytes: self.bytes.saturating_sub(less.bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        request_body: 0,
        response_body: 0,
        holds_per_principal: 3,
        held_bytes_per_principal: 100,
        holds: 5,
        held_bytes: 150,
        dry_runs_per_minute: 0,
        wait_seconds: 0,
    };

    fn principal(subject: &str) -> Principal {
        Principal {
            issuer: "i".into(),
            subject: subject.into(),
            groups: Vec::new(),
            agent: None,
            owners: Vec::new(),
            scopes: Vec::new(),
        }
    }

    #[test]
    fn one_principal_leaves_room_for_others() {
        let mut holding = Holding::default();
        let mut take =
            |subject: &str, calls, bytes| holding.take(&LIMITS, &principal(subject), calls, bytes);
        let first = take("a", 2, 60).unwrap();
        assert_eq!(take("a", 2, 1).unwrap_err(), Full::Principal);
        assert_eq!(take("a", 1, 41).unwrap_err(), Full::Principal);
        let second = take("a", 1, 40).unwrap();
        let other = take("b", 1, 50).unwrap();
        assert_eq!(take("c", 1, 1).unwrap_err(), Full::All, "bytes");
        holding.give_back(other);
        holding.give_back(first);
        holding.take(&LIMITS, &principal("a"), 2, 60).unwrap();
        holding.take(&LIMITS, &principal("b"), 2, 10).unwrap();
        assert_eq!(holding.take(&LIMITS, &principal("c"), 1, 1).unwrap_err(), Full::All, "calls");
        holding.give_back(second);
        holding.take(&LIMITS, &principal("c"), 1, 1).unwrap();
    }

    #[test]
    fn what_is_given_back_is_forgotten() {
        let mut holding = Holding::default();
        for number in 0..100 {
            let place = holding.take(&LIMITS, &principal(&number.to_string()), 3, 100).unwrap();
            holding.give_back(place);
        }
        assert!(holding.holds.by_principal.is_empty());
        assert_eq!((holding.holds.all.calls, holding.holds.all.bytes), (0, 0));
        assert_eq!(
            holding.take(&LIMITS, &principal("a"), 1, usize::MAX).unwrap_err(),
            Full::Principal
        );
        holding.take(&LIMITS, &principal("a"), 1, 100).unwrap();
        assert!(holding.take(&LIMITS, &principal("b"), 1, usize::MAX).is_err(), "nothing wraps");
    }

    #[test]
    fn who_holds_all_it_may_can_still_call_off() {
        let mut holding = Holding::default();
        let _holds = holding.take(&LIMITS, &principal("a"), 3, 100).unwrap();
        let cancels: Vec<_> = (0..CANCELS_PER_PRINCIPAL)
            .map(|_| holding.take_cancel(&LIMITS, &principal("a"), 1).unwrap())
            .collect();
        let more = |holding: &mut Holding, subject: &str, bytes| {
            holding.take_cancel(&LIMITS, &principal(subject), bytes).map(|_| ())
        };
        assert_eq!(more(&mut holding, "a", 1), Err(Full::Principal));
        assert_eq!(more(&mut holding, "b", 44), Err(Full::All), "bytes");
        assert_eq!(more(&mut holding, "b", 43), Ok(()));
        cancels.into_iter().for_each(|place| holding.give_back(place));
        assert_eq!(holding.holds.all.calls, 3);
        assert_eq!(more(&mut holding, "a", 1), Ok(()));
    }
}
