/*!
A thousand exchanges of all kinds at once: each that Envoy served is recorded once, and what is recorded is what agent
and upstream saw, masked. What was seen is taken from both ends of the wire, and masked here by hand.
*/

mod ways;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::thread;

use integration::record::Entry;
use integration::wait::{SOON, until};
use integration::{Gateway, Upstream};
use serde_json::{Value, json};
use ways::{Seen, WAYS, World, upstream};

const ROUNDS: usize = 50;
const AT_ONCE: usize = 10;

#[test]
fn each_exchange_is_recorded_once_and_as_it_was() {
    let scripted = Upstream::start();
    upstream(&scripted);
    let gateway = Gateway::build()
        .upstream("/api", &scripted.url())
        .upstream("/mcp", &scripted.url())
        .upstream("/llm", &scripted.url())
        .arg("--kind")
        .arg("/mcp=mcp")
        .arg("--kind")
        .arg("/llm=openai")
        .start();
    let world = World::new(&gateway, &scripted);
    let seen = Mutex::new(BTreeMap::<String, Seen>::new());
    thread::scope(|scope| {
        scope.spawn(|| world.approve(ROUNDS));
        for worker in 0..AT_ONCE {
            let (world, seen) = (&world, &seen);
            scope.spawn(move || {
                for round in (worker..ROUNDS).step_by(AT_ONCE) {
                    for (name, way) in WAYS {
                        let id = format!("{name}-{round}");
                        let saw = way(world, &id);
                        assert!(seen.lock().unwrap().insert(id, saw).is_none());
                    }
                }
            });
        }
    });
    let seen = seen.into_inner().unwrap();
    assert_eq!(seen.len(), 1000);
    until("all of them to have ended", SOON, || {
        let all = gateway.records();
        let ended = all.iter().filter(|entry| entry.record["last"] == true);
        (ended.count() == seen.len() + world.before()).then_some(())
    });
    let mut recorded = BTreeMap::<String, Entry>::new();
    for entry in gateway.records() {
        let Some(id) = entry.record["claims"]["request_id"].as_str() else { continue };
        let twice = recorded.insert(id.to_owned(), entry.clone());
        assert!(twice.is_none(), "{id} is there twice");
    }
    let wrong: Vec<String> = seen
        .iter()
        .filter_map(|(id, saw)| {
            let Some(entry) = recorded.get(id) else { return Some(format!("{id}: no record")) };
            let sent = scripted.requests(&format!("id={id}&")).pop();
            let why = saw.differs(entry, sent.as_ref())?;
            Some(format!("{id}: {why}"))
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        seen.len(),
        wrong[..wrong.len().min(20)].join("\n")
    );
    assert_eq!(recorded.len(), seen.len());
    // The store has the very lines, and they can be verified there.
    let file = std::fs::read_to_string(gateway.records_file()).unwrap();
    let wanted: BTreeSet<String> = file.lines().map(str::to_owned).collect();
    let stored = until("all of them to be in the store", SOON, || {
        let stored: Vec<String> =
            gateway.cli_ok(&["sessions", "export"]).lines().map(str::to_owned).collect();
        (stored.len() == wanted.len()).then_some(stored)
    });
    assert_eq!(stored.into_iter().collect::<BTreeSet<_>>(), wanted);
    let verified: Value =
        serde_json::from_str(&gateway.cli_ok(&["sessions", "verify", "--format", "json"])).unwrap();
    assert_eq!((&verified["problems"], &verified["records"]), (&json!([]), &json!(wanted.len())));
}
