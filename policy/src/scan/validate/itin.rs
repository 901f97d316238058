/*!
Individual taxpayer identification numbers of the United States: like a Social Security number, but the
area is 900 to 999 and the group one of those that the Internal Revenue Service names in the Internal
Revenue Manual, 3.21.263.
*/

use super::digits;

/// Nine digits with any separators.
pub(super) fn may_be_issued(text: &[u8]) -> bool {
    let Some([area, _, _, tens, ones, ..]) = digits::exactly::<9>(text) else { return false };
    area == 9 && matches!(tens * 10 + ones, 50..=65 | 70..=88 | 90..=92 | 94..=99)
}

#[cfg(test)]
mod tests {
    use super::may_be_issued;

    #[test]
    fn groups_that_are_given_out() {
        let number = |area: u32, group: u32| format!("{area}-{group:02}-1873");
        let fits = |group: &u32| may_be_issued(number(912, *group).as_bytes());
        let groups: Vec<u32> = (0..100).filter(fits).collect();
        let expected: Vec<u32> = (50..=65).chain(70..=88).chain(90..=92).chain(94..=99).collect();
        assert_eq!(groups, expected);
        assert!(!may_be_issued(number(812, 70).as_bytes()) && !may_be_issued(b"912-70"));
    }
}
