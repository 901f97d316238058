/*!
Signatures that did not hold, by connection. To check one costs as much as nine requests, and none is
worth caching: whoever sends garbage would keep a worker busy with it. Tokens that were verified
before, and those of other connections, go on meanwhile.
*/

use std::collections::BTreeMap;

/// Failures a connection may cause at once; one more each second.
const BURST: u64 = 20;
/// Connections remembered. Past that those that caused nothing lately are forgotten first.
const CONNECTIONS: usize = 4096;

#[derive(Default)]
pub(super) struct Failures {
    connections: BTreeMap<u64, Bucket>,
}

struct Bucket {
    spent: u64,
    /// Seconds since 1970.
    at: u64,
}

impl Failures {
    pub(super) fn has_room(&self, connection: u64, now: u64) -> bool {
        self.connections.get(&connection).is_none_or(|bucket| bucket.spent_by(now) < BURST)
    }

    pub(super) fn note(&mut self, connection: u64, now: u64) {
        if self.connections.len() >= CONNECTIONS && !self.connections.contains_key(&connection) {
            self.connections.retain(|_, bucket| bucket.spent_by(now) > 0);
            if self.connections.len() >= CONNECTIONS {
                self.connections.pop_first();
            }
        }
        let bucket = self.connections.entry(connection).or_insert(Bucket { spent: 0, at: now });
        *bucket = Bucket { spent: bucket.spent_by(now).saturating_add(1), at: now };
    }
}

impl Bucket {
    /// A clock that was set back refills nothing.
    fn spent_by(&self, now: u64) -> u64 {
        self.spent.saturating_sub(now.saturating_sub(self.at))
    }
}

#[cfg(test)]
mod tests {
    use super::{BURST, CONNECTIONS, Failures};

    #[test]
    fn a_connection_has_so_many_and_one_more_each_second() {
        let mut failures = Failures::default();
        for _ in 0..BURST {
            assert!(failures.has_room(1, 100));
            failures.note(1, 100);
        }
        assert!(!failures.has_room(1, 100) && !failures.has_room(1, 99));
        assert!(failures.has_room(2, 100), "another connection");
        assert!(failures.has_room(1, 101));
        failures.note(1, 101);
        assert!(!failures.has_room(1, 101));
        assert!(failures.has_room(1, 101 + BURST));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut failures = Failures::default();
        for connection in 0..3 * CONNECTIONS as u64 {
            failures.note(connection, 100);
        }
        assert_eq!(failures.connections.len(), CONNECTIONS);
        failures.note(u64::MAX, 200);
        assert_eq!(failures.connections.len(), 1);
    }
}
