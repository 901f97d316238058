/*!
Addresses of Bitcoin: base58 with the first four bytes of a double SHA-256 at the end (P2PKH and P2SH), or
bech32 and bech32m after BIP 173 and BIP 350.
*/

use hmac_sha256::Hash;

const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const BECH32: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
/// Bytes of a decoded address: version, hash, check.
const DECODED: usize = 25;

pub(super) fn is_address(text: &[u8]) -> bool {
    match text {
        [b'b' | b'B', b'c' | b'C', b'1', rest @ ..] => fits_bech32(rest),
        _ => fits_base58(text),
    }
}

fn fits_base58(text: &[u8]) -> bool {
    let mut decoded = [0u8; DECODED];
    for byte in text {
        let Some(digit) = BASE58.iter().position(|known| known == byte) else { return false };
        let mut carry = digit as u32;
        for place in decoded.iter_mut().rev() {
            carry += u32::from(*place) * 58;
            *place = (carry % 256) as u8;
            carry /= 256;
        }
        if carry > 0 {
            return false;
        }
    }
    let Some((body, check)) = decoded.split_last_chunk::<4>() else { return false };
    let digest = Hash::hash(&Hash::hash(body));
    let version = body.first().copied().unwrap_or(u8::MAX);
    let ones = text.iter().take_while(|byte| **byte == b'1').count();
    let zeros = decoded.iter().take_while(|byte| **byte == 0).count();
    matches!(version, 0 | 5) && ones == zeros && digest.starts_with(check)
}

/// `rest` follows `bc1`. Mixed case is none.
fn fits_bech32(rest: &[u8]) -> bool {
    let step = |sum: u32, value: u32| {
        let shifted = (sum & 0x01ff_ffff) << 5 ^ value;
        let bits = GENERATOR.iter().enumerate();
        bits.filter(|(bit, _)| sum >> 25 >> bit & 1 == 1).fold(shifted, |sum, (_, g)| sum ^ g)
    };
    // High and low bits of `bc`, with a zero between them.
    let mut sum = [3, 3, 0, 2, 3].into_iter().fold(1, step);
    for byte in rest {
        let Some(value) = BECH32.iter().position(|known| *known == byte.to_ascii_lowercase())
        else {
            return false;
        };
        sum = step(sum, value as u32);
    }
    let lower = rest.iter().any(u8::is_ascii_lowercase);
    let upper = rest.iter().any(u8::is_ascii_uppercase);
    !(lower && upper) && matches!(sum, 1 | 0x2bc8_30a3)
}

#[cfg(test)]
mod tests {
    use super::is_address;

    /// Of the genesis block, of an example of BIP 16, and those that BIP 173 and BIP 350 print.
    #[test]
    fn printed_addresses() {
        for parts in [
            ["1A1zP1eP5QGefi2DMP", "TfTL5SLmv7DivfNa"],
            ["3P14159f73E4gFr7Jt", "erCCQh9QjiTjiZrG"],
            ["bc1qw508d6qejxtdg4y", "5r3zarvary0c5xw7kv8f3t4"],
            ["BC1QW508D6QEJXTDG4Y", "5R3ZARVARY0C5XW7KV8F3T4"],
            ["bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3", "k2e72q4k9hcz7vqzk5jj0"],
        ] {
            let good = parts.concat();
            assert!(is_address(good.as_bytes()), "{good}");
            let mut wrong = good.clone().into_bytes();
            wrong.swap(10, 11);
            assert!(!is_address(&wrong), "{good}");
        }
        assert!(!is_address(b"") && !is_address(b"bc1") && !is_address(b"1l"));
        assert!(!is_address(&[b'z'; 64]));
    }
}
