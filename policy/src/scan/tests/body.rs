use proptest::prelude::*;
use serde_json::{Value, json};

use super::samples::*;
use crate::redact::{apply, redact};
use crate::scan::{Budget, scan_body};

fn masked(body: &str) -> String {
    let findings =
        scan_body(scanner(), body.as_bytes(), &mut Budget::for_body(body.len())).unwrap();
    let edits = redact(scanner(), body.as_bytes(), &findings, |_| true);
    String::from_utf8(apply(body.as_bytes(), &edits)).unwrap()
}

/// Writes each character of a string as `\uXXXX`.
fn escaped(text: &str) -> String {
    text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect()
}

#[test]
fn every_kind_in_text_and_json() {
    for (kind, value) in each() {
        let mark = format!("[REDACTED:{kind}]");
        assert_eq!(masked(&format!("see {value}, please")), format!("see {mark}, please"));
        let body = json!({"a": [1, {"b": format!("x {value}")}], "c": value}).to_string();
        let expected = json!({"a": [1, {"b": format!("x {mark}")}], "c": mark}).to_string();
        assert_eq!(masked(&body), expected);
    }
}

#[test]
fn every_kind_behind_unicode_escapes() {
    for (kind, value) in each() {
        let body = format!("{{\"a\": \"x {} y\"}}", escaped(&value));
        assert_eq!(masked(&body), format!("{{\"a\": \"x [REDACTED:{kind}] y\"}}"));
    }
}

#[test]
fn every_kind_at_every_depth_of_strings() {
    for (kind, value) in each() {
        let mut body = json!([{"v": value, "n": 7}]);
        let mut expected = json!([{"v": format!("[REDACTED:{kind}]"), "n": 7}]);
        for _ in 0..4 {
            body = json!({"content": [{"type": "text", "text": body.to_string()}], "q": "\"\\é"});
            expected =
                json!({"content": [{"type": "text", "text": expected.to_string()}], "q": "\"\\é"});
            assert_eq!(masked(&body.to_string()), expected.to_string());
        }
    }
}

