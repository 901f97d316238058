use crate::bundle::{Bundle, cases, wire};
use crate::case::run;

/// What a release with this format wrote, from `fuzz/src/bundle.yaml`; it is never written again. A
/// format that reads it differently gets a number and a file of its own, and this one is then refused.
const FORMAT_1: &[u8] = include_bytes!("format-1.bundle");

#[test]
fn a_file_of_today_is_read_for_ever_or_refused_by_name() {
    if wire::FORMAT_VERSION != 1 {
        let refusal = Bundle::decode(FORMAT_1).unwrap_err().to_string();
        assert!(refusal.contains("has format 1"), "{refusal}");
        return;
    }
    let bundle = Bundle::decode(FORMAT_1).unwrap();
    assert_eq!((bundle.name.as_str(), bundle.serial), ("fuzz", 1));
    assert!(bundle.rules.len() >= 9 && bundle.scanner.kinds().len() >= 2);
    let cases = cases(FORMAT_1).unwrap();
    assert!(cases.len() >= 7);
    for case in cases {
        assert_eq!(run(&bundle, &case).failures, [""; 0], "{}", case.name);
    }
}
