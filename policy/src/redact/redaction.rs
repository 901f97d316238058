/*! What stands in the place of a finding, and which of two ways is the stronger. */

use serde::{Deserialize, Serialize};

/// The longest end of a value that `partial` may show, in characters.
pub const KEEP_MAX: u8 = 4;
/// `partial` shows at most one character of so many.
pub const KEEP_SHARE: usize = 4;
/// The longest `fixed` text.
pub const FIXED_MAX: usize = 64;

/// From weak to strong: of several rules that redact the same value the strongest is followed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "as", rename_all = "lowercase", deny_unknown_fields)]
pub enum Redaction {
    /// Its last letters and digits stay.
    Partial { keep_last: u8 },
    /// A pseudonym: the same for the same value, principal and session.
    Hash,
    /// The text of the rule.
    Fixed { text: String },
    /// `[REDACTED:kind]`.
    #[default]
    Token,
}

impl Redaction {
    /// The stronger of the two. It does not matter which comes first, nor in what order more are
    /// joined: two different texts leave neither of them.
    pub fn join(self, other: Self) -> Self {
        match (self, other) {
            (Self::Partial { keep_last: one }, Self::Partial { keep_last: other }) => {
                Self::Partial { keep_last: one.min(other) }
            }
            (Self::Fixed { text: one }, Self::Fixed { text: other }) if one != other => Self::Token,
            (one, other) if one.strength() >= other.strength() => one,
            (_, other) => other,
        }
    }

    fn strength(&self) -> u8 {
        match self {
            Self::Partial { .. } => 0,
            Self::Hash => 1,
            Self::Fixed { .. } => 2,
            Self::Token => 3,
        }
    }

    /// Whether a gateway may follow it, whoever compiled it.
    pub fn is_sound(&self) -> bool {
        match self {
            Self::Partial { keep_last } => (1..=KEEP_MAX).contains(keep_last),
            Self::Fixed { text } => is_plain(text),
            Self::Hash | Self::Token => true,
        }
    }
}

/// Text that means the same wherever a finding may stand: in a string of JSON at any depth, in a form,
/// a cell of CSV, a literal of SQL or an element of XML.
pub fn is_plain(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b" _.:*()[]-".contains(&byte);
    !text.is_empty()
        && text.len() <= FIXED_MAX
        && text.trim() == text
        && text.bytes().all(plain)
        // Begins a comment in SQL.
        && !text.contains("--")
}

#[cfg(test)]
mod tests {
    use super::{Redaction, is_plain};

    fn all() -> Vec<Redaction> {
        let fixed = |text: &str| Redaction::Fixed { text: text.to_owned() };
        let partial = |keep_last| Redaction::Partial { keep_last };
        vec![
            partial(4),
            partial(2),
            Redaction::Hash,
            fixed("removed"),
            fixed("gone"),
            Redaction::Token,
        ]
    }

    #[test]
    fn order_never_matters() {
        for a in all() {
            for b in all() {
                let ab = a.clone().join(b.clone());
                assert_eq!(ab, b.clone().join(a.clone()));
                for c in all() {
                    let bc = b.clone().join(c.clone());
                    assert_eq!(ab.clone().join(c), a.clone().join(bc));
                }
            }
            assert_eq!(a.clone().join(a.clone()), a);
        }
    }

    #[test]
    fn the_stronger_wins() {
        let [four, two, hash, removed, gone, token] = all().try_into().unwrap();
        assert_eq!(four.clone().join(two.clone()), two);
        assert_eq!(four.join(hash.clone()), hash);
        assert_eq!(hash.join(removed.clone()), removed);
        assert_eq!(removed.clone().join(gone), token);
        assert_eq!(removed.join(token.clone()), token);
    }

    #[test]
    fn what_no_gateway_follows() {
        for keep_last in [0, 5, 255] {
            assert!(!Redaction::Partial { keep_last }.is_sound());
        }
        for text in
            ["", " a", "a\"b", "a\\b", "a%41", "a&b", "a=b", "a'b", "a--b", "a\nb", "é", "a,b"]
        {
            assert!(!is_plain(text), "{text}");
        }
        assert!(!is_plain(&"a".repeat(65)));
        assert!(is_plain("[card number, removed]".replace(',', "").as_str()));
    }
}
