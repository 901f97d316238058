/*! Names nobody can guess and names people can read out. */

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Without letters and digits that look alike.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";

/// 256 random bits, for cookies, form tokens and login codes.
pub fn secret() -> std::io::Result<String> {
    let mut bytes = [0u8; 32];
    fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// 80 random bits as 16 characters; an id is not a capability.
pub fn id() -> std::io::Result<String> {
    let mut bytes = [0u8; 16];
    fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| ALPHABET[usize::from(byte & 31)] as char).collect())
}

fn fill(bytes: &mut [u8]) -> std::io::Result<()> {
    getrandom::fill(bytes).map_err(std::io::Error::other)
}

/// As text, for a column.
pub fn text_digest(secret: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(secret))
}

/// Secrets are kept and compared as digests: time then tells nothing about the longest match.
pub fn digest(secret: &str) -> [u8; 32] {
    hmac_sha256::Hash::hash(secret.as_bytes())
}
