//! The service is killed between a redemption and its answer.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};

use integration::approver::Question;
use integration::switch::{Switch, Way};
use rustix::process::{Pid, Signal, kill_process};

use super::*;

/// The one service over SQLite behind a switch that kills it, once.
struct Scene {
    ends: Ends,
    service: Arc<Service>,
    replica: Replica,
    switch: Switch,
    envoy: Envoy,
}

impl Scene {
    /// `heard`: the redemption is committed and answered before the end, and the answer lost.
    fn new(heard: bool) -> Self {
        let ends = Ends::new();
        let service = Arc::new(Service::sqlite(&ends.gateway));
        let replica = service.replica();
        let (place, pid) = (replica.filter, replica.pid());
        let spent = AtomicBool::new(false);
        let switch = Switch::to(&service, move |question| {
            if question != Question::Redemption || spent.swap(true, Ordering::Relaxed) {
                return Way::To(place);
            }
            if heard {
                return Way::Lost(place, Box::new(move || end(pid, place)));
            }
            end(pid, place);
            Way::Broken
        });
        let envoy = Envoy::start(&ends.gateway, |config| switch.serves(config));
        Self { ends, service, replica, switch, envoy }
    }

    /// A call that is approved and whose redemption ends the service: its hold, and its answer to come.
    fn redeemed_in_vain(&self, path: &str, wait: u32) -> (String, JoinHandle<Option<Response>>) {
        let answer = send(&self.envoy, &self.ends.call(path, 0, wait));
        let id = hold_of(&self.replica, path);
        // The service may end before it could say that it took the decision.
        if let Some(taken) = self.replica.decide(&id, "approve") {
            taken.expect(200);
        }
        // The first one ended it, the second found nobody.
        self.switch.seen.wait_for(&format!("/{id}/redeem"), 2);
        assert_eq!(self.ends.sent(path), 0);
        (id, answer)
    }
}

/// Returns once nobody listens there.
fn end(pid: u32, place: SocketAddr) {
    kill_process(Pid::from_raw(pid as i32).unwrap(), Signal::KILL).unwrap();
    until("the service to be gone", SOON, || std::net::TcpStream::connect(place).err());
}

#[test]
fn a_redemption_whose_answer_was_lost_releases_once() {
    for heard in [true, false] {
        let mut scene = Scene::new(heard);
        let (id, answer) = scene.redeemed_in_vain("/held/once/", 100);
        scene.replica.start_again(&scene.service);
        answer.join().unwrap().unwrap().expect(200);
        assert_eq!(scene.ends.sent("/held/once/"), 1);
        assert_eq!(times(&scene.replica, &id, "redeemed"), 1);
        assert_eq!(times(&scene.replica, &id, "redeemed_again"), usize::from(heard));
        let redemptions = scene.switch.seen.requests(&format!("/{id}/redeem"));
        assert!(redemptions.iter().all(|one| one.body() == redemptions[0].body()), "one nonce");
    }
}

/// Nobody knows whether it was used, so nothing is sent; and what was used stays used.
#[test]
fn a_redemption_that_nobody_answers_releases_nothing() {
    for heard in [true, false] {
        let mut scene = Scene::new(heard);
        let path = "/held/never/";
        let (id, answer) = scene.redeemed_in_vain(path, 4);
        let response = answer.join().unwrap().unwrap();
        let response = response.expect_refusal(403, "redemption_unknown");
        let record = scene.envoy.record(path, |entry| entry.path() == path);
        assert_eq!(record.reason(), "redemption_unknown");
        assert_eq!(record.record["exchange"], json!(response.reference().unwrap()));
        scene.replica.start_again(&scene.service);
        // The approval that is left, if there is one, lets one call pass, and no second one.
        let mut released = 0;
        for _ in 0..3 {
            let again = send(&scene.envoy, &scene.ends.call(path, 0, 0)).join().unwrap().unwrap();
            released += usize::from(again.status == 200);
            if again.status != 200 {
                again.expect_refusal(403, "pending");
            }
        }
        assert_eq!(released, usize::from(!heard));
        assert_eq!(scene.ends.sent(path), released);
        assert_eq!(times(&scene.replica, &id, "redeemed"), 1);
        assert_eq!(times(&scene.replica, &id, "redeemed_again"), 0);
    }
}
