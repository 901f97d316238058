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

/// A match by itself, in base64, by the name of a member and of a column.
const TEXTS: [&str; 4] = [
    r#"{"a": "fz_0123456789abcdefghijklmn", "sql": "DROP TABLE a"}"#,
    r#"{"a": "ZnpfMDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1u", "db_password": "aB3-xyzzy", "pin": 1234}"#,
    "name,pin,account\na,1234,12-345678\nb,4321,87-654321\n",
    "password: aB3-xyzzy\n<pin>1234</pin> account number 12-345678",
];

/// What makes the payload is counted as well, so nobody else may be at it.
fn survive(payload: impl FnOnce() -> Vec<u8>) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let file = wire::seal(&payload());
    let limit = ALLOCATOR.allocated() + allowed(file.len());
    // Over the limit the allocation fails, which ends the process.
    ALLOCATOR.set_limit(limit).unwrap();
    let _ = summary(&file);
    let cases = cases(&file).unwrap_or_default();
    let bundle = Bundle::decode(&file);
    ALLOCATOR.set_limit(usize::MAX).unwrap();
    let Ok(bundle) = bundle else { return };
    for text in TEXTS {
        let mut budget = Budget::for_body(text.len());
        let _ = scan_body(&bundle.scanner, text.as_bytes(), &mut budget);
    }
    for case in cases.iter().take(8) {
        let _ = policy::case::run(&bundle, case);
    }
}

#[test]
fn payloads() {
    check!().for_each(|payload: &[u8]| survive(|| payload.to_vec()));
}

#[test]
fn damaged_payloads() {
    // What compiling takes would count against the other target.
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let good = fuzz::compiled().split_off(wire::HEADER_BYTES);
    assert!(Bundle::decode(&wire::seal(&good)).is_ok());
    drop(alone);
    check!().with_type::<(Vec<(u32, u8)>, u32)>().for_each(|(changes, cut)| {
        survive(|| {
            let mut payload = good.clone();
            for (at, byte) in changes.iter().take(8) {
                let at = *at as usize % payload.len();
                payload[at] = *byte;
            }
            // Whole more often than not.
            payload.truncate((*cut as usize % (4 * good.len())).max(1));
            payload
        });
    });
}
