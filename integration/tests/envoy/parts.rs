/*! What is behind the text of a record: in parts beside it, and of a stream while it goes on. */

use std::path::Path;
use std::sync::Arc;

use approval::records::Line;
use integration::envoy::{Envoy, connection_manager, filter, plugin, routes};
use integration::http1::Connection;
use integration::record::read_all;
use integration::replicas::Service;
use integration::wait::{Gate, SOON, until};
use integration::{Call, Gateway, Reply, Upstream, place, sample};
use serde_json::{Value, json};

/// Lines each second, and a record that keeps little.
fn each_second(config: &mut Value) {
    connection_manager(config)["access_log_options"]["access_log_flush_interval"] = json!("1s");
    plugin(config, |plugin| {
        plugin["record"]["lines_every_ms"] = json!(1000);
        plugin["record"]["body_limit"] = json!(100);
    });
}

fn lines(file: &Path) -> Vec<Line> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole
        .lines()
        .map(|line| Line::parse(line.as_bytes()).unwrap_or_else(|| panic!("{line}")))
        .collect()
}

fn response(line: &Line) -> (String, bool) {
    let body = line.exchange().unwrap().unwrap().record.response.body;
    (body.text, body.truncated)
}

/// All that lines of exchanges that went on have, put together.
fn meanwhile(file: &Path) -> String {
    let going_on = lines(file).into_iter().filter(|line| line.envoy.goes_on);
    let parts: Vec<_> = going_on.flat_map(|line| line.parts()).collect();
    policy::record::part::so_far(policy::record::part::Side::Response, &parts)
}

fn event(number: usize) -> String {
    format!("data: event {number} of {}\n\n", sample::ssn())
}

fn masked(number: usize) -> String {
    format!("data: event {number} of [REDACTED:us-ssn]\n\n")
}

