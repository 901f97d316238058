//! The exported file of a session.

use super::assert_visible;
use crate::records::export::Export;
use crate::records::{Exchange, session};
use crate::testing::exchanges::{exchange, filled};
use crate::testing::hostile::Hostile;
use crate::testing::html::Page;

pub fn exported(exchanges: &[Exchange]) -> String {
    let [session] = &session::list(exchanges)[..] else { panic!("not one session") };
    let (mut export, mut text) = Export::begin(session, 1_800_000_000_000).unwrap();
    for exchange in exchanges {
        text.push_str(&export.exchange(exchange).unwrap());
    }
    text + &export.end()
}

/// What is not the style or the script, which are no record's.
fn told(text: &str) -> String {
    let (head, rest) = text.split_once("<style>").unwrap();
    let (_, rest) = rest.split_once("</style>").unwrap();
    let (body, _) = rest.rsplit_once("<script>").unwrap();
    format!("{head}{body}")
}

#[test]
fn a_file_is_what_it_is_whatever_a_record_says() {
    let benign = Page::read(&exported(&[exchange(0), filled(1, "word")]));
    let mut seen = 0;
    for hostile in Hostile::all() {
        let Some(text) = hostile.text() else { continue };
        let file = exported(&[exchange(0), filled(1, &text)]);
        let name = &hostile.name;
        assert_visible(&told(&file), name);
        let page = Page::read(&file);
        let kinds = |page: &Page| {
            let mut kinds = page.kinds();
            // Spans that colour SQL and JSON may be more or fewer, and what is SQL is shown twice.
            kinds.retain(|(tag, _)| !["span", "h4", "pre", "code"].contains(&tag.as_str()));
            kinds
        };
        let new: Vec<_> = kinds(&page).difference(&kinds(&benign)).cloned().collect();
        assert_eq!(new, [], "{name}");
        for tag in [
            "script", "style", "meta", "form", "button", "input", "img", "iframe", "link", "svg",
            "li",
        ] {
            assert_eq!(page.count(tag), benign.count(tag), "{name}: {tag}");
        }
        // No link, nothing that is loaded, no handler: neither ours nor a record's.
        assert_eq!(page.leads(), Vec::<&str>::new(), "{name}");
        assert_eq!(page.count("a"), 0, "{name}");
        assert_eq!(page.comments, 0, "{name}");
        let shown: String = crate::view::visible_line(&text).trim().chars().take(40).collect();
        assert!(page.text.contains(shown.trim()), "{name}: {shown}");
        seen += 1;
    }
    assert!(seen >= 38, "{seen}");
}

#[test]
fn the_file_lets_its_own_style_and_script_through_and_nothing_else() {
    let file = exported(&[exchange(0)]);
    let page = Page::read(&file);
    let policy = page.tags.iter().find_map(|(tag, attributes)| {
        let value = |name: &str| attributes.iter().find(|(one, _)| one == name);
        (tag == "meta" && value("http-equiv").is_some())
            .then(|| value("content").unwrap().1.clone())
    });
    let between = |open: &str, close: &str| {
        let (_, rest) = file.split_once(open).unwrap();
        rest.split_once(close).unwrap().0.to_owned()
    };
    use base64::Engine;
    let digest = |text: &str| {
        let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
        base64::engine::general_purpose::STANDARD.encode(digest)
    };
    let wanted = format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        digest(&between("<style>", "</style>")),
        digest(&between("<script>", "</script>")),
    );
    assert_eq!(policy.unwrap(), wanted);
    assert_eq!((page.count("script"), page.count("style")), (1, 1));
    assert!(!file.contains("url(") && !file.contains("@import"));
}
