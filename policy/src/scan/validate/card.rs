/*! Payment card numbers: issuer identification ranges and lengths after ISO/IEC 7812, and Luhn. */

const DIGITS_MAX: usize = 19;

/// The first of `lengths` at which `text` is a card number; separators are ignored. The digits are
/// read once for all lengths: a table of single digits asks for eight at every place.
pub(super) fn choose(text: &[u8], lengths: impl Iterator<Item = usize>) -> Option<usize> {
    let mut digits = [0u8; DIGITS_MAX];
    let mut ends = [usize::MAX; DIGITS_MAX];
    let places = text.iter().enumerate().filter(|(_, byte)| byte.is_ascii_digit());
    for ((at, byte), (digit, end)) in places.zip(digits.iter_mut().zip(&mut ends)) {
        *digit = byte - b'0';
        *end = at + 1;
    }
    let mut lengths = lengths;
    lengths.find(|length| {
        let count = ends.iter().position(|end| end == length).map(|at| at + 1);
        count.and_then(|count| digits.get(..count)).is_some_and(is_card)
    })
}

fn is_card(digits: &[u8]) -> bool {
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
    use super::choose;

    fn is_card(text: &[u8]) -> bool {
        choose(text, std::iter::once(text.len())) == Some(text.len())
    }

    /// Appends the check digit.
    fn card(body: &str) -> String {
        (0..10)
            .map(|digit| format!("{body}{digit}"))
            .find(|number| super::luhn(&number.bytes().map(|byte| byte - b'0').collect::<Vec<_>>()))
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
        for body in [
            "222099999999999",
            "272100000000000",
            "41111111111111",
            "37828224631000500",
            "100000000000000",
        ] {
            assert!(!is_card(card(body).as_bytes()), "{body}");
        }
    }

    #[test]
    fn the_longest_that_fits_is_chosen() {
        let text = format!("{} 123", card("411111111111111"));
        assert_eq!(choose(text.as_bytes(), [20, 19, 18, 16, 15].into_iter()), Some(16));
        assert_eq!(choose(b"4111 1111", [9, 8].into_iter()), None);
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
