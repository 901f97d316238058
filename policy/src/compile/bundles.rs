//! The bundles that come with Gatehouse.

use std::ops::Not;
use std::path::Path;

use serde_json::{Value, json};

use super::{Source, SourceFile, compile};

/// A folder of `policy-bundles/`, as the command line would read it.
pub(crate) fn folder(name: &str) -> Source {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policy-bundles").join(name);
    let mut files = Vec::new();
    collect(&root, "", &mut files);
    Source { name: format!("policy-bundles/{name}"), files, ..Source::default() }
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

/// Those that run where no bundle is given.
pub(crate) const ALL: &[&str] = &["baseline", "secrets", "personal-data"];

/// Every folder that is a bundle.
fn folders() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policy-bundles");
    let folders = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap());
    let bundles = folders.filter(|folder| folder.path().join("bundle.yaml").exists());
    let mut names: Vec<String> =
        bundles.map(|folder| folder.file_name().into_string().unwrap()).collect();
    names.sort();
    assert!(names.len() >= 6, "{names:?}");
    names
}

/// The automata lie in the memory of every worker and are checked at every start. Measured with the default
/// bundle of 5.7 MB: an Envoy with two workers has 210 MB resident, and had 150 MB before the larger patterns
/// came, which is 30 MB more for each worker. Before a limit here is raised that is to be measured anew.
#[test]
fn bundled_policies_compile_small() {
    let file = compiled(ALL);
    let bundle = crate::bundle::Bundle::decode(&file).unwrap();
    let (triggers, runs) = bundle.scanner.memory();
    println!("bundle {} bytes, stage 1 {triggers} bytes, stage 2 {runs} bytes", file.len());
    // Stage 1 has about as many states as patterns times first bytes of triggers.
    assert!(triggers < 3 * 1024 * 1024 && file.len() < 8 * 1024 * 1024);
    assert_eq!(bundle.name, "baseline+secrets+personal-data");
}

