/*!
Two replicas over one PostgreSQL: calls are held and wait at one of them and are decided at the other; how soon after
the decision is sent the upstream has the call. Wall-clock times: say what else ran on the machine.
*/

use std::collections::HashMap;
use std::sync::{Mutex, mpsc};
use std::time::{Duration, Instant};

use integration::envoy::Envoy;
use integration::http1::Connection;
use integration::postgres::Postgres;
use integration::replicas::Service;
use integration::wait::until;
use integration::{Call, Gateway, Upstream};
use serde_json::Value;

use crate::holds::{OF_EACH, PACE, STACK, at};

const WARM_UP: usize = 50;
/// It answers a question about all holds within this, and has nothing else to do.
const CAUGHT_UP: Duration = Duration::from_millis(150);

pub fn run(count: usize) {
    let (upstream, database) = (Upstream::start(), Postgres::start());
    let (came, arrivals) = mpsc::channel();
    let came = Mutex::new(came);
    upstream.script(move |request| {
        let _ = came.lock().expect("the sender").send((number(&request.target), Instant::now()));
        None
    });
    let gateway = Gateway::start(&upstream);
    let service = Service::postgres(&gateway, &database);
    let (here, there) = (service.replica(), service.replica());
    let envoy = Envoy::start(&gateway, |config| service.serves(&[&here], config));
    let tokens: Vec<String> = (0..(count + WARM_UP).div_ceil(OF_EACH))
        .map(|number| gateway.token(&format!("holder-{number}")))
        .collect();
    let waits = |number: usize| {
        let call = Call::delete(format!("/held/{number}")).token(&tokens[number / OF_EACH]);
        let call = call.header("x-gatehouse-wait", "115");
        let address = envoy.address.clone();
        let waits = move || {
            let mut connection = Connection::open(&address);
            connection.timeout(Duration::from_secs(150)).write(call.bytes());
            connection.response(false).map(|response| response.status)
        };
        std::thread::Builder::new().stack_size(STACK).spawn(waits).expect("a thread");
    };
    let asked = |what: &str| envoy.stat(&format!("cluster.gatehouse_approval.upstream_rq_{what}"));
    // Each asked for its hold, was answered, and asks for news.
    let on_hold = |count: usize, before: u64| {
        until("all calls on hold", Duration::from_secs(60), || {
            let count = count as u64;
            (asked("active") == count && asked("completed") >= before + count).then_some(())
        });
    };
    let arrival = || arrivals.recv_timeout(Duration::from_secs(60)).expect("the upstream gets it");
    let (mut decided, mut answered) = (HashMap::new(), Vec::new());
    let mut decide = |hold: &Value, answered: &mut Vec<f64>| {
        let number = number(hold["action"].as_str().expect("an action"));
        let began = Instant::now();
        let response = there.decide(hold["id"].as_str().expect("an id"), "approve");
        assert_eq!(response.map(|response| response.status), Some(200), "a decision");
        decided.insert(number, began);
        answered.push(began.elapsed().as_secs_f64() * 1e3);
    };

    // A worker compiles what it needs for a release with the first of them, and well after some.
    for number in count..count + WARM_UP {
        waits(number);
        let hold = || there.holds("pending").into_iter().next();
        decide(&until("a hold", Duration::from_secs(60), hold), &mut answered);
        arrival();
    }
    answered.clear();
    let before = asked("completed");
    (0..count).for_each(waits);
    on_hold(count, before);
    // The first polls of all are read one after the other.
    until("the replica to have caught up", Duration::from_secs(60), || {
        let began = Instant::now();
        here.get("/v1/holds?text=nothing");
        (began.elapsed() < CAUGHT_UP).then_some(())
    });
    let mut left = count;
    while left > 0 {
        // The list shows those that expire first.
        for hold in there.holds("pending") {
            std::thread::sleep(PACE);
            decide(&hold, &mut answered);
            left -= 1;
        }
    }
    let mut took: Vec<f64> = (0..count)
        .map(|_| {
            let (number, at) = arrival();
            (at - decided[&number]).as_secs_f64() * 1e3
        })
        .collect();
    println!("{count} calls on hold at one replica, decided at the other");
    told("decision to upstream", &mut took);
    told("decision to its answer", &mut answered);
}

fn told(what: &str, took: &mut [f64]) {
    took.sort_by(f64::total_cmp);
    let longest = took[took.len() - 1];
    let (half, most) = (at(took, 50), at(took, 99));
    println!("{what}: p50 {half:.1} ms, p99 {most:.1} ms, longest {longest:.1} ms");
}

/// Of the call, at the end of its path.
fn number(action: &str) -> usize {
    let digits = action.rsplit('/').next().expect("a path");
    digits.parse().expect("a number")
}
