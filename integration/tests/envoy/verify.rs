/*! Records are tied to one another as Envoy writes them, and what somebody does to the file afterwards shows. */

use std::path::Path;
use std::time::Duration;

use integration::envoy::{Envoy, filter};
use integration::http1::Connection;
use integration::wait::{SOON, until};
use integration::{Call, Gateway, Upstream, place};
use rustix::process::Signal;
use serde_json::{Value, json};

/// They come every ten seconds.
const FEW_CHECKPOINTS: Duration = Duration::from_secs(60);

/// What is found in the file, and the exit code.
#[track_caller]
fn verified(gateway: &Gateway, file: &Path) -> (Value, i32) {
    let output = gateway.cli(&["sessions", "verify", file.to_str().unwrap(), "--format", "json"]);
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}", String::from_utf8_lossy(&output.stderr));
    });
    (report, output.status.code().unwrap())
}

/// Calls that end in every way there is, at several connections and so at several workers.
fn calls(gateway: &Gateway, token: &str, rounds: usize) {
    for round in 0..rounds {
        let at = |name: &str| format!("/{name}/{round}");
        let card = ["4111", "1111", "1111", "1111"].join(" ");
        Call::post(at("passed")).token(token).json(&json!({ "card": card })).send(gateway);
        let denied = Call::post(at("denied")).token(token);
        denied.json(&json!({ "query": "DROP TABLE users" })).send(gateway).expect(403);
        Call::get(at("nobody")).send(gateway).expect(401);
        let held = Call::delete(at("held")).token(token).header("x-gatehouse-wait", "0");
        held.send(gateway).expect_refusal(403, "pending");
        // Envoy refuses it before any filter: a length that is none.
        let raw = "POST /bad HTTP/1.1\r\nhost: a\r\ncontent-length: x\r\n\r\n";
        Connection::open(&gateway.address).write(raw.as_bytes());
        let left = Call::delete(at("left")).token(token).header("x-gatehouse-wait", "60");
        Connection::open(&gateway.address).write(left.bytes());
    }
}

#[test]
fn what_envoy_wrote_is_verified_and_what_is_done_to_it_is_named() {
    let rounds = 10;
    let upstream = Upstream::start();
    let mut gateway = Gateway::start(&upstream);
    let token = gateway.token("robot");
    calls(&gateway, &token, rounds);
    until("all of them to have ended", SOON, || {
        (gateway.records().len() == rounds * 6).then_some(())
    });
    // Calls that are under way are told as all others.
    let mut waiting = Connection::open(&gateway.address);
    let held = Call::delete("/waiting").token(&token).header("x-gatehouse-wait", "60");
    waiting.write(held.bytes());
    until("the call to be on hold", SOON, || {
        gateway
            .cli_ok(&["approvals", "list", "--format", "json"])
            .contains("/waiting")
            .then_some(())
    });
    assert!(gateway.stop_by(Signal::TERM).success());

    let file = gateway.records_file();
    let lines: Vec<String> =
        std::fs::read_to_string(&file).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), rounds * 6 + 1);
    let (report, code) = verified(&gateway, &file);
    assert_eq!((code, &report["problems"]), (0, &json!([])), "{report}");
    assert_eq!(report["unchained"], json!([]));
    assert_eq!(report["records"], lines.len());
    let chains = report["chains"].as_array().unwrap();
    assert!(chains.iter().all(|chain| chain["from"] == 1), "{report}");
    let linked: u64 = chains.iter().map(|chain| chain["to"].as_u64().unwrap()).sum();
    assert_eq!(linked, lines.len() as u64);
    let human = gateway.cli_ok(&["sessions", "verify"]);
    assert!(human.starts_with("61 records in ") && human.contains("none altered"), "{human}");
    // The gateway ended in order, and its service has signed where each chain ends.
    let sound: Value =
        serde_json::from_str(&gateway.cli_ok(&["sessions", "verify", "--format", "json"])).unwrap();
    for chain in sound["chains"].as_array().unwrap() {
        assert_eq!((&chain["proven"], &chain["ended"]), (&chain["to"], &json!(true)), "{sound}");
    }

    let altered = file.with_file_name("altered.jsonl");
    let problem = |change: &dyn Fn(&mut Vec<String>)| {
        let mut lines = lines.clone();
        change(&mut lines);
        std::fs::write(&altered, lines.join("\n") + "\n").unwrap();
        let (report, code) = verified(&gateway, &altered);
        assert_eq!(code, 2, "{report}");
        report["problems"][0].clone()
    };
    // One whose chain goes on behind it.
    let chain = |line: &str| -> Value {
        serde_json::from_str::<Value>(line).unwrap()["links"][0]["chain"].clone()
    };
    let first = chain(&lines[0]);
    let of_it: Vec<usize> = (0..lines.len()).filter(|at| chain(&lines[*at]) == first).collect();
    let [_, two, three, ..] = of_it[..] else { panic!("{} records of a chain", of_it.len()) };
    let at = |line: usize| json!({ "file": altered, "line": line + 1 });
    let found =
        problem(&|lines| lines[two] = lines[two].replace("\"total_ms\":", "\"total_ms\":1"));
    let is = json!({ "problem": "record_altered", "at": at(two), "chain": first, "sequence": 2 });
    assert_eq!(found, is);
    let found = problem(&|lines| drop(lines.remove(two)));
    assert_eq!(found, json!({ "problem": "missing", "chain": first, "from": 2, "to": 2 }));
    let found = problem(&|lines| lines.swap(two, three));
    assert_eq!(found["problem"], "moved");
    let found = problem(&|lines| lines.push(lines[two].clone()));
    assert_eq!((&found["problem"], &found["chain"]), (&json!("moved"), &first));

    // What a file alone does not tell.
    let checkpoints = file.with_file_name("checkpoints.jws");
    let against = |lines: &[String]| {
        std::fs::write(&altered, lines.join("\n") + "\n").unwrap();
        let files = [altered.to_str().unwrap(), "--checkpoints", checkpoints.to_str().unwrap()];
        let output =
            gateway.cli(&[&["sessions", "verify", "--format", "json"], &files[..]].concat());
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(2), "{report}");
        report["problems"].as_array().unwrap().last().unwrap().clone()
    };
    let others = |keep: &dyn Fn(usize) -> bool| -> Vec<String> {
        (0..lines.len()).filter(|at| keep(*at)).map(|at| lines[at].clone()).collect()
    };
    let last = *of_it.last().unwrap();
    let found = against(&others(&|at| at != last));
    let count = of_it.len();
    let is = json!({ "problem": "cut_off", "chain": first, "from": count, "to": count });
    assert_eq!(found, is);
    let found = against(&others(&|at| !of_it.contains(&at)));
    assert_eq!(found, json!({ "problem": "chain_gone", "chain": first, "count": count }));
}

