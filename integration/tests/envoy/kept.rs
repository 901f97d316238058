/*! What Envoy writes is in the store once, through files that are put away under load, a kill, and an erasure. */

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use integration::gateway::Builder;
use integration::wait::{SOON, until};
use integration::{Call, Gateway, Upstream, place};
use rustix::process::Signal;
use serde_json::{Value, json};

/// Twenty files, on a machine that does something else besides.
const LOAD: Duration = Duration::from_secs(180);
const FILES: usize = 20;

/// Those that were put away, and the one that Envoy writes.
fn files(gateway: &Gateway) -> Vec<PathBuf> {
    let folder = gateway.records_file().parent().unwrap().to_owned();
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|end| end == "jsonl")).collect();
    // `access-…` stands before `access.`.
    files.sort();
    files
}

fn lines(gateway: &Gateway) -> Vec<String> {
    let read = |path: &PathBuf| std::fs::read_to_string(path).unwrap();
    files(gateway).iter().map(read).collect::<String>().lines().map(str::to_owned).collect()
}

fn json_of(gateway: &Gateway, arguments: &[&str]) -> Value {
    let text = gateway.cli_ok(&[arguments, &["--format", "json"]].concat());
    serde_json::from_str(&text).unwrap()
}

/// And the exit code.
fn verified(gateway: &Gateway, arguments: &[&str]) -> (Value, i32) {
    let output = gateway.cli(&[&["sessions", "verify", "--format", "json"], arguments].concat());
    (serde_json::from_slice(&output.stdout).unwrap(), output.status.code().unwrap())
}

fn exported(gateway: &Gateway) -> Vec<String> {
    gateway.cli_ok(&["sessions", "export"]).lines().map(str::to_owned).collect()
}

/// Exchanges of lines; each is there once.
fn exchanges(lines: &[String]) -> BTreeSet<String> {
    let exchange = |line: &String| {
        let line: Value = serde_json::from_str(line).unwrap();
        line["records"][0]["exchange"].as_str().map(str::to_owned)
    };
    let all: Vec<String> = lines.iter().filter_map(exchange).collect();
    let once: BTreeSet<String> = all.iter().cloned().collect();
    assert_eq!(all.len(), once.len(), "some are there twice");
    once
}

/// The machine may be too slow for all the calls it could make: the next file begins under load, and soon.
fn is_short(gateway: &Gateway) -> bool {
    std::fs::metadata(gateway.records_file()).map_or(true, |file| file.len() < 60_000)
}

