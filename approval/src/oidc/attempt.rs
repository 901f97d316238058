/*!
One try to log in, from the link to the provider's answer. All of it lies in a cookie of the browser that tries:
nothing is kept here, so strangers can fill nothing, a restart forgets nothing, and any replica takes the answer.

State, nonce and code verifier are derived from the cookie's secret. An answer that comes to another browser than
the one that asked does not fit its cookie, and the code in it is worth nothing without the verifier.
*/

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::random::{self, digest};

pub struct Attempt {
    secret: String,
    /// The page that was asked for.
    pub to: String,
}

impl Attempt {
    /// Seconds a browser keeps it.
    pub const LASTS: u64 = 600;

    pub fn new(to: &str) -> std::io::Result<Self> {
        Ok(Self { secret: random::secret()?, to: to.to_owned() })
    }

    /// The cookie's value.
    pub fn value(&self) -> String {
        format!("{}.{}", self.secret, URL_SAFE_NO_PAD.encode(&self.to))
    }

    pub fn read(value: &str) -> Option<Self> {
        let (secret, to) = value.split_once('.')?;
        let to = String::from_utf8(URL_SAFE_NO_PAD.decode(to).ok()?).ok()?;
        (secret.len() == 43).then(|| Self { secret: secret.to_owned(), to })
    }

    pub fn state(&self) -> String {
        self.derived("state")
    }

    pub fn nonce(&self) -> String {
        self.derived("nonce")
    }

    pub fn verifier(&self) -> String {
        self.derived("verifier")
    }

    /// Whether an answer belongs to this try.
    pub fn is_answered_by(&self, state: &str) -> bool {
        digest(state) == digest(&self.state())
    }

    fn derived(&self, what: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac_sha256::HMAC::mac(what, self.secret.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::Attempt;

    #[test]
    fn a_try_is_told_from_another() {
        let (one, other) = (Attempt::new("/holds/a?b=c").unwrap(), Attempt::new("/").unwrap());
        let read = Attempt::read(&one.value()).unwrap();
        assert_eq!((read.to.as_str(), read.state()), ("/holds/a?b=c", one.state()));
        assert!(one.is_answered_by(&read.state()) && !one.is_answered_by(&other.state()));
        let parts = [one.state(), one.nonce(), one.verifier(), other.state()];
        for (n, part) in parts.iter().enumerate() {
            assert!(
                part.len() == 43 && !parts[n + 1..].contains(part) && !one.value().contains(part)
            );
        }
        for wrong in
            ["", ".", "short.Lw", &one.value().replace('.', ""), &format!("{}.!", "a".repeat(43))]
        {
            assert!(Attempt::read(wrong).is_none(), "{wrong}");
        }
    }
}
