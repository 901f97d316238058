/*! Bytes of a bundle whose digest is right: they are refused or run, and cost no more than they are. */

use std::alloc::System;
use std::sync::{Mutex, PoisonError};

use bolero::check;
use cap::Cap;
use policy::bundle::{Bundle, cases, summary, wire};
use policy::scan::{Budget, scan_body};

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// A file is copied, its automata are copied again, JSON becomes values.
fn allowed(length: usize) -> usize {
    64 * length + 1024 * 1024
}

/// The allocator counts for all threads.
static ALONE: Mutex<()> = Mutex::new(());

fn survive(payload: &[u8]) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let file = wire::seal(payload);
    let limit = ALLOCATOR.allocated() + allowed(file.len());
    // Over the limit the allocation fails, which ends the process.
    ALLOCATOR.set_limit(limit).unwrap();
    let _ = summary(&file);
    let cases = cases(&file).unwrap_or_default();
    let bundle = Bundle::decode(&file);
    ALLOCATOR.set_limit(usize::MAX).unwrap();
    let Ok(bundle) = bundle else { return };
    let text = br#"{"a": "fz_0123456789abcdefghijklmn", "sql": "DROP TABLE a"}"#;
    let _ = scan_body(&bundle.scanner, text, &mut Budget::for_body(text.len()));
    for case in cases.iter().take(8) {
        let _ = policy::case::run(&bundle, case);
    }
}

#[test]
fn payloads() {
    check!().for_each(survive);
}

#[test]
fn damaged_payloads() {
    let good = fuzz::compiled().split_off(wire::HEADER_BYTES);
    assert!(Bundle::decode(&wire::seal(&good)).is_ok());
    check!().with_type::<(Vec<(u32, u8)>, u32)>().for_each(|(changes, cut)| {
        let mut payload = good.clone();
        for (at, byte) in changes.iter().take(8) {
            let at = *at as usize % payload.len();
            payload[at] = *byte;
        }
        // Whole more often than not.
        payload.truncate((*cut as usize % (4 * good.len())).max(1));
        survive(&payload);
    });
}
