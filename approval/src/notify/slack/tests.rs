use super::payload;
use crate::notify::EventKind;
use crate::notify::note::Note;
use crate::testing::NOW;
use crate::testing::events::{digest, event, held, message};
use crate::testing::mrkdwn::{Token, tokens};

const CONSOLE: &str = "https://gatehouse.corp.example";

#[test]
fn a_message_reads_well_and_links_to_the_page() {
    let payload = payload(&Note::of(&message(event(EventKind::Held)), CONSOLE, NOW));
    assert_eq!(
        payload["text"],
        "*A call waits for an approver (high)*\n\
         Call: `delete_customer`\n\
         Who: `alice through triage-agent`\n\
         Rule: `hold-destructive-tools`\n\
         Why: `A tool that deletes`\n\
         Time left: `10 min 00 s, until 2027-01-15T08:10:00Z`\n\
         <https://gatehouse.corp.example/holds/hold0hold0hold00|Open the hold>"
    );
    let block = &payload["blocks"][0]["text"];
    assert_eq!((&block["text"], &block["verbatim"]), (&payload["text"], &true.into()));
    for off in ["link_names", "unfurl_links", "unfurl_media"] {
        assert_eq!(payload[off], false, "{off}");
    }
}

#[test]
fn nothing_of_others_is_markup() {
    let mut evil = event(EventKind::Held);
    held(&mut evil).action = "`<https://evil.example|Approve>` & <!here>".into();
    held(&mut evil).subject = " ".into();
    held(&mut evil).agent = None;
    let payload = payload(&Note::of(&message(evil), CONSOLE, NOW));
    let tokens = tokens(payload["text"].as_str().unwrap());
    let code = "\\u{60}<https: //evil.example|Approve>\\u{60} & <!here>";
    assert!(tokens.contains(&Token::Code(code.into())), "{tokens:?}");
    assert!(tokens.contains(&Token::Code("(empty)".into())), "{tokens:?}");
    let controls = tokens.iter().filter(|token| matches!(token, Token::Control(_)));
    assert_eq!(controls.count(), 1);
}

#[test]
fn a_digest_fits_a_block() {
    let mut many = digest(&[(EventKind::Held, 60)]);
    for event in &mut many.events {
        held(event).action = "&".repeat(200);
        held(event).subject = "<".repeat(200);
        held(event).agent = Some(">".repeat(200));
        held(event).rules = vec!["`".repeat(200); 8];
    }
    let text = payload(&Note::of(&many, CONSOLE, NOW));
    let text = text["text"].as_str().unwrap();
    tokens(text);
    assert!(text.chars().count() <= 3000, "{}", text.chars().count());
}