/// What a gateway wrote that was killed: no more is lost than its workers had not told, and nobody says it ended.
#[test]
fn a_gateway_that_was_killed_leaves_chains_without_an_end() {
    let upstream = Upstream::start();
    let mut gateway = Gateway::start(&upstream);
    let token = gateway.token("robot");
    for number in 0..20 {
        Call::get(format!("/{number}")).token(&token).send(&gateway).expect(200);
    }
    let told = |gateway: &Gateway| -> Value {
        // Before the first checkpoint nobody has told of these chains, which is a problem of its own.
        let said = gateway.cli(&["sessions", "verify", "--format", "json"]);
        serde_json::from_slice(&said.stdout).unwrap()
    };
    // Of a gateway that runs a checkpoint proves what there is.
    until("a checkpoint of all of it", FEW_CHECKPOINTS, || {
        let report = told(&gateway);
        let chains = report["chains"].as_array().unwrap();
        let linked: u64 = chains.iter().map(|chain| chain["proven"].as_u64().unwrap()).sum();
        (linked == 20).then_some(())
    });
    gateway.stop_by(Signal::KILL);
    let report = told(&gateway);
    assert_eq!(report["problems"], json!([]), "{report}");
    let ended = report["chains"].as_array().unwrap().iter().map(|chain| &chain["ended"]);
    assert!(ended.clone().count() > 0 && ended.clone().all(|one| one == false), "{report}");

    // Cutting off what was told shows, whatever else was lost.
    let file = gateway.records_file();
    let text = std::fs::read_to_string(&file).unwrap();
    let last = text.trim_end().rfind('\n').unwrap();
    std::fs::write(&file, &text[..=last]).unwrap();
    let output = gateway.cli(&["sessions", "verify", "--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["problems"][0]["problem"], "cut_off", "{report}");
}

#[test]
fn what_a_dead_worker_leaves_is_unchained_and_its_successor_begins_a_chain() {
    let upstream = Upstream::start();
    let gateway = Gateway::start(&upstream);
    let envoy = Envoy::start(&gateway, |config| {
        filter(config, "gatehouse")["typed_config"]["config"]["vm_config"]["code"]["local"]["filename"] =
            json!(place::module_with_hooks());
    });
    let token = gateway.token("robot");
    let pass = |path: &str| Call::get(path).token(&token).send_to(&envoy.address).status == 200;
    assert!(pass("/1") && pass("/2"));
    let panics =
        Call::post("/panic").token(&token).header("x-gatehouse-test-fault", "panic-at-body");
    panics.json(&json!({ "a": 1 })).send_to(&envoy.address).expect(503);
    until("the filter to be back", SOON, || pass("/3").then_some(()));
    envoy.record("the last call", |entry| entry.path() == "/3");

    let (report, code) = verified(&gateway, &envoy.records);
    assert_eq!((code, &report["problems"]), (0, &json!([])), "{report}");
    let unchained = report["unchained"].as_array().unwrap();
    let file = std::fs::read_to_string(&envoy.records).unwrap();
    let died = file.lines().position(|line| line.contains("\"path\":\"/panic\"")).unwrap();
    assert_eq!(unchained[..], [json!({ "file": envoy.records, "line": died + 1 })]);
    let ends: Vec<_> = report["chains"].as_array().unwrap().iter().map(|one| &one["to"]).collect();
    assert!(ends.len() == 2 && ends.contains(&&json!(2)), "{report}");
}