fn verified(gateway: &Gateway, file: &Path) -> Value {
    let file = file.to_str().unwrap();
    let output = gateway.cli(&["sessions", "verify", file, "--format", "json"]);
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Each event goes out when the one before was seen in a line.
#[test]
fn a_stream_is_there_while_it_goes_on_and_once_in_the_end() {
    const EVENTS: usize = 6;
    let upstream = Upstream::start();
    let gateway = Gateway::build().upstream("/", &upstream.url()).arg("--als").start();
    let service = Service::sqlite(&gateway);
    let replica = service.replica();
    let envoy = Envoy::start(&gateway, |config| {
        service.serves_all(&[&replica], config);
        each_second(config);
    });
    let gates: Vec<_> = (0..EVENTS).map(|_| Arc::new(Gate::default())).collect();
    let mut reply = Reply::event_stream();
    for (number, gate) in gates.iter().enumerate() {
        // The number cut in two: what is held back is in no line.
        let event = event(number);
        let (left, right) = event.split_at(event.len() - 8);
        reply = reply.chunk(left).chunk(right).wait(gate);
    }
    upstream.reply("/stream", reply.end(&[]));
    let mut connection = Connection::open(&envoy.address);
    connection.write(Call::get("/stream").token(&gateway.token("robot")).bytes());
    let mut all = String::new();
    for (number, gate) in gates.iter().enumerate() {
        all.push_str(&masked(number));
        until("the event to be in a line", SOON, || {
            let so_far = meanwhile(&envoy.records);
            assert!(all.starts_with(&so_far), "{so_far}");
            (so_far == all).then_some(())
        });
        // Of the begin the store has as much.
        until("the event to be in the store", SOON, || {
            let stored = service.stored().lines();
            let [(_, line)] = &stored[..] else { return None };
            assert!(line.envoy.goes_on);
            (response(line).0 == all).then_some(())
        });
        gate.open();
    }
    connection.response(false).unwrap().expect(200);
    let end = until("the end", SOON, || {
        lines(&envoy.records).into_iter().find(|line| !line.envoy.goes_on)
    });
    assert_eq!(response(&end), (all.clone(), false));
    let own: Value = serde_json::from_str(end.record.as_ref().unwrap()).unwrap();
    let own = own["response"]["body"]["text"].as_str().unwrap().to_owned();
    let parts: String = end.parts().into_iter().map(|part| part.text).collect();
    assert_eq!(own + &parts, all);
    let bytes = std::fs::read_to_string(&envoy.records).unwrap();
    assert!(!bytes.contains(&sample::ssn()) && bytes.contains("\"DownstreamPeriodic\""));
    until("the end to be in the store", SOON, || {
        let stored = service.stored().lines();
        (stored.len() == 1 && stored[0].1 == end).then_some(())
    });
    let verified = verified(&gateway, &envoy.records);
    let counts = (&verified["records"], &verified["going_on"], &verified["unchained"]);
    assert_eq!(counts, (&json!(1), &json!(0), &json!([])), "{verified}");
    assert_eq!(verified["problems"], json!([]));
    let file = envoy.records.to_str().unwrap();
    let sessions = gateway.cli_ok(&["sessions", "list", "--records", file, "--format", "json"]);
    let sessions: Value = serde_json::from_str(&sessions).unwrap();
    let sessions = &sessions["sessions"];
    assert_eq!(sessions[0]["exchanges"], 1, "{sessions}");
    let id = sessions[0]["id"].as_str().unwrap();
    let replayed = gateway.cli_ok(&["sessions", "replay", id, "--records", file]);
    assert!(
        (0..EVENTS).all(|number| replayed.contains(&format!("event {number} of"))),
        "{replayed}"
    );
}

/// On hold for some intervals, or a stream in which nothing comes: nothing is to be said of them meanwhile.
#[test]
fn what_has_said_nothing_writes_no_line_before_its_end() {
    let upstream = Upstream::start();
    let gateway = Gateway::build()
        .upstream("/", &upstream.url())
        .bundle("bundle: {name: b, version: '1'}\nrules:\n  - {name: ask, on: request, match: {http: {path: /held}}, effect: hold, hold: {wait: 4s}}\n")
        .start();
    let envoy = Envoy::start(&gateway, each_second);
    let token = gateway.token("robot");
    let quiet = Arc::new(Gate::default());
    upstream.reply("/quiet", Reply::event_stream().wait(&quiet).end(&[]));
    let mut stream = Connection::open(&envoy.address);
    stream.write(Call::get("/quiet").token(&token).bytes());
    Call::get("/plain").token(&token).send_to(&envoy.address).expect(200);
    let held = Call::get("/held").token(&token).send_to(&envoy.address);
    held.expect_refusal(403, "pending");
    quiet.open();
    stream.response(false).unwrap().expect(200);
    let entries = until("all of them", SOON, || {
        Some(read_all(&envoy.records)).filter(|entries| entries.len() >= 3)
    });
    let mut paths: Vec<&str> = entries.iter().map(|entry| entry.path()).collect();
    paths.sort_unstable();
    assert_eq!(paths, ["/held", "/plain", "/quiet"]);
    assert!(entries.iter().all(|entry| entry.line.get("type").is_none()));
    assert!(entries.iter().all(|entry| entry.line["parts"] == json!([])));
}

#[test]
fn a_worker_that_dies_leaves_what_was_said() {
    let upstream = Upstream::start();
    let gateway = Gateway::start(&upstream);
    let envoy = Envoy::start(&gateway, |config| {
        each_second(config);
        filter(config, "gatehouse")["typed_config"]["config"]["vm_config"]["code"]["local"]["filename"] =
            json!(place::module_with_hooks());
        for route in routes(config) {
            route["route"]["max_stream_duration"] = json!({ "max_stream_duration": "20s" });
        }
    });
    let never = Arc::new(Gate::default());
    let events: String = (0..5).map(event).collect();
    upstream.reply("/stream", Reply::event_stream().chunk(events).wait(&never).end(&[]));
    let token = gateway.token("robot");
    let mut connection = Connection::open(&envoy.address);
    connection.write(Call::get("/stream").token(&token).bytes());
    let all: String = (0..5).map(masked).collect();
    until("all to be in a line", SOON, || (meanwhile(&envoy.records) == all).then_some(()));
    let panics = Call::get("/panic").token(&token);
    panics.header("x-gatehouse-test-fault", "panic-at-headers").send_to(&envoy.address).expect(503);
    let end = until("the end of the stream", SOON, || {
        let ended = lines(&envoy.records).into_iter();
        ended.filter(|line| !line.envoy.goes_on).find(|line| line.record.is_some())
    });
    assert_eq!((response(&end), &end.link), ((all, true), &None));
    let verified = verified(&gateway, &envoy.records);
    assert_eq!((&verified["going_on"], &verified["problems"]), (&json!(0), &json!([])));
    assert_eq!(verified["unchained"].as_array().unwrap().len(), 1);
}

/// As `gatehouse run` has it: both ways whole, found where they were altered, and gone where they are erased.
#[test]
fn long_bodies_are_whole_proven_and_erased() {
    let upstream = Upstream::start();
    let gateway = Gateway::start(&upstream);
    let list = |word: &str| json!({ "list": vec![format!("{word} of {}", sample::ssn()); 3500] });
    let masked = |value: &Value| value.to_string().replace(&sample::ssn(), "[REDACTED:us-ssn]");
    let (asked, told) = (list("asked"), list("told"));
    assert!(told.to_string().len() > 70_000);
    upstream.reply("/long", Reply::json(200, &told));
    let token = gateway.token("robot");
    Call::post("/long").token(&token).json(&asked).send(&gateway).expect(200);
    let entry = gateway.record("the call", |entry| entry.path() == "/long");
    let line = &lines(&gateway.records_file())[0];
    assert_eq!(response(line), (masked(&told), false));
    let body = line.exchange().unwrap().unwrap().record.request.body;
    assert_eq!((body.text, body.truncated), (masked(&asked), false));
    assert!(entry.line["parts"].as_array().unwrap().len() > 2);
    let reference = entry.record["exchange"].as_str().unwrap();
    let exported = gateway.cli_ok(&["sessions", "export"]);
    assert!(Line::parse(exported.trim().as_bytes()).as_ref() == Some(line), "{reference}");

    let text = std::fs::read_to_string(gateway.records_file()).unwrap();
    let altered = gateway.data.join("altered.jsonl");
    let begin = text.find("],\"parts\":[{").unwrap() + 2;
    let end = text.find("],\"links\":[").unwrap() + 1;
    let first = text[begin..end].find("},{").unwrap();
    let less = text.replace(&text[begin..begin + first + 2], "\"parts\":[");
    for (changed, problem) in [
        (text.clone(), None),
        (
            format!("{}{}", &text[..begin], text[begin..].replacen("told of", "said of", 1)),
            Some("part_altered"),
        ),
        (less, Some("part_gone")),
        (text.replace(&text[begin..end], "\"parts\":[]"), Some("part_gone")),
    ] {
        std::fs::write(&altered, changed).unwrap();
        let verified = verified(&gateway, &altered);
        assert_eq!(
            verified["problems"][0]["problem"].as_str(),
            problem,
            "{}",
            verified["problems"]
        );
    }
    std::fs::remove_file(&altered).unwrap();

    gateway.cli_ok(&["sessions", "erase", "--subject", "robot", "--by", "dana"]);
    let folder = gateway.records_file().parent().unwrap().to_owned();
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let stored = ["records.sqlite", "records.sqlite-wal"].map(|name| gateway.data.join(name));
    for path in files.chain(stored) {
        let bytes = std::fs::read(&path).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("told of") && !text.contains("asked of"), "{}", path.display());
    }
    let verified = gateway.cli(&["sessions", "verify", "--store", "--format", "json"]);
    let verified: Value = serde_json::from_slice(&verified.stdout).unwrap();
    assert_eq!(verified["erased"], 1);
}
