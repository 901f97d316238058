/*! Digits of numbers that people write with separators. */

/// The digits of `text` if there are exactly `N`; anything else in it is ignored.
pub(super) fn exactly<const N: usize>(text: &[u8]) -> Option<[u32; N]> {
    let mut digits = [0; N];
    let mut count = 0;
    for byte in text.iter().filter(|byte| byte.is_ascii_digit()) {
        *digits.get_mut(count)? = u32::from(byte - b'0');
        count += 1;
    }
    (count == N).then_some(digits)
}

/// Whether all are the same: no office gives such a number out, though its check digits may fit.
pub(super) fn are_one(digits: &[u32]) -> bool {
    digits.windows(2).all(|pair| pair.first() == pair.last())
}

/// Whether the digits stand in one piece, or in groups of these sizes with one separator everywhere.
pub(super) fn are_grouped(text: &[u8], sizes: &[usize]) -> bool {
    let mut gaps = text.split(u8::is_ascii_digit).filter(|gap| !gap.is_empty());
    let first = gaps.next();
    let groups = text.split(|byte| !byte.is_ascii_digit()).map(<[u8]>::len);
    first.is_none()
        || gaps.all(|gap| Some(gap) == first)
            && groups.filter(|size| *size > 0).eq(sizes.iter().copied())
}

/// Sum of each digit times the weight at its place.
pub(super) fn weighted(digits: &[u32], weights: impl IntoIterator<Item = u32>) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_so_many() {
        assert_eq!(exactly::<3>(b"1-2 3"), Some([1, 2, 3]));
        assert_eq!(exactly::<3>(b"1-2"), None);
        assert_eq!(exactly::<3>(b"1234"), None);
        assert!(are_one(&[7, 7, 7]) && !are_one(&[7, 7, 8]));
        for good in ["123456", "123-45-6", "123 45 6"] {
            assert!(are_grouped(good.as_bytes(), &[3, 2, 1]), "{good}");
        }
        for bad in ["123-45 6", "12-345-6", "123-456"] {
            assert!(!are_grouped(bad.as_bytes(), &[3, 2, 1]), "{bad}");
        }
        assert_eq!(weighted(&[1, 2, 3], [10, 1, 2]), 18);
    }
}
