/*! Whose gateway asks. Nothing of one tenant exists for another; people see all of them. */

use std::fmt;

/// Who may use the filter's API: this URI, or with `/NAME` after it.
pub const FILTER_NAME: &str = "spiffe://gatehouse/filter";

const LONGEST: usize = 63;

/// The name in a filter's certificate; empty where it has none.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tenant(String);

impl Tenant {
    /// Of all names in a certificate: one of a filter, and no second one that would let it choose.
    pub fn of<'a>(names: impl Iterator<Item = &'a str>) -> Option<Self> {
        let mut tenants = names.filter(|name| name.starts_with(FILTER_NAME)).map(Self::named);
        let tenant = tenants.next()??;
        tenants.next().is_none().then_some(tenant)
    }

    fn named(name: &str) -> Option<Self> {
        let rest = name.strip_prefix(FILTER_NAME)?;
        if rest.is_empty() {
            return Some(Self::default());
        }
        rest.strip_prefix('/').filter(|name| !name.is_empty()).and_then(Self::of_name)
    }

    /// As people and the store write it.
    pub fn of_name(tenant: &str) -> Option<Self> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let fits = tenant.len() <= LONGEST && tenant.bytes().all(fits);
        fits.then(|| Self(tenant.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who is at the other end of a connection; nobody has to be refused.
#[derive(Clone, Debug)]
pub struct Peer(pub Option<Tenant>);

#[cfg(test)]
mod tests {
    use super::Tenant;

    fn of(names: &[&str]) -> Option<String> {
        Tenant::of(names.iter().copied()).map(|tenant| tenant.to_string())
    }

    #[test]
    fn a_certificate_names_one_tenant() {
        assert_eq!(of(&["spiffe://gatehouse/filter"]).as_deref(), Some(""));
        assert_eq!(of(&["spiffe://gatehouse/filter/team-1"]).as_deref(), Some("team-1"));
        assert_eq!(of(&["spiffe://other", "spiffe://gatehouse/filter/a"]).as_deref(), Some("a"));
        let long = format!("spiffe://gatehouse/filter/{}", "a".repeat(64));
        for names in [
            &["spiffe://gatehouse/filter/"] as &[&str],
            &["spiffe://gatehouse/filters"],
            &["spiffe://gatehouse/filter/A"],
            &["spiffe://gatehouse/filter/a/b"],
            &["spiffe://gatehouse/filter/a%20"],
            &["spiffe://gatehouse/filter/a", "spiffe://gatehouse/filter/b"],
            &["spiffe://gatehouse/filter", "spiffe://gatehouse/filter/b"],
            &["spiffe://gatehouse/filter", "spiffe://gatehouse/filter/B"],
            &[&long],
            &["spiffe://gatehouse/agent"],
            &[],
        ] {
            assert_eq!(of(names), None, "{names:?}");
        }
    }
}
