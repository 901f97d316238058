/*! Payment card numbers: issuer identification ranges and lengths after ISO/IEC 7812, and Luhn. */

const DIGITS_MAX: usize = 19;

/// The first of `lengths` at which `text` is a card number, written in groups as cards are. The digits are
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
        let digits = count.and_then(|count| digits.get(..count));
        digits.is_some_and(|digits| is_card(digits) && is_grouped(digits.len(), &ends))
    })
}

/// Whether the gaps are where cards have them, or between groups that are all as long; columns of other
/// numbers have theirs anywhere. `ends` tells where in the text each digit ends.
fn is_grouped(count: usize, ends: &[usize]) -> bool {
    let ends = ends.get(..count).unwrap_or_default();
    let after = |at: usize| match ends.get(at.saturating_sub(1)..=at) {
        Some([before, this]) => this - before > 1,
        _ => false,
    };
    let gaps = || (1..count).filter(|at| after(*at));
    let first = gaps().next().unwrap_or(count);
    gaps().all(|at| at % 4 == 0)
        || count <= 15 && gaps().all(|at| matches!(at, 4 | 10))
        || first <= 3 && (1..count).all(|at| after(at) == (at % first == 0))
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
        (.., 6011) | (_, _, 644..=649, _) | (_, 65, ..) => (16..=19).contains(&length),
        (_, 60, ..) => length == 16,
        // UnionPay
        (_, 62 | 81, ..) => (16..=19).contains(&length),
        // Maestro
        (.., 5018 | 5020 | 5038 | 5893 | 6304 | 6390 | 6759 | 6761..=6763) => {
            (12..=19).contains(&length)
        }
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
    fn gaps_are_where_cards_have_them() {
        let number = card("411111111111111");
        let spread = |sizes: &[usize]| {
            let mut rest = number.as_str();
            let mut groups = Vec::new();
            for size in sizes {
                let (group, after) = rest.split_at(*size);
                groups.push(group);
                rest = after;
            }
            groups.push(rest);
            is_card(groups.join(" ").as_bytes())
        };
        for good in [&[4, 4, 4][..], &[4, 8], &[], &[1; 15], &[2; 7], &[3; 5]] {
            assert!(spread(good), "{good:?}");
        }
        for bad in [&[6, 4, 6][..], &[4, 6], &[5, 5, 5], &[1, 2, 4, 4], &[3, 3]] {
            assert!(!spread(bad), "{bad:?}");
        }
        let amex = card("37828224631000");
        assert!(is_card([&amex[..4], &amex[4..10], &amex[10..]].join("-").as_bytes()));
        assert!(!is_card([&amex[..5], &amex[5..10], &amex[10..]].join("-").as_bytes()));
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
