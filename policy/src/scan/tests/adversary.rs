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
        "%41",
        "&#65;",
        "&amp;",
        "&amp;#",
        "\\\\",
        "%34\\u0031",
        "a%40",
        "[1]\n",
        "a,password\n\"",
        "\"\n",
        "<th>ssn",
        "<td>",
        "<td",
        "aGVsbG8gd29ybGQgaGVsbG8gd29ybGQg\n",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
        "%2B",
        "{\"name\":\"password\",\"value\":",
        "{\"columns\":[\"password\"],\"rows\":[[1],",
        "[\n",
        "{\"a\":tr\n",
        "[NaN,",
        "\"",
        "-",
    ];
    let mut floods: Vec<String> = units.iter().map(|unit| unit.repeat(size / unit.len())).collect();
    floods.push(format!("{}{}", begin, "A".repeat(size)));
    floods.push(format!("{}A", begin).repeat(size / begin.len()));
    floods.push(format!("id,password\n{}", "\"\n".repeat(size / 2)));
    floods.push(format!("id,password\n{}", "1,\"a\n".repeat(size / 5)));
    floods.push(format!("<tr><th>a<th>ssn{}", "<tr><td><td>1 <".repeat(size / 15)));
    let pair =
        "{\"name\":\"password\",\"type\":\"secret\",\"key\":\"ssn\",\"value\":\"Hunter2Trapper\"},";
    floods.push(format!("[{}1]", pair.repeat(size / pair.len())));
    let deep = "{\"type\":\"password\",\"columns\":[\"ssn\"],\"value\":";
    let rows = "[1,2],[1,2,3],".repeat(size / 28);
    floods.push(format!("{}[{rows}1]{}", deep.repeat(size / 40), "}".repeat(size / 40)));
    let nested = "{\"name\":\"password\",\"fields\":[\"ssn\",\"a\"],\"value\":[[1,2],";
    floods.push(format!("{}1{}", nested.repeat(30), "]}".repeat(30)));
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

/// Many spellings cost what many letters cost: each of them is read a bounded number of times.
#[test]
fn spellings_cost_no_more_than_their_length() {
    for unit in ["\\u0041", "%41", "%2541", "&#65;", "&amp;#65;", "\\"] {
        let text = unit.repeat(512 * 1024 / unit.len());
        let body = text.as_bytes();
        assert!(scan_body(scanner(), body, &mut Budget::for_body(body.len())).unwrap().is_empty());
        let mut stream = StreamScanner::new(scanner(), |_| true);
        let mut passed = 0;
        for chunk in body.chunks(64) {
            passed += stream.push(chunk).unwrap().len();
        }
        assert!(body.len() - passed < 1024, "{unit}: {passed} of {}", body.len());
    }
}

/// A view is paid for before there is memory for it.
#[test]
fn a_view_is_counted() {
    let text = format!("x{}", "%41".repeat(1 << 20));
    let result = scan_body(scanner(), text.as_bytes(), &mut Budget::for_body(1 << 18));
    assert!(matches!(result, Err(OverBudget(_))));
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
