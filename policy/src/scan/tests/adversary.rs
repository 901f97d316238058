//! Bodies made to cost as much as they can. Work is counted, never timed.

use super::samples::*;
use crate::scan::{Budget, OverBudget, StreamScanner, scan_body};

fn floods() -> Vec<String> {
    let size = 64 * 1024;
    let begin = format!("-----{} RSA PRIVATE KEY-----\n", "BEGIN");
    let units = [
        "-----BEGIN ",
        &begin,
        "a@",
        "a@a",
        "@a.",
        "a@a.aa",
        "ghp_",
        "github_pat_",
        "AKIA",
        "1 ",
        "4",
        "41-",
        "4 ",
        "123-45-",
        "4111 ",
        "a",
        "\\",
        "[",
        "{\"a\":",
        "\\u0034",
        "\"",
        "-",
    ];
    let mut floods: Vec<String> = units.iter().map(|unit| unit.repeat(size / unit.len())).collect();
    floods.push(format!("{}{}", begin, "A".repeat(size)));
    floods.push(format!("{}A", begin).repeat(size / begin.len()));
    floods.push(card()[..15].repeat(size / 15));
    floods
}

/// Each either ends within the budget or is refused; that it ends at all is the test.
#[test]
fn floods_end() {
    for flood in floods() {
        let result = scan_body(scanner(), flood.as_bytes(), &mut Budget::for_body(flood.len()));
        let quoted = serde_json::to_string(&flood).unwrap();
        let quoted = scan_body(scanner(), quoted.as_bytes(), &mut Budget::for_body(quoted.len()));
        println!("{:?}: {:?} {:?}", &flood[..12], result.map(|f| f.counts()), quoted.is_ok());
        let mut stream = StreamScanner::new(scanner(), |_| true);
        let _ = flood.as_bytes().chunks(1000).try_for_each(|chunk| stream.push(chunk).map(drop));
    }
}

#[test]
fn nesting_is_bounded() {
    let mut body = "[]".to_owned();
    while body.len() < 1 << 17 {
        body = serde_json::to_string(&[&body, &body]).unwrap();
    }
    let _ = scan_body(scanner(), body.as_bytes(), &mut Budget::for_body(body.len()));
    let deep = format!("{}{}", "[".repeat(65), "]".repeat(65));
    let result = scan_body(scanner(), deep.as_bytes(), &mut Budget::for_body(deep.len()));
    assert!(matches!(result, Err(OverBudget(_))));
}
