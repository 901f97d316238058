/*! What comes of a try, and when the next one is. */

use super::delivery::Message;

/// Seconds between a try that failed and the next one; a message has one try more than there are pauses.
const PAUSES: [u64; 9] = [1, 5, 30, 120, 300, 900, 1800, 3600, 3600];
/// A message that is older is given up with its next failure.
const OLDEST: u64 = 24 * 3600;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Sent,
    /// Worth another try, after so many seconds at least.
    Failed {
        why: String,
        after: u64,
    },
    /// The same would come of every other try.
    Refused {
        why: String,
    },
}

impl Outcome {
    pub fn failed(why: impl Into<String>) -> Self {
        Outcome::Failed { why: why.into(), after: 0 }
    }

    /// Of those that are no success.
    pub fn why(&self) -> Option<&str> {
        match self {
            Outcome::Sent => None,
            Outcome::Failed { why, .. } | Outcome::Refused { why } => Some(why),
        }
    }

    /// Seconds to the next try of a message; `None`: there is none.
    pub fn pause(&self, message: &Message, now: u64) -> Option<u64> {
        match self {
            Outcome::Failed { after, .. } => {
                pause(message.tries, now.saturating_sub(message.since), *after)
            }
            Outcome::Sent | Outcome::Refused { .. } => None,
        }
    }

    pub fn refused(why: impl Into<String>) -> Self {
        Outcome::Refused { why: why.into() }
    }
}

/// How long to wait after so many tries; `None`: give up.
fn pause(tries: u32, age: u64, after: u64) -> Option<u64> {
    let pause = PAUSES.get(usize::try_from(tries).ok()?.saturating_sub(1))?;
    let longest = PAUSES.last().copied().unwrap_or_default();
    (age < OLDEST).then(|| after.min(longest).max(*pause))
}

#[cfg(test)]
mod tests {
    use super::pause;

    #[test]
    fn pauses_grow_until_it_is_given_up() {
        let pauses: Vec<_> = (1..=10).map(|tries| pause(tries, 60, 0)).collect();
        assert_eq!((pauses[0], pauses[8], pauses[9]), (Some(1), Some(3600), None));
        assert!(pauses[..9].is_sorted());
        assert_eq!(pause(1, 24 * 3600, 0), None);
        // A server that asks for time gets it, up to an hour.
        assert_eq!(pause(1, 0, 60), Some(60));
        assert_eq!(pause(8, 0, 60), Some(3600));
        assert_eq!(pause(1, 0, u64::MAX), Some(3600));
    }
}
