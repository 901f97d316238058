/*! Sizes in options. */

/// Bytes; with KB, MB or GB, of which each is 1,000 of the one before.
pub fn parse(text: &str) -> Result<u64, String> {
    let wrong = || "write a number and KB, MB or GB, such as 256MB".to_owned();
    let (digits, unit) = match text.find(|c: char| !c.is_ascii_digit()) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let unit: u64 = match unit {
        "" => 1,
        "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        _ => return Err(wrong()),
    };
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    number.checked_mul(unit).filter(|bytes| *bytes <= 1 << 50).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_size_is_a_number_and_a_unit() {
        let sizes = ["0", "17", "5KB", "256MB", "2GB"].map(|text| parse(text).unwrap());
        assert_eq!(sizes, [0, 17, 5_000, 256_000_000, 2_000_000_000]);
        for wrong in
            ["", "MB", "-1", "1.5GB", "5 MB", "5mb", "5TB", "99999999999999999999", "2000000000GB"]
        {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
