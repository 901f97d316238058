/*!
The kill switch: a principal, or one of its tokens, of which nothing passes any more until a time, whatever the rules
say. People set it in the approval service; each worker asks there which ones there are (`GET /v1/kills`).
*/

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::digest::Keyed;
use crate::path::percent_encode;

/// How often a worker asks: so much later at most a kill is in force there.
pub const KILLS_EVERY_MS: u64 = 2_000;
/// In force at a time. The service takes no more, and a worker reads no more.
pub const KILLS_MAX: usize = 1_000;
/// Seconds.
pub const KILL_SHORTEST: u64 = 60;
pub const KILL_LONGEST: u64 = 7 * 24 * 3600;

/// What the service answers: all that is in force for whose certificate asks. Its `ETag` names it, and who has that one
/// already (`If-None-Match`) is answered 304.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kills {
    pub kills: Vec<Kill>,
    /// The replica cannot read its database: there may be others by now, and what is missing was not lifted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stale: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kill {
    /// `k_` and what makes it one of its own; in the record of each exchange that it ends.
    pub id: String,
    #[serde(flatten)]
    pub whom: Whom,
    /// Unix seconds. From then on it is not in force.
    pub until: u64,
}

/// As records name them. Neither is of a session or a run, which are only what a caller says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Whom {
    /// A principal, by its key `p_…`, whatever token it shows.
    Caller(String),
    /// One token, by its key `t_…`. The principal may get another.
    Token(String),
}

impl Whom {
    /// What may be one, by its form.
    pub fn named(text: &str) -> Option<Self> {
        let (kind, key) = text.split_once('_')?;
        let is_key = key.len() == 22
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        match kind {
            _ if !is_key => None,
            "p" => Some(Self::Caller(text.to_owned())),
            "t" => Some(Self::Token(text.to_owned())),
            _ => None,
        }
    }

    pub fn key(&self) -> &str {
        match self {
            Self::Caller(key) | Self::Token(key) => key,
        }
    }
}

/// What a worker asks, and who it is.
pub fn path(gateway: &str, worker: &str) -> String {
    let mut path = "/v1/kills?gateway=".to_owned();
    percent_encode(gateway, &mut path);
    path.push_str("&worker=");
    percent_encode(worker, &mut path);
    path
}

/// What stands for a token in records: a keyed digest of what is signed in it, `t_` and 128 bits in base64url. The
/// signature is left out: some have more than one valid form, and each would be another token.
pub fn token_key(token: &[u8], key: &[u8]) -> String {
    let mut digest = Keyed::new("gatehouse-token-1", key);
    let signed = token.iter().rposition(|byte| *byte == b'.').and_then(|dot| token.get(..dot));
    digest.bytes(signed.unwrap_or(token));
    let tag = digest.tag();
    format!("t_{}", URL_SAFE_NO_PAD.encode(tag.get(..16).unwrap_or(&tag)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kill_is_one_object() {
        let text = r#"{"kills":[{"id":"k_1","caller":"p_AAAAAAAAAAAAAAAAAAAAAA","until":7}]}"#;
        let kills: Kills = serde_json::from_str(text).unwrap();
        assert_eq!(kills.kills[0].whom, Whom::Caller("p_AAAAAAAAAAAAAAAAAAAAAA".into()));
        assert_eq!(serde_json::to_string(&kills).unwrap(), text);
        let neither = r#"{"kills":[{"id":"k_1","session":"s_1","until":7}]}"#;
        assert!(serde_json::from_str::<Kills>(neither).is_err());
    }

    #[test]
    fn a_worker_says_who_it_is() {
        assert_eq!(path("a b/é", "c_-1"), "/v1/kills?gateway=a%20b%2F%C3%A9&worker=c_-1");
    }

    #[test]
    fn a_key_says_whose_it_is() {
        let token = token_key(b"a.b.c", b"key");
        assert_eq!(Whom::named(&token), Some(Whom::Token(token.clone())));
        assert_ne!(token, token_key(b"a.b.c", b"another key"));
        assert_eq!(token, token_key(b"a.b.another", b"key"), "the same, with another signature");
        assert_ne!(token, token_key(b"a.d.c", b"key"));
        for text in [
            "",
            "p_",
            "s_AAAAAAAAAAAAAAAAAAAAAA",
            "p_AAAAAAAAAAAAAAAAAAAA",
            "p_AAAAAAAAAAAAAAAAAAAA'A",
        ] {
            assert_eq!(Whom::named(text), None, "{text}");
        }
    }
}
