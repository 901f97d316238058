/*!
Aadhaar of India: twelve digits, the last by the scheme of J. Verhoeff, "Error Detecting Decimal Codes"
(1969), in the dihedral group of ten elements. UIDAI gives none out that begins with 0 or 1.
*/

use crate::scan::validate::digits::{are_grouped, exactly};

/// How a digit is exchanged at the places 0 to 7, counted from the right.
const PERMUTED: [[u32; 10]; 8] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
    [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
    [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
    [9, 4, 5, 3, 1, 2, 6, 8, 7, 0],
    [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
    [2, 7, 9, 3, 8, 0, 6, 4, 1, 5],
    [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
];

pub(in crate::scan::validate) fn is_aadhaar(text: &[u8]) -> bool {
    let Some(digits) = exactly::<12>(text) else { return false };
    let [first, ..] = digits;
    let places = digits.iter().rev().zip(PERMUTED.iter().cycle());
    let sum = places.fold(0, |sum, (digit, row)| {
        product(sum, row.get(*digit as usize).copied().unwrap_or_default())
    });
    first > 1 && sum == 0 && are_grouped(text, &[4, 4, 4])
}

/// Of two elements of the group: 0 to 4 turn a pentagon, 5 to 9 turn it over first.
fn product(a: u32, b: u32) -> u32 {
    match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => 5 + (a + b) % 5,
        (false, true) => 5 + (a + 5 - b) % 5,
        (false, false) => (a + 5 - b) % 5,
    }
}

#[cfg(test)]
mod tests {
    use super::{is_aadhaar, product};

    #[test]
    fn the_group() {
        // A row of the table as Verhoeff prints it.
        let row: Vec<u32> = (0..10).map(|b| product(6, b)).collect();
        assert_eq!(row, [6, 5, 9, 8, 7, 1, 0, 4, 3, 2]);
    }

    #[test]
    fn one_check_digit_fits_and_neighbours_that_change_places_are_told() {
        let body = ["2341", "2341", "234"].concat();
        let fit: Vec<u32> =
            (0..10).filter(|d| is_aadhaar(format!("{body}{d}").as_bytes())).collect();
        assert_eq!(fit, [6]);
        let good = format!("{body}6");
        for at in 0..11 {
            let mut number = good.clone().into_bytes();
            number.swap(at, at + 1);
            assert!(!is_aadhaar(&number), "{at}");
        }
        assert!(!is_aadhaar(b"") && !is_aadhaar(good.replacen('2', "1", 1).as_bytes()));
    }
}
