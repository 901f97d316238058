/*!
Identity card numbers of Singapore: a letter for the century or for foreigners, seven digits, and a letter
that their sum with the weights 2, 7, 6, 5, 4, 3, 2 chooses.

Source: the scheme is not published; it is known since Ngiam Shih Tung, "Singapore's NRIC number" (1996),
and for the series M of 2022 from open libraries, which agree.
*/

use crate::scan::validate::digits::{exactly, weighted};

const CITIZENS: &[u8; 11] = b"JZIHGFEDCBA";
const FOREIGNERS: &[u8; 11] = b"XWUTRQPNMLK";
const SERIES_M: &[u8; 11] = b"XWUTRQPNJLK";

pub(in crate::scan::validate) fn is_nric(text: &[u8]) -> bool {
    let Some(digits) = exactly::<7>(text) else { return false };
    let (Some(first), Some(last)) = (text.first(), text.last()) else { return false };
    let (added, letters) = match first.to_ascii_uppercase() {
        b'S' => (0, CITIZENS),
        b'T' => (4, CITIZENS),
        b'F' => (0, FOREIGNERS),
        b'G' => (4, FOREIGNERS),
        b'M' => (3, SERIES_M),
        _ => return false,
    };
    let sum = added + weighted(&digits, [2, 7, 6, 5, 4, 3, 2]);
    letters.get((sum % 11) as usize) == Some(&last.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::is_nric;

    #[test]
    fn one_letter_fits() {
        let fit = |body: &str| -> String {
            ('A'..='Z').filter(|letter| is_nric(format!("{body}{letter}").as_bytes())).collect()
        };
        assert_eq!(fit("S0000001"), "I");
        assert_eq!(fit("T0000001"), "E");
        assert_eq!(fit("F0000001"), "U");
        assert_eq!(fit("G0000001"), "P");
        assert_eq!(fit("M0000001"), "Q");
        assert_eq!(fit("A0000001"), "");
        assert!(is_nric(b"s0000001i") && !is_nric(b"S000001I") && !is_nric(b""));
    }
}
