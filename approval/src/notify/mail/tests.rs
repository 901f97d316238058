use mailparse::{MailHeaderMap, parse_mail};

use super::{Post, letter};
use crate::notify::EventKind;
use crate::notify::note::Note;
use crate::testing::NOW;
use crate::testing::events::{digest, event, held, message};
use crate::testing::html::Page;

const CONSOLE: &str = "https://gatehouse.corp.example";

fn post() -> Post {
    Post {
        from: "Gatehouse <gatehouse@corp.example>".parse().unwrap(),
        to: vec!["ada@corp.example".parse().unwrap(), "Bob <bob@corp.example>".parse().unwrap()],
        host: "gatehouse.corp.example".into(),
    }
}

#[test]
fn a_letter_has_both_bodies_and_an_id_of_its_own() {
    let note = Note::of(&message(event(EventKind::Held)), CONSOLE, NOW);
    let bytes = letter(&note, &post(), "evt0evt0evt0evt0", NOW).unwrap().formatted();
    let mail = parse_mail(&bytes).unwrap();
    let header = |name: &str| mail.headers.get_all_values(name);
    let subject = "[Gatehouse] A call waits for an approver (high): delete_customer";
    assert_eq!(header("Subject"), [subject]);
    assert_eq!(header("From"), ["Gatehouse <gatehouse@corp.example>"]);
    assert_eq!(header("To"), ["ada@corp.example, Bob <bob@corp.example>"]);
    assert_eq!(header("Message-ID"), ["<evt0evt0evt0evt0@gatehouse.corp.example>"]);
    assert_eq!(header("References"), ["<hold-hold0hold0hold00@gatehouse.corp.example>"]);
    assert_eq!(header("Date"), ["Fri, 15 Jan 2027 08:00:00 +0000"]);
    assert_eq!(header("Auto-Submitted"), ["auto-generated"]);
    assert_eq!(mail.ctype.mimetype, "multipart/alternative");
    let kinds: Vec<_> = mail.subparts.iter().map(|part| part.ctype.mimetype.as_str()).collect();
    assert_eq!(kinds, ["text/plain", "text/html"]);
    let text = mail.subparts[0].get_body().unwrap();
    assert!(text.contains("Who: alice through triage-agent\r\n"), "{text}");
    let link = "https://gatehouse.corp.example/holds/hold0hold0hold00";
    assert!(text.trim_end().ends_with(&format!("Open the hold: {link}")), "{text}");
    let page = Page::read(&mail.subparts[1].get_body().unwrap());
    assert_eq!(page.leads(), [link]);
}

#[test]
fn what_looks_like_an_encoded_word_is_none() {
    let mut evil = event(EventKind::Held);
    held(&mut evil).action = "=?utf-8?Q?=0D=0ABcc:_x@evil.example?= ✓".into();
    let note = Note::of(&message(evil), CONSOLE, NOW);
    let bytes = letter(&note, &post(), "evt", NOW).unwrap().formatted();
    let mail = parse_mail(&bytes).unwrap();
    let subject = mail.headers.get_first_value("Subject").unwrap();
    assert!(subject.ends_with(": = ?utf-8?Q?=0D=0ABcc:_x@evil.example?= ✓"), "{subject}");
    assert!(mail.headers.get_first_value("Bcc").is_none());
}

#[test]
fn a_digest_names_no_call_in_its_subject() {
    let note = Note::of(&digest(&[(EventKind::Held, 40)]), CONSOLE, NOW);
    let bytes = letter(&note, &post(), "evt", NOW).unwrap().formatted();
    let mail = parse_mail(&bytes).unwrap();
    let subject = mail.headers.get_first_value("Subject").unwrap();
    assert_eq!(subject, "[Gatehouse] 40 events: 40 held");
    assert!(mail.headers.get_first_value("References").is_none());
}