/// Calls of two callers at four connections, until the condition holds. How many were answered.
fn load(gateway: &Gateway, enough: impl Fn() -> bool) -> usize {
    let tokens = ["ada", "bob"].map(|name| gateway.token(name));
    let (stop, calls) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for worker in 0..4 {
            let (stop, calls, token) = (&stop, &calls, &tokens[worker % 2]);
            scope.spawn(move || {
                while !stop.load(Ordering::SeqCst) {
                    until("a long file to be put away", LOAD, || is_short(gateway).then_some(()));
                    Call::get(format!("/{worker}")).token(token).send(gateway).expect(200);
                    calls.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        until("the load to be enough", LOAD, || enough().then_some(()));
        stop.store(true, Ordering::SeqCst);
    });
    calls.into_inner()
}

fn gateway(upstream: &Upstream) -> Builder {
    Gateway::build().upstream("/", &upstream.url()).arg("--rotate-records").arg("20KB")
}

#[test]
fn twenty_files_are_put_away_under_load_and_no_call_is_missing() {
    let upstream = Upstream::start();
    let mut gateway = gateway(&upstream).start();
    let calls = load(&gateway, || files(&gateway).len() > FILES);
    assert!(gateway.stop_by(Signal::TERM).success());

    let written = lines(&gateway);
    assert_eq!((written.len(), exchanges(&written).len()), (calls, calls));
    // Whoever shows records takes nothing in any more: it is all there.
    let stored = exported(&gateway);
    let sorted = |lines: &[String]| lines.iter().cloned().collect::<BTreeSet<String>>();
    assert_eq!((stored.len(), sorted(&stored)), (calls, sorted(&written)));
    let of_files = json_of(&gateway, &["sessions", "verify"]);
    let of_store = json_of(&gateway, &["sessions", "verify", "--store"]);
    assert_eq!((&of_files["records"], &of_files["problems"]), (&json!(calls), &json!([])));
    assert_eq!(of_store, of_files);
    for chain in of_files["chains"].as_array().unwrap() {
        assert_eq!((&chain["proven"], &chain["ended"]), (&chain["to"], &json!(true)), "{chain}");
    }
    let file = gateway.data.join("exported.jsonl");
    std::fs::write(&file, stored.join("\n") + "\n").unwrap();
    let of_export = json_of(&gateway, &["sessions", "verify", file.to_str().unwrap()]);
    assert_eq!((&of_export["records"], &of_export["problems"]), (&json!(calls), &json!([])));
    // The same by the store and by reading the lines.
    let file = file.to_str().unwrap();
    for arguments in [&["sessions", "list"] as &[&str], &["sessions", "list", "--principal", "ada"]]
    {
        let mut by_file = json_of(&gateway, &[arguments, &["--records", file]].concat());
        let mut by_store = json_of(&gateway, arguments);
        for list in [&mut by_file, &mut by_store] {
            // Of lines in another order, the same one began it: only the clock of Envoy tells.
            list["sessions"].as_array_mut().unwrap().sort_by_key(|one| one["id"].to_string());
        }
        assert_eq!(by_store, by_file);
    }
}

#[test]
fn a_gateway_that_was_killed_goes_on_where_it_was() {
    let upstream = Upstream::start();
    let folder = place::folder();
    let data = folder.path().join("data");
    let mut first = gateway(&upstream).data(&data).start();
    load(&first, || files(&first).len() > 2);
    let envoy = PathBuf::from(format!("/proc/{}", first.envoy_pid()));
    first.stop_by(Signal::KILL);
    until("Envoy to end with it", SOON, || (!envoy.exists()).then_some(()));
    let left = lines(&first);
    let mut second = gateway(&upstream).data(&data).start();
    let calls = load(&second, || files(&second).len() > 5);
    assert!(second.stop_by(Signal::TERM).success());
    let written = lines(&second);
    assert_eq!(written.len(), left.len() + calls);
    let stored = exported(&second);
    assert_eq!(exchanges(&stored), exchanges(&written));
    assert_eq!(json_of(&second, &["sessions", "list"])["conflicts"], 0);
    // Of a life of some seconds no checkpoint knows; nothing else may be wrong.
    let (verified, _) = verified(&second, &["--store"]);
    let problems = verified["problems"].as_array().unwrap();
    assert!(problems.iter().all(|one| one["problem"] == "not_told"), "{verified}");
}

#[test]
fn of_an_erased_caller_nothing_is_left_but_the_links() {
    let upstream = Upstream::start();
    let gateway = gateway(&upstream).start();
    load(&gateway, || files(&gateway).len() > 3);
    // With a line that no file has but the one Envoy writes.
    Call::get("/last").token(&gateway.token("bob")).send(&gateway).expect(200);
    gateway.record("the last call", |entry| entry.path() == "/last");
    let before = exchanges(&lines(&gateway));
    let erased = json_of(&gateway, &["sessions", "erase", "--subject", "bob", "--by", "dana"]);
    let count = erased["records"].as_u64().unwrap();
    assert!(count > 0 && erased["lines"] == count, "{erased}");
    // The gateway goes on, in a new file.
    Call::get("/after").token(&gateway.token("ada")).send(&gateway).expect(200);
    gateway.record("the call after", |entry| entry.path() == "/after");
    for path in files(&gateway) {
        assert!(!std::fs::read_to_string(path).unwrap().contains("\"bob\""));
    }
    for name in ["records.sqlite", "records.sqlite-wal"] {
        let bytes = std::fs::read(gateway.data.join(name)).unwrap_or_default();
        assert!(!bytes.windows(13).any(|window| window == b"subject\":\"bob"), "{name}");
    }
    let left = exchanges(&lines(&gateway)).len();
    assert_eq!(left, before.len() - usize::try_from(count).unwrap() + 1);
    // Checkpoints say how far the chains were before, and none is missing.
    let of_files = until("the chains to be told", SOON, || {
        let (verified, code) = verified(&gateway, &[]);
        (code == 0).then_some(verified)
    });
    let of_store = json_of(&gateway, &["sessions", "verify", "--store"]);
    assert_eq!((&of_files["erased"], &of_store["erased"]), (&json!(count), &json!(count)));
    assert_eq!(of_store["problems"], json!([]));
    // A checkpoint says so too, so however strictly it is asked.
    for place in [&["--strict-notes"][..], &["--strict-notes", "--store"]] {
        let (strict, code) = verified(&gateway, place);
        let told = [&strict["erased"], &strict["signed_notes"], &strict["unsigned_notes"]];
        assert_eq!((code, told), (0, [&json!(count), &json!(count), &json!(0)]), "{strict}");
    }
    let sessions = json_of(&gateway, &["sessions", "list"]);
    assert!(!sessions.to_string().contains("bob"), "{sessions}");
    // Whoever takes one more out says nothing of it.
    let file = gateway.data.join("exported.jsonl");
    let mut lines = exported(&gateway);
    let at = lines.iter().position(|line| line.contains("\"ada\"")).unwrap();
    let begin = lines[at].find("\"records\":[").unwrap() + 11;
    let end = lines[at].find("],\"links\"").unwrap();
    lines[at].replace_range(begin..end, "");
    std::fs::write(&file, lines.join("\n") + "\n").unwrap();
    let (verified, code) = verified(&gateway, &[file.to_str().unwrap()]);
    assert_eq!((code, &verified["erased"]), (2, &json!(count)));
    assert_eq!(verified["problems"][0]["problem"], "record_gone");
}
