/*!
Tokens of GitHub and npm: the last six characters are the CRC-32 of the thirty before them, in base
62.

Source: GitHub, "Behind GitHub's new authentication token formats" (2021), and their secret scanning
partner documentation.
*/

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const CHECKSUM: usize = 6;

pub(super) fn checksum_fits(token: &[u8]) -> bool {
    let Some(secret) = token.iter().position(|&byte| byte == b'_').and_then(|i| token.get(i + 1..))
    else {
        return false;
    };
    let Some((body, checksum)) = secret.split_last_chunk::<CHECKSUM>() else { return false };
    checksum == &base62(crc32(body))
}

fn base62(mut number: u32) -> [u8; CHECKSUM] {
    let mut text = [b'0'; CHECKSUM];
    for slot in text.iter_mut().rev() {
        *slot = DIGITS.get((number % 62) as usize).copied().unwrap_or(b'0');
        number /= 62;
    }
    text
}

/// CRC-32 of ISO 3309, reflected: tokens are short, so bit by bit is quick enough.
fn crc32(bytes: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0xedb8_8320;
    let step = |crc: u32, _| crc >> 1 ^ if crc & 1 == 1 { POLYNOMIAL } else { 0 };
    !bytes.iter().fold(u32::MAX, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), step))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{base62, checksum_fits, crc32};

    /// A token that GitHub could have issued.
    pub(crate) fn token(prefix: &str, body: &str) -> String {
        format!("{prefix}_{body}{}", String::from_utf8_lossy(&base62(crc32(body.as_bytes()))))
    }

    #[test]
    fn crc_of_the_check_string() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn only_the_right_checksum_fits() {
        let good = token("ghp", "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ");
        // The example of the published format.
        assert_eq!(good.get(34..), Some("0mLq17"));
        assert!(checksum_fits(good.as_bytes()));
        let wrong = good.replace("0mLq17", "0mLq18");
        assert!(!checksum_fits(wrong.as_bytes()));
        assert!(!checksum_fits(b"ghp_") && !checksum_fits(b""));
    }
}