/// Every case beside the bundles, alone and with all of them together.
#[test]
fn their_cases_pass() {
    let mut failures = String::new();
    let alone = folders();
    let alone = alone.iter().map(|name| vec![name.as_str()]);
    let every_pack = [ALL, &["personal-data-regional"]].concat();
    for names in alone.chain([ALL.to_vec(), every_pack]) {
        let sources: Vec<_> = names.iter().map(|name| folder(name)).collect();
        let report = super::test(&sources).unwrap_or_else(|mistakes| {
            panic!("{}", mistakes.iter().map(ToString::to_string).collect::<String>())
        });
        assert_eq!(report.uncovered, [""; 0], "{names:?}: no case makes them match");
        let results = report.cases;
        assert!(results.len() >= 3 * names.len(), "{names:?}: {} cases", results.len());
        for result in results.iter().filter(|result| !result.failures.is_empty()) {
            let super::CaseResult { name, file, line, failures: lines } = result;
            failures += &format!("{file}:{line}: {name}\n  {}\n", lines.join("\n  "));
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

/// A source with one file changed, as JSON, which is YAML too.
fn changed(source: &Source, path: &str, content: &Value) -> Source {
    let file = |file: &SourceFile| match file.path == path {
        true => SourceFile { path: file.path.clone(), text: content.to_string() },
        false => SourceFile { path: file.path.clone(), text: file.text.clone() },
    };
    Source {
        name: source.name.clone(),
        files: source.files.iter().map(file).collect(),
        ..Source::default()
    }
}

/// The files that have such a list, read.
fn lists(source: &Source, list: &str) -> Vec<(String, Value)> {
    let yaml = source.files.iter().filter(|file| file.path.ends_with(".yaml"));
    let read =
        yaml.map(|file| (file.path.clone(), serde_saphyr::from_str::<Value>(&file.text).unwrap()));
    read.filter(|(_, content)| content[list].is_array()).collect()
}

fn is_caught(source: &Source) -> bool {
    super::test(std::slice::from_ref(source))
        .is_ok_and(|report| report.cases.iter().all(|case| case.failures.is_empty()))
        .not()
}

/// What no case misses is not tested.
#[test]
fn no_rule_can_be_taken_out_unseen() {
    let mut unseen = Vec::new();
    for name in folders() {
        let source = folder(&name);
        for (path, content) in lists(&source, "rules") {
            for index in 0..content["rules"].as_array().unwrap().len() {
                let mut content = content.clone();
                let rule = content["rules"].as_array_mut().unwrap().remove(index);
                if !is_caught(&changed(&source, &path, &content)) {
                    unseen.push(format!("{name}: {}", rule["name"]));
                }
            }
        }
    }
    assert_eq!(unseen, [""; 0], "no case fails without these rules");
}

/// The examples of a pattern tell what its checks are for. Not so `not_after`: a pattern that takes all it
/// can ends where it has to.
#[test]
fn no_check_of_a_pattern_can_be_taken_out_unseen() {
    let mut unseen = Vec::new();
    for name in folders() {
        for (_, content) in lists(&folder(&name), "patterns") {
            for pattern in content["patterns"].as_array().unwrap() {
                for check in ["validate", "min_entropy", "not_before", "context", "fields"] {
                    let mut pattern = pattern.clone();
                    if pattern.as_object_mut().unwrap().remove(check).is_none() {
                        continue;
                    }
                    let bundle = json!({ "bundle": { "name": "one", "version": "1" },
                        "patterns": [pattern] });
                    let file = SourceFile { path: "one.yaml".into(), text: bundle.to_string() };
                    if !is_caught(&Source {
                        name: "one".into(),
                        files: vec![file],
                        ..Source::default()
                    }) {
                        unseen.push(format!("{name}: {check} of {}", pattern["name"]));
                    }
                }
            }
        }
    }
    assert_eq!(unseen, [""; 0], "no example is found or missed without these checks");
}

/// What begins each pattern, over and over: whoever sends it makes stage 2 begin at every place. The work is
/// counted, so that more than a bounded number of steps for each byte is an error.
#[test]
fn no_pattern_is_flooded_by_its_own_beginnings() {
    use crate::scan::{Budget, StreamScanner, scan_body};
    let scanner =
        crate::bundle::Bundle::decode(&compiled(&folders_with_patterns())).unwrap().scanner;
    let mut tried = 0;
    for name in folders_with_patterns() {
        for (_, content) in lists(&folder(name), "patterns") {
            for pattern in content["patterns"].as_array().unwrap() {
                let example = &pattern["examples"]["match"][0];
                let text = match example.as_array() {
                    Some(parts) => parts.iter().filter_map(|part| part.as_str()).collect(),
                    None => example.as_str().unwrap().to_owned(),
                };
                let starts = [text.len() / 3, text.len() / 2, text.len() - 1];
                for head in starts.map(|end| text.chars().take(end.max(1)).collect::<String>()) {
                    let flood = head.repeat(FLOOD / head.len());
                    let quoted = serde_json::to_string(&flood).unwrap();
                    for body in [&flood, &quoted] {
                        let found =
                            scan_body(&scanner, body.as_bytes(), &mut Budget::for_body(body.len()));
                        assert!(found.is_ok(), "{} by {head:?}: {found:?}", pattern["name"]);
                    }
                    let mut stream = StreamScanner::new(&scanner, |_| true);
                    for chunk in flood.as_bytes().chunks(4096) {
                        assert!(stream.push(chunk).is_ok(), "{} by {head:?}", pattern["name"]);
                    }
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 200, "{tried}");
}

/// Bytes of a flood. With 1 MiB the test takes minutes, and no more work for each byte.
const FLOOD: usize = 64 * 1024;

fn folders_with_patterns() -> [&'static str; 3] {
    ["secrets", "personal-data", "personal-data-regional"]
}
