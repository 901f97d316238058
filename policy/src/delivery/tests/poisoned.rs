//! Another plugin of the same `vm_id` writes where the workers write.

use super::envoy::*;
use crate::delivery::artefact;

/// Two more revisions arrive in all workers whatever the other plugin does before each tick.
fn survives(poison: fn(&mut Memory)) -> Envoy {
    let mut envoy = Envoy::new(3);
    envoy.poison = Some(poison);
    envoy.served = Some(envoy.signed(1));
    envoy.run(3 * INTERVAL);
    assert_eq!(envoy.serials(), [1; 3]);
    envoy.served = Some(envoy.signed(2));
    envoy.run(3 * INTERVAL);
    assert_eq!(envoy.serials(), [2; 3]);
    let seconds = 6 * INTERVAL / 1000;
    assert!(
        envoy.fetches.len() as u64 <= 3 * (seconds * 1000 / INTERVAL + 2),
        "{:?}",
        envoy.fetches
    );
    assert_eq!(envoy.stale(), [false; 3]);
    envoy
}

fn each(board: &mut Memory, part: &str, change: impl Fn(&mut Vec<u8>)) {
    let named = board.values.iter_mut().filter(|(key, _)| key.contains(part));
    for (_, (value, cas)) in named {
        change(value);
        *cas += 1;
    }
}

#[test]
fn garbage_in_the_note() {
    survives(|board| each(board, "note", |value| *value = b"garbage".to_vec()));
    survives(|board| each(board, "note", Vec::clear));
    survives(|board| each(board, "note", |value| value.truncate(64)));
    // A note that says who fetches, for ever, under no seal.
    survives(|board| {
        each(board, "note", |value| {
            let note = br#"{"holder":"x","until_ms":9999999999999,"due_ms":9999999999999,"confirmed_ms":0,"good":null,"refused":null,"error":0}"#;
            let mut seal = vec![b'0'; 64];
            seal.extend_from_slice(note);
            *value = seal;
        });
    });
}

#[test]
fn garbage_in_the_file() {
    let envoy = survives(|board| each(board, "file", |value| *value = b"garbage".to_vec()));
    assert_eq!(envoy.refusals(), [], "it is not even looked at");
    survives(|board| each(board, "file", Vec::clear));
    survives(|board| board.values.clear());
}

/// What honest workers wrote before, put back again and again.
#[test]
fn old_notes_and_files() {
    let mut envoy = Envoy::new(2);
    envoy.served = Some(envoy.signed(1));
    envoy.run(3 * INTERVAL);
    let old: Vec<_> = envoy.board.values.iter().map(|(k, v)| (k.clone(), v.0.clone())).collect();
    envoy.served = Some(envoy.signed(2));
    for _ in 0..40 {
        for (key, value) in &old {
            let cas = envoy.board.values[key].1 + 1;
            envoy.board.values.insert(key.clone(), (value.clone(), cas));
        }
        envoy.run(1_000);
    }
    assert_eq!(envoy.serials(), [2; 2]);
    assert!(envoy.fetches.len() < 30, "{}", envoy.fetches.len());
}

/// With the seal of an honest note, and a file to its digest that nobody signed.
#[test]
fn each_reader_verifies_for_itself() {
    let mut envoy = Envoy::new(1);
    envoy.served = Some(envoy.signed(1));
    envoy.run(2_000);
    let evil = artefact::write(&compiled(9, ""), &[]);
    let worker = &envoy.workers[0].delivery;
    worker.notes.put_file(&mut envoy.board, &evil);
    let digest = super::super::notes::digest_of(&evil);
    worker.notes.change(&mut envoy.board, |note| {
        note.good = Some(super::super::notes::Seen { digest: digest.clone(), etag: None });
    });
    envoy.add_worker();
    assert_eq!(envoy.serials(), [1, 0]);
    assert_eq!(envoy.workers[1].refused, [crate::delivery::Why::Unsigned]);
    envoy.run(2 * INTERVAL);
    assert_eq!(envoy.serials(), [1, 1]);
}
