use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::{Definitions, Shown};
use crate::delivery::Board;
use crate::pin::{Observed, ToolDigest};

type Notes = HashMap<String, (Vec<u8>, u32)>;

/// As Envoy has it: a number for each write.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Notes>>);

impl Board for Memory {
    fn get(&self, key: &str) -> (Option<Vec<u8>>, Option<u32>) {
        let notes = self.0.lock().unwrap();
        let note = notes.get(key).cloned();
        (note.clone().map(|(value, _)| value), note.map(|(_, cas)| cas))
    }

    fn set(&mut self, key: &str, value: &[u8], cas: Option<u32>) -> bool {
        let mut notes = self.0.lock().unwrap();
        let now = notes.get(key).map(|(_, cas)| *cas);
        if cas.is_some() && cas != now {
            return false;
        }
        notes.insert(key.to_owned(), (value.to_vec(), now.unwrap_or_default() + 1));
        true
    }
}

const TOOL: Shown<'_> = Shown { route: "r", cluster: "c", set: "s", tool: "t" };
const PIN: ToolDigest = ToolDigest([1; 32]);
const OTHER: ToolDigest = ToolDigest([2; 32]);

fn worker(memory: &Memory) -> Definitions {
    let mut worker = Definitions::new(b"secret");
    worker.share(Box::new(memory.clone()));
    worker
}

#[test]
fn what_one_worker_saw_the_others_know_until_it_is_as_before() {
    let memory = Memory::default();
    let (mut one, mut two) = (worker(&memory), worker(&memory));
    one.learn(TOOL, PIN, true);
    assert!(memory.0.lock().unwrap().is_empty(), "nothing to tell");
    assert_eq!(two.observed(TOOL), Observed::Nothing);
    one.learn(TOOL, OTHER, false);
    assert_eq!(two.observed(TOOL), Observed::Digest(OTHER));
    assert_eq!(worker(&memory).observed(TOOL), Observed::Digest(OTHER), "a worker that is new");
    two.learn(TOOL, PIN, true);
    for worker in [&one, &two, &worker(&memory)] {
        assert_eq!(worker.observed(TOOL), Observed::Digest(PIN));
    }
    for other in [
        Shown { route: "x", ..TOOL },
        Shown { cluster: "x", ..TOOL },
        Shown { set: "x", ..TOOL },
        Shown { tool: "x", ..TOOL },
        Shown { route: "rc", cluster: "", ..TOOL },
    ] {
        assert_eq!(one.observed(other), Observed::Nothing, "{other:?}");
    }
    assert_eq!(memory.0.lock().unwrap().len(), 1);
}

#[test]
fn a_worker_alone_knows_what_itself_saw() {
    let mut alone = Definitions::new(b"secret");
    alone.learn(TOOL, OTHER, false);
    assert_eq!(alone.observed(TOOL), Observed::Digest(OTHER));
    alone.learn(TOOL, PIN, true);
    assert_eq!(alone.observed(TOOL), Observed::Digest(PIN));
}

#[test]
fn nobody_else_can_say_that_nothing_changed() {
    let memory = Memory::default();
    let (mut one, mut two) = (worker(&memory), worker(&memory));
    one.learn(TOOL, OTHER, false);
    one.learn(TOOL, PIN, true);
    let fine = memory.0.lock().unwrap().clone();
    one.learn(TOOL, OTHER, false);
    assert_eq!(two.observed(TOOL), Observed::Digest(OTHER));
    let name = fine.keys().next().unwrap().clone();
    let put = |value: &[u8]| {
        let mut notes = memory.0.lock().unwrap();
        notes.insert(name.clone(), (value.to_vec(), 99));
    };
    // An older note put back: who saw the newer one is not taken in.
    put(&fine[&name].0);
    assert_eq!(one.observed(TOOL), Observed::Digest(OTHER));
    one.learn(TOOL, OTHER, false);
    assert_eq!(two.observed(TOOL), Observed::Digest(OTHER), "told again");
    // Garbled, of another key, of another tool.
    let mut foreign = Definitions::new(b"other");
    let theirs = Memory::default();
    foreign.share(Box::new(theirs.clone()));
    foreign.learn(TOOL, PIN, false);
    let theirs = theirs.0.lock().unwrap().values().next().unwrap().0.clone();
    let elsewhere = Memory::default();
    worker(&elsewhere).learn(Shown { tool: "x", ..TOOL }, PIN, false);
    let elsewhere = elsewhere.0.lock().unwrap().values().next().unwrap().0.clone();
    for value in [b"".as_slice(), b"x", &theirs, &elsewhere, &[0; 72]] {
        put(value);
        for worker in [&one, &two] {
            assert_eq!(worker.observed(TOOL), Observed::Garbled);
        }
    }
    // The next list says it again.
    two.learn(TOOL, OTHER, false);
    assert_eq!(worker(&memory).observed(TOOL), Observed::Digest(OTHER));
    put(b"x");
    two.learn(TOOL, PIN, true);
    assert_eq!(worker(&memory).observed(TOOL), Observed::Digest(PIN));
}

#[test]
fn a_worker_that_is_always_too_slow_knows_it_at_least_itself() {
    struct Busy;
    impl Board for Busy {
        fn get(&self, _: &str) -> (Option<Vec<u8>>, Option<u32>) {
            (None, Some(1))
        }
        fn set(&mut self, _: &str, _: &[u8], _: Option<u32>) -> bool {
            false
        }
    }
    let mut worker = Definitions::new(b"secret");
    worker.share(Box::new(Busy));
    worker.learn(TOOL, OTHER, false);
    assert_eq!(worker.observed(TOOL), Observed::Digest(OTHER));
}
