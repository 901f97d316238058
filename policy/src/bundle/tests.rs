mod format;

use proptest::prelude::*;

use super::{Bundle, wire};
use crate::compile::bundles::compiled;
use crate::scan::{Budget, scan_body};

fn file() -> Vec<u8> {
    static FILE: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    FILE.get_or_init(|| compiled(&["personal-data"])).clone()
}

fn refusal(file: &[u8]) -> String {
    Bundle::decode(file).unwrap_err().to_string()
}

#[test]
fn revision_names_the_payload() {
    let (first, second) = (file(), compiled(&["personal-data"]));
    assert_eq!(first, second, "the same sources give the same bytes");
    let bundle = Bundle::decode(&first).unwrap();
    assert_eq!(bundle.name, "personal-data");
    assert_ne!(bundle.revision, Bundle::decode(&compiled(&["secrets"])).unwrap().revision);
}

#[test]
fn header_is_checked() {
    let good = file();
    for (at, message) in [
        (0, "this is not a compiled bundle"),
        (8, "the bundle has format"),
        (12, "the bundle has another byte order"),
        (16, "digest does not fit"),
        (good.len() - 1, "digest does not fit"),
    ] {
        let mut bad = good.clone();
        bad[at] ^= 1;
        assert!(refusal(&bad).contains(message), "{at}: {}", refusal(&bad));
    }
    for length in [0, 7, 47] {
        assert_eq!(refusal(&good[..length]), "the bundle is cut short");
    }
}

#[test]
fn sections_are_checked() {
    let manifest = br#"{"name":"a","version":"1","serial":1}"#.as_slice();
    let build = |sections: &[(&str, &[u8])]| wire::write(sections);
    let whole = [("manifest", manifest), ("rules", b"[]"), ("patterns", b"[]")];
    assert!(Bundle::decode(&build(&whole)).is_ok());
    assert_eq!(refusal(&build(&whole[..2])), "the bundle has no section `patterns`");
    assert!(refusal(&build(&[whole[0], whole[0]])).contains("twice"));
    assert!(refusal(&build(&[whole[0], ("signature", b"")])).contains("does not know"));
    let mut longer = build(&whole)[wire::HEADER_BYTES..].to_vec();
    longer.push(0);
    assert!(refusal(&wire::seal(&longer)).contains("after its last section"));
}

/// By another hand than the compiler's.
#[test]
fn budgets_are_checked() {
    let manifest = br#"{"name":"a","version":"1","serial":1,"sections":["s"]}"#.as_slice();
    let with = |budgets: &str| {
        let sections = [
            ("manifest", manifest),
            ("rules", b"[]"),
            ("budgets", budgets.as_bytes()),
            ("patterns", b"[]"),
        ];
        Bundle::decode(&wire::write(&sections)).map(|bundle| bundle.budgets.len())
    };
    let one = r#"{"name":"a","requests":1,"per_seconds":60,"sections":["s"]}"#;
    assert_eq!(with(&format!("[{one}]")).unwrap(), 1);
    let many: Vec<String> = (0..33).map(|at| one.replace("\"a\"", &format!("\"a{at}\""))).collect();
    assert_eq!(with(&format!("[{}]", many[1..].join(","))).unwrap(), 32);
    for (budgets, told) in [
        (many.join(","), "none that a gateway can keep"),
        (one.replace(":1,", ":0,"), "none that a gateway can keep"),
        (one.replace("\"requests\":1,", ""), "none that a gateway can keep"),
        (one.replace(":60", ":0"), "none that a gateway can keep"),
        (one.replace(":60", ":2678401"), "none that a gateway can keep"),
        (one.replace("[\"s\"]", "[\"t\"]"), "does not declare"),
        (format!("{one},{one}"), "have the same name"),
        (one.replace("requests", "request"), "cannot be read"),
    ] {
        let refused = with(&format!("[{budgets}]")).unwrap_err().to_string();
        assert!(refused.contains(told), "{budgets}: {refused}");
    }
}

