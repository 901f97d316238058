//! However a text is cut, what comes out is the same.

use proptest::prelude::*;

use super::samples::*;
use crate::redact::{apply, redact};
use crate::scan::{Budget, SseStream, StreamScanner, scan_body};

fn flowed(text: &[u8], cuts: &[usize]) -> (Vec<u8>, Vec<(String, u32)>) {
    let mut stream = StreamScanner::new(scanner(), |kind| kind != "email");
    let mut output = Vec::new();
    for piece in pieces(text, cuts) {
        output.append(&mut stream.push(piece).unwrap());
    }
    output.append(&mut stream.finish().unwrap());
    (output, stream.counts())
}

fn events(text: &[u8], cuts: &[usize]) -> (Vec<u8>, Vec<(String, u32)>) {
    let mut stream = SseStream::new(scanner(), |_| true);
    let mut output = Vec::new();
    for piece in pieces(text, cuts) {
        output.append(&mut stream.push(piece).unwrap());
    }
    output.append(&mut stream.finish().unwrap());
    (output, stream.counts())
}

fn pieces<'a>(text: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (text.len() + 1)).collect();
    cuts.sort_unstable();
    let ends = cuts.iter().copied().chain([text.len()]);
    let mut from = 0;
    ends.map(|end| &text[std::mem::replace(&mut from, end)..end]).collect()
}

/// Every kind in ordinary surroundings, and much that only begins like one.
fn dense() -> String {
    let mut text = String::new();
    for (_, value) in each() {
        let half = &value[..value.len() / 2];
        text += &format!("{half} a {value}. {value}{value} <{value}>-{half}\n");
    }
    text
}

#[test]
fn every_single_cut() {
    let text = dense();
    let whole = flowed(text.as_bytes(), &[]);
    for (kind, _) in each() {
        assert!(whole.1.iter().any(|(found, _)| found == kind), "{kind}: {:?}", whole.1);
    }
    for cut in 0..=text.len() {
        assert_eq!(flowed(text.as_bytes(), &[cut]), whole, "cut at {cut}");
    }
    let everywhere: Vec<usize> = (0..text.len()).collect();
    assert_eq!(flowed(text.as_bytes(), &everywhere), whole);
}

#[test]
fn flowing_text_is_masked_like_a_body() {
    let text = dense();
    let body = text.as_bytes();
    let findings = scan_body(scanner(), body, &mut Budget::for_body(body.len())).unwrap();
    let edits = redact(scanner(), body, &findings, |kind| kind != "email");
    assert_eq!(flowed(body, &[]).0, apply(body, &edits));
}

#[test]
fn ordinary_text_is_not_held_back() {
    let mut stream = StreamScanner::new(scanner(), |_| true);
    let text = b"The quick brown fox jumps over the lazy dog. ";
    assert_eq!(stream.push(text).unwrap(), text);
    assert_eq!(stream.push(b"Call 4").unwrap(), b"Call ");
    // The rest may become an e-mail address.
    assert_eq!(stream.push(b" me").unwrap(), b"4 ");
    assert_eq!(stream.push(b" now").unwrap(), b"me ");
    assert_eq!(stream.finish().unwrap(), b"now");
}

#[test]
fn events_keep_their_frame() {
    let stream = format!(
        "\u{feff}: hello {ssn}\r\nid: 7\r\nevent: message\r\ndata: {{\"card\": {card}, \"s\": \"\\u0035{rest}\"}}\r\n\r\ndata:{card}\n\n\ndata\rdata:  two\rdata: {pem}\r\rretry: 10\n\ndata: open {ssn}",
        ssn = ssn(),
        card = card(),
        rest = &ssn()[1..],
        pem = pem().replace('\n', "\ndata: "),
    );
    let expected = "\u{feff}: hello [REDACTED:us-ssn]\r\nid: 7\r\nevent: message\r\ndata: {\"card\": 0, \"s\": \"[REDACTED:us-ssn]\"}\r\n\r\ndata:0\n\n\ndata\rdata:  two\rdata: [REDACTED:private-key]\r\rretry: 10\n\ndata: open [REDACTED:us-ssn]";
    let whole = events(stream.as_bytes(), &[]);
    assert_eq!(String::from_utf8(whole.0.clone()).unwrap(), expected);
    for cut in 0..=stream.len() {
        assert_eq!(events(stream.as_bytes(), &[cut]), whole, "cut at {cut}");
    }
    let everywhere: Vec<usize> = (0..stream.len()).collect();
    assert_eq!(events(stream.as_bytes(), &everywhere), whole);
}

