/*! JSON Web Tokens in compact form. */

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The header is decoded only up to this many characters: real ones are far shorter.
const HEADER_MAX: usize = 2048;

pub(super) fn header_names_algorithm(text: &[u8]) -> bool {
    let Some(header) = text.split(|&byte| byte == b'.').next() else { return false };
    if header.len() > HEADER_MAX {
        return false;
    }
    let Ok(json) = URL_SAFE_NO_PAD.decode(header) else { return false };
    let Ok(serde_json::Value::Object(header)) = serde_json::from_slice(&json) else { return false };
    header.get("alg").is_some_and(serde_json::Value::is_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_must_read() {
        let token = |header: &str| format!("{}.e30.c2ln", URL_SAFE_NO_PAD.encode(header));
        assert!(header_names_algorithm(token(r#"{"alg":"ES256","typ":"JWT"}"#).as_bytes()));
        assert!(!header_names_algorithm(token(r#"{"typ":"JWT"}"#).as_bytes()));
        assert!(!header_names_algorithm(token("{{").as_bytes()));
        assert!(!header_names_algorithm(b"") && !header_names_algorithm(b"."));
    }
}
