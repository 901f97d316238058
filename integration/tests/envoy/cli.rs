/*! The other commands, as people type them beside a running gateway. */

use integration::issuer::parts;
use integration::shared::{Case, case};
use integration::wait::{SOON, until};
use integration::{Call, Response};
use serde_json::{Value, json};

fn denied(case: &Case) -> Call {
    case.post("query").json(&json!({ "sql": "DROP DATABASE customers" }))
}

fn held(case: &Case) -> Call {
    case.call("DELETE", "customers/5").header("x-gatehouse-wait", "0")
}

#[track_caller]
fn parsed(case: &Case, arguments: &[&str]) -> Value {
    let text = case.gateway.cli_ok(&[arguments, &["--format", "json"]].concat());
    serde_json::from_str(&text).unwrap()
}

/// The rest of the line that begins with the name.
#[track_caller]
fn field<'t>(text: &'t str, name: &str) -> &'t str {
    let mut lines = text.lines().filter_map(|line| line.split_once(' '));
    let line = lines.find(|(first, _)| *first == name);
    line.unwrap_or_else(|| panic!("no `{name}` in\n{text}")).1.trim()
}

#[test]
fn sessions_are_listed_and_shown_and_replayed() {
    let case = case();
    let run = format!("run-of-{}", case.subject);
    let send = |call: Call| call.header("x-gatehouse-run", &run).send(case.gateway);
    // One after the other: what began in the same millisecond has no order.
    send(case.get("x")).expect(200);
    case.record("x");
    let refused = send(denied(&case)).expect(403).reference().unwrap();
    case.record("query");
    send(held(&case)).expect_refusal(403, "pending");
    // Another run of the same agent is another session.
    case.get("y").header("x-gatehouse-run", "another").send(case.gateway).expect(200);

    let session = until("a session of three calls", SOON, || {
        let list = parsed(&case, &["sessions", "list"]);
        let list = list["sessions"].as_array().unwrap().clone();
        let mut mine = list.into_iter().filter(|session| session["client_id"] == json!(run));
        mine.next().filter(|session| session["exchanges"] == 3)
    });
    assert_eq!(session["subject"], json!(case.subject));
    assert_eq!(session["issuer"], case.gateway.issuer());
    assert_eq!((&session["held"], &session["refused"]), (&json!(1), &json!(1)));
    let id = session["id"].as_str().unwrap();

    let list = case.gateway.cli_ok(&["sessions", "list"]);
    let head = list.lines().next().unwrap();
    for column in
        ["ID", "WHO", "STARTED", "CALLS", "HELD", "REFUSED", "REDACTED", "JOINED BY", "CLIENT ID"]
    {
        assert!(head.contains(column), "{head}");
    }
    let row = list.lines().find(|line| line.starts_with(id)).unwrap();
    let row: Vec<_> = row.split_whitespace().collect();
    assert_eq!([row[0], row[1]], [id, &case.subject]);
    assert_eq!(row[row.len() - 7..], ["3", "0", "1", "1", "0", "run", &run]);

    let shown = parsed(&case, &["sessions", "show", id]);
    let shown = shown["exchanges"].as_array().unwrap();
    let paths: Vec<_> =
        shown.iter().map(|one| one["record"]["request"]["path"].as_str().unwrap()).collect();
    assert_eq!(paths, [case.path("x"), case.path("query"), case.path("customers/5")]);
    let shown = case.gateway.cli_ok(&["sessions", "show", id]);
    let lines: Vec<_> = shown.lines().collect();
    assert_eq!(lines.len(), 4, "{shown}");
    assert!(lines[1].contains("allow") && lines[1].ends_with(&format!("GET {}", case.path("x"))));
    assert!(lines[2].contains(&refused) && lines[2].contains("deny (denied)"), "{shown}");
    assert!(lines[2].contains("deny-destroying-sql"), "{shown}");
    assert!(lines[3].contains("hold (pending)"), "{shown}");

    // Wherever the log is from.
    let file = case.gateway.records_file();
    let records = ["--records", file.to_str().unwrap()];
    let with = |words: &[&str]| case.gateway.cli_ok(&[words, &records].concat());
    let denied = with(&["sessions", "show", id, "--effect", "deny"]);
    assert!(denied.lines().count() == 2 && denied.contains(&refused), "{denied}");
    let replayed = with(&["sessions", "replay", id, "--speed", "1000"]);
    assert_eq!(replayed.lines().filter(|line| line.starts_with('+')).count(), 3, "{replayed}");
    assert!(replayed.contains("\"sql\": \"DROP DATABASE"), "{replayed}");
    assert!(with(&["explain", &refused]).contains("deny-destroying-sql"));
    let nothing = ["sessions", "show", id, "--tool", "none"];
    let said = String::from_utf8_lossy(&case.gateway.cli(&nothing).stderr).into_owned();
    assert!(said.contains("no exchange of session"), "{said}");
    let listed = with(&["sessions", "list", "--principal", &case.subject, "--text", "query"]);
    assert!(listed.contains(id) && !listed.contains("another"), "{listed}");

    let none = case.gateway.cli(&["sessions", "show", "s-000000000000"]);
    assert_eq!(none.status.code(), Some(1));
    let said = String::from_utf8_lossy(&none.stderr);
    assert!(said.contains("`gatehouse sessions list` shows them"), "{said}");
}

