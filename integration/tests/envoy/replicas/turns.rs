//! Whichever replica is asked what.

use std::sync::Mutex;

use integration::approver::Question;
use integration::switch::{Switch, Way};

use super::*;

/// Held, polled, decided and redeemed at either of two, in every combination.
#[test]
fn a_hold_lives_at_any_replica() {
    let (ends, database) = (Ends::new(), Postgres::start());
    let service = Arc::new(Service::postgres(&ends.gateway, &database));
    let replicas = [service.replica(), service.replica()];
    let places = [replicas[0].filter, replicas[1].filter];
    // Held, polled, redeemed.
    let turns = Arc::new(Mutex::new([0; 3]));
    let shared = Arc::clone(&turns);
    let switch = Switch::to(&service, move |question| {
        let [held, polled, redeemed] = *shared.lock().unwrap();
        Way::To(
            places[match question {
                Question::News => polled,
                Question::Redemption => redeemed,
                _ => held,
            }],
        )
    });
    let envoy = Envoy::start(&ends.gateway, |config| switch.serves(config));
    for number in 0..16 {
        let at = |bit: usize| number >> bit & 1;
        *turns.lock().unwrap() = [at(0), at(1), at(2)];
        let decides = &replicas[at(3)];
        let path = format!("/held/{number}/");
        let answer = send(&envoy, &ends.call(&path, number, 60));
        let id = hold_of(decides, &path);
        let (news, redemption) = (format!("/{id}/wait"), format!("/{id}/redeem"));
        switch.seen.wait_for(&news, 1);
        assert_eq!(ends.sent(&path), 0);
        let decided = Instant::now();
        decides.decide(&id, "approve").unwrap().expect(200);
        answer.join().unwrap().unwrap().expect(200);
        // It woke the poll that slept, also where it was made at the other one.
        assert!(decided.elapsed() < AT_ONCE, "{number}: {:?}", decided.elapsed());
        assert_eq!(ends.sent(&path), 1, "{number}");
        assert_eq!(switch.asked(Question::News, &news), 1, "{number}");
        assert_eq!(switch.asked(Question::Redemption, &redemption), 1, "{number}");
        assert_eq!(times(&replicas[0], &id, "redeemed"), 1);
        // Used up for everybody, wherever they ask.
        let nonce = json!({ "exchange": "x_somebody-else", "nonce": "0123456789abcdef" });
        let again = Call::post(format!("/v1/holds/{id}/redeem")).json(&nonce);
        for place in places {
            service.ask(place, &again).unwrap().expect(409);
        }
    }
}

/// As the guide has it: both are endpoints of the cluster.
#[test]
fn a_call_goes_once_whoever_decides() {
    const CALLS: usize = 40;
    let (ends, database) = (Ends::new(), Postgres::start());
    let service = Service::postgres(&ends.gateway, &database);
    let replicas = [service.replica(), service.replica()];
    let envoy = Envoy::start(&ends.gateway, |config| {
        service.serves(&[&replicas[0], &replicas[1]], config);
    });
    let calls: Vec<_> = (0..CALLS)
        .map(|number| {
            let path = format!("/held/{number}/");
            let answer = send(&envoy, &ends.call(&path, number, 60));
            (path, answer)
        })
        .collect();
    for (number, (path, _)) in calls.iter().enumerate() {
        let decides = &replicas[number / 2 % 2];
        let id = hold_of(decides, path);
        let decision = if number % 4 == 3 { "deny" } else { "approve" };
        decides.decide(&id, decision).unwrap().expect(200);
    }
    for (number, (path, answer)) in calls.into_iter().enumerate() {
        let response = answer.join().unwrap().unwrap();
        let passed = number % 4 != 3;
        match passed {
            true => response.expect(200),
            false => response.expect_refusal(403, "hold_denied"),
        };
        assert_eq!(ends.sent(&path), usize::from(passed), "{path}");
    }
    let clusters = envoy.admin("/clusters");
    for replica in &replicas {
        let line = format!("gatehouse_approval::{}::rq_total::", replica.filter);
        let asked = clusters.lines().find_map(|one| one.strip_prefix(&line)).unwrap();
        assert!(asked.parse::<usize>().unwrap() > CALLS / 2, "{asked} questions to {line}");
    }
}
