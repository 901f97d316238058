use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use proptest::prelude::*;

use super::{Custody, CustodyConfig, CustodyStream, marks};
use crate::redact;

const BASE: u64 = 0x9e37_79b9_7f4a_7c15;
const KEY: &[u8] = &[7; 32];
const SECRET: &str = "made-up/credential\"of+the_gateway=0123456789";

fn custody() -> Custody {
    let config = CustodyConfig { base: BASE, marks: marks(SECRET.as_bytes(), BASE, KEY) };
    Custody::new(&config, KEY).unwrap()
}

fn redacted(text: &str) -> String {
    let edits = custody().edits(text.as_bytes());
    String::from_utf8(redact::apply(text.as_bytes(), &edits)).unwrap()
}

#[test]
fn it_is_found_in_every_form() {
    assert_eq!(redacted(&format!("a Bearer {SECRET} b")), "a Bearer [REDACTED:credential] b");
    let hex: String = SECRET.bytes().map(|byte| format!("{byte:02x}")).collect();
    let percent: String = SECRET
        .bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || b"-._~".contains(&b) {
                (b as char).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect();
    let json = serde_json::to_string(SECRET).unwrap();
    let slashes = json.replace('/', "\\/");
    let unicode = SECRET
        .bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() { (b as char).to_string() } else { format!("\\u{b:04x}") }
        })
        .collect();
    for form in [unicode, hex.clone(), hex.to_uppercase(), percent, json, slashes] {
        let out = redacted(&form);
        assert!(out.contains("[REDACTED:credential]") && !out.contains("gateway"), "{form} {out}");
    }
}

#[test]
fn it_is_found_behind_any_byte_and_in_any_mixture_of_escapes() {
    for before in ["\0", "PATH=/bin\0HOME=/root\0KEY=", "\u{1}\0\0", "0123456789abcdef\0"] {
        assert_eq!(
            redacted(&format!("{before}{SECRET}\0")),
            format!("{before}[REDACTED:credential]\0")
        );
    }
    // Encoders differ in which characters they escape, and JSON may stand in JSON.
    for one in SECRET.bytes().filter(|byte| !byte.is_ascii_alphanumeric()) {
        for escape in [format!("\\u{one:04X}"), format!("%{one:02x}"), format!("&#{one};")] {
            let mixed = SECRET.replace(char::from(one), &escape);
            assert_eq!(redacted(&format!("<{mixed}>")), "<[REDACTED:credential]>");
            let twice = serde_json::to_string(&mixed).unwrap();
            assert_eq!(redacted(&twice), "\"[REDACTED:credential]\"", "{twice}");
            let thrice = serde_json::to_string(&twice).unwrap();
            assert!(redacted(&thrice).contains("[REDACTED:credential]"), "{thrice}");
        }
    }
}

#[test]
fn base64_of_what_surrounds_it_does_not_hide_it() {
    for before in ["", "B", "Be", "Bearer ", "user:"] {
        for after in ["", "x", "xy", " and more"] {
            let text = format!("{before}{SECRET}{after}");
            for encoded in [STANDARD.encode(&text), URL_SAFE.encode(&text)] {
                let out = redacted(&encoded);
                assert!(out.contains("[REDACTED:credential]"), "{before}|{after}");
                // At most the digits that its neighbours share are left.
                assert!(out.len() <= encoded.len() - SECRET.len() + 24, "{before}|{after} {out}");
            }
        }
    }
}

#[test]
fn nothing_else_is_found() {
    let near = SECRET.replace("0123456789", "0123456780");
    assert_eq!(redacted(&near), near);
    let tail = "f+the_gateway=0123456789";
    assert_eq!(redacted(tail), tail);
    assert!(marks(b"too short", BASE, KEY).is_empty());
    let none = Custody::new(&CustodyConfig::default(), KEY).unwrap();
    assert!(none.is_empty() && none.find(SECRET.as_bytes()).is_empty());
}

#[test]
fn marks_do_not_hold_the_secret() {
    let config = CustodyConfig { base: BASE, marks: marks(SECRET.as_bytes(), BASE, KEY) };
    let json = serde_json::to_string(&config).unwrap();
    for part in ["made-up", "credential\\", "gateway", "0123456789"] {
        assert!(!json.contains(part));
    }
    let damaged = json.replace("\"length\":4", "\"length\":9999,\"x\":4");
    assert!(serde_json::from_str::<CustodyConfig>(&damaged).is_err());
}

proptest! {
    #[test]
    fn chunks_make_no_difference(cuts in prop::collection::vec(0usize..200, 0..12)) {
        let text = format!("a {SECRET}{SECRET} b\n\ndata: {SECRET}, {SECRET}");
        let whole = redacted(&text);
        let custody = custody();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
        cuts.push(text.len());
        cuts.sort_unstable();
        let (mut stream, mut out, mut from) = (CustodyStream::default(), Vec::new(), 0);
        for cut in cuts {
            out.extend(stream.push(&custody, &text.as_bytes()[from..cut], false));
            from = cut;
        }
        out.extend(stream.push(&custody, b"", true));
        prop_assert_eq!(String::from_utf8(out).unwrap(), whole);
        prop_assert_eq!(stream.found, 4);
    }

    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        custody().find(&bytes);
    }
}