/// What does not parse is text, and text is read without its escapes too.
#[test]
fn every_kind_in_what_is_no_json() {
    for (kind, value) in each() {
        let value = value.replace('\n', "\\n");
        let mark = format!("[REDACTED:{kind}]");
        for (before, after) in [
            (r#"{"a": 01, "note": "Customer:\n"#, r#"\n"}"#),
            (r#"{"rows": [{"note": "Customer:\n"#, ""),
            (r#"<script>var x = {note: "Customer:\t"#, r#"\t"}</script>"#),
            (r"[{'n': 'Customer:\n", r"\n'}]"),
            (r#"{"a": 01, "log": "{\"note\": \"Customer:\\n"#, r#"\\n\"}"}"#),
        ] {
            let clean = masked(&format!("{before}{value}{after}"));
            // A letter before an address may belong to it: then the whole escape goes with it.
            let ends: &[char] = if kind == "email" { &['\\', 'n', 't'] } else { &[] };
            assert_eq!(clean, format!("{}{mark}{after}", before.trim_end_matches(ends)));
        }
        let lead = if kind == "email" { "" } else { r"\n" };
        let repr = json!({"text": format!("[{{'n': 'Customer:\\n{value}\\n'}}]")}).to_string();
        let clean = json!({"text": format!("[{{'n': 'Customer:{lead}{mark}\\n'}}]")}).to_string();
        assert_eq!(masked(&repr), clean);
    }
}

/// Numbers stay numbers in what many a parser takes for JSON, and in the lines that are.
#[test]
fn almost_json_is_read_as_json() {
    let (c, s) = (card(), ssn());
    for (before, after) in [
        ("{\"score\": NaN, \"c\": ", "}"),
        ("[-Infinity, ", "]"),
        ("\u{feff}{\"c\": ", "}"),
        (")]}',\n{\"c\": ", "}"),
        ("\u{1e}{\"c\": ", "}\n\u{1e}[1]\n"),
        ("{\"c\": ", "}\n{\"c\": tr"),
        ("{\"a\": 01}\n{\"c\": ", "}\r\n{\"b\": 2}"),
    ] {
        let text = format!("{before}{c}{after}");
        assert_eq!(masked(&text), format!("{before}0{after}"));
        assert_eq!(
            masked(&json!({ "text": text }).to_string()),
            json!({ "text": format!("{before}0{after}") }).to_string()
        );
    }
    let text = format!("{{\"{s}\": 1, \"a\": \"{s}\"}}\n{{\"{s}\": 2}}\n{{\"{s}\"");
    let m = "[REDACTED:us-ssn";
    assert_eq!(
        masked(&text),
        format!("{{\"{m}]\": 1, \"a\": \"{m}]\"}}\n{{\"{m}#2]\": 2}}\n{{\"{m}]\"")
    );
    let findings =
        scan_body(scanner(), text.as_bytes(), &mut Budget::for_body(text.len())).unwrap();
    assert_eq!(findings.counts(), [("us-ssn".to_owned(), 4)]);
}

/// What goes over several lines is found though some of them are JSON.
#[test]
fn findings_over_lines_stay() {
    let text = format!("[1]\n{}\n[2]\n", pem());
    assert_eq!(masked(&text), "[1]\n[REDACTED:private-key]\n[2]\n");
}

#[test]
fn percent_encoded_and_as_character_references() {
    for (text, clean) in [
        ("mail=ada%40example.com&x=1", "mail=[REDACTED:email]&x=1"),
        ("to=%22ada%2540example.com%22", "to=%22[REDACTED:email]%22"),
        ("<b>ada&#64;example.com</b>", "<b>[REDACTED:email]</b>"),
        ("<b>ada&#x40;example&period;com</b>", "<b>[REDACTED:email]</b>"),
        ("<b>ada&amp;commat;example.com</b>", "<b>[REDACTED:email]</b>"),
    ] {
        assert_eq!(masked(text), clean);
        assert_eq!(masked(&json!({ "v": text }).to_string()), json!({ "v": clean }).to_string());
    }
    let text = format!("ssn%3D{}%0A", ssn().replace('-', "%2D"));
    assert_eq!(masked(&text), "ssn%3D[REDACTED:us-ssn]%0A");
}

/// The `n` may be half of a line feed: then what is left of it is no escape.
#[test]
fn no_half_of_an_escape_stays() {
    assert_eq!(
        masked(r#"{"a": 01, "b": "\nada@example.com"}"#),
        r#"{"a": 01, "b": "[REDACTED:email]"}"#
    );
}

#[test]
fn mcp_answer_twice_over() {
    let rows = json!([{"id": 1, "ssn": ssn(), "card": card().parse::<u64>().unwrap()}]);
    let body = json!({"jsonrpc": "2.0", "id": 7, "result": {
        "content": [{"type": "text", "text": rows.to_string()}],
        "structuredContent": {"rows": rows},
    }});
    let answer: Value = serde_json::from_str(&masked(&body.to_string())).unwrap();
    let text: Value =
        serde_json::from_str(answer["result"]["content"][0]["text"].as_str().unwrap()).unwrap();
    let clean = json!([{"id": 1, "ssn": "[REDACTED:us-ssn]", "card": 0}]);
    assert_eq!(text, clean);
    assert_eq!(answer["result"]["structuredContent"]["rows"], clean);
}

#[test]
fn numbers_stay_numbers_and_fractions_stay() {
    let body =
        format!(r#"{{"card":{c},"list":[-{c}, {c}],"fraction":0.{c},"float":1.5}}"#, c = card());
    let expected =
        format!(r#"{{"card":0,"list":[-{c}, 0],"fraction":0.{c},"float":1.5}}"#, c = card());
    assert_eq!(masked(&body), expected);
    assert_eq!(masked(&card()), "0");
}

#[test]
fn names_are_masked_and_stay_different() {
    let body = r#"{"ada@example.com": 1, "bob@example.com": 2, "c": {"eve@example.com": 3}}"#;
    let clean = masked(body);
    assert_eq!(
        clean,
        r##"{"[REDACTED:email]": 1, "[REDACTED:email#2]": 2, "c": {"[REDACTED:email#3]": 3}}"##
    );
    assert_eq!(masked(&clean), clean);
}

#[test]
fn counts_and_choice_of_kinds() {
    let body = format!("{} {} {}", card(), ssn(), ssn());
    let findings =
        scan_body(scanner(), body.as_bytes(), &mut Budget::for_body(body.len())).unwrap();
    assert_eq!(findings.counts(), [("payment-card".to_owned(), 1), ("us-ssn".to_owned(), 2)]);
    assert_eq!(findings.kinds(), ["payment-card", "us-ssn"]);
    let edits = redact(scanner(), body.as_bytes(), &findings, |kind| kind == "payment-card");
    assert_eq!(
        apply(body.as_bytes(), &edits),
        format!("[REDACTED:payment-card] {} {}", ssn(), ssn()).as_bytes()
    );
}

#[test]
fn look_alikes_stay() {
    for text in [
        "550e8400-e29b-41d4-a716-446655440000",
        "2024-05-17T10:00:00.123456Z",
        "1715940000123456",
        "git@github.example:group/project.git",
        "icon@2x.png",
        "@scope/package@1.2.3",
        "978-0-306-40615-7",
        "d41d8cd98f00b204e9800998ecf8427e",
        "+1 (555) 010-9999",
        "-71.0588801234567",
        "https://cdn.example.com/@scope/package@1.2.0-rc.next/icon@2x.png",
        "/pkg/mod/example.com/tool@v1.2.0/main.go",
        "ssh://ada@files.example.com/home and user@host",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        &format!("SN-{} and {}-01", ssn(), ssn()),
        &format!("share: 0,{} and {}.5", card(), card()),
        "490154203237518",
        "100% of 40% at C:\\new\\table\\u4111",
        "%E4%BD%A0%E5%A5%BD &amp; &#20320;",
    ] {
        assert_eq!(masked(text), text);
        let broken = format!("{{\"a\": 01, \"b\": \"x\\n{text}\\n\"}}");
        assert_eq!(masked(&broken), broken);
        let body = json!({ "v": text }).to_string();
        assert_eq!(masked(&body), body);
    }
}

#[test]
fn cards_with_uncommon_characters_between_their_groups() {
    for between in [
        "\u{b7}",
        "\u{200b}\u{b7}",
        "\u{b7}\u{2060}",
        " \u{2022} ",
        "\u{ad}\u{2044}\u{200d}",
        "\u{30fb}",
        "\u{200b}_",
    ] {
        let card = ["4111", "1111", "1111", "1111"].join(between);
        assert_eq!(
            masked(&format!("pan {card}, x")),
            "pan [REDACTED:payment-card], x",
            "{between}"
        );
        let json = json!({ "pan": card }).to_string();
        assert_eq!(masked(&json), r#"{"pan":"[REDACTED:payment-card]"}"#);
    }
}

fn filler() -> impl Strategy<Value = String> {
    r#"[a-z0-9 ,.:;"\\/\n\u{e9}{}\[\]@_-]{0,12}"#
}

proptest! {
    /// What stands outside of findings is untouched, at whatever depth.
    #[test]
    fn json_stays_json(parts in prop::collection::vec((filler(), 0usize..8), 1..6), nest in 0usize..3) {
        let kinds = each();
        let build = |redacted: bool| {
            let values: Vec<Value> = parts.iter().map(|(filler, which)| {
                let value = kinds.get(*which).map(|(kind, value)| {
                    if redacted { format!("[REDACTED:{kind}]") } else { value.clone() }
                });
                json!({"k": filler.clone(), "v": value})
            }).collect();
            (0..nest).fold(json!(values), |inner, _| json!({"text": inner.to_string(), "n": 1.5}))
        };
        let fillers_are_clean = parts.iter().all(|(filler, _)| {
            let quoted = json!(filler).to_string();
            masked(&quoted) == quoted
        });
        prop_assume!(fillers_are_clean);
        prop_assert_eq!(masked(&build(false).to_string()), build(true).to_string());
    }

    #[test]
    fn lines_of_json_leave_as_they_came(text in "[\\[\\]{}\":,1a\n\r\u{1e}\u{feff}]{0,60}") {
        prop_assert_eq!(masked(&text), text);
    }

    #[test]
    fn text_without_findings_leaves_as_it_came(text in "[a-zA-Z \\\\\"{}\\[\\]:,\n\u{e9}]{0,200}") {
        prop_assert_eq!(masked(&text), text);
    }

    #[test]
    fn what_stands_around_values_is_left_and_not_found_again(
        parts in prop::collection::vec(prop_oneof![
            prop::sample::select(surroundings()), filler(),
        ], 1..6),
        json: bool,
    ) {
        // On lines of their own: what is redacted in the name of a column may make it one.
        let text = parts.join("\n\n");
        let body = if json { serde_json::to_string(&serde_json::json!({ "a": [text] })).unwrap() } else { text };
        let once = masked(&body);
        prop_assert_eq!(masked(&once), once.clone());
        if json {
            let shape: serde_json::Value = serde_json::from_str(&once).unwrap();
            prop_assert!(shape["a"][0].is_string());
        }
    }

    #[test]
    fn redacting_twice_changes_nothing(text: String, which in 0usize..7) {
        let once = masked(&format!("{text} {} {text}", each()[which].1));
        prop_assert_eq!(masked(&once), once.clone());
    }

    #[test]
    fn any_bytes_pass(body: Vec<u8>) {
        if let Ok(findings) = scan_body(scanner(), &body, &mut Budget::for_body(body.len())) {
            let edits = redact(scanner(), &body, &findings, |_| true);
            let _ = apply(&body, &edits);
            prop_assert!(edits.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start));
        }
    }
}
