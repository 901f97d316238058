use std::path::{Path, PathBuf};

use super::{FILE, text};

fn bundles() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../policy-bundles")
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.path() {
            path if path.is_dir() => files(&path, found),
            path if path.extension().is_some_and(|end| end == "yaml") => found.push(path),
            _ => {}
        }
    }
}

#[test]
fn the_committed_schema_is_the_generated_one() {
    let committed = std::fs::read_to_string(bundles().join("schema").join(FILE)).unwrap();
    assert!(committed == text().unwrap() + "\n", "{FILE} is old; run `make gen`");
}

#[test]
fn every_file_points_to_it_and_is_valid_by_it() {
    let schema = serde_json::from_str(&text().unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut found = Vec::new();
    files(&bundles(), &mut found);
    assert!(found.len() > 10);
    for file in found {
        let content = std::fs::read_to_string(&file).unwrap();
        let first = content.lines().next().unwrap();
        let to = first.strip_prefix("# yaml-language-server: $schema=");
        let to = to.unwrap_or_else(|| panic!("{} has no schema in its first line", file.display()));
        assert!(file.parent().unwrap().join(to).ends_with(Path::new("schema").join(FILE)));
        assert!(file.parent().unwrap().join(to).is_file(), "{}: {to}", file.display());
        let value: serde_json::Value = serde_saphyr::from_str(&content).unwrap();
        let mistakes: Vec<String> =
            validator.iter_errors(&value).map(|mistake| mistake.to_string()).collect();
        assert_eq!(mistakes, [""; 0], "{}", file.display());
    }
}

#[test]
fn what_the_compiler_refuses_is_invalid_too() {
    let schema = serde_json::from_str(&text().unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for wrong in [
        "rule: []",
        "rules: [{name: a, on: request}]",
        "rules: [{name: A b, on: request, effect: deny}]",
        "rules: [{name: a, on: request, effect: block}]",
        "rules: [{name: a, on: request, effect: hold, hold: {expiry: 10}}]",
        "rules: [{name: a, on: request, effect: deny, match: {http: {verb: GET}}}]",
        "patterns: [{name: a, kind: b, regex: 7}]",
    ] {
        let value: serde_json::Value = serde_saphyr::from_str(wrong).unwrap();
        assert!(!validator.is_valid(&value), "{wrong}");
    }
}
