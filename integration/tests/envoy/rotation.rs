/*! The approval service changes its keys while calls are on hold. */

use integration::approver::{Approver, Question};
use integration::envoy::Envoy;
use integration::wait::{SOON, until};
use integration::{Call, Gateway, Upstream};

const BUNDLE: &str = "\
bundle: {name: rotation, version: '1'}
rules:
  - {name: ask, on: request, match: {http: {method: DELETE}}, effect: hold}
";

#[test]
fn no_call_on_hold_is_lost_when_the_keys_change() {
    let (upstream, approver) = (Upstream::start(), Approver::start());
    let gateway = Gateway::build().upstream("/", &upstream.url()).bundle(BUNDLE).start();
    let former = Envoy::start(&gateway, |config| approver.serves(config));
    let envoy = Envoy::start(&gateway, |config| {
        approver.serves(config);
        approver.announces(config);
    });
    let delete = |path: &str| {
        let call = Call::delete(path).token(&gateway.token("robot"));
        call.header("x-gatehouse-wait", "60")
    };
    // Signed by the former key, which is still in use.
    delete("/before").send_to(&envoy.address).expect(200);
    approver.says("pending");
    let held: Vec<_> = (0..10)
        .map(|number| {
            let (call, address) = (delete(&format!("/held/{number}/")), envoy.address.clone());
            std::thread::spawn(move || call.send_to(&address))
        })
        .collect();
    until("ten calls on hold", SOON, || {
        let mut polled: Vec<_> =
            approver.asked(Question::News).into_iter().map(|one| one.target).collect();
        polled.iter_mut().for_each(|path| path.truncate(path.find('?').unwrap()));
        polled.sort();
        polled.dedup();
        (polled.len() == 10).then_some(())
    });
    approver.rotates();
    approver.says("approved");
    for answer in held {
        answer.join().unwrap().expect(200);
    }
    for number in 0..10 {
        assert_eq!(upstream.requests(&format!("/held/{number}/")).len(), 1);
    }
    // A gateway that was not told of the new keys takes nothing that they sign.
    delete("/untold").send_to(&former.address).expect_refusal(403, "grant_invalid");
    assert!(upstream.requests("/untold").is_empty());
}
