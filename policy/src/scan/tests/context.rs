//! A match counts where a word stands near it, however the text is cut.

use proptest::prelude::*;

use crate::bundle::Bundle;
use crate::compile::{Source, SourceFile, compile};
use crate::redact::{apply, redact};
use crate::scan::{Budget, Scanner, StreamScanner, scan_body};

pub(super) fn scanner() -> Scanner {
    let text = r"
bundle: {name: one, version: 0.1.0}
patterns:
  - name: account
    kind: account
    regex: '[0-9]{2}-[0-9]{4}'
    not_before: ['[0-9]']
    not_after: ['[0-9]']
    context: {words: [acct, Account-Number], within: 20}
  - {name: plain, kind: plain, regex: 'key-[a-z]{4}'}
  - {name: id, kind: id, regex: '[0-9]{3}/[0-9]{4}', fields: [tax_id, socialSecurityNumber]}
  - {name: both, kind: both, regex: '[A-Z]{2}#[0-9]{2}', fields: [iban], context: {words: [bank], within: 10}}
";
    let files = vec![SourceFile { path: "one.yaml".into(), text: text.into() }];
    let file = compile(&[Source { name: "one".into(), files, ..Source::default() }]);
    Bundle::decode(&file.ok().unwrap()).unwrap().scanner
}

pub(super) fn masked(scanner: &Scanner, body: &str) -> String {
    let body = body.as_bytes();
    let findings = scan_body(scanner, body, &mut Budget::for_body(body.len())).unwrap();
    String::from_utf8(apply(body, &redact(scanner, body, &findings, |_| true))).unwrap()
}

pub(super) fn flowed(scanner: &Scanner, text: &str, cuts: &[usize]) -> String {
    let mut stream = StreamScanner::new(scanner, |_| true);
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (text.len() + 1)).collect();
    cuts.push(text.len());
    cuts.sort();
    let (mut output, mut from) = (Vec::new(), 0);
    for to in cuts {
        output.append(&mut stream.push(&text.as_bytes()[from..to]).unwrap());
        from = to;
    }
    output.append(&mut stream.finish().unwrap());
    String::from_utf8(output).unwrap()
}

const MARK: &str = "[REDACTED:account]";

#[test]
fn a_word_stands_before_or_after() {
    let scanner = scanner();
    for text in [
        "acct 12-3456",
        "ACCT:12-3456",
        "acct12-3456",
        "12-3456 (acct)",
        "12-3456acct",
        "my_acct_12-3456",
        "the Account number is 12-3456",
        "account_number=12-3456",
        "ACCOUNT-NUMBER 12-3456",
        "account\nnumber 12-3456",
        &format!("acct{:16}12-3456", ""),
        &format!("12-3456{:16}acct", ""),
        "%61cct%2012-3456",
        r"{'acct\u003a': 12-3456",
    ] {
        let expected = text.replace("12-3456", MARK);
        assert_eq!(masked(&scanner, text), expected);
        assert_eq!(flowed(&scanner, text, &[]), expected);
    }
    for text in [
        "12-3456",
        "order 12-3456",
        &format!("acct{:17}12-3456", ""),
        &format!("12-3456{:17}acct", ""),
        &format!("xacct{:16}12-3456", ""),
        &format!("12-3456{:16}acctx", ""),
        "acctx 12-3456",
        "xacct 12-3456",
        "éacct 12-3456",
        "account 12-3456 number",
        "accountnumber 12-3456",
        "account  number 12-3456",
        "12-3456 acc",
    ] {
        assert_eq!(masked(&scanner, text), text);
        assert_eq!(flowed(&scanner, text, &[]), text);
    }
    // What counts at one place does not at another, and other patterns ask for nothing.
    assert_eq!(
        masked(&scanner, "12-3456 acct 12-3456 and much further on 12-3456 key-abcd"),
        format!("{MARK} acct {MARK} and much further on 12-3456 [REDACTED:plain]")
    );
}

