/*! Calls on hold in one VM and the memory they take: what one principal may have of it, and all together. */

use std::collections::HashMap;

use super::Limits;
use crate::principal::Principal;

#[derive(Default)]
pub struct Holding {
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
        let (issuer, subject) = principal.key();
        let principal = (issuer.to_owned(), subject.to_owned());
        let more = Share { calls, bytes };
        let own = self.by_principal.get(&principal).copied().unwrap_or_default().and(more);
        let all = self.all.and(more);
        if own.calls > limits.holds_per_principal || own.bytes > limits.held_bytes_per_principal {
            return Err(Full::Principal);
        }
        if all.calls > limits.holds || all.bytes > limits.held_bytes {
            return Err(Full::All);
        }
        self.all = all;
        self.by_principal.insert(principal.clone(), own);
        Ok(Place { principal, share: more })
    }

    pub fn give_back(&mut self, place: Place) {
        self.all = self.all.without(place.share);
        if let Some(own) = self.by_principal.get_mut(&place.principal) {
            *own = own.without(place.share);
            if own.calls == 0 {
                self.by_principal.remove(&place.principal);
            }
        }
    }
}

impl Share {
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
        assert!(holding.by_principal.is_empty());
        assert_eq!((holding.all.calls, holding.all.bytes), (0, 0));
        assert_eq!(
            holding.take(&LIMITS, &principal("a"), 1, usize::MAX).unwrap_err(),
            Full::Principal
        );
        holding.take(&LIMITS, &principal("a"), 1, 100).unwrap();
        assert!(holding.take(&LIMITS, &principal("b"), 1, usize::MAX).is_err(), "nothing wraps");
    }
}
