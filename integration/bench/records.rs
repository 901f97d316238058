/*!
Many records: how long it takes to verify a file of them, to take them into a store, to verify and to read that, and
what taking in does to calls on hold of the same machine. Wall-clock times: say what else ran on it.
*/

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use approval::records::{Envoy, Line};
use integration::place;
use policy::principal::Principal;
use policy::record::chain::Chain;
use policy::record::{BodyRecord, RECORD_VERSION, Record};
use policy::session::{JoinedBy, Session};

use crate::holds;

/// As many as an Envoy of four workers.
const CHAINS: usize = 4;
const OF_A_SESSION: usize = 50;
const CALLERS: usize = 200;
/// Each way; with the rest a line is about 3 KB.
const BODY: usize = 800;
const BEGAN_MS: u64 = 1_795_000_000_000;

pub fn run(count: usize) {
    let folder = place::folder();
    let file = folder.path().join("access.jsonl");
    write(&file, count);
    let gigabytes = fs::metadata(&file).expect("a file").len() as f64 / 1e9;
    println!("{count} records in {CHAINS} chains, {gigabytes:.2} GB");
    let (file, data) = (text(&file), folder.path().join("data"));
    fs::create_dir(&data).expect("a folder");
    let data = text(&data);
    timed(count, "verify the file", &["sessions", "verify", &file]);
    timed(count, "import", &["sessions", "import", &file, "--data", &data]);
    timed(count, "verify the store", &["sessions", "verify", "--store", "--data", &data]);
    timed(count, "list", &["sessions", "list", "--data", &data]);
    timed(count, "numbers", &["sessions", "numbers", "--data", &data]);
    let one = format!("x_{}", count / 2);
    timed(count, "explain one", &["explain", &one, "--data", &data]);

    println!("calls on hold, and nothing else:");
    holds::run(200);
    println!("calls on hold, while as many records as go are taken into a store:");
    let other = folder.path().join("other");
    fs::create_dir(&other).expect("a folder");
    let mut import = gatehouse(&["sessions", "import", &file, "--data", &text(&other)]);
    let mut import = import.spawn().expect("gatehouse");
    holds::run(200);
    let ended = import.try_wait().expect("a child");
    println!("(it was over by then: {})", ended.is_some());
    let _ = import.kill();
    let _ = import.wait();
}

fn write(file: &Path, count: usize) {
    let mut chains: Vec<Chain> =
        (0..CHAINS).map(|number| Chain::new(format!("c_bench{number}"), [7; 16])).collect();
    let mut file = BufWriter::new(File::create(file).expect("a file"));
    for number in 0..count {
        let record = record(number).to_ascii_json();
        let link = chains[number % CHAINS].link(&record).to_ascii_json();
        let line = Line {
            envoy: Envoy {
                start_time: format!("2026-11-{:02}T10:00:00.000Z", number % 28 + 1),
                status: 200,
                ..Envoy::default()
            },
            record: Some(record),
            link: Some(link),
            ..Line::default()
        };
        writeln!(file, "{}", line.to_json().expect("a line")).expect("room on the disk");
    }
    file.flush().expect("room on the disk");
}

fn record(number: usize) -> Record {
    let caller = number / OF_A_SESSION % CALLERS;
    let body = |way: &str| BodyRecord {
        text: format!("{{\"{way}\":\"{}\"}}", "text of a body ".repeat(BODY / 15)),
        size: BODY as u64,
        digest: format!("blake2b-256:{number:043}"),
        ..BodyRecord::default()
    };
    let mut record = Record {
        version: RECORD_VERSION,
        salt: format!("salt{number:018}"),
        exchange: format!("x_{number}"),
        started_ms: BEGAN_MS + number as u64 * 7,
        last: true,
        principal: Some(Principal {
            issuer: "https://issuer.example".to_owned(),
            subject: format!("agent-{caller}"),
            groups: Vec::new(),
            agent: None,
            owners: Vec::new(),
            scopes: Vec::new(),
        }),
        caller: format!("p_{caller:022}"),
        session: Some(Session {
            id: format!("s_{:022}", number / OF_A_SESSION),
            joined_by: JoinedBy::Run,
        }),
        route: "upstream-0".to_owned(),
        kind: "http".to_owned(),
        ..Record::default()
    };
    record.request.method = "POST".to_owned();
    record.request.path = format!("/orders/{number}");
    record.request.body = body("asked");
    record.response.status = 200;
    record.response.body = body("answered");
    record
}

fn timed(count: usize, what: &str, arguments: &[&str]) {
    let began = Instant::now();
    let output = gatehouse(arguments).output().expect("gatehouse");
    let took = began.elapsed().as_secs_f64();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    println!("{what:>16}: {took:6.1} s, {:.0} records/s", count as f64 / took);
}

fn gatehouse(arguments: &[&str]) -> Command {
    let mut command = Command::new(place::gatehouse());
    command.args(arguments);
    command
}

fn text(path: &Path) -> String {
    path.to_str().expect("a path of text").to_owned()
}
