/*! US Social Security numbers: what the Social Security Administration never issues. */

/// Nine digits with any separators. Areas 000, 666 and 900 to 999, group 00 and serial 0000 are not
/// issued; the two numbers that advertisements made famous are nobody's either.
pub(super) fn may_be_issued(text: &[u8]) -> bool {
    let mut number = 0u32;
    let mut digits = 0;
    for digit in text.iter().filter(|byte| byte.is_ascii_digit()).map(|byte| byte - b'0') {
        digits += 1;
        if digits > 9 {
            return false;
        }
        number = number * 10 + u32::from(digit);
    }
    let (area, group, serial) = (number / 1_000_000, number / 10_000 % 100, number % 10_000);
    digits == 9
        && !matches!(area, 0 | 666 | 900..)
        && group != 0
        && serial != 0
        && !matches!((area, group, serial), (78, 5, 1120) | (219, 9, 9999))
}

#[cfg(test)]
mod tests {
    use super::may_be_issued;

    #[test]
    fn areas_groups_serials() {
        let number = |area: u32, group: u32, serial: u32| {
            may_be_issued(format!("{area:03}-{group:02}-{serial:04}").as_bytes())
        };
        assert!(number(1, 1, 1) && number(899, 99, 9999) && number(536, 22, 1873));
        assert!(!number(0, 22, 1873) && !number(666, 22, 1873) && !number(900, 22, 1873));
        assert!(!number(536, 0, 1873) && !number(536, 22, 0) && !number(999, 22, 1873));
        assert!(!may_be_issued(b"") && !may_be_issued(b"1234567890"));
    }
}
