use approval::api::{KillList, KillSummary};
use clap::Parser;
use policy::kill::Whom;
use serde_json::{Value, json};

use super::{Action, Arguments, made, table_of};

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    arguments: Arguments,
}

/// What `add` would ask for, or what it says.
fn add(more: &[&str]) -> Result<Value, String> {
    let line = ["kills", "add"].iter().chain(more);
    let line = Line::try_parse_from(line).map_err(|error| error.to_string())?;
    let Action::Add(add) = line.arguments.action else { panic!("it is another command") };
    let request = add.request().map_err(|error| error.to_string())?;
    Ok(serde_json::to_value(request).unwrap())
}

fn key(kind: char) -> String {
    format!("{kind}_AAAAAAAAAAAAAAAAAAAA_-")
}

#[test]
fn of_whom_is_said_once() {
    let (caller, token) = (key('p'), key('t'));
    let why = ["--reason", "why"];
    let with = |more: &[&str]| add(&[more, &why].concat());
    assert_eq!(
        with(&["--caller", &caller]).unwrap(),
        json!({"caller": caller, "seconds": 3600, "reason": "why"})
    );
    assert_eq!(
        with(&["--token", &token, "--for", "7d", "--tenant", "red"]).unwrap(),
        json!({"token": token, "seconds": 604_800, "tenant": "red", "reason": "why"})
    );
    assert_eq!(
        with(&["--issuer", "i", "--subject", "s", "--for", "1m"]).unwrap(),
        json!({"issuer": "i", "subject": "s", "seconds": 60, "reason": "why"})
    );
    for (more, told) in [
        (&[][..], "--caller"),
        (&[], "--token"),
        (&[], "--issuer"),
        (&["--issuer", "i"], "--subject"),
        (&["--subject", "s"], "--issuer"),
        (&["--caller", &caller, "--token", &token], "cannot be used with"),
        (&["--caller", &caller, "--issuer", "i", "--subject", "s"], "cannot be used with"),
        (&["--token", &token, "--issuer", "i", "--subject", "s"], "cannot be used with"),
        (&["--caller", &token], "gatehouse explain REF"),
        (&["--token", &caller], "never the token"),
        (&["--caller", &caller, "--for", "59s"], "1m to 7d"),
        (&["--caller", &caller, "--for", "8d"], "1m to 7d"),
        (&["--caller", &caller, "--for", "soon"], "such as 15m"),
    ] {
        let error = with(more).unwrap_err();
        assert!(error.contains(told), "{more:?}: {error}");
    }
    // What is missing of a name is not asked for with another way beside it, which it would not go with.
    for half in [["--issuer", "i"], ["--subject", "s"]] {
        let told = with(&half).unwrap_err();
        let told = told.split("Usage").next().unwrap();
        assert!(!told.contains("--caller"), "{told}");
    }
    assert!(add(&["--caller", &caller]).unwrap_err().contains("--reason"));
    let silent = add(&["--caller", &caller, "--reason", " "]).unwrap_err();
    assert!(silent.contains("--reason TEXT"), "{silent}");
    // What was taken for a key may be a token, which no line of a terminal's log is to have.
    let pasted = ["eyJhbGciOiJFUzI1NiJ9", "eyJzdWIiOiJhIn0", "c2ln"].join(".");
    for flag in ["--token", "--caller"] {
        assert!(!with(&[flag, &pasted]).unwrap_err().contains("eyJ"));
    }
}

fn kill(more: Value) -> KillSummary {
    let mut kill = json!({
        "id": "k_1", "state": "in_force", "caller": key('p'), "issuer": "i",
        "subject": "al\u{202e}ice\u{1b}[2J", "reason_text": "it runs\nwild\u{7}", "killed_by": "dana",
        "separation": "proven",
        "killed_at": 0, "until": 3700, "reach": {"workers": 3, "heard": 4},
    });
    kill.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(kill).unwrap()
}

#[test]
fn a_kill_is_one_line() {
    assert_eq!(table_of(&KillList { kills: Vec::new() }, 0), "nobody is killed");
    let over = json!({"state": "lifted", "lifted_at": 40, "reach": null, "tenant": "red"});
    let mut unknown =
        serde_json::to_value(kill(json!({"id": "k_3", "state": "expired", "until": 90}))).unwrap();
    unknown.as_object_mut().unwrap().remove("subject");
    let kills = vec![kill(json!({})), kill(over), serde_json::from_value(unknown).unwrap()];
    let told = table_of(&KillList { kills }, 100);
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 4, "{told}");
    assert!(!told.contains(['\u{202e}', '\u{1b}', '\u{7}']), "{told}");
    for (line, texts) in [
        (1, &["in force", "in 1h 0m", "3 of 4", "all", "dana"][..]),
        (2, &["lifted", "1m 0s ago", "red"]),
        (3, &["expired", "10s ago", "p_AAAA"]),
    ] {
        for text in texts {
            assert!(lines[line].contains(text), "{text}: {told}");
        }
    }
}

#[test]
fn what_was_done_is_told_with_the_way_back() {
    let token = json!({"changed": true, "tenant": "red", "subject": "alice"});
    let token = KillSummary { whom: Whom::named(&key('t')).unwrap(), ..kill(token) };
    let told = made(&token, 100);
    assert!(told.starts_with("k_1: nothing of a token of alice (t_AAAA"), "{told}");
    assert!(told.contains("passes the gateways of red; it ends in 1h 0m"), "{told}");
    assert!(told.ends_with("gatehouse kills lift k_1"), "{told}");
    let tenants = json!([
        {"tenant": "", "workers": 4, "heard": 4}, {"tenant": "red", "workers": 3, "heard": 9},
    ]);
    let reach = json!({"reach": {"workers": 7, "heard": 13, "tenants": tenants}});
    let told = table_of(&KillList { kills: vec![kill(reach)] }, 100);
    assert!(told.contains("7 of 13 (red: 3 of 9)"), "{told}");
    let unowned = made(&kill(json!({"separation": "not_proven"})), 100);
    assert!(unowned.ends_with("kills lift k_1 (nobody knows whose it is: its owner may, too)"));
    for (recorded, told) in [(json!(false), true), (json!(true), false), (json!(null), false)] {
        let made = made(&kill(json!({"changed": true, "recorded": recorded})), 100);
        assert_eq!(made.contains("No record has this name so far"), told, "{made}");
    }
    let over = json!({"id": "k_2", "state": "lifted", "separation": "not_proven"});
    let list = |all| table_of(&KillList { kills: all }, 100);
    assert!(!list(vec![kill(json!({})), kill(over.clone())]).contains("Nobody"));
    let told = list(vec![kill(json!({"separation": "not_proven"})), kill(over)]);
    assert!(told.ends_with("their owners may lift them: k_1"), "{told}");
    let same = made(&kill(json!({"changed": false, "subject": "alice"})), 100);
    assert!(same.contains("is in force already, and ends in 1h 0m"), "{same}");
}