/// By another hand than the compiler's.
#[test]
fn pins_are_checked() {
    let manifest = br#"{"name":"a","version":"1","serial":1,"sections":["s"]}"#.as_slice();
    let with = |pins: &str| {
        let sections = [
            ("manifest", manifest),
            ("rules", b"[]"),
            ("pins", pins.as_bytes()),
            ("patterns", b"[]"),
        ];
        Bundle::decode(&wire::write(&sections)).map(|bundle| bundle.pins.len())
    };
    let digest = format!("sha256:{}", "0".repeat(64));
    let one = format!(r#"{{"name":"a","sections":["s"],"tools":{{"t":"{digest}"}}}}"#);
    assert_eq!(with(&format!("[{one}]")).unwrap(), 1);
    let many: Vec<String> = (0..65).map(|at| one.replace("\"a\"", &format!("\"a{at}\""))).collect();
    assert_eq!(with(&format!("[{}]", many[1..].join(","))).unwrap(), 64);
    let tools: Vec<String> = (0..4097).map(|at| format!(r#""t{at}":"{digest}""#)).collect();
    let large = format!(r#"{{"name":"a","tools":{{{}}}}}"#, tools.join(","));
    for (pins, told) in [
        (many.join(","), "more than 64 sets"),
        (large, "more than 4096 tools"),
        (one.replace("[\"s\"]", "[\"t\"]"), "does not declare"),
        (format!("{one},{one}"), "have the same name"),
        (one.replace("sha256", "sha512"), "cannot be read"),
        (one.replace("tools", "tool"), "cannot be read"),
    ] {
        let refused = with(&format!("[{pins}]")).unwrap_err().to_string();
        assert!(refused.contains(told), "{told}: {refused}");
    }
}

/// Conditions are deep or long only by another hand than the compiler's.
#[test]
fn conditions_are_checked() {
    let manifest = br#"{"name":"a","version":"1","serial":1}"#.as_slice();
    let with = |when: &str| {
        let rules = format!(r#"[{{"name":"r","on":"request","effect":"deny","when":{when}}}]"#);
        let sections = [("manifest", manifest), ("rules", rules.as_bytes()), ("patterns", b"[]")];
        Bundle::decode(&wire::write(&sections)).map(|bundle| bundle.rules[0].when.is_some())
    };
    let nested = |depth: usize| {
        format!("{}{}{}", r#"{"not":"#.repeat(depth), r#"{"flag":true}"#, "}".repeat(depth))
    };
    assert_eq!(with(&nested(39)), Ok(true));
    assert_eq!(with(&nested(40)), Err(wire::error("a condition of the bundle is too large")));
    assert!(with(&nested(500_000)).unwrap_err().to_string().contains("recursion limit"));
    let listed =
        |entries: usize| format!(r#"{{"list":[{}]}}"#, vec![r#"{"int":1}"#; entries].join(","));
    assert_eq!(with(&listed(511)), Ok(true));
    assert_eq!(with(&listed(512)), Err(wire::error("a condition of the bundle is too large")));
    assert!(
        with(r#"{"fact":"principal.name"}"#).unwrap_err().to_string().contains("unknown variant")
    );
    assert_eq!(with("null"), Ok(false));
}

/// Decodes what may be anything; if it decodes, it must run as well.
fn survive(payload: &[u8]) {
    if let Ok(bundle) = Bundle::decode(&wire::seal(payload)) {
        let card = ["4111", "1111", "1111", "1111"].concat();
        let text = format!("{{\"a\": \"{card} ada@example.com 536-22- 1873\", \"b\": {card}}}");
        let text = text.as_bytes();
        let _ = scan_body(&bundle.scanner, text, &mut Budget::for_body(text.len()));
        let mut stream = crate::scan::StreamScanner::new(&bundle.scanner, |_| true);
        let _ = text.chunks(7).try_for_each(|chunk| stream.push(chunk).map(drop));
        let _ = stream.finish();
    }
}

proptest! {
    #[test]
    fn any_bytes_are_refused_or_run(payload: Vec<u8>) {
        survive(&payload);
        let _ = Bundle::decode(&payload);
    }

    #[test]
    fn damaged_payloads_are_refused_or_run(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in prop::option::weighted(0.1, any::<prop::sample::Index>()),
    ) {
        let mut payload = file()[wire::HEADER_BYTES..].to_vec();
        for (at, byte) in changes {
            let at = at.index(payload.len());
            payload[at] = byte;
        }
        if let Some(cut) = cut {
            payload.truncate(cut.index(payload.len()));
        }
        survive(&payload);
    }

    /// The first bytes hold lengths and the automata's own headers: where damage hurts most.
    #[test]
    fn damaged_automata_are_refused_or_run(at in 0usize..2048, from_end: bool, byte: u8) {
        let mut payload = file()[wire::HEADER_BYTES..].to_vec();
        let specs = payload.windows(8).position(|w| w == b"triggers").unwrap_or(0);
        let at = if from_end { payload.len() - 1 - at } else { specs + at };
        payload[at] = byte;
        survive(&payload);
    }
}

/// Records and approvals name rules: two of one name could be taken for each other.
#[test]
fn two_rules_of_one_name_are_not_taken() {
    let rule = r#"{"name":"r","on":"request","effect":"deny"}"#;
    let manifest = br#"{"name":"b","version":"1","serial":6}"#.as_slice();
    let decode = |rules: String| {
        let sections = [("manifest", manifest), ("rules", rules.as_bytes()), ("patterns", b"[]")];
        Bundle::decode(&wire::write(&sections))
    };
    assert!(decode(format!("[{rule}]")).is_ok());
    assert!(decode(format!("[{rule},{rule}]")).unwrap_err().0.contains("same name"));
}