#[test]
fn in_json_the_name_of_the_member_counts() {
    let scanner = scanner();
    let far = "a long text before the number";
    for (body, counts) in [
        (r#"{"acct": "VALUE"}"#, true),
        (r#"{"id": 1, "accountNumber": "VALUE"}"#, true),
        (r#"{"from_acct": "VALUE"}"#, true),
        (r#"{"\u0061cct": "VALUE"}"#, true),
        (r#"{"acct": [["VALUE"]]}"#, true),
        (r#"{"acct": [{"b": []}, {}, "VALUE"]}"#, true),
        (r#"{"text": "{\"acct\": \"VALUE\"}"}"#, true),
        (r#"{"acct": "[\"VALUE\"]"}"#, true),
        (r#"{"acct": {"VALUE": 1}}"#, true),
        (r#"{"b": 1, "acct": "VALUE"} {}"#, true),
        ("[1]\n{\"acct\": \"VALUE\"}\n[tr", true),
        (r#"{"id": "VALUE", "acct": 1}"#, false),
        (r#"{"acct": 1, "id": "VALUE"}"#, false),
        (r#"{"acct": {"id": "VALUE"}}"#, false),
        (r#"{"acct": {"b": 1}, "VALUE": 1}"#, false),
        (r#"[{"acct": 1}, "VALUE"]"#, false),
        (r#"{"acct": 1} ["VALUE"]"#, false),
        (r#"[{"acct": []}, {"id": "VALUE"}, "VALUE"]"#, false),
        (r#"["acct", "VALUE"]"#, false),
        (r#"{"acct": "{\"a\": 1}", "b": "[\"VALUE\"]"}"#, false),
    ] {
        for text in ["12-3456".to_owned(), format!("{far} 12-3456")] {
            let body = body.replace("VALUE", &text);
            let expected = if counts { body.replace("12-3456", MARK) } else { body.clone() };
            assert_eq!(masked(&scanner, &body), expected);
        }
    }
    let body = r#"{"text": "acct 12-3456"}"#;
    assert_eq!(masked(&scanner, body), body.replace("12-3456", MARK));
}

#[test]
fn text_that_may_be_a_match_waits_for_its_context() {
    let scanner = scanner();
    let mut stream = StreamScanner::new(&scanner, |_| true);
    assert_eq!(stream.push(b"see 12-3456 and then some").unwrap(), b"see ");
    assert_eq!(stream.push(b" more text.").unwrap(), b"12-3456 and then some more text.");
    assert_eq!(stream.push(b" 12-3456 is the acct").unwrap(), b" ");
    assert_eq!(stream.push(b" of").unwrap(), b"");
    assert_eq!(
        stream.push(b" Ada, it seems.").unwrap(),
        format!("{MARK} is the acct of Ada, it seems.").as_bytes()
    );
    assert_eq!(stream.push(b"   12-3456 acct").unwrap(), b"   ");
    assert_eq!(stream.finish().unwrap(), format!("{MARK} acct").as_bytes());
}

/// Words everywhere around matches that count for nothing: the work is paid for, and it ends.
#[test]
fn near_words_are_counted() {
    let scanner = scanner();
    let text = "12-3456 acc a acco ".repeat(20_000);
    let needed = |length: usize| {
        scan_body(&scanner, text.as_bytes(), &mut Budget::for_body(length))
            .map(|found| found.counts())
    };
    assert_eq!(needed(text.len()), Ok(vec![]));
    assert!(needed(text.len() / 64).is_err(), "the search for words costs nothing");
}

fn piece() -> impl Strategy<Value = String> {
    prop::sample::select(
        &[
            "12-3456",
            "acct",
            "account",
            "number",
            " ",
            "_",
            "-",
            "x",
            "   ",
            "%20",
            "%61cct",
            "&#65;cct",
            "\\n",
            "12-34",
            "1",
            "key-abcd",
            "some more text",
            "é",
            "tax_id=",
            "123/4567",
            "&",
            "%26",
            "%3D",
            "=",
            ";",
            "AB#12",
            "bank",
            "iban",
            "a run of text that is far longer than any field may be: ",
        ][..],
    )
    .prop_map(str::to_owned)
}

proptest! {
    #[test]
    fn chunked_is_whole(parts in prop::collection::vec(piece(), 0..24), cuts in prop::collection::vec(any::<usize>(), 0..12)) {
        let scanner = scanner_once();
        let text = format!(": {}", parts.concat());
        let whole = masked(scanner, &text);
        prop_assert_eq!(flowed(scanner, &text, &[]), whole.clone());
        prop_assert_eq!(flowed(scanner, &text, &cuts), whole.clone());
        let everywhere: Vec<usize> = (0..text.len()).collect();
        prop_assert_eq!(flowed(scanner, &text, &everywhere), whole);
    }
}

fn scanner_once() -> &'static Scanner {
    static SCANNER: std::sync::OnceLock<Scanner> = std::sync::OnceLock::new();
    SCANNER.get_or_init(scanner)
}
