use super::Answer;
use crate::call::Kind;
use crate::redact::apply;
use crate::scan::Mend;
use crate::seal::tests::seal;
use crate::seal::{Id, Opened};

fn mended(kind: Kind, payload: &str) -> String {
    let edits = Answer::new(kind, Some(seal("ada"))).data(payload.as_bytes());
    String::from_utf8(apply(payload.as_bytes(), &edits)).unwrap()
}

#[test]
fn an_upstream_does_not_speak_for_the_gateway() {
    for (answer, left) in [
        (
            r#"{"result":{"_meta":{"gatehouse/decision":"allow", "a":1},"content":[]},"id":1}"#,
            r#"{"result":{"_meta":{"a":1},"content":[]},"id":1}"#,
        ),
        (
            r#"{"result":{"content":[{"_meta":{"\u0067ATEHOUSE/ref":{"x":[1]}}}]}}"#,
            r#"{"result":{"content":[{"_meta":{}}]}}"#,
        ),
        (r#"{"result":{"_meta":{"gatehouse\/ref":1,"a":2}}}"#, r#"{"result":{"_meta":{"a":2}}}"#),
        ("{\"result\":{\"_meta\":{\"gatehou\u{17f}e/ref\":1}}}", r#"{"result":{"_meta":{}}}"#),
    ] {
        assert_eq!(mended(Kind::Mcp, answer), left);
        assert_eq!(mended(Kind::Http, answer), answer);
    }
    let error =
        r#"{"error":{"code":-32003,"message":"m","data":{"gatehouse/url":"https://evil","a":1}}}"#;
    let left = r#"{"error":{"code":-32003,"message":"m","data":{"a":1}}}"#;
    assert_eq!(mended(Kind::Mcp, error), left);
    // In JSON that only some read nothing could be cut.
    for name in ["gatehouse/ref", r"gatehouse\/ref", r"g\u0061tehouse/ref"] {
        let mut answer = Answer::new(Kind::Mcp, None);
        let lenient = format!(r#"{{"x":NaN,"result":{{"_meta":{{"{name}":1}}}}}}"#);
        assert!(answer.data(lenient.as_bytes()).is_empty());
        assert!(answer.refuses().is_some(), "{name}");
    }
    let untouched = r#"{"result":{"_meta":{"gatehouse":1,"x/gatehouse/":2},"gatehouse/a":3}}"#;
    assert_eq!(mended(Kind::Mcp, untouched), untouched);
}

#[test]
fn ids_of_a_models_api_are_sealed() {
    let sealed = mended(Kind::Openai, r#"{"type":"response.created","response":{"id":"resp_1"}}"#);
    assert!(sealed.contains(&format!(r#""id":"{}""#, seal("ada").close(Id::Object, "resp_1"))));
    assert_eq!(mended(Kind::Openai, "[DONE]"), "[DONE]");
}

#[test]
fn sessions_and_events_are_sealed() {
    let answer = Answer::new(Kind::Mcp, Some(seal("ada")));
    let sealed = answer.session("mcp-session-id", b"s-1").unwrap();
    let sealed = String::from_utf8(sealed).unwrap();
    assert_eq!(seal("ada").open(Id::Session, &sealed), Opened::Own("s-1"));
    assert_eq!(answer.session("mcp-session-id", b"\xff"), Some(Vec::new()));
    assert_eq!(answer.session("x-session-id", b"s-1"), None);
    let sealed = answer.event_id(b"7").unwrap();
    assert_eq!(seal("ada").open(Id::Event, &sealed), Opened::Own("7"));
    assert_eq!(answer.event_id(b""), None);
    assert_eq!(Answer::new(Kind::Http, None).event_id(b"7"), None);
}