#[test]
fn an_event_leaves_when_it_ends() {
    let mut stream = SseStream::new(scanner(), |_| true).with_limit(64);
    assert_eq!(stream.push(b"data: a\n").unwrap(), b"");
    assert_eq!(stream.push(b"\ndata: b").unwrap(), b"data: a\n\n");
    assert_eq!(stream.push(b"\r\n\r").unwrap(), b"data: b\r\n\r");
    assert_eq!(stream.push(b"\n: ping\n\n").unwrap(), b"\n: ping\n\n");
    assert!(stream.push(&[b'x'; 65]).is_err());
}

/// Every kind in every spelling, in surroundings that a wrong reading would take for a part of it.
pub(super) fn spelled() -> Vec<String> {
    let mut texts = Vec::new();
    for (_, value) in each() {
        let wrapped = value.replace('\n', "\\n");
        let percent: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let entity: String = value.bytes().map(|byte| format!("&#{byte};")).collect();
        let escape: String = value.bytes().map(|byte| format!("\\u{byte:04x}")).collect();
        let twice = escape.replace('\\', "\\\\");
        texts.extend([
            format!(r#"{{"score": NaN, "note": "to:\n{wrapped}\n"}}"#),
            format!(r#"[{{'n': 'to:\\n{wrapped}\\n'}}]"#),
            format!("?to=%3D{percent}%2Cx"),
            format!("<b>&nbsp;{entity}&lt;</b>"),
            format!(r"x \t{escape}\t {twice} C:\dir\x"),
        ]);
    }
    texts.push("ada%40example.com ada%2540example%2Ecom ada&#64;example.com &commat;".to_owned());
    texts
}

/// At every single cut, and cut everywhere.
fn flows_like_a_body(text: &str) {
    let body = text.as_bytes();
    let findings = scan_body(scanner(), body, &mut Budget::for_body(body.len())).unwrap();
    let edits = redact(scanner(), body, &findings, |kind| kind != "email");
    let whole = (apply(body, &edits), findings.counts());
    for cut in 0..=text.len() {
        assert_eq!(flowed(body, &[cut]), whole, "{text} cut at {cut}");
    }
    let everywhere: Vec<usize> = (0..text.len()).collect();
    assert_eq!(flowed(body, &everywhere), whole);
}

#[test]
fn every_spelling_flows_like_a_body_at_every_cut() {
    spelled().iter().for_each(|text| flows_like_a_body(text));
}

#[test]
fn surroundings_flow_like_a_body_at_every_cut() {
    surroundings().iter().for_each(|text| flows_like_a_body(&format!(": {text}")));
}

fn piece() -> impl Strategy<Value = String> {
    let values: Vec<String> = each().into_iter().map(|(_, value)| value).collect();
    let cut = values.clone();
    prop_oneof![
        3 => prop::sample::select(values),
        2 => (prop::sample::select(cut), any::<prop::sample::Index>())
            .prop_map(|(value, at)| value[..at.index(value.len())].to_owned()),
        3 => r"[0-9a-zA-Z@._+ \n-]{0,8}",
        2 => prop::sample::select(spelled()),
        3 => prop::sample::select(surroundings()),
        2 => prop::sample::select(&["\\", "\\n", "\\\\u00", "%", "%25", "40", "&", "&#", "6", "4;"][..])
            .prop_map(str::to_owned),
        1 => Just("-----".to_owned()),
        1 => Just("1 2 3 4 5 6".to_owned()),
    ]
}

proptest! {
    #[test]
    fn chunked_is_whole(parts in prop::collection::vec(piece(), 0..12), cuts in prop::collection::vec(any::<usize>(), 0..12)) {
        // With this before it, it is not JSON.
        let text = format!(": {}", parts.concat());
        let body = text.as_bytes();
        let whole = flowed(text.as_bytes(), &[]);
        prop_assert_eq!(flowed(text.as_bytes(), &cuts), whole.clone());
        let findings = scan_body(scanner(), body, &mut Budget::for_body(body.len())).unwrap();
        let edits = redact(scanner(), body, &findings, |kind| kind != "email");
        prop_assert_eq!(&whole, &(apply(body, &edits), findings.counts()));
        let everywhere: Vec<usize> = (0..text.len()).collect();
        prop_assert_eq!(flowed(text.as_bytes(), &everywhere), whole);
    }

    #[test]
    fn chunked_events_are_whole(parts in prop::collection::vec(prop_oneof![
        piece(), Just("\ndata: ".to_owned()), Just("\r\n".to_owned()), Just("\r".to_owned()), Just("\n\n".to_owned())
    ], 0..16), cuts in prop::collection::vec(any::<usize>(), 0..8)) {
        let text = parts.concat();
        prop_assert_eq!(events(text.as_bytes(), &cuts), events(text.as_bytes(), &[]));
    }
}
