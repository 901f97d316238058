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

use crate::holds::{OF_EACH, PACE, STACK, at};

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
    let tokens: Vec<String> = (0..count.div_ceil(OF_EACH))
        .map(|number| gateway.token(&format!("holder-{number}")))
        .collect();
    for number in 0..count {
        let call = Call::delete(format!("/held/{number}")).token(&tokens[number / OF_EACH]);
        let call = call.header("x-gatehouse-wait", "115");
        let address = envoy.address.clone();
        let waits = move || {
            let mut connection = Connection::open(&address);
            connection.timeout(Duration::from_secs(150)).write(call.bytes());
            connection.response(false).map(|response| response.status)
        };
        std::thread::Builder::new().stack_size(STACK).spawn(waits).expect("a thread");
    }
    until("all calls on hold", Duration::from_secs(60), || {
        let asked = envoy.stat("cluster.gatehouse_approval.upstream_rq_active");
        (asked == count as u64).then_some(())
    });

    let mut decided = HashMap::new();
    while decided.len() < count {
        // The list shows those that expire first.
        for hold in there.holds("pending") {
            let number = number(hold["action"].as_str().expect("an action"));
            std::thread::sleep(PACE);
            decided.insert(number, Instant::now());
            let id = hold["id"].as_str().expect("an id");
            let status = there.decide(id, "approve").map(|response| response.status);
            assert_eq!(status, Some(200), "a decision");
        }
    }
    let arrivals = (0..count).map(|_| arrivals.recv_timeout(Duration::from_secs(60)));
    let mut took: Vec<f64> = arrivals
        .map(|arrival| {
            let (number, at) = arrival.expect("the upstream gets each call");
            (at - decided[&number]).as_secs_f64() * 1e3
        })
        .collect();
    took.sort_by(f64::total_cmp);
    println!(
        "{count} calls on hold at one replica, decided at the other; decision to upstream: p50 {:.1} ms, \
         p99 {:.1} ms, longest {:.1} ms",
        at(&took, 50),
        at(&took, 99),
        took[took.len() - 1]
    );
}

/// Of the call, at the end of its path.
fn number(action: &str) -> usize {
    let digits = action.rsplit('/').next().expect("a path");
    digits.parse().expect("a number")
}
