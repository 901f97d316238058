/*! Numbers by which states know people, with the check digits that each computes in its own way. */

mod aadhaar;
mod nif;
mod nric;

pub(super) use aadhaar::is_aadhaar;
pub(super) use nif::is_nif;
pub(super) use nric::is_nric;

use super::digits::{are_grouped, are_one, exactly, weighted};

/// NHS number of England, Wales and the Isle of Man: ten digits, modulus 11 with weights 10 to 2, after
/// the NHS Data Model and Dictionary. What leaves a check of 10 is not given out.
pub(super) fn is_nhs(text: &[u8]) -> bool {
    let Some(digits) = exactly::<10>(text) else { return false };
    let [body @ .., check] = digits;
    let left = 11 - weighted(&body, (2..=10).rev()) % 11;
    left % 11 == check && left != 10 && !are_one(&digits) && are_grouped(text, &[3, 3, 4])
}

/// National Insurance number of the United Kingdom: two letters, six digits and a letter A to D; the
/// prefixes that HM Revenue and Customs does not use are in its manual, NIM39110.
pub(super) fn is_nino(text: &[u8]) -> bool {
    let mut kept = text.iter().filter(|byte| byte.is_ascii_alphanumeric());
    let mut next = || kept.next().map(u8::to_ascii_uppercase);
    let (Some(first), Some(second)) = (next(), next()) else { return false };
    let letters = |byte: u8| byte.is_ascii_uppercase() && !b"DFIQUV".contains(&byte);
    letters(first)
        && letters(second)
        && second != b'O'
        && !matches!(&[first, second], b"BG" | b"GB" | b"KN" | b"NK" | b"NT" | b"TN" | b"ZZ")
        && exactly::<6>(text).is_some_and(|digits| !are_one(&digits))
}

/// Social Insurance Number of Canada: nine digits and Luhn; none begins with 0 or 8.
pub(super) fn is_sin(text: &[u8]) -> bool {
    let Some(digits) = exactly::<9>(text) else { return false };
    let doubled = |(place, digit): (usize, &u32)| match (place % 2, digit) {
        (0, digit) => *digit,
        (_, digit) => digit * 2 / 10 + digit * 2 % 10,
    };
    let sum: u32 = digits.iter().enumerate().map(doubled).sum();
    let [first, ..] = digits;
    !matches!(first, 0 | 8)
        && sum.is_multiple_of(10)
        && !are_one(&digits)
        && are_grouped(text, &[3, 3, 3])
}

/// Cadastro de Pessoas Físicas of Brazil: eleven digits, the last two by modulus 11 with weights that
/// fall to 2, as Receita Federal computes them.
pub(super) fn is_cpf(text: &[u8]) -> bool {
    let Some(digits) = exactly::<11>(text) else { return false };
    let check = |count: usize| {
        let body = digits.get(..count).unwrap_or_default();
        weighted(body, (2..=count as u32 + 1).rev()) * 10 % 11 % 10
    };
    digits.get(9) == Some(&check(9)) && digits.get(10) == Some(&check(10)) && !are_one(&digits)
}

/// PESEL of Poland: a date, whose month tells the century, a serial and a check digit with the weights
/// 1, 3, 7, 9, after the act on population registration.
pub(super) fn is_pesel(text: &[u8]) -> bool {
    let Some(digits) = exactly::<11>(text) else { return false };
    let [_, _, m, n, d, e, ..] = digits;
    let (month, day) = ((m * 10 + n) % 20, d * 10 + e);
    let sum = weighted(&digits, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]);
    (1..=12).contains(&month) && (1..=31).contains(&day) && sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_check_digit_fits() {
        let only = |check: fn(&[u8]) -> bool, body: &str| -> Vec<u32> {
            (0..10).filter(|d| check(format!("{body}{d}").as_bytes())).collect()
        };
        // The examples that the offices print.
        assert_eq!(only(is_nhs, &["943", "476", "591"].join(" ")), [9]);
        assert_eq!(only(is_sin, &["193", "456", "78"].join("-")), [7]);
        assert_eq!(only(is_cpf, &["529", ".982", ".247-2"].concat()), [5]);
        assert_eq!(only(is_pesel, &["44051", "40135"].concat()), [9]);
        // A check of ten, a first digit that is not given out, a month that is none.
        assert_eq!(only(is_sin, "82345678"), [0; 0]);
        assert_eq!(only(is_pesel, "4413140135"), [0; 0]);
    }

    #[test]
    fn numbers_nobody_has() {
        for same in (0..10).map(|digit: u32| digit.to_string()) {
            assert!(!is_nhs(same.repeat(10).as_bytes()) && !is_cpf(same.repeat(11).as_bytes()));
            assert!(!is_sin(same.repeat(9).as_bytes()));
        }
        assert!(!is_nhs(b"") && !is_sin(b"1") && !is_cpf(b"") && !is_pesel(b"4405140135"));
    }

    #[test]
    fn prefixes_of_national_insurance() {
        for good in ["LM172282B", "lm 17 22 82 b", "AA123456C"] {
            assert!(is_nino(good.as_bytes()), "{good}");
        }
        for bad in ["BG172282B", "DA172282B", "AO172282B", "ZZ172282B", "LM111111B", "LM17228B", ""]
        {
            assert!(!is_nino(bad.as_bytes()), "{bad}");
        }
    }
}
