/*! Marks by which the filter recognises the gateway's own credentials where an upstream echoes them. */

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use policy::custody::{CustodyConfig, marks};

use crate::random;
use crate::upstream::Upstream;

/// Reads each credential once, for its marks alone. One that is replaced while the gateway runs is
/// injected at once, and recognised from the next start on.
pub fn config(upstreams: &[Upstream], key: &[u8]) -> Result<CustodyConfig> {
    let base = u64::from_le_bytes(random::bytes()?) | 1;
    let mut all = Vec::new();
    for upstream in upstreams {
        let Some(credential) = &upstream.credential else { continue };
        let value = std::fs::read_to_string(&credential.file).with_context(|| {
            format!("cannot read the credential in `{}`", credential.file.display())
        })?;
        for secret in secrets(value.trim()) {
            let found = marks(&secret, base, key);
            if found.is_empty() {
                eprintln!(
                    "warning: the credential in `{}` is shorter than 16 characters, too short to be recognised if `{}` echoes it",
                    credential.file.display(),
                    upstream.prefix
                );
            }
            all.extend(found);
        }
    }
    all.sort_unstable();
    all.dedup();
    Ok(CustodyConfig { base, marks: all })
}

/// What is secret in a header's value: all behind the scheme, and of `Basic` the password too.
fn secrets(value: &str) -> Vec<Vec<u8>> {
    let (scheme, secret) = value.split_once(' ').unwrap_or(("", value));
    let mut secrets = vec![secret.as_bytes().to_vec()];
    if scheme.eq_ignore_ascii_case("basic")
        && let Ok(pair) = STANDARD.decode(secret)
        && let Some(colon) = pair.iter().position(|byte| *byte == b':')
    {
        secrets.push(pair[colon + 1..].to_vec());
    }
    secrets
}

#[cfg(test)]
mod tests {
    use super::secrets;

    #[test]
    fn the_scheme_is_no_secret_and_a_password_is() {
        assert_eq!(secrets("abc"), [b"abc".to_vec()]);
        assert_eq!(secrets("Token abc"), [b"abc".to_vec()]);
        let basic = secrets("Basic dXNlcjpwYXNzd29yZA==");
        assert_eq!(basic, [b"dXNlcjpwYXNzd29yZA==".to_vec(), b"password".to_vec()]);
    }
}
