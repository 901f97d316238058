use super::View;
use crate::mask::{BundleMask, Mask, Masked, WITHHELD};
use crate::testing::{bundle, call, card};

fn view(change: impl FnOnce(&mut policy::call::Call)) -> View {
    let mut call = call();
    change(&mut call);
    View::of(&call, &BundleMask(bundle()))
}

#[test]
fn a_tool_call_is_laid_out_with_its_numbers_as_written() {
    let view = view(|_| {});
    assert_eq!(view.action, "delete_customer");
    assert_eq!(view.rpc.as_deref(), Some("tools/call"));
    assert_eq!(view.arguments.as_deref(), Some("{\n  \"id\": 10000000000000000001\n}"));
    assert!(view.body.contains("\"jsonrpc\": \"2.0\",\n"));
}

#[test]
fn what_a_model_proposes_is_said_to_be_that() {
    assert!(!view(|_| {}).proposed);
    assert!(view(|call| call.proposed = true).proposed);
    let named = |proposed| {
        view(|call| {
            call.proposed = proposed;
            call.body = r#"{"method":"tools/call","params":{"name":"delete","namespace":"prod","arguments":{}}}"#
                .into();
        })
    };
    assert_eq!((named(true).action, named(false).action), ("prod.delete".into(), "delete".into()));
}

#[test]
fn nothing_of_a_finding_is_left_anywhere() {
    let card = card();
    let view = view(|call| {
        call.path = format!("/mcp?card={}", card.replacen('4', "%34", 1));
        call.headers.push(("x-note".into(), format!("card {card}")));
        call.headers.push(("x-api-key".into(), "hunter2hunter2".into()));
        call.body = format!(
            r#"{{"method":"tools/call","params":{{"name":"query_db","arguments":
            {{"sql":"delete from cards where pan='{card}'","n":{card},"{card}":1}}}}}}"#
        );
    });
    let all = serde_json::to_string(&view).unwrap();
    assert!(!all.contains(&card) && !all.contains("1111") && !all.contains("hunter2"), "{all}");
    assert_eq!(view.sql[0].text, "delete from cards\nwhere pan='[REDACTED:payment-card]'");
    assert_eq!(view.findings, [("payment-card".to_owned(), 5)]);
    assert_eq!(view.headers[2].1, "[not shown: 14 bytes]");
}

#[test]
fn what_hides_is_shown() {
    let view = view(|call| {
        call.principal.subject = "x".into();
        call.headers.push(("x-\u{1b}[2J".into(), "\u{202e}evil\r\n".into()));
        call.body = r#"{"method":"tools/call","params":{"name":"\u001b[2Jdrop","arguments":
            {"sql":"\u0044ROP TABLE\u2003t\u202e --\u200b"}}}"#
            .into();
    });
    let all = serde_json::to_string(&view).unwrap();
    assert!(!all.chars().any(|c| c.is_control() || "\u{202e}\u{2003}\u{200b}".contains(c)));
    assert_eq!(view.action, "\\u{1b}[2Jdrop");
    assert_eq!(view.sql[0].text, "DROP TABLE\\u{2003}t\\u{202e} --\\u{200b}");
}

#[test]
fn a_plain_request_shows_method_and_path() {
    let view = view(|call| {
        call.kind = policy::call::Kind::Http;
        call.method = "DELETE".into();
        call.path = "/customers/7?force=1".into();
        call.body = String::new();
    });
    assert_eq!(view.action, "DELETE /customers/7");
    assert_eq!(view.path, "/customers/7?force=1");
    assert!(view.arguments.is_none() && view.body.is_empty() && !view.cut);
}

#[test]
fn a_call_said_twice_is_shown_whole() {
    let view = view(|call| {
        call.body = r#"{"method":"tools/call","method":"ping","params":{"name":"a"}}"#.into();
    });
    assert!(view.tool.is_none() && view.body.contains("ping"));
}

#[test]
fn long_and_unmaskable_text_is_told() {
    assert!(view(|call| call.body = "x".repeat(200_000)).cut);
    struct Tired;
    impl Mask for Tired {
        fn mask(&self, _: &str) -> Masked {
            Masked { text: WITHHELD.into(), withheld: true, ..Masked::default() }
        }
    }
    let view = View::of(&call(), &Tired);
    assert!(view.cut && view.body == WITHHELD);
}
