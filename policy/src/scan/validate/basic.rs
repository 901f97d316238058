/*! Credentials of HTTP's Basic authentication (RFC 7617): user and password, joined by a colon, in base64. */

use crate::scan::encoded::Layer;

pub(super) fn are_credentials(text: &[u8]) -> bool {
    let url_safe = text.iter().any(|byte| matches!(byte, b'-' | b'_'));
    let decoded = Layer::Base64 { url_safe, padded: false }.decode(text).unwrap_or_default();
    let Ok(decoded) = std::str::from_utf8(&decoded) else { return false };
    decoded.contains(':') && !decoded.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::are_credentials;

    #[test]
    fn a_colon_and_text() {
        assert!(are_credentials(["YWRhOnQ3", "S3EtdlgyelI="].concat().as_bytes()));
        assert!(are_credentials(["YWRhOnQ3", "S3EtdlgyelI"].concat().as_bytes()));
        assert!(!are_credentials(b"authentication") && !are_credentials(b"YWRhYWRh"));
    }
}
