//! The bundle that the guide shows does what the guide says of it.

use super::{Source, SourceFile, test};

#[test]
fn the_bundles_of_the_guide_pass_their_cases() {
    let guide = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/bundles.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    let blocks = guide.split("```yaml\n").skip(1).filter_map(|rest| rest.split_once("```"));
    let mut tried = 0;
    for (text, _) in blocks.filter(|(text, _)| text.starts_with("bundle:")) {
        let file = SourceFile { path: String::new(), text: text.to_owned() };
        let report = test(&[Source { name: "guide.yaml".into(), files: vec![file] }]).unwrap();
        assert_eq!(report.uncovered, [""; 0]);
        for case in report.cases {
            assert_eq!(case.failures, [""; 0], "{}", case.name);
            tried += 1;
        }
    }
    assert!(tried >= 6, "{tried}");
}
