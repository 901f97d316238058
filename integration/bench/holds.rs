/*!
Calls on hold: how soon after its decision a call goes out while many are open at once through one worker, and what
they do to the latency of the gateway's other traffic. Wall-clock times: say what else ran on the machine.
*/

use std::collections::HashMap;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use integration::envoy::Envoy;
use integration::http1::Connection;
use integration::wait::until;
use integration::{Call, Gateway};
use serde_json::{Value, json};

use crate::load::Origin;

/// What the approval service lets one principal have on hold.
pub const OF_EACH: usize = 25;
const OTHERS: usize = 2000;
/// Of one approver, who has a pace of its own.
const DECISIONS: usize = 50;
/// Between two decisions: people are no faster, and a queue of them would measure itself.
pub const PACE: Duration = Duration::from_millis(40);
pub const STACK: usize = 256 * 1024;

pub fn run(count: usize) {
    let origin = Origin::start();
    let gateway = Gateway::build().upstream("/", &format!("http://{}", origin.address));
    let people = (0..count.div_ceil(DECISIONS)).map(|number| format!("approver-{number}"));
    let gateway = people.fold(gateway, |one, who| one.arg("--approver").arg(who)).start();
    let envoy = Envoy::start(&gateway, |_| {});
    let tokens: Vec<String> = (0..count.div_ceil(OF_EACH))
        .map(|number| gateway.token(&format!("holder-{number}")))
        .collect();
    let other = gateway.token("other");
    traffic(&envoy.address, &other);
    let before = traffic(&envoy.address, &other);

    let (done, released) = mpsc::channel();
    for number in 0..count {
        let call = Call::delete(format!("/held/{number}")).token(&tokens[number / OF_EACH]);
        let call = call.header("x-gatehouse-wait", "115");
        let (address, done) = (envoy.address.clone(), done.clone());
        let waits = move || {
            let mut connection = Connection::open(&address);
            connection.timeout(Duration::from_secs(150)).write(call.bytes());
            let status = connection.response(false).map(|response| response.status);
            let _ = done.send((number, Instant::now(), status));
        };
        std::thread::Builder::new().stack_size(STACK).spawn(waits).expect("a thread");
    }
    until("all calls on hold", Duration::from_secs(60), || {
        let asked = envoy.stat("cluster.gatehouse_approval.upstream_rq_active");
        (asked == count as u64).then_some(())
    });
    let during = traffic(&envoy.address, &other);
    println!(
        "{count} calls on hold through one worker; other traffic p50 {:.2} ms (without {:.2} ms), p99 {:.2} ms ({:.2} ms)",
        at(&during, 50),
        at(&before, 50),
        at(&during, 99),
        at(&before, 99)
    );

    let mut decided = HashMap::new();
    let mut console = Connection::open(gateway.console.trim_start_matches("http://"));
    while decided.len() < count {
        // The list shows those that expire first.
        for (number, hold) in open(&gateway) {
            if decided.contains_key(&number) {
                continue;
            }
            std::thread::sleep(PACE);
            let call = approve(&gateway, &hold, decided.len() / DECISIONS);
            decided.insert(number, Instant::now());
            console.write(call.bytes());
            let status = console.response(false).map(|response| response.status);
            assert_eq!(status, Some(200), "a decision");
        }
    }
    let mut took: Vec<f64> = (0..count)
        .map(|_| {
            let (number, at, status) = released.recv().expect("an answer");
            assert_eq!(status, Some(200), "call {number}");
            (at - decided[&number]).as_secs_f64() * 1e3
        })
        .collect();
    took.sort_by(f64::total_cmp);
    println!(
        "decision to release: p50 {:.1} ms, p99 {:.1} ms, longest {:.1} ms",
        at(&took, 50),
        at(&took, 99),
        took[took.len() - 1]
    );
}

/// Sorted latencies in milliseconds of calls that need no approval, one after the other.
fn traffic(address: &str, token: &str) -> Vec<f64> {
    let mut connection = Connection::open(address);
    let call = Call::get("/x").token(token).bytes();
    let mut took: Vec<f64> = (0..OTHERS)
        .map(|_| {
            let began = Instant::now();
            let response = connection.write(&call).response(false).expect("an answer");
            assert_eq!(response.status, 200);
            began.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    took.sort_by(f64::total_cmp);
    took
}

pub fn at(sorted: &[f64], percent: usize) -> f64 {
    sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)]
}

/// As that approver.
fn approve(gateway: &Gateway, hold: &str, who: usize) -> Call {
    let path = format!("/v1/holds/{hold}/decision");
    let key = gateway.run["approvers"][who]["key"].as_str().expect("a key");
    let mut call = Call::post(path).token(key);
    call.headers.retain(|(name, _)| name != "host");
    let call = call.header("host", gateway.console.trim_start_matches("http://"));
    call.json(&json!({ "decision": "approve", "reason": "bench" }))
}

/// Holds that are open, by the number of their call.
fn open(gateway: &Gateway) -> Vec<(usize, String)> {
    let list = gateway.cli_ok(&["approvals", "list", "--format", "json"]);
    let list: Value = serde_json::from_str(&list).expect("a list");
    let holds = list["holds"].as_array().cloned().unwrap_or_default();
    let number = |hold: &Value| {
        let text = hold.to_string();
        let (_, rest) = text.split_once("/held/")?;
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        Some((digits.parse().ok()?, hold["id"].as_str()?.to_owned()))
    };
    holds.iter().filter_map(number).collect()
}
