use super::{ID_LIMIT, JoinedBy, Session, Signs, named, trace_id};
use crate::principal::Principal;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn principal(issuer: &str, subject: &str) -> Principal {
    let (issuer, subject) = (issuer.to_owned(), subject.to_owned());
    Principal {
        issuer,
        subject,
        groups: Vec::new(),
        agent: None,
        owners: Vec::new(),
        scopes: Vec::new(),
    }
}

#[test]
fn only_the_same_is_the_same() {
    let of = |key: u8, issuer: &str, subject: &str, signs: Signs<'_>| {
        Session::of(&[key; 32], &principal(issuer, subject), &signs).id
    };
    let run = |run| Signs { run: Some(run), token: b"t", ..Signs::default() };
    let trace = |trace| Signs { trace: Some(trace), token: b"t", ..Signs::default() };
    let token = |token, mcp_session| Signs { token, mcp_session, ..Signs::default() };
    let one = || of(1, "i", "ada", run("r"));
    let mut all = vec![
        one(),
        of(2, "i", "ada", run("r")),
        of(1, "j", "ada", run("r")),
        of(1, "i", "bob", run("r")),
        of(1, "i", "ada", run("q")),
        // The border between fields is a part of what is digested, and so is the way.
        of(1, "ia", "da", run("r")),
        of(1, "i", "ada", run("bob")),
        of(1, "i", "ada", trace("r")),
        of(1, "i", "ada", token(b"r", None)),
        of(1, "i", "ada", token(b"r", Some(""))),
        of(1, "i", "ada", token(b"r", Some("m"))),
        of(1, "i", "ada", token(b"rm", None)),
        of(1, "i", "ada", token(b"", Some("r"))),
        of(1, "i", "ada", token(b"", None)),
    ];
    assert_eq!(one(), one());
    for id in &all {
        assert_eq!((id.len(), id.starts_with("s_")), (24, true), "{id}");
    }
    let count = all.len();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), count);
}

#[test]
fn the_best_of_what_is_said_counts_alone() {
    let ada = principal("i", "ada");
    let all = Signs { run: Some("r"), trace: Some("t"), token: b"a", mcp_session: Some("m") };
    let of = |signs: &Signs<'_>| Session::of(&[1; 32], &ada, signs);
    let run = of(&all);
    assert_eq!(run, Session::of_run(&[1; 32], &ada, "r"));
    assert_eq!(run.joined_by, JoinedBy::Run);
    // Another token, another connection, no trace: the same run.
    assert_eq!(run, of(&Signs { run: Some("r"), token: b"b", ..Signs::default() }));
    let trace = of(&Signs { run: None, ..all });
    assert_eq!(trace.joined_by, JoinedBy::Trace);
    assert_eq!(trace, of(&Signs { trace: Some("t"), token: b"b", ..Signs::default() }));
    let token = of(&Signs { run: None, trace: None, ..all });
    assert_eq!(token.joined_by, JoinedBy::Token);
    assert_ne!(token, of(&Signs { token: b"b", mcp_session: Some("m"), ..Signs::default() }));
}

#[test]
fn an_id_has_an_end() {
    assert_eq!(named(" run-42 ").as_deref(), Some("run-42"));
    assert_eq!(named(" \t"), None);
    assert_eq!(named(&"é".repeat(300)), Some("é".repeat(ID_LIMIT)));
}

#[test]
fn a_trace_is_read_as_w3c_says() {
    let headers = |values: &[&str]| -> Vec<(String, String)> {
        values.iter().map(|value| ("traceparent".to_owned(), (*value).to_owned())).collect()
    };
    let sound = format!("00-{TRACE}-00f067aa0ba902b7-01");
    for value in
        [&sound, &format!(" {sound} "), &format!("cc-{TRACE}-00f067aa0ba902b7-01-what-will-be")]
    {
        assert_eq!(trace_id(&headers(&[value])), Some(TRACE), "{value}");
    }
    let zeros = "0".repeat(32);
    for value in [
        String::new(),
        TRACE.to_owned(),
        format!("ff-{TRACE}-00f067aa0ba902b7-01"),
        format!("00-{zeros}-00f067aa0ba902b7-01"),
        format!("00-{TRACE}-0000000000000000-01"),
        format!("00-{}-00f067aa0ba902b7-01", TRACE.to_uppercase()),
        format!("00-{TRACE}-00f067aa0ba902b7"),
        format!("00-{TRACE}-00f067aa0ba902b7-01-more"),
        format!("00-{TRACE}0-00f067aa0ba902b7-01"),
        format!("0-{TRACE}-00f067aa0ba902b7-01"),
        format!("00-{}-00f067aa0ba902b7-01", "é".repeat(16)),
        format!("{sound},{sound}"),
    ] {
        assert_eq!(trace_id(&headers(&[&value])), None, "{value}");
    }
    assert_eq!(trace_id(&headers(&[&sound, &sound])), None);
    assert_eq!(trace_id(&[]), None);
}
