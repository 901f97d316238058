use std::cell::RefCell;
use std::rc::Rc;

use super::*;
use crate::kill::Whom;

const ADA: &str = "p_AAAAAAAAAAAAAAAAAAAAAA";
const TOKEN: &str = "t_BBBBBBBBBBBBBBBBBBBBBB";

#[derive(Clone, Default)]
struct Shared(Rc<RefCell<HashMap<String, Vec<u8>>>>);

impl Board for Shared {
    fn get(&self, key: &str) -> (Option<Vec<u8>>, Option<u32>) {
        (self.0.borrow().get(key).cloned(), None)
    }

    fn set(&mut self, key: &str, value: &[u8], _cas: Option<u32>) -> bool {
        self.0.borrow_mut().insert(key.to_owned(), value.to_vec());
        true
    }
}

fn at(unix_ms: u64) -> Now {
    Now { unix_ms }
}

fn list(all: &[(&str, u64)]) -> Vec<u8> {
    let kill = |(key, until): &(&str, u64)| Kill {
        id: format!("k_{until}"),
        whom: Whom::named(key).unwrap(),
        until: *until,
    };
    serde_json::to_vec(&Kills { kills: all.iter().map(kill).collect(), stale: false }).unwrap()
}

fn id(killed: &Killed, caller: &str, token: &str) -> Option<String> {
    killed.of(caller, token).map(|kill| kill.id.clone())
}

#[test]
fn what_was_said_holds_until_it_ends_or_is_said_otherwise() {
    let mut killed = Killed::new(b"secret");
    assert!(killed.due(at(0)));
    assert_eq!(killed.asks(at(0)), None);
    assert!(!killed.due(at(1_999)) && killed.due(at(2_000)));
    let said = list(&[(ADA, 10), (TOKEN, 20)]);
    assert_eq!(killed.answered(200, Some("\"1\""), &said), Heard::More);
    assert_eq!(id(&killed, ADA, ""), Some("k_10".into()));
    assert_eq!(id(&killed, "p_", TOKEN), Some("k_20".into()));
    assert_eq!(id(&killed, "p_", ""), None);

    // The service is away, or says what cannot be read.
    assert_eq!(killed.asks(at(9_999)), Some("\"1\""));
    for (answer, first) in [((0, &b""[..]), true), ((503, b"no"), false), ((200, b"[]"), false)] {
        assert_eq!(killed.answered(answer.0, None, answer.1), Heard::Unheard { first });
        assert!(id(&killed, ADA, "").is_some() && id(&killed, "", TOKEN).is_some());
    }
    assert_eq!(killed.answered(304, None, b""), Heard::Nothing);
    // Its own end comes also then, and who asks has not all of the list any more.
    assert_eq!(killed.asks(at(10_000)), None);
    assert_eq!((id(&killed, ADA, ""), id(&killed, "", TOKEN)), (None, Some("k_20".into())));
    // It is lifted.
    assert_eq!(killed.answered(200, Some("\"2\""), &list(&[])), Heard::Nothing);
    assert_eq!(id(&killed, "", TOKEN), None);
}

#[test]
fn nothing_is_not_modified_that_was_never_heard() {
    let mut killed = Killed::new(b"secret");
    assert_eq!(killed.answered(304, None, b""), Heard::Unheard { first: true });
}

#[test]
fn of_two_for_one_the_later_end_counts() {
    let mut killed = Killed::new(b"secret");
    killed.answered(200, None, &list(&[(ADA, 30), (ADA, 20)]));
    assert_eq!(id(&killed, ADA, ""), Some("k_30".into()));
}

/// Of two replicas one lost its database before the other was told of a kill.
#[test]
fn what_a_stale_list_does_not_have_was_not_lifted() {
    let mut killed = Killed::new(b"secret");
    killed.answered(200, Some("\"1\""), &list(&[(ADA, 20)]));
    let stale = |all: &[(&str, u64)]| {
        let text = String::from_utf8(list(all)).unwrap();
        text.replacen('{', "{\"stale\":true,", 1).into_bytes()
    };
    assert_eq!(killed.answered(200, Some("\"2\""), &stale(&[(ADA, 10), (TOKEN, 30)])), Heard::More);
    assert_eq!(id(&killed, ADA, ""), Some("k_20".into()));
    assert_eq!(id(&killed, "", TOKEN), Some("k_30".into()));
    assert_eq!(killed.answered(200, Some("\"2\""), &stale(&[])), Heard::Nothing);
    assert!(id(&killed, ADA, "").is_some());
    assert_eq!(killed.asks(at(0)), None, "the next one is to say all");
    assert_eq!(killed.answered(200, Some("\"3\""), &list(&[])), Heard::Nothing);
    assert_eq!(id(&killed, ADA, ""), None);
}

#[test]
fn what_is_no_key_stops_nobody() {
    let mut killed = Killed::new(b"secret");
    let said = br#"{"kills":[{"id":"k_1","token":"","until":9},{"id":"k_2","caller":"t_BBBBBBBBBBBBBBBBBBBBBB","until":9}]}"#;
    assert_eq!(killed.answered(200, None, said), Heard::Nothing);
    assert_eq!((id(&killed, "", ""), id(&killed, "", TOKEN)), (None, None));
}

#[test]
fn more_than_the_service_takes_is_no_list() {
    let mut killed = Killed::new(b"secret");
    let many: Vec<(&str, u64)> = (0..=KILLS_MAX as u64).map(|until| (ADA, until)).collect();
    assert_eq!(killed.answered(200, None, &list(&many)), Heard::Unheard { first: true });
    assert_eq!(killed.answered(200, None, &list(&many[1..])), Heard::More);
}

#[test]
fn a_worker_that_begins_anew_knows_it_from_the_others() {
    let board = Shared::default();
    let mut one = Killed::new(b"secret");
    one.share(Box::new(board.clone()));
    one.answered(200, None, &list(&[(ADA, 10)]));
    let mut another = Killed::new(b"secret");
    another.share(Box::new(board.clone()));
    assert_eq!(id(&another, ADA, ""), Some("k_10".into()));
    // It has not heard it itself, so it asks for all of it.
    assert_eq!(another.asks(at(0)), None);

    // Who has not the key neither reads nor writes one.
    let mut foreign = Killed::new(b"another");
    foreign.share(Box::new(board.clone()));
    assert_eq!(id(&foreign, ADA, ""), None);
    let name = one.note.clone();
    let mut value = board.get(&name).0.unwrap();
    let last = value.len() - 3;
    value[last] ^= 1;
    board.clone().set(&name, &value, None);
    another = Killed::new(b"secret");
    another.share(Box::new(board));
    assert_eq!(id(&another, ADA, ""), None);
}
