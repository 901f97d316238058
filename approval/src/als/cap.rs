/*! Bytes of records that one principal may have stored within a minute, at this replica. */

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;

const WINDOW: u64 = 60;
/// Principals of one window that are told apart; those that come later share one measure.
const KEPT: usize = 8192;
/// Nobody's name: those of principals have a tenant, an issuer and a subject in them.
const OTHERS: &str = "";

#[derive(Default)]
pub struct Cap(Mutex<Window>);

#[derive(Default)]
struct Window {
    began: u64,
    bytes: HashMap<String, u64>,
}

#[derive(Deserialize)]
struct Named {
    principal: Option<Principal>,
}

#[derive(Deserialize)]
struct Principal {
    issuer: String,
    subject: String,
}

/// Whose record it is; those of nobody are one principal's.
pub fn principal(tenant: &str, record: &str) -> String {
    let named = serde_json::from_str::<Named>(record).ok().and_then(|named| named.principal);
    let (issuer, subject) = named.map_or_else(Default::default, |who| (who.issuer, who.subject));
    format!("{tenant}\n{}\n{issuer}\n{subject}", issuer.len())
}

impl Cap {
    /// Counts them, unless they would be more than `most` within the minute.
    pub fn take(&self, who: String, bytes: u64, most: u64, now: u64) -> bool {
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_sub(window.began) >= WINDOW {
            *window = Window { began: now, bytes: HashMap::new() };
        }
        let full = window.bytes.len() >= KEPT && !window.bytes.contains_key(&who);
        let who = if full { OTHERS.to_owned() } else { who };
        let taken = window.bytes.entry(who).or_default();
        let fits = taken.saturating_add(bytes) <= most;
        *taken += if fits { bytes } else { 0 };
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::{Cap, KEPT, principal};

    #[test]
    fn a_minute_holds_so_many_bytes_of_each() {
        let cap = Cap::default();
        let take = |who: &str, bytes, now| cap.take(who.to_owned(), bytes, 100, now);
        assert!(take("ann", 60, 1000) && take("ann", 40, 1059) && !take("ann", 1, 1059));
        assert!(take("bob", 100, 1059) && !take("bob", 1, 1059) && !take("cid", 101, 1059));
        assert!(take("ann", 100, 1060));
        // What does not fit takes nothing from what does.
        assert!(!take("bob", 101, 1061) && take("bob", 100, 1061));
    }

    #[test]
    fn who_comes_late_shares() {
        let cap = Cap::default();
        let mut names = (0..KEPT).map(|n| n.to_string());
        assert!(names.all(|who| cap.take(who, 100, 100, 0)));
        assert!(cap.take("late".into(), 60, 100, 0) && !cap.take("later".into(), 60, 100, 0));
        assert!(!cap.take("0".into(), 1, 100, 0));
    }

    #[test]
    fn principals_are_told_apart() {
        let of = |issuer: &str, subject: &str| {
            let record =
                serde_json::json!({ "principal": { "issuer": issuer, "subject": subject } });
            principal("t", &record.to_string())
        };
        assert_eq!(of("a", "b"), of("a", "b"));
        for (issuer, subject) in [("a", "c"), ("c", "b"), ("a\nb", ""), ("", "a\nb"), ("", "")] {
            assert_ne!(of("a", "b"), of(issuer, subject));
        }
        assert_ne!(of("a\nb", "c"), of("a", "b\nc"));
        assert_eq!(principal("t", r#"{"principal":null}"#), principal("t", "not JSON"));
        assert_ne!(principal("t", "{}"), principal("u", "{}"));
    }
}
