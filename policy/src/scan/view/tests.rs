use proptest::prelude::*;

use super::*;

fn view(text: &str) -> String {
    String::from_utf8(decode(text.as_bytes())).unwrap()
}

#[test]
fn backslashes() {
    assert_eq!(view(r#"a\n\t\"b\"\/ A\x41A"#), "a\n\t\"b\"/ AAA");
    assert_eq!(view(r"a\\n\\\\u0041\'"), "a\nA'", "all of them belong to what they lead to");
    for same in [r"C:\dir\\share", r"\u12", r"\x4", r"\u00g1", r"\", r"\\\\\\", "plain"] {
        assert_eq!(view(same), same);
        assert!(!differs(same.as_bytes()));
    }
}

#[test]
fn percents() {
    assert_eq!(view("ada%40example%2Ecom %2d"), "ada@example.com -");
    assert_eq!(view("%2540 %252540 %25%41"), "@ @ %A");
    for same in ["100% of", "%4", "%zz", "%", "50%, 60%"] {
        assert_eq!(view(same), same);
        assert!(!differs(same.as_bytes()));
    }
}

#[test]
fn characters_that_look_like_ascii() {
    assert_eq!(view("\u{ff14}\u{661}\u{202f}\u{2011}\u{1d7cf}\u{200b}\u{ff20}"), "41 -1@");
    assert_eq!(view("%EF%BC%94 %25EF%25BC%2594 %E2%80%8B."), "4 4 .");
    assert_eq!(view(r"\uff14 \ud835\udfcf \\ud835\\udfcf \ud835x"), "4 1 1 \u{fffd}x");
    assert_eq!(view("&#65300;&#x202F;"), "4 ");
    assert_eq!(view("%C3%A9"), "\u{e9}");
    assert_eq!(decode(b"%C3x"), b"\xc3x");
}

#[test]
fn references() {
    assert_eq!(view("&#64;&#x40;&#X0040;&commat;&amp;#64;&amp;amp;commat;"), "@@@@@@");
    assert_eq!(view("4111&nbsp;1111&#160;1111"), "4111 1111 1111");
    for same in ["a=1&b=2", "&amp;&lt;", "&#;", "&#64", "&#x110000;", "&#123456789;", "&", "&am"] {
        assert_eq!(view(same), same);
        assert!(!differs(same.as_bytes()));
    }
}

#[test]
fn spans_come_back_whole() {
    let text = br"a\n%40b";
    let mut spans = [1..2, 2..4];
    map_back(text, spans.iter_mut());
    assert_eq!(spans, [1..3, 3..7]);
    let mut spans = [2..4, 6..7];
    widen(text, spans.iter_mut());
    assert_eq!(spans, [1..6, 6..7]);
}

/// Much of which begins a spelling.
fn pieces() -> impl Strategy<Value = String> {
    const PARTS: &[&str] = &[
        "\\", "n", "u0041", "x4", "%", "25", "40", "&", "amp;", "#", "x", "64", ";", "a", "%EF",
        "%BC", "%91", "ud835", "udfce", "\u{ff11}", "\u{200b}", "\u{e9}",
    ];
    prop::collection::vec(prop::sample::select(PARTS), 0..16).prop_map(|parts| parts.concat())
}

proptest! {
    /// What is read of the first bytes is what is read of all of them, or it waits: a bounded time.
    #[test]
    fn more_text_changes_no_unit(text in pieces(), end in any::<prop::sample::Index>()) {
        let whole = text.as_bytes();
        let part = &whole[..end.index(whole.len() + 1)];
        match next(part, false) {
            None => prop_assert!(part.len() < 64),
            Some(Unit::Spelled(found)) => prop_assert_eq!(next(whole, true), Some(Unit::Spelled(found))),
            Some(Unit::Literal(found)) => {
                let Some(Unit::Literal(all)) = next(whole, true) else { panic!("{text}") };
                prop_assert!(all.starts_with(found));
            }
        }
    }

    #[test]
    fn any_bytes_decode_to_no_more(text: Vec<u8>) {
        prop_assert!(decode(&text).len() <= text.len());
    }
}
