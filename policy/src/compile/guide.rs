//! The bundles that the guides show do what the guides say of them.

use super::bundles::folder;
use super::{Parent, Source, SourceFile, extends, test};

#[test]
fn the_bundles_of_the_guides_pass_their_cases() {
    let folder_of = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide");
    let read = |name| std::fs::read_to_string(format!("{folder_of}/{name}.md")).unwrap();
    let guide = read("bundles") + &read("oauth") + &read("mcp");
    let blocks = guide.split("```yaml\n").skip(1).filter_map(|rest| rest.split_once("```"));
    let whole = |text: &&str| text.starts_with("bundle:") && text.contains("\ntests:");
    let mut tried = 0;
    for text in blocks.map(|(text, _)| text).filter(whole) {
        let file = SourceFile { path: String::new(), text: text.to_owned() };
        let files = vec![file];
        let source = Source { name: "guide.yaml".into(), files, ..Source::default() };
        let built_in = |wanted: String| Parent { found: Ok(folder(&wanted)), wanted };
        let parents = extends(&source).into_iter().map(built_in).collect();
        let report = test(&[Source { parents, ..source }]).unwrap();
        assert!(report.uncovered.is_empty(), "{:?}", report.uncovered);
        for case in report.cases {
            assert_eq!(case.failures, [""; 0], "{}", case.name);
            tried += 1;
        }
    }
    assert!(tried >= 24, "{tried}");
}
