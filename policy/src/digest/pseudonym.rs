/*!
Pseudonyms of redacted values. They join within one principal's session and nowhere else: both are
inside of the MAC, so neither another agent nor whoever collects what two sessions saw can join more.

What a pseudonym hides is as hard to find as the value is to guess for who may ask the gateway to
redact guesses: an agent whose upstream echoes what it sends can. So values of few candidates get none
(`compile` refuses it).
*/

use std::fmt;

use super::Keyed;
use crate::principal::Principal;

/// No digits, so that no pattern for numbers finds a pseudonym, and no vowels, so that no word is one.
pub const ALPHABET: &[u8; 16] = b"bcdfghjklmnpqrtv";
/// Letters of a pseudonym, four bits each.
pub const LENGTH: usize = 16;

/// The key of one principal's session.
#[derive(Clone, PartialEq, Eq)]
pub struct Pseudonyms([u8; 32]);

impl Pseudonyms {
    /// `session` is what the caller says; a caller without one has the session of all of them.
    pub fn new(key: &[u8], principal: &Principal, session: Option<&str>) -> Self {
        let mut digest = Keyed::new("gatehouse-pseudonyms-1", key);
        digest.field("issuer", &principal.issuer);
        digest.field("subject", &principal.subject);
        match session {
            Some(session) => digest.field("session", session),
            None => digest.field("no session", ""),
        }
        Self(digest.tag())
    }

    pub fn of(&self, kind: &str, value: &[u8]) -> String {
        let mut digest = Keyed::new("gatehouse-pseudonym-1", &self.0);
        digest.field("kind", kind);
        digest.bytes(value);
        let nibbles = digest.tag().into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let letters = nibbles.filter_map(|nibble| ALPHABET.get(usize::from(nibble)));
        letters.take(LENGTH).map(|letter| char::from(*letter)).collect()
    }
}

/// It is a key.
impl fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pseudonyms")
    }
}

#[cfg(test)]
mod tests {
    use super::{ALPHABET, LENGTH, Pseudonyms};
    use crate::principal::Principal;

    fn of(
        key: u8,
        issuer: &str,
        subject: &str,
        session: Option<&str>,
        kind: &str,
        value: &str,
    ) -> String {
        let (issuer, subject) = (issuer.to_owned(), subject.to_owned());
        let principal = Principal {
            issuer,
            subject,
            groups: Vec::new(),
            agent: None,
            owners: Vec::new(),
            scopes: Vec::new(),
        };
        Pseudonyms::new(&[key; 32], &principal, session).of(kind, value.as_bytes())
    }

    #[test]
    fn only_the_same_is_the_same() {
        let one = || of(1, "i", "ada", Some("s"), "email", "a@example.com");
        let mut all = vec![
            one(),
            of(2, "i", "ada", Some("s"), "email", "a@example.com"),
            of(1, "j", "ada", Some("s"), "email", "a@example.com"),
            of(1, "i", "bob", Some("s"), "email", "a@example.com"),
            of(1, "i", "ada", Some("t"), "email", "a@example.com"),
            of(1, "i", "ada", Some(""), "email", "a@example.com"),
            of(1, "i", "ada", None, "email", "a@example.com"),
            of(1, "i", "ada", Some("s"), "mail", "a@example.com"),
            of(1, "i", "ada", Some("s"), "email", "b@example.com"),
            // The border between fields is a part of what is digested.
            of(1, "ia", "da", Some("s"), "email", "a@example.com"),
        ];
        assert_eq!(one(), one());
        for pseudonym in &all {
            assert_eq!(pseudonym.len(), LENGTH);
            assert!(pseudonym.bytes().all(|letter| ALPHABET.contains(&letter)));
        }
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
