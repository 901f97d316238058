/*!
Número de identificación fiscal of Spain, of citizens (DNI) and foreigners (NIE): the number modulo 23
chooses the letter at the end, after Real Decreto 1553/2005; `X`, `Y`, `Z` count as 0, 1, 2.
*/

const LETTERS: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";

pub(in crate::scan::validate) fn is_nif(text: &[u8]) -> bool {
    let kept = text.iter().filter(|byte| byte.is_ascii_alphanumeric());
    let mut number = 0usize;
    let mut count = 0;
    let mut last = None;
    for byte in kept.map(u8::to_ascii_uppercase) {
        if let Some(before) = last.replace(byte) {
            let digit = match before {
                b'0'..=b'9' => before - b'0',
                b'X'..=b'Z' if count == 0 => before - b'X',
                _ => return false,
            };
            number = number * 10 + usize::from(digit);
            count += 1;
            if count > 8 {
                return false;
            }
        }
    }
    count == 8 && number > 0 && LETTERS.get(number % 23).copied() == last
}

#[cfg(test)]
mod tests {
    use super::{LETTERS, is_nif};

    #[test]
    fn one_letter_fits() {
        let fit = |body: &str| -> Vec<char> {
            let letters = LETTERS.iter().map(|letter| char::from(*letter));
            letters.filter(|letter| is_nif(format!("{body}{letter}").as_bytes())).collect()
        };
        assert_eq!(fit("12345678"), ['Z']);
        assert_eq!(fit("12345678-"), ['Z']);
        assert_eq!(fit("X1234567"), ['L']);
        assert!(is_nif(b"12345678z") && is_nif(b"x1234567l"));
        for bad in ["1X234567L", "00000000T", "123456789Z", "1234567Z", "123456789", ""] {
            assert!(!is_nif(bad.as_bytes()), "{bad}");
        }
    }
}
