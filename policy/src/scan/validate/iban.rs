/*!
International bank account numbers: countries and lengths of the IBAN registry of ISO 13616, which
SWIFT keeps, and the check digits of ISO/IEC 7064, MOD 97-10.
*/

const LENGTH_MAX: usize = 34;

/// Length, and the countries whose numbers have it. Release 99 of the registry.
const LENGTHS: &[(usize, &str)] = &[
    (15, "NO"),
    (16, "BE"),
    (18, "DK FI FK FO GL NL SD"),
    (19, "MK SI"),
    (20, "AT BA EE KZ LT LU MN XK"),
    (21, "CH HR LI LV"),
    (22, "BG BH CR DE GB GE IE ME RS VA"),
    (23, "AE GI IL IQ OM SO TL"),
    (24, "AD CZ ES MD PK RO SA SE SK TN VG"),
    (25, "LY PT ST"),
    (26, "IS TR"),
    (27, "BI DJ FR GR IT MC MR SM"),
    (28, "AL AZ BY CY DO GT HN HU LB NI PL SV"),
    (29, "BR EG PS QA UA"),
    (30, "JO KW MU YE"),
    (31, "MT SC"),
    (32, "LC"),
    (33, "RU"),
];

/// Letters and digits in any case, in one piece or in groups of four with the same separator everywhere.
pub(super) fn is_account(text: &[u8]) -> bool {
    let mut number = [0u8; LENGTH_MAX];
    let mut length = 0;
    for byte in text.iter().filter(|byte| byte.is_ascii_alphanumeric()) {
        let Some(place) = number.get_mut(length) else { return false };
        *place = byte.to_ascii_uppercase();
        length += 1;
    }
    let number = number.get(..length).unwrap_or_default();
    let Some((head, account)) = number.split_first_chunk::<4>() else { return false };
    let [first, second, check @ ..] = head;
    // Other pairs of check digits are never computed, though some leave the same remainder.
    check.iter().all(u8::is_ascii_digit)
        && !matches!(check, b"00" | b"01" | b"99")
        && length_of([*first, *second]) == Some(length)
        && is_grouped(text)
        && remainder(account.iter().chain(head)) == 1
}

/// Other words of four letters would do as well without this.
fn is_grouped(text: &[u8]) -> bool {
    let mut gaps = text.split(u8::is_ascii_alphanumeric).filter(|gap| !gap.is_empty());
    let first = gaps.next();
    let mut groups = text.split(|byte| !byte.is_ascii_alphanumeric()).filter(|g| !g.is_empty());
    let last = groups.next_back().map_or(0, <[u8]>::len);
    first.is_none()
        || gaps.all(|gap| Some(gap) == first) && groups.all(|g| g.len() == 4) && last <= 4
}

fn length_of(country: [u8; 2]) -> Option<usize> {
    let has = |codes: &str| codes.split(' ').any(|code| code.as_bytes() == country);
    LENGTHS.iter().find(|(_, codes)| has(codes)).map(|(length, _)| *length)
}

/// Of the number that is written with 10 for `A` to 35 for `Z`, divided by 97.
fn remainder<'a>(characters: impl Iterator<Item = &'a u8>) -> u32 {
    characters.fold(0, |remainder, character| match character {
        b'0'..=b'9' => (remainder * 10 + u32::from(character - b'0')) % 97,
        letter => (remainder * 100 + u32::from(letter.wrapping_sub(b'A')) + 10) % 97,
    })
}

#[cfg(test)]
mod tests {
    use super::{LENGTHS, is_account, remainder};

    /// With the check digits that belong to it.
    fn number(country: &str, account: &str) -> String {
        let rearranged = format!("{account}{country}00");
        format!("{country}{:02}{account}", 98 - remainder(rearranged.as_bytes().iter()))
    }

    /// The examples that the registry prints.
    #[test]
    fn printed_examples() {
        for parts in [
            ["GB82", "WEST", "1234", "5698", "7654", "32"].as_slice(),
            &["DE89", "3704", "0044", "0532", "0130", "00"],
            &["NO93", "8601", "1117", "947"],
            &["FR14", "2004", "1010", "0505", "0001", "3M02", "606"],
            &["MT84", "MALT", "0110", "0001", "2345", "MTLC", "AST0", "01S"],
        ] {
            for separator in ["", " ", "-"] {
                let text = parts.join(separator);
                assert!(is_account(text.as_bytes()), "{text}");
                assert!(is_account(text.to_lowercase().as_bytes()), "{text}");
            }
        }
    }

    #[test]
    fn a_country_has_one_length() {
        let mut countries = Vec::new();
        for (length, codes) in LENGTHS {
            for country in codes.split(' ') {
                countries.push(country);
                for other in 11..=34 {
                    let text = number(country, &"7".repeat(other - 4));
                    assert_eq!(is_account(text.as_bytes()), other == *length, "{text}");
                }
            }
        }
        countries.sort();
        countries.dedup();
        assert_eq!(countries.len(), 89);
        assert!(!is_account(number("US", &"7".repeat(18)).as_bytes()), "no such country");
    }

    #[test]
    fn check_digits_must_fit() {
        let good = number("DE", "370400440532013000");
        let fits = |check: &u32| is_account(format!("DE{check:02}{}", &good[4..]).as_bytes());
        let fit: Vec<u32> = (0..100).filter(fits).collect();
        assert_eq!(fit, [good[2..4].parse::<u32>().unwrap()]);
        // 98 leaves what 01 does, and 97 what 00 does; 02 what 99 does.
        let last = (0..97).map(|n| number("DE", &format!("3704004405320130{n:02}")));
        for text in last.filter(|text| matches!(&text[2..4], "02" | "97" | "98")) {
            let twin = match &text[2..4] {
                "02" => "99",
                "97" => "00",
                _ => "01",
            };
            assert!(is_account(text.as_bytes()), "{text}");
            assert!(!is_account(format!("DE{twin}{}", &text[4..]).as_bytes()), "{text}");
        }
        assert!(!is_account(b"") && !is_account(b"DE8") && !is_account(&[b'9'; 64]));
    }
}
