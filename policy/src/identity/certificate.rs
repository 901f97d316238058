/*! Client certificates: the SPIFFE ID in the URI SAN, which Envoy has verified. */

use crate::principal::Principal;

const MAX_ID: usize = 2048;
const MAX_TRUST_DOMAIN: usize = 255;

/// The trust domain is the issuer, the whole URI the subject. `None` unless it is the ID of a
/// workload as the SPIFFE-ID specification (sections 2.1 to 2.3) writes it.
pub(super) fn principal(uri: &str) -> Option<Principal> {
    let (domain, path) = uri.strip_prefix("spiffe://")?.split_once('/')?;
    let in_domain =
        |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '_');
    let in_path = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let segment = |part: &str| !matches!(part, "" | "." | "..") && part.chars().all(in_path);
    let valid = uri.len() <= MAX_ID
        && !domain.is_empty()
        && domain.len() <= MAX_TRUST_DOMAIN
        && domain.chars().all(in_domain)
        && path.split('/').all(segment);
    valid.then(|| Principal {
        issuer: format!("spiffe://{domain}"),
        subject: uri.to_owned(),
        groups: Vec::new(),
        agent: None,
        owners: Vec::new(),
        scopes: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::principal;

    #[test]
    fn trust_domain_and_whole_uri() {
        let agent = principal("spiffe://td.example/ns/shop/sa/agent").unwrap();
        assert_eq!(agent.key(), ("spiffe://td.example", "spiffe://td.example/ns/shop/sa/agent"));
    }

    #[test]
    fn anything_but_a_workload_id_is_nobody() {
        for uri in [
            "",
            "spiffe://td",
            "spiffe://td/",
            "spiffe:///a",
            "spiffe://TD/a",
            "spiffe://td/a/",
            "spiffe://td//a",
            "spiffe://td/../a",
            "spiffe://td/a?b",
            "spiffe://td/a#b",
            "spiffe://u@td/a",
            "spiffe://td:1/a",
            "spiffe://td/%61",
            "https://td/a",
            "urn:agent:a",
            "spiffe://td/a,spiffe://td/b",
        ] {
            assert_eq!(principal(uri), None, "{uri:?}");
        }
        assert_eq!(principal(&format!("spiffe://td/{}", "a".repeat(2048))), None);
    }
}
