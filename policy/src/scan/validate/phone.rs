/*!
Telephone numbers: country codes of ITU-T E.164 with the lengths of their national numbers, as ITU lists
them in its bulletins and national plans, and the form of numbers of the North American Numbering Plan.
*/

/// Country codes, and the fewest and most digits that may follow. Those that are not named have few
/// numbers; the bounds of E.164 hold for them.
const LENGTHS: &[(&[u32], usize, usize)] = &[
    (&[1], 10, 10),
    (&[7, 86, 90, 91, 92], 10, 11),
    (&[33, 34, 48, 61, 84, 380, 375], 9, 10),
    (&[31, 32, 41, 46, 47, 45, 27, 30, 351, 352, 353], 8, 10),
    (&[44, 52, 54, 55, 57, 63, 66, 81, 82], 8, 11),
    (&[43, 49], 6, 12),
    (&[39, 36, 40, 358, 359, 385, 386, 420, 421], 6, 11),
    (&[65, 852, 853], 8, 8),
    (&[20, 51, 56, 58, 60, 62, 64, 234, 254, 886, 966, 971, 972], 7, 11),
];
/// Codes of one and two digits that are given out; those of three begin otherwise.
const TWO: &[u32] = &[
    20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56,
    57, 58, 60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98,
];
/// Tens of codes of three digits of which none is given out.
const SPARE: &[u32] = &[28, 83, 89];
const DIGITS_MAX: usize = 15;

/// A number with `+` is international, one of two digits in brackets Brazil's; one that begins with `0` has a
/// trunk prefix; any other is one of North America, with or without the `1` before it.
pub(super) fn is_number(text: &[u8]) -> bool {
    let mut digits = [0u32; DIGITS_MAX];
    let mut count = 0;
    for byte in text.iter().filter(|byte| byte.is_ascii_digit()) {
        let Some(place) = digits.get_mut(count) else { return false };
        *place = u32::from(byte - b'0');
        count += 1;
    }
    let digits = digits.get(..count).unwrap_or_default();
    match text {
        [b'+', ..] => is_international(digits),
        [b'(', _, _, b')', ..] => is_brazilian(digits),
        _ => is_national(digits),
    }
}

fn is_international(digits: &[u32]) -> bool {
    let head =
        |count: usize| digits.iter().take(count).fold(0, |number, digit| number * 10 + digit);
    let (code, length) = match (head(1), head(2)) {
        (code @ (1 | 7), _) => (code, 1),
        (_, code) if TWO.contains(&code) => (code, 2),
        (0, _) => return false,
        (_, tens) if SPARE.contains(&tens) => return false,
        _ => (head(3), 3),
    };
    let Some(national) = digits.get(length..) else { return false };
    let known = LENGTHS.iter().find(|(codes, ..)| codes.contains(&code));
    let (fewest, most) = known.map_or((6, 12), |(_, fewest, most)| (*fewest, *most));
    let one = national.iter().all(|digit| Some(digit) == national.first());
    (fewest..=most).contains(&national.len()) && !one && (code != 1 || is_american(national))
}

fn is_national(digits: &[u32]) -> bool {
    match digits {
        [1, national @ ..] if national.len() == 10 => is_american(national),
        [0, first, rest @ ..] => *first != 0 && (7..=10).contains(&rest.len()),
        _ => is_american(digits),
    }
}

/// Two digits of the area, and eight of a line or nine of a mobile.
fn is_brazilian(digits: &[u32]) -> bool {
    let &[first, second, ref rest @ ..] = digits else { return false };
    let mobile = rest.len() == 9 && rest.first() == Some(&9);
    first > 0 && second > 0 && (rest.len() == 8 || mobile)
}

/// Area and exchange begin with 2 to 9 and are none of the service codes `N11`; areas with a 9 in the
/// middle are kept for longer numbers, 37 and 96 too.
fn is_american(digits: &[u32]) -> bool {
    let &[a, b, c, x, y, z, ..] = digits else { return false };
    digits.len() == 10
        && a >= 2
        && b != 9
        && (b, c) != (1, 1)
        && !matches!((a, b), (3, 7) | (9, 6))
        && x >= 2
        && (y, z) != (1, 1)
}

#[cfg(test)]
mod tests {
    use super::is_number;

    #[test]
    fn international_numbers() {
        for good in [
            "+1 (415) 555-0132",
            "+1.415.555.0132",
            "+44 7700 900123",
            "+33 6 12 34 56 78",
            "+49 151 49155261",
            "+61 433 161 368",
            "+55 11 98430-8746",
            "+91 98765 43210",
            "+65 8123 4567",
            "+354 611 1234",
            "+998 90 123 45 67",
        ] {
            assert!(is_number(good.as_bytes()), "{good}");
        }
        for bad in [
            "+1 415 555 013",
            "+1 411 555 0132",
            "+1 015 555 0132",
            "+1 415 055 0132",
            "+1 415 911 0132",
            "+65 8123 45678",
            "+28 1234567",
            "+210 1234 5678 9012 3",
            "+33 11 11 11 11 1",
            "+0 12345678",
            "+4",
            "",
        ] {
            assert!(!is_number(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn national_numbers() {
        for good in [
            "(415) 555-0132",
            "415.555.0132",
            "1-415-555-0132",
            "07700 900123",
            "(11) 98430-8746",
            "(11) 3430-8746",
        ] {
            assert!(is_number(good.as_bytes()), "{good}");
        }
        for bad in [
            "(01) 3430-8746",
            "(11) 88430-8746",
            "(111) 555-0132",
            "(415) 155-013",
            "295-555-0132",
            "371-555-0132",
            "00700 900123",
        ] {
            assert!(!is_number(bad.as_bytes()), "{bad}");
        }
    }
}
