/*! Payment card numbers: issuer identification ranges and lengths after ISO/IEC 7812, and Luhn. */

/// Separators are ignored.
pub(super) fn is_card(text: &[u8]) -> bool {
    let mut digits = [0u8; 19];
    let mut count = 0;
    for digit in text.iter().filter(|byte| byte.is_ascii_digit()).map(|byte| byte - b'0') {
        let Some(slot) = digits.get_mut(count) else { return false };
        *slot = digit;
        count += 1;
    }
    let Some(digits) = digits.get(..count) else { return false };
    brand_has(digits) && luhn(digits)
}

/// Whether some brand issues numbers that begin like this, with this length.
fn brand_has(digits: &[u8]) -> bool {
    let head = |count: usize| {
        digits.iter().take(count).fold(0u32, |number, digit| number * 10 + u32::from(*digit))
    };
    let length = digits.len();
    match (head(1), head(2), head(3), head(4)) {
        // Visa
        (4, ..) => matches!(length, 13 | 16 | 19),
        // American Express
        (_, 34 | 37, ..) => length == 15,
        // Diners Club
        (_, 36, ..) => (14..=19).contains(&length),
        (_, _, 300..=305, _) | (_, 38 | 39, ..) => matches!(length, 14 | 16..=19),
        // JCB
        (.., 3528..=3589) => (16..=19).contains(&length),
        // Mastercard
        (_, 51..=55, ..) | (.., 2221..=2720) => length == 16,
        // Mir
        (.., 2200..=2204) => (16..=19).contains(&length),
        // Discover, RuPay
        (.., 6011) | (_, _, 644..=649, _) | (_, 60 | 65, ..) => (16..=19).contains(&length),
        // UnionPay
        (_, 62 | 81, ..) => (16..=19).contains(&length),
        // Maestro
        (_, 50 | 56..=59 | 61 | 63 | 66..=69, ..) => (12..=19).contains(&length),
        _ => false,
    }
}

fn luhn(digits: &[u8]) -> bool {
    let doubled = |digit: u8| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, &digit)| u32::from(if place % 2 == 1 { doubled(digit) } else { digit }))
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::is_card;

    /// Appends the check digit.
    fn card(body: &str) -> String {
        (0..10)
            .map(|digit| format!("{body}{digit}"))
            .find(|number| {
                super::luhn(&number.bytes().map(|byte| byte - b'0').collect::<Vec<_>>())
            })
            .unwrap()
    }

    #[test]
    fn brands_and_lengths() {
        for body in [
            "411111111111111",
            "401288888888188",
            "222100000000000",
            "272099999999999",
            "555555555555444",
            "37828224631000",
            "601111111111111",
            "353011133330000",
            "3056930902590",
            "620000000000000",
            "453201511283036",
        ] {
            assert!(is_card(card(body).as_bytes()), "{body}");
        }
        for body in ["222099999999999", "272100000000000", "41111111111111", "37828224631000500", "100000000000000"] {
            assert!(!is_card(card(body).as_bytes()), "{body}");
        }
    }

    #[test]
    fn check_digit_must_fit() {
        let good = card("411111111111111");
        let last = good.as_bytes()[15];
        for digit in (b'0'..=b'9').filter(|digit| *digit != last) {
            let mut number = good.clone().into_bytes();
            number[15] = digit;
            assert!(!is_card(&number));
        }
        assert!(!is_card(b"") && !is_card(&[b'9'; 64]));
    }
}
