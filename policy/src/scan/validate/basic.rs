/*! Credentials of HTTP's Basic authentication (RFC 7617): user and password, joined by a colon, in base64. */

use base64::Engine;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::{alphabet, engine::DecodePaddingMode};

const CONFIG: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, CONFIG);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, CONFIG);

pub(super) fn are_credentials(text: &[u8]) -> bool {
    let decoded = STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).unwrap_or_default();
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
