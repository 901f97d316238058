/*! What callers leave behind at the approval service that come and go. */

use std::time::Duration;

use integration::envoy::{Envoy, cluster, plugin};
use integration::http1::Connection;
use integration::wait::{SOON, until};
use integration::{Call, Gateway, Upstream};
use serde_json::{Value, json};

const PER_PRINCIPAL: u64 = 4;

/// A long question that nobody waits for any more ends by itself after 20 s.
const SOONER_THAN_NEWS: Duration = Duration::from_secs(15);

/// Each time it comes it waits for the same decision, and a long question goes to the service.
#[test]
fn who_comes_and_goes_leaves_others_their_questions() {
    let upstream = Upstream::start();
    let gateway = Gateway::start(&upstream);
    let envoy = Envoy::start(&gateway, |config| {
        plugin(config, |plugin| {
            plugin["limits"]["holds_per_principal"] = json!(PER_PRINCIPAL);
        });
        let thresholds =
            &mut cluster(config, "gatehouse_approval")["circuit_breakers"]["thresholds"];
        thresholds[0]["max_requests"] = json!(PER_PRINCIPAL + 4);
    });
    let call = |subject: &str, wait: &str| {
        let call = Call::delete(format!("/held/{subject}")).token(&gateway.token(subject));
        call.header("x-gatehouse-wait", wait)
    };
    let asked = || envoy.stat("cluster.gatehouse_approval.upstream_rq_total");
    let under_way = || envoy.stat("cluster.gatehouse_approval.upstream_rq_active");
    let refused = || envoy.stat("http.gatehouse.downstream_rq_4xx");
    // Who was answered has no caller that could leave: from now on the hold stays.
    call("eve", "0").send_to(&envoy.address).expect_refusal(403, "pending");
    for _ in 0..30 {
        let (asked_before, refused_before) = (asked(), refused());
        let mut connection = Connection::open(&envoy.address);
        connection.write(call("eve", "60").bytes());
        until("a call that waits, or is refused", SOON, || {
            (asked() >= asked_before + 2 || refused() > refused_before).then_some(())
        });
        drop(connection);
        until("the end of it", SOON, || {
            (envoy.stat("http.gatehouse.downstream_rq_active") == 0).then_some(())
        });
        // Beside the long ones it says each time that it left.
        until("no more under way than it may have on hold", SOONER_THAN_NEWS, || {
            (under_way() <= PER_PRINCIPAL).then_some(())
        });
    }
    let address = envoy.address.clone();
    let other = call("ada", "60");
    let other = std::thread::spawn(move || other.send_to(&address));
    let hold = until("the hold of another", SOON, || {
        let list = gateway.cli_ok(&["approvals", "list", "--format", "json"]);
        let list: Value = serde_json::from_str(&list).unwrap();
        let holds = list.as_array().or_else(|| list["holds"].as_array()).cloned()?;
        let hold = holds.into_iter().find(|hold| hold.to_string().contains("/held/ada"))?;
        Some(hold["hold"].as_str().or_else(|| hold["id"].as_str())?.to_owned())
    });
    gateway.cli_ok(&["approvals", "approve", &hold]);
    other.join().unwrap().expect(200);
    assert!(!upstream.saw("/held/eve"));
}
