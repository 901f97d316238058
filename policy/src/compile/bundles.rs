//! The bundles that come with Gatehouse.

use std::path::Path;

use super::{Source, SourceFile, compile};

/// A folder of `policy-bundles/`, as the command line would read it.
pub(crate) fn folder(name: &str) -> Source {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policy-bundles").join(name);
    let mut files = Vec::new();
    collect(&root, "", &mut files);
    Source { name: format!("policy-bundles/{name}"), files }
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<SourceFile>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = format!("{prefix}{}", entry.file_name().into_string().unwrap());
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{path}/"), files);
        } else {
            files.push(SourceFile { path, text: std::fs::read_to_string(entry.path()).unwrap() });
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
}

pub(crate) fn compiled(names: &[&str]) -> Vec<u8> {
    let sources: Vec<_> = names.iter().map(|name| folder(name)).collect();
    compile(&sources).unwrap_or_else(|mistakes| {
        panic!("{}", mistakes.iter().map(ToString::to_string).collect::<String>())
    })
}

pub(crate) const ALL: &[&str] = &["baseline", "secrets", "personal-data"];

/// The automata lie in the memory of every worker and are checked at every start.
#[test]
fn bundled_policies_compile_small() {
    let file = compiled(ALL);
    let bundle = crate::bundle::Bundle::decode(&file).unwrap();
    let (triggers, runs) = bundle.scanner.memory();
    println!("bundle {} bytes, stage 1 {triggers} bytes, stage 2 {runs} bytes", file.len());
    assert!(triggers < 320 * 1024 && file.len() < 1024 * 1024);
    assert_eq!(bundle.name, "baseline+secrets+personal-data");
}

/// Every case beside the bundles, alone and with all of them together.
#[test]
fn their_cases_pass() {
    let mut failures = String::new();
    for names in [&["baseline"][..], &["secrets"], &["personal-data"], ALL] {
        let sources: Vec<_> = names.iter().map(|name| folder(name)).collect();
        let report = super::test(&sources).unwrap_or_else(|mistakes| {
            panic!("{}", mistakes.iter().map(ToString::to_string).collect::<String>())
        });
        assert_eq!(report.uncovered, [""; 0], "{names:?}: no case makes them match");
        let results = report.cases;
        assert!(results.len() >= 5 * names.len(), "{names:?}: {} cases", results.len());
        for result in results.iter().filter(|result| !result.failures.is_empty()) {
            let super::CaseResult { name, file, line, failures: lines } = result;
            failures += &format!("{file}:{line}: {name}\n  {}\n", lines.join("\n  "));
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}
