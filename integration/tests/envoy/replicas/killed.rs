//! Replicas are killed, one after the other, while 200 calls wait at both.

use std::collections::BTreeMap;
use std::sync::Barrier;

use super::*;

const CALLS: usize = 200;

/// What becomes of a call, and when: each has as many as the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Decided(&'static str, When),
    /// Nobody decides in time.
    Expires,
    CallerLeaves(When),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    Before,
    /// While the first one is killed.
    Meanwhile,
    /// The first one is gone.
    OneLeft,
    /// The first one is back, the second one gone.
    Exchanged,
}

use Fate::{CallerLeaves, Decided, Expires};
use When::{Before, Exchanged, Meanwhile, OneLeft};

const FATES: [Fate; 10] = [
    Decided("approve", Before),
    Decided("deny", Before),
    CallerLeaves(Before),
    Decided("approve", Meanwhile),
    Decided("approve", OneLeft),
    Decided("deny", OneLeft),
    CallerLeaves(OneLeft),
    Decided("approve", Exchanged),
    Decided("deny", Exchanged),
    Expires,
];

fn fate(number: usize) -> Fate {
    FATES[number % FATES.len()]
}

fn path(number: usize) -> String {
    let prefix = if fate(number) == Expires { "short" } else { "held" };
    format!("/{prefix}/{number}/")
}

/// A caller and its end of the connection, which it may close.
struct Caller {
    hangs_up: std::net::TcpStream,
    answer: JoinHandle<Option<Response>>,
}

impl Caller {
    fn new(envoy: &Envoy, call: &Call) -> Self {
        let mut connection = Connection::open(&envoy.address);
        connection.timeout(Duration::from_secs(150)).write(call.bytes());
        let hangs_up = connection.stream().try_clone().unwrap();
        Self { hangs_up, answer: std::thread::spawn(move || connection.response(false)) }
    }
}

struct Scene {
    ends: Ends,
    service: Service,
    envoy: Envoy,
    callers: Vec<Caller>,
    /// Holds by the number of their call.
    holds: BTreeMap<usize, String>,
    _database: Postgres,
}

impl Scene {
    /// All wait.
    fn new() -> (Self, Replica, Replica) {
        let (ends, database) = (Ends::new(), Postgres::start());
        let service = Service::postgres(&ends.gateway, &database);
        let (one, other) = (service.replica(), service.replica());
        let envoy = Envoy::start(&ends.gateway, |config| service.serves(&[&one, &other], config));
        let mut scene = Self {
            ends,
            service,
            envoy,
            callers: Vec::new(),
            holds: BTreeMap::new(),
            _database: database,
        };
        let mut numbers: Vec<usize> = (0..CALLS).collect();
        // Those that wait for a short time come last.
        numbers.sort_by_key(|number| fate(*number) == Expires);
        let mut callers: Vec<(usize, Caller)> = numbers
            .into_iter()
            // Principals are told apart by the last digit but one: the last one is the fate.
            .map(|number| {
                let call = scene.ends.call(&path(number), number / FATES.len(), 120);
                (number, Caller::new(&scene.envoy, &call))
            })
            .collect();
        callers.sort_by_key(|(number, _)| *number);
        scene.callers = callers.into_iter().map(|(_, caller)| caller).collect();
        scene.holds = until("all on hold", Duration::from_secs(60), || {
            let holds = one.holds("open").into_iter();
            let number = |hold: &Value| {
                path_of(hold).trim_matches('/').rsplit('/').next().unwrap().parse().unwrap()
            };
            let holds: BTreeMap<usize, String> = holds
                .map(|hold| (number(&hold), hold["id"].as_str().unwrap().to_owned()))
                .collect();
            (holds.len() == CALLS).then_some(holds)
        });
        (scene, one, other)
    }

    fn with(&self, wanted: Fate) -> impl Iterator<Item = (usize, &str)> {
        let holds = self.holds.iter().map(|(number, hold)| (*number, hold.as_str()));
        holds.filter(move |(number, _)| fate(*number) == wanted)
    }

    fn decide(&self, at: &Replica, decision: &'static str, when: When) {
        for (_, hold) in self.with(Decided(decision, when)) {
            at.decide(hold, decision).unwrap().expect(200);
        }
    }

    fn leave(&self, when: When) {
        for (number, _) in self.with(CallerLeaves(when)) {
            self.callers[number].hangs_up.shutdown(std::net::Shutdown::Both).unwrap();
        }
    }

    /// Each ended as it had to, at both ends, and once.
    #[track_caller]
    fn ended(mut self, at: &Replica) {
        for (number, caller) in std::mem::take(&mut self.callers).into_iter().enumerate() {
            let (fate, path, hold) = (fate(number), path(number), &self.holds[&number]);
            let answer = caller.answer.join().unwrap();
            let (status, sent) = match fate {
                Decided("approve", _) => {
                    answer.unwrap_or_else(|| panic!("no answer to {path}")).expect(200);
                    ("redeemed", 1)
                }
                Decided(..) => {
                    answer.unwrap().expect_refusal(403, "hold_denied");
                    ("denied", 0)
                }
                Expires => {
                    answer.unwrap().expect_refusal(403, "hold_expired");
                    ("expired", 0)
                }
                CallerLeaves(_) => {
                    assert!(answer.is_none(), "{path}");
                    ("cancelled", 0)
                }
            };
            let shown = until(&format!("{path} to be {status} ({fate:?})"), SOON, || {
                let shown = at.get(&format!("/v1/holds/{hold}"));
                (shown["status"] == status).then_some(shown)
            });
            assert_eq!(self.ends.sent(&path), sent, "{path} {fate:?}");
            let trail = shown["trail"].as_array().unwrap();
            let times = |action: &str| trail.iter().filter(|one| one["action"] == action).count();
            assert_eq!((times("held"), times("redeemed")), (1, sent), "{path} {fate:?}: {trail:?}");
        }
        assert!(at.holds("open").is_empty());
    }
}

#[test]
fn replicas_are_killed_while_200_calls_wait() {
    let (scene, mut one, mut other) = Scene::new();
    assert_eq!(scene.ends.sent("/"), 0);
    let failed = || scene.envoy.stat("cluster.gatehouse_approval.upstream_cx_connect_fail");
    scene.decide(&one, "approve", Before);
    scene.decide(&other, "deny", Before);
    scene.leave(Before);

    // Some are approved in the very moment, at the one that stays.
    let ready = Barrier::new(2);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            ready.wait();
            scene.decide(&other, "approve", Meanwhile);
        });
        ready.wait();
        one.kill();
    });
    until("questions in vain", SOON, || (failed() > 0).then_some(()));
    scene.decide(&other, "approve", OneLeft);
    scene.decide(&other, "deny", OneLeft);
    scene.leave(OneLeft);

    one.start_again(&scene.service);
    let failed_by_now = failed();
    other.kill();
    until("questions in vain", SOON, || (failed() > failed_by_now).then_some(()));
    scene.decide(&one, "approve", Exchanged);
    scene.decide(&one, "deny", Exchanged);
    scene.ended(&one);
}
