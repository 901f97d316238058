use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::Spoken;
use crate::call::{Call, Kind};
use crate::delivery::Board;
use crate::principal::Principal;

#[derive(Clone, Default)]
struct Memory(Arc<Mutex<HashMap<String, Vec<u8>>>>);

impl Board for Memory {
    fn get(&self, key: &str) -> (Option<Vec<u8>>, Option<u32>) {
        (self.0.lock().unwrap().get(key).cloned(), None)
    }

    fn set(&mut self, key: &str, value: &[u8], _cas: Option<u32>) -> bool {
        self.0.lock().unwrap().insert(key.to_owned(), value.to_vec());
        true
    }
}

fn call(path: &str) -> Call {
    Call {
        principal: Principal {
            issuer: "i".into(),
            subject: "s".into(),
            groups: vec![],
            agent: None,
            owners: Vec::new(),
            scopes: Vec::new(),
        },
        route: "r".into(),
        cluster: "c".into(),
        kind: Kind::Mcp,
        proven: false,
        proposed: false,
        method: "POST".into(),
        authority: "a".into(),
        path: path.into(),
        headers: Vec::new(),
        body: String::new(),
    }
}

impl Spoken {
    fn knows_call(&mut self, call: &Call) -> bool {
        self.knows(self.place(call))
    }

    fn learn_call(&mut self, call: &Call) {
        self.learn(self.place(call));
    }
}

fn worker(memory: &Memory, secret: &[u8]) -> Spoken {
    let mut spoken = Spoken::new(secret);
    spoken.share(Box::new(memory.clone()));
    spoken
}

#[test]
fn what_one_worker_heard_the_others_know() {
    let memory = Memory::default();
    let (mut one, mut other) = (worker(&memory, b"secret"), worker(&memory, b"secret"));
    assert!(!one.knows_call(&call("/mcp")) && !other.knows_call(&call("/mcp")));
    one.learn_call(&call("/mcp"));
    assert!(one.knows_call(&call("/mcp")) && other.knows_call(&call("/mcp")));
    memory.0.lock().unwrap().clear();
    assert!(other.knows_call(&call("/mcp")), "what was known stays");
    for path in ["/api", "/mcp/", "/mcp?op=rest", "/"] {
        assert!(!one.knows_call(&call(path)), "{path}");
    }
    let elsewhere: [fn(&mut Call); 3] = [
        |call| call.route.push('x'),
        |call| call.cluster.push('x'),
        |call| call.authority.push('x'),
    ];
    for change in elsewhere {
        let mut call = call("/mcp");
        change(&mut call);
        assert!(!one.knows_call(&call));
    }
}

#[test]
fn a_mark_that_others_wrote_is_none() {
    let memory = Memory::default();
    worker(&memory, b"secret").learn_call(&call("/mcp"));
    let kept = memory.0.lock().unwrap().clone();
    let (_, mark) = kept.iter().next().unwrap();
    // Another deployment's, and the mark of one place at another.
    worker(&memory, b"other").learn_call(&call("/api"));
    for (name, value) in &mut *memory.0.lock().unwrap() {
        if !kept.contains_key(name) {
            value.clone_from(mark);
        }
    }
    let mut spoken = worker(&memory, b"secret");
    spoken.learn_call(&call("/third"));
    let names: Vec<String> = memory.0.lock().unwrap().keys().cloned().collect();
    for name in names {
        memory.0.lock().unwrap().insert(name, vec![0; 32]);
    }
    let mut fresh = worker(&memory, b"secret");
    assert!(!fresh.knows_call(&call("/mcp")) && !fresh.knows_call(&call("/api")));
    for value in memory.0.lock().unwrap().values_mut() {
        value.clone_from(mark);
    }
    assert!(fresh.knows_call(&call("/mcp")) && !fresh.knows_call(&call("/third")));
    memory.0.lock().unwrap().values_mut().for_each(Vec::clear);
    assert!(!worker(&memory, b"secret").knows_call(&call("/mcp")));
}
