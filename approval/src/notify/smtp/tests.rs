use std::time::Duration;

use super::Postman;
use crate::config::{Mail, Secret};
use crate::notify::mail::{Post, letter};
use crate::notify::note::Note;
use crate::notify::{EventKind, Outcome};
use crate::testing::NOW;
use crate::testing::authority::Authority;
use crate::testing::events::{event, message};
use crate::testing::mail_end::{MailEnd, Manner};

fn mail(server: String) -> Mail {
    Mail {
        server,
        user: None,
        password: None,
        from: "Gatehouse <gatehouse@corp.example>".into(),
        to: vec!["ada@corp.example".into(), "bob@corp.example".into()],
    }
}

async fn send(mail: &Mail, ca: Option<&str>) -> Outcome {
    let postman = Postman::new(mail, ca.map(str::as_bytes)).unwrap();
    let post = Post {
        from: mail.from.parse().unwrap(),
        to: mail.to.iter().map(|to| to.parse().unwrap()).collect(),
        host: "gatehouse.corp.example".into(),
    };
    let note = Note::of(&message(event(EventKind::Held)), "https://gatehouse.corp.example", NOW);
    postman.send(letter(&note, &post, "evt0evt0evt0evt0", NOW).unwrap()).await
}

fn why(outcome: &Outcome) -> &str {
    let why = outcome.why().unwrap();
    assert!(!why.contains("hush") && !why.chars().any(char::is_control), "{why}");
    why
}

#[tokio::test]
async fn a_letter_reaches_all_it_is_for() {
    let end = MailEnd::start(Manner::default()).await;
    let mail = mail(format!("smtp://127.0.0.1:{}", end.port));
    assert_eq!(send(&mail, None).await, Outcome::Sent);
    let letter = end.letters().remove(0);
    assert!(letter.from.starts_with("MAIL FROM:<gatehouse@corp.example>"), "{letter:?}");
    assert_eq!(letter.to, ["RCPT TO:<ada@corp.example>", "RCPT TO:<bob@corp.example>"]);
    assert!(letter.text.contains("Subject: [Gatehouse] A call waits"), "{}", letter.text);
}

#[tokio::test]
async fn a_server_elsewhere_is_spoken_to_over_tls_alone() {
    let authority = Authority::new();
    for at_once in [true, false] {
        let tls = Some((authority.server.clone(), at_once));
        let end = MailEnd::start(Manner { tls, says: None }).await;
        let server = match at_once {
            true => format!("smtps://localhost:{}", end.port),
            false => format!("smtp://localhost:{}?tls=required", end.port),
        };
        let password = Some(Secret::new("hush"));
        let mail = Mail { user: Some("gatehouse".into()), password, ..mail(server) };
        let unknown = send(&mail, None).await;
        assert!(why(&unknown).starts_with("cannot hand it to the mail server"), "{unknown:?}");
        assert_eq!(end.letters().len(), 0);
        assert_eq!(send(&mail, Some(&authority.pem)).await, Outcome::Sent);
        let letter = end.letters().remove(0);
        assert!(letter.tls && letter.login.starts_with("AUTH PLAIN "), "{letter:?}");
    }
    // One that does not offer it gets nothing, and no password.
    let end = MailEnd::start(Manner::default()).await;
    let password = Some(Secret::new("hush"));
    let server = format!("smtp://localhost:{}?tls=required", end.port);
    let mail = Mail { user: Some("gatehouse".into()), password, ..mail(server) };
    let outcome = send(&mail, Some(&authority.pem)).await;
    assert!(matches!(&outcome, Outcome::Failed { .. }), "{outcome:?}");
    why(&outcome);
    assert_eq!(end.letters().len(), 0);
}

#[tokio::test]
async fn what_a_server_says_decides_about_another_try() {
    for (says, refused, told) in [
        (("RCPT", "550 no such user \x1b[2J"), true, "refused it with 550: "),
        (("DATA", "554 looks like spam"), true, "refused it with 554: "),
        (("RCPT", "451 greylisted"), false, "answered 451: "),
        (("AUTH", "535 who are you?"), false, "answered 535: "),
        (("EHLO", "250 \u{202e}nonsense"), false, ""),
        (("MAIL", "gibberish"), false, ""),
    ] {
        let end = MailEnd::start(Manner { tls: None, says: Some(says) }).await;
        let password = Some(Secret::new("hush"));
        let server = format!("smtp://127.0.0.1:{}", end.port);
        let mail = Mail { user: Some("gatehouse".into()), password, ..mail(server) };
        let outcome = send(&mail, None).await;
        assert_eq!(matches!(outcome, Outcome::Refused { .. }), refused, "{says:?}: {outcome:?}");
        assert!(why(&outcome).contains(told), "{says:?}: {outcome:?}");
        assert_eq!(end.letters().len(), 0);
    }
}

#[tokio::test]
async fn silence_ends_after_a_while() {
    let end = MailEnd::start(Manner { tls: None, says: Some(("EHLO", "")) }).await;
    let mail = mail(format!("smtp://127.0.0.1:{}", end.port));
    let postman = Postman::new(&mail, None).unwrap();
    let post = Post {
        from: mail.from.parse().unwrap(),
        to: vec![mail.to[0].parse().unwrap()],
        host: "x.example".into(),
    };
    let note = Note::of(&message(event(EventKind::Held)), "https://x.example", NOW);
    let letter = letter(&note, &post, "evt", NOW).unwrap();
    let postman = Postman { whole: Duration::from_secs(1), ..postman };
    assert_eq!(why(&postman.send(letter).await), "no answer within 1 s");
}
