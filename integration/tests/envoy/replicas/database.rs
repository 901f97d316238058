//! The database crashes while calls wait, and comes back.

use std::collections::BTreeMap;

use super::*;

const CALLS: usize = 60;

#[test]
fn the_database_goes_away_and_comes_back() {
    let (ends, mut database) = (Ends::new(), Postgres::start());
    let service = Service::postgres(&ends.gateway, &database);
    let replicas = [service.replica(), service.replica()];
    let envoy = Envoy::start(&ends.gateway, |config| {
        service.serves(&[&replicas[0], &replicas[1]], config);
    });
    let path = |number: usize| format!("/held/{number}/");
    let mut answers: BTreeMap<usize, _> = (0..CALLS)
        .map(|number| (number, send(&envoy, &ends.call(&path(number), number, 110))))
        .collect();
    let holds: Vec<String> =
        (0..CALLS).map(|number| hold_of(&replicas[0], &path(number))).collect();
    let mut leaver = Connection::open(&envoy.address);
    leaver.write(ends.call("/held/left/", 0, 110).bytes());
    let left = hold_of(&replicas[0], "/held/left/");

    // Decisions go on while it crashes: each stands, or is told to have failed.
    let mut decided = BTreeMap::new();
    std::thread::scope(|scope| {
        let deciding = scope.spawn(|| {
            let mut decided = BTreeMap::new();
            for number in 0..CALLS / 2 {
                let replica = &replicas[number % 2];
                let response = replica.decide(&holds[number], decision(number)).unwrap();
                assert!([200, 503].contains(&response.status), "{}", response.text());
                decided.insert(number, response.status == 200);
            }
            decided
        });
        until("some decisions", SOON, || (ends.sent("/held/") >= 3).then_some(()));
        database.crash();
        decided = deciding.join().unwrap();
    });
    assert!(decided.values().any(|stands| !stands), "it crashed too late for this test");
    for replica in &replicas {
        replica.console("GET", "/healthz", None).unwrap().expect(503);
        let health = service.ask(replica.filter, &Call::get("/healthz")).unwrap().expect(503);
        assert_eq!(health.json()["type"], "urn:gatehouse:problem:unavailable");
        replica.console("GET", "/v1/holds", None).unwrap().expect(503);
    }
    let new = send(&envoy, &ends.call("/held/new/", 0, 0)).join().unwrap().unwrap();
    new.expect_refusal(503, "approval_unavailable");
    drop(leaver);
    let record = envoy.record("the one that left", |entry| entry.path() == "/held/left/");
    assert_eq!(record.record["end"], "aborted");

    database.start_again();
    for replica in &replicas {
        until("the service to recover", SOON, || {
            let health = replica.console("GET", "/healthz", None);
            health.filter(|health| health.status == 200)
        });
    }
    // What was told to have failed may stand all the same.
    for (number, hold) in holds.iter().enumerate() {
        if decided.get(&number) != Some(&true) {
            replicas[1 - number % 2].decide(hold, decision(number)).unwrap().expect(200);
        }
    }
    for (number, hold) in holds.iter().enumerate() {
        let response = answers.remove(&number).unwrap().join().unwrap().unwrap();
        let passes = decision(number) == "approve";
        match passes {
            true => response.expect(200),
            false => response.expect_refusal(403, "hold_denied"),
        };
        assert_eq!(ends.sent(&path(number)), usize::from(passes), "{number}");
        assert_eq!(times(&replicas[0], hold, "redeemed"), usize::from(passes), "{number}");
    }
    until("the one that was left to end", SOON, || {
        let shown = replicas[0].get(&format!("/v1/holds/{left}"));
        (shown["status"] == "cancelled").then_some(())
    });
    assert_eq!(ends.sent("/held/left/") + ends.sent("/held/new/"), 0);
}

fn decision(number: usize) -> &'static str {
    if number % 4 == 3 { "deny" } else { "approve" }
}

/// Each listens again, so that what is decided at one wakes who waits at the other.
#[test]
fn replicas_hear_of_each_other_again() {
    let (ends, mut database) = (Ends::new(), Postgres::start());
    let service = Service::postgres(&ends.gateway, &database);
    let (asked, decides) = (service.replica(), service.replica());
    let envoy = Envoy::start(&ends.gateway, |config| service.serves(&[&asked], config));
    let waits = |path: &str| {
        let answer = send(&envoy, &ends.call(path, 0, 110));
        let id = hold_of(&decides, path);
        until("it waits", SOON, || {
            (asked.get(&format!("/v1/holds/{id}"))["waiting"] == 1).then_some(())
        });
        (id, answer)
    };
    for round in 0..3 {
        // One sleeps while it happens, one comes afterwards.
        let (during, after) = (format!("/held/{round}/during/"), format!("/held/{round}/after/"));
        let (id, answer) = waits(&during);
        database.crash();
        database.start_again();
        until("the decision", SOON, || {
            decides.decide(&id, "approve").filter(|response| response.status == 200)
        });
        let decided = Instant::now();
        answer.join().unwrap().unwrap().expect(200);
        assert!(decided.elapsed() < AT_ONCE, "{during}: {:?}", decided.elapsed());
        let (id, answer) = waits(&after);
        let decided = Instant::now();
        decides.decide(&id, "approve").unwrap().expect(200);
        answer.join().unwrap().unwrap().expect(200);
        assert!(decided.elapsed() < AT_ONCE, "{after}: {:?}", decided.elapsed());
        assert_eq!((ends.sent(&during), ends.sent(&after)), (1, 1));
    }
}
