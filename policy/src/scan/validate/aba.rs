/*!
Routing numbers of banks in the United States: the ranges that the American Bankers Association gives
out, as the Federal Reserve tells them, and the check digit of ANSI X9.13 with the weights 3, 7, 1.
*/

/// Nine digits; what separates them is ignored.
pub(super) fn is_routing_number(text: &[u8]) -> bool {
    let mut digits = [0u32; 9];
    let mut count = 0;
    for byte in text.iter().filter(|byte| byte.is_ascii_digit()) {
        let Some(place) = digits.get_mut(count) else { return false };
        *place = u32::from(byte - b'0');
        count += 1;
    }
    let [first, second, ..] = digits;
    let sum: u32 = digits.iter().zip([3, 7, 1].iter().cycle()).map(|(d, weight)| d * weight).sum();
    count == digits.len()
        && is_given_out(first * 10 + second)
        && sum.is_multiple_of(10)
        // All zeros add up too.
        && sum > 0
}

/// The government's, the twelve districts of the Federal Reserve, those of thrift institutions and of
/// electronic transactions in the same order, and traveller's cheques.
fn is_given_out(prefix: u32) -> bool {
    matches!(prefix, 0..=12 | 21..=32 | 61..=72 | 80)
}

#[cfg(test)]
mod tests {
    use super::is_routing_number;

    /// With the check digit that belongs to it.
    fn number(eight: &str) -> String {
        let fits = |digit: &u32| {
            let text = format!("{eight}{digit}");
            let sum: u32 = text
                .bytes()
                .zip([3, 7, 1, 3, 7, 1, 3, 7, 1])
                .map(|(byte, weight)| u32::from(byte - b'0') * weight)
                .sum();
            sum.is_multiple_of(10)
        };
        format!("{eight}{}", (0..10).find(fits).unwrap())
    }

    #[test]
    fn prefixes_that_are_given_out() {
        let given: Vec<u32> = (0..100)
            .filter(|prefix| is_routing_number(number(&format!("{prefix:02}100002")).as_bytes()))
            .collect();
        let expected: Vec<u32> = (0..=12).chain(21..=32).chain(61..=72).chain([80]).collect();
        assert_eq!(given, expected);
    }

    #[test]
    fn check_digit_must_fit() {
        // A number of the Federal Reserve Bank of Boston, which it publishes.
        let known = ["0110", "0001", "5"].concat();
        assert!(is_routing_number(known.as_bytes()));
        let fit = (0..10).filter(|d| is_routing_number(format!("{}{d}", &known[..8]).as_bytes()));
        assert_eq!(fit.collect::<Vec<_>>(), [5]);
        // The weights tell two digits that change places.
        assert!(!is_routing_number(["1010", "0001", "5"].concat().as_bytes()));
    }

    #[test]
    fn nine_digits_with_separators() {
        assert!(is_routing_number(["0110", "0001", "5"].join("-").as_bytes()));
        assert!(!is_routing_number(["0110", "0001", "50"].concat().as_bytes()));
        assert!(!is_routing_number(b"") && !is_routing_number(b"000000000"));
        assert!(!is_routing_number(["1100", "0015"].concat().as_bytes()));
    }
}
