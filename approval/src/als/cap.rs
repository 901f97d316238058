/*! Bytes of records that one principal, and one tenant, may have stored within a minute, at this replica. */

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;

use crate::random::text_digest;

const WINDOW: u64 = 60;
/// Principals of one tenant in one window that are told apart; those that come later share one measure. A sender
/// makes their names up as it likes, so no tenant has a part in another's.
const KEPT: usize = 8192;
/// Nobody's name: those of principals are digests.
const OTHERS: &str = "";

#[derive(Clone, Copy, Debug)]
pub struct Most {
    pub principal: u64,
    pub tenant: u64,
}

/// What did not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    Principal,
    Tenant,
}

#[derive(Default)]
pub struct Cap(Mutex<Window>);

#[derive(Default)]
struct Window {
    began: u64,
    /// Names of tenants are those of certificates.
    tenants: HashMap<String, Tenant>,
}

#[derive(Default)]
struct Tenant {
    bytes: u64,
    principals: HashMap<String, u64>,
    /// Of what is left where a record does not fit.
    left: u64,
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
pub fn principal(record: &str) -> String {
    let named = serde_json::from_str::<Named>(record).ok().and_then(|named| named.principal);
    let (issuer, subject) = named.map_or_else(Default::default, |who| (who.issuer, who.subject));
    text_digest(&format!("{}\n{issuer}\n{subject}", issuer.len()))
}

impl Cap {
    /// Counts them, unless they would be more than `most` within the minute.
    pub fn take(
        &self,
        tenant: &str,
        who: String,
        bytes: u64,
        most: Most,
        now: u64,
    ) -> Result<(), Over> {
        self.of(tenant, now, |tenant| {
            let full = tenant.principals.len() >= KEPT && !tenant.principals.contains_key(&who);
            let who = if full { OTHERS.to_owned() } else { who };
            let taken = tenant.principals.get(&who).map_or(0, |taken| *taken);
            if taken.saturating_add(bytes) > most.principal {
                return Err(Over::Principal);
            }
            if tenant.bytes.saturating_add(bytes) > most.tenant {
                return Err(Over::Tenant);
            }
            tenant.bytes += bytes;
            tenant.principals.insert(who, taken + bytes);
            Ok(())
        })
    }

    /// The same for what is left of records that did not fit, which has a measure of its own: a principal above its
    /// own leaves no gaps as long as its tenant is not.
    pub fn take_left(&self, tenant: &str, bytes: u64, most: Most, now: u64) -> bool {
        self.of(tenant, now, |tenant| {
            let fits = tenant.left.saturating_add(bytes) <= most.tenant;
            tenant.left += if fits { bytes } else { 0 };
            fits
        })
    }

    fn of<T>(&self, tenant: &str, now: u64, change: impl FnOnce(&mut Tenant) -> T) -> T {
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_sub(window.began) >= WINDOW {
            *window = Window { began: now, tenants: HashMap::new() };
        }
        change(window.tenants.entry(tenant.to_owned()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::{Cap, KEPT, Most, Over, principal};

    const MOST: Most = Most { principal: 100, tenant: 1_000_000 };

    fn fits(cap: &Cap, who: &str, bytes: u64, now: u64) -> bool {
        cap.take("t", who.to_owned(), bytes, MOST, now).is_ok()
    }

    #[test]
    fn a_minute_holds_so_many_bytes_of_each() {
        let cap = Cap::default();
        let take = |who: &str, bytes, now| fits(&cap, who, bytes, now);
        assert!(take("ann", 60, 1000) && take("ann", 40, 1059) && !take("ann", 1, 1059));
        assert!(take("bob", 100, 1059) && !take("bob", 1, 1059) && !take("cid", 101, 1059));
        assert!(take("ann", 100, 1060));
        // What does not fit takes nothing from what does.
        assert!(!take("bob", 101, 1061) && take("bob", 100, 1061));
    }

    #[test]
    fn who_comes_late_shares_with_others_of_its_tenant() {
        let cap = Cap::default();
        assert!((0..KEPT).all(|n| fits(&cap, &n.to_string(), 100, 0)));
        assert!(fits(&cap, "late", 60, 0) && !fits(&cap, "later", 60, 0));
        assert!(!fits(&cap, "0", 1, 0));
        // Neither the names nor the bytes of one tenant are another's.
        let other = |who: &str, bytes| cap.take("u", who.to_owned(), bytes, MOST, 0);
        assert_eq!((other("later", 60), other("0", 100)), (Ok(()), Ok(())));
        assert_eq!(other("later", 60), Err(Over::Principal));
    }

    #[test]
    fn a_tenant_has_so_many_bytes_whoever_they_are_of() {
        let cap = Cap::default();
        let most = Most { principal: 100, tenant: 250 };
        let take = |tenant, who: &str| cap.take(tenant, who.to_owned(), 100, most, 0);
        assert_eq!([take("t", "a"), take("t", "b")], [Ok(()); 2]);
        assert_eq!((take("t", "c"), take("u", "c")), (Err(Over::Tenant), Ok(())));
        assert!(cap.take_left("t", 250, most, 0) && !cap.take_left("t", 1, most, 0));
        assert!(cap.take_left("u", 1, most, 0) && cap.take_left("t", 1, most, 60));
    }

    #[test]
    fn principals_are_told_apart() {
        let of = |issuer: &str, subject: &str| {
            let record =
                serde_json::json!({ "principal": { "issuer": issuer, "subject": subject } });
            principal(&record.to_string())
        };
        assert_eq!(of("a", "b"), of("a", "b"));
        for (issuer, subject) in [("a", "c"), ("c", "b"), ("a\nb", ""), ("", "a\nb"), ("", "")] {
            assert_ne!(of("a", "b"), of(issuer, subject));
        }
        assert_ne!(of("a\nb", "c"), of("a", "b\nc"));
        assert_eq!(principal(r#"{"principal":null}"#), principal("not JSON"));
        // However long a name is, no more is kept of it.
        assert_eq!(of("a", &"b".repeat(100_000)).len(), of("a", "b").len());
    }
}