/// Right after the answer: the command waits for the record of a running gateway.
#[test]
fn a_refusal_is_explained_to_people() {
    let case = case();
    let explained = |response: Response| {
        let reference = response.reference().unwrap();
        let text = case.gateway.cli_ok(&["explain", &reference, "--format", "human"]);
        assert_eq!(field(&text, "ref"), reference);
        text
    };
    let text = explained(denied(&case).send(case.gateway).expect(403));
    assert_eq!(field(&text, "who"), format!("{} of {}", case.subject, case.gateway.issuer()));
    assert_eq!(field(&text, "call"), format!("POST {}", case.path("query")));
    assert_eq!(field(&text, "verdict"), "deny (denied)");
    assert!(field(&text, "means").starts_with("a rule denies the call"), "{text}");
    assert!(field(&text, "rule").starts_with("deny-destroying-sql (deny, "), "{text}");
    assert!(field(&text, "answer").starts_with("status 403, "), "{text}");
    assert_eq!(field(&text, "end"), "refused");
    // People's words are the default.
    let again = case.gateway.cli_ok(&["explain", field(&text, "ref")]);
    assert_eq!(again, text);

    let text = explained(Call::get(case.path("x")).send(case.gateway).expect(401));
    assert_eq!(field(&text, "who"), "nobody proved to be anybody");
    assert_eq!(field(&text, "verdict"), "deny (unauthenticated)");

    // A hold is known by its own id as well.
    let text = explained(held(&case).send(case.gateway).expect(403));
    let hold = field(&text, "hold").split(' ').next().unwrap();
    assert!(field(&text, "hold").starts_with(&format!("{hold} pending")), "{text}");
    assert_eq!(case.gateway.cli_ok(&["explain", hold]), text);

    let none = case.gateway.cli(&["explain", "x_nothing"]);
    assert_eq!(none.status.code(), Some(1));
    let said = String::from_utf8_lossy(&none.stderr);
    assert!(said.contains("no record has the reference `x_nothing`"), "{said}");
}

#[test]
fn a_token_is_for_its_audience() {
    let case = case();
    let mint = |audience: &str| {
        let arguments = ["token", "--sub", &case.subject, "--aud", audience];
        case.gateway.cli_ok(&arguments).trim().to_owned()
    };
    let call = |token: &str| Call::get(case.path("x")).token(token).send(case.gateway);
    let elsewhere = mint("elsewhere");
    assert_eq!(parts(&elsewhere).1["aud"], "elsewhere");
    call(&elsewhere).expect_refusal(401, "unauthenticated");
    case.assert_untouched();
    let here = mint("gatehouse");
    assert_eq!(parts(&here).1["aud"], parts(&case.token).1["aud"], "the default");
    call(&here).expect(200);
}
