use policy::kill::Whom;

use super::{Line, Note};
use crate::notify::{About, Event, EventKind};
use crate::testing::NOW;
use crate::testing::events::{digest, event, held, message, of_kill};

const CONSOLE: &str = "https://gatehouse.corp.example";

fn text<'a>(note: &'a Note, label: &str) -> Option<&'a str> {
    note.lines.iter().find(|line| line.label == label).map(|line| line.text.as_str())
}

#[test]
fn a_held_call_is_told_with_the_time_that_is_left() {
    let note = Note::of(&message(event(EventKind::Held)), CONSOLE, NOW + 15);
    assert_eq!(note.title, "A call waits for an approver (high)");
    assert_eq!(text(&note, "Call"), Some("delete_customer"));
    assert_eq!(text(&note, "Who"), Some("alice through triage-agent"));
    assert_eq!(text(&note, "Rule"), Some("hold-destructive-tools"));
    assert_eq!(text(&note, "Why"), Some("A tool that deletes"));
    assert_eq!(text(&note, "Time left"), Some("9 min 45 s, until 2027-01-15T08:10:00Z"));
    assert_eq!((text(&note, "Reason"), text(&note, "Approved by")), (None, None));
    assert_eq!(note.link, "https://gatehouse.corp.example/holds/hold0hold0hold00");
    let late = Note::of(&message(event(EventKind::Held)), CONSOLE, NOW + 700);
    assert_eq!(text(&late, "Time left"), Some("none, it expired at 2027-01-15T08:10:00Z"));
}

#[test]
fn a_decision_is_told_with_its_reason() {
    let said = |kind| Event { by: "dana".into(), reason_text: "wrong one".into(), ..event(kind) };
    for (kind, label, title) in [
        (EventKind::Denied, "Denied by", "A call was denied (high)"),
        (
            EventKind::TakenBack,
            "Taken back by",
            "An approval was taken back before it was used (high)",
        ),
        (EventKind::Approved, "Approved by", "A call was approved (high)"),
        (EventKind::BreakGlass, "Passed by", "Break glass: a call is let pass at once (high)"),
    ] {
        let note = Note::of(&message(said(kind)), CONSOLE, NOW);
        assert_eq!((text(&note, label), text(&note, "Reason")), (Some("dana"), Some("wrong one")));
        assert_eq!(note.title, title);
    }
    let mut made = event(EventKind::StandingMade);
    held(&mut made).standing = Some((5, NOW + 3600));
    let note = Note::of(&message(made), CONSOLE, NOW);
    assert_eq!(text(&note, "Lets pass"), Some("5 calls in all, until 2027-01-15T09:00:00Z"));
    assert_eq!(note.link, "https://gatehouse.corp.example/standing");
}

#[test]
fn a_kill_is_told_with_whom_and_until_when() {
    let note = Note::of(&message(of_kill(EventKind::Killed)), CONSOLE, NOW + 60);
    assert_eq!(note.title, "Killed: nothing of it passes any more");
    for (label, expected) in [
        ("Who", "alice through triage-agent"),
        ("Issuer", "https: //idp.example"),
        ("Key", "p_AAAAAAAAAAAAAAAAAAAAAA"),
        ("Gateways", "all"),
        ("Killed by", "dana"),
        ("Reason", "it runs wild"),
        ("Time left", "59 min 00 s, until 2027-01-15T09:00:00Z"),
    ] {
        assert_eq!(text(&note, label), Some(expected), "{label}");
    }
    assert_eq!(note.link, "https://gatehouse.corp.example/kills");
    assert_eq!(note.about.as_deref(), Some("kill-k_kill0kill0kill00"));
    let late = Note::of(&message(of_kill(EventKind::Killed)), CONSOLE, NOW + 3600);
    assert_eq!(text(&late, "Time left"), Some("it is over since 2027-01-15T09:00:00Z"));

    let mut token = of_kill(EventKind::KillLifted);
    let About::Kill(kill) = &mut token.about else { panic!("it is of a kill") };
    kill.whom = Whom::Token("t_AAAAAAAAAAAAAAAAAAAAAA".into());
    kill.tenant = Some("red".into());
    (kill.subject, kill.agent, kill.issuer) = (None, None, None);
    let note = Note::of(&message(token.clone()), CONSOLE, NOW);
    assert_eq!(note.title, "A kill was lifted: its calls are judged by the rules again");
    assert_eq!(text(&note, "Who"), Some("a token of somebody unknown"));
    assert_eq!((text(&note, "Gateways"), text(&note, "Lifted by")), (Some("red"), Some("dana")));
    assert_eq!((text(&note, "Time left"), text(&note, "Issuer")), (None, None));
    let mut both = digest(&[(EventKind::Held, 1)]);
    both.events.insert(0, token);
    both.kinds.insert(0, (EventKind::KillLifted, 1));
    both.total = 2;
    let note = Note::of(&both, CONSOLE, NOW);
    assert_eq!(note.title, "2 events: 1 kills lifted, 1 held");
    assert_eq!(
        text(&note, "Lifted"),
        Some("a token of somebody unknown, t_AAAAAAAAAAAAAAAAAAAAAA")
    );
}

#[test]
fn a_digest_tells_ten_and_counts_the_rest() {
    let many =
        digest(&[(EventKind::BreakGlass, 1), (EventKind::Held, 41), (EventKind::Expired, 3)]);
    let note = Note::of(&many, CONSOLE, NOW);
    assert_eq!(note.title, "45 events: 1 by break glass, 41 held, 3 expired");
    assert_eq!(note.lines.len(), 11);
    assert_eq!(note.lines[0].label, "Break glass");
    let and = Line { label: "And".into(), text: "35 more".into() };
    assert_eq!(note.lines[10], and);
    assert_eq!((note.link.as_str(), note.about), ("https://gatehouse.corp.example/", None));
}

#[test]
fn the_only_link_is_ours() {
    let mut evil = event(EventKind::Held);
    held(&mut evil).action = "see https://evil.example/approve".into();
    held(&mut evil).agent = Some("www.evil.example".into());
    let note = Note::of(&message(evil), CONSOLE, NOW);
    let texts: String = note.lines.iter().map(|line| line.text.as_str()).collect();
    assert!(!texts.contains("://") && !texts.contains("www."), "{texts}");
}
