/*! The kill switch: what is new, on hold or flowing of somebody who is stopped. */

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use integration::approver::{Approver, Question};
use integration::envoy::{Envoy, filter};
use integration::http1::Connection;
use integration::wait::{Gate, SOON, until};
use integration::{Call, Gateway, Reply, Response, Upstream, place, sample};
use policy::kill::Whom;
use serde_json::{Value, json};

const BUNDLE: &str = "\
bundle: {name: kills, version: '1'}
rules:
  - {name: ask, on: request, match: {http: {method: DELETE}}, effect: hold}
patterns:
  - {name: address, kind: email, regex: '[a-z.]{1,32}@[a-z.]{1,32}', examples: {match: ['a.b@c.example'], no_match: ['a.b']}}
";

/// Longer than any kill here lasts.
const LATER: Duration = Duration::from_secs(90);

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn get(envoy: &Envoy, token: &str) -> Response {
    Call::get("/new").token(token).send_to(&envoy.address)
}

/// Within seconds: that is what the switch is for.
#[track_caller]
fn is_killed(envoy: &Envoy, token: &str) -> Response {
    until("the kill to be in force", SOON, || {
        let answer = get(envoy, token);
        assert!([200, 403].contains(&answer.status), "{}", answer.status);
        (answer.status == 403).then(|| answer.expect_refusal(403, "killed"))
    })
}

#[track_caller]
fn is_let(envoy: &Envoy, token: &str) {
    until("the kill to be over", LATER, || (get(envoy, token).status == 200).then_some(()));
}

/// As the record of a call has them.
fn keys(envoy: &Envoy, token: &str) -> (Whom, Whom) {
    Call::get("/who").token(token).send_to(&envoy.address).expect(200);
    let entry = envoy.record("the call", |entry| entry.path() == "/who");
    let key = |name: &str| Whom::named(entry.record[name].as_str().unwrap()).unwrap();
    (key("caller"), key("token"))
}

fn scripted() -> (Upstream, Approver, Gateway) {
    let (upstream, approver) = (Upstream::start(), Approver::start());
    let gateway = Gateway::build().upstream("/", &upstream.url()).bundle(BUNDLE).start();
    (upstream, approver, gateway)
}

#[test]
fn what_is_under_way_ends_and_nothing_new_begins() {
    let (upstream, approver, gateway) = scripted();
    approver.says("pending");
    let envoy = Envoy::start(&gateway, |config| approver.serves(config));
    let (ada, bob) = (gateway.token("ada"), gateway.token("bob"));
    let (whom, _) = keys(&envoy, &ada);
    let gate = Arc::new(Gate::default());
    let events = Reply::event_stream().chunk("data: one\n\n").wait(&gate).chunk("data: two\n\n");
    upstream.reply("/flows", events.end(&[]));
    upstream.reply("/waits", Reply { steps: Vec::new() }.wait(&gate).close());
    let begin = |call: Call| {
        let mut connection = Connection::open(&envoy.address);
        connection.write(call.bytes());
        connection
    };
    let mut flowing: Vec<Connection> = [&ada, &bob]
        .map(|token| {
            let mut connection = begin(Call::get("/flows").token(token));
            assert!(connection.head().unwrap().start.contains("200"));
            assert!(connection.bytes().is_some());
            connection
        })
        .into();
    let held = Call::delete("/held").token(&ada).header("x-gatehouse-wait", "600");
    let mut held: Vec<Connection> = (0..40).map(|_| begin(held.clone())).collect();
    let mut waiting = begin(Call::get("/waits").token(&ada));
    let mut body = begin(Call::post("/body").token(&ada).header("content-length", "9"));
    upstream.wait_for("/waits", 1);
    upstream.wait_for("/flows", 2);
    until("the calls on hold", SOON, || (approver.asked(Question::News).len() >= 32).then_some(()));

    approver.kills(&[(whom, now() + 600)]);
    let answer = is_killed(&envoy, &ada);
    let text = answer.text();
    assert!(text.contains("An operator has stopped this caller"), "{text}");
    // Calls on hold, and one whose upstream has not answered yet.
    let refused = |connection: &mut Connection| {
        let answer = connection.response(false).unwrap();
        (answer.status, answer.reason().unwrap_or_default())
    };
    let mut reasons: Vec<_> = held.iter_mut().map(refused).collect();
    reasons.sort();
    reasons.dedup();
    // A principal has 32 calls on hold at most.
    assert_eq!(reasons, [(403, "killed".to_owned()), (429, "hold_limit".to_owned())]);
    assert_eq!(refused(&mut waiting), (403, "killed".to_owned()));
    assert_eq!(refused(&mut body), (403, "killed".to_owned()));
    until("the service to hear of them", SOON, || {
        let left = approver.asked(Question::Left).into_iter().map(|one| one.text());
        (left.collect::<BTreeSet<_>>().len() == 32).then_some(())
    });
    assert!(upstream.requests("/held").is_empty() && upstream.requests("/body").is_empty());
    // What flowed is cut; somebody else's goes on to its end.
    let mut others = flowing.pop().unwrap();
    until("the answer to be cut", SOON, || flowing[0].bytes().is_none().then_some(()));
    gate.open();
    let mut text = String::new();
    while !text.contains("data: two") {
        text.push_str(&String::from_utf8_lossy(&others.bytes().unwrap()));
    }
    assert_eq!(get(&envoy, &bob).status, 200);

    for (path, end) in
        [("/new", "refused"), ("/held", "refused"), ("/waits", "refused"), ("/flows", "reset")]
    {
        let entry = envoy.record(path, |entry| {
            entry.path() == path
                && entry.record["verdict"]["reason"] == "killed"
                && entry.record["end"] == end
        });
        assert_eq!(entry.record["verdict"]["kill"], "k0", "{path}");
        assert_eq!(entry.record["principal"]["subject"], "ada");
    }
    approver.kills(&[]);
    is_let(&envoy, &ada);
}

/// What a person with a key says at the console.
#[track_caller]
fn console(gateway: &Gateway, call: Call) -> Value {
    let address = gateway.console.trim_start_matches("http://");
    let mut call = call.token(gateway.approver_key());
    call.headers[0].1 = address.to_owned();
    call.send_to(address).expect(200).json()
}

#[test]
fn every_gateway_of_the_service_takes_it_and_lets_go() {
    let upstream = Upstream::start();
    let gateway = Gateway::build().upstream("/", &upstream.url()).bundle(BUNDLE).start();
    let others = [1, 2].map(|workers| Envoy::with(&gateway, workers, |_| {}));
    let (ada, bob) = (gateway.token("ada"), gateway.token("bob"));
    let held = Call::delete("/held").token(&ada).header("x-gatehouse-wait", "600").start(&gateway);
    let open = || {
        let list = console(&gateway, Call::get("/v1/holds"));
        list["holds"].as_array().unwrap().len()
    };
    until("the call on hold", SOON, || (open() == 1).then_some(()));

    let ask = json!({
        "issuer": gateway.issuer(), "subject": "ada", "seconds": 600, "reason": "it deletes customers",
    });
    let kill = console(&gateway, Call::post("/v1/kills").json(&ask));
    let id = kill["id"].as_str().unwrap();
    let reference = held.join().unwrap().expect_refusal(403, "killed").reference().unwrap();
    for envoy in &others {
        is_killed(envoy, &ada);
        assert_eq!(get(envoy, &bob).status, 200);
    }
    // Nobody is asked any more, and it is said where the kill is in force.
    until("the hold to be gone", SOON, || (open() == 0).then_some(()));
    until("the kill to be everywhere", SOON, || {
        let list = console(&gateway, Call::get("/v1/kills"));
        let reach = &list["kills"][0]["reach"];
        (reach["heard"].as_u64() >= Some(4) && reach["workers"] == reach["heard"]).then_some(())
    });
    let record = gateway.record_of(&reference);
    assert_eq!(record.record["verdict"]["kill"], id);
    let told = gateway.cli_ok(&["explain", &reference]);
    assert!(told.contains("killed") && told.contains(id), "{told}");

    let lift =
        Call::post(format!("/v1/kills/{id}/lift")).json(&json!({ "reason": "it was a test" }));
    assert_eq!(console(&gateway, lift)["state"], "lifted");
    others.iter().for_each(|envoy| is_let(envoy, &ada));
    until("its own workers to let go", SOON, || {
        let answer = Call::get("/after").token(&ada).send(&gateway);
        (answer.status == 200).then_some(())
    });
    assert!(upstream.requests("/held").is_empty());

    // Whose an agent is, is told by a key where the name is masked: by that its owner is kept from lifting.
    let owned = gateway.cli_ok(&["token", "--sub", "eve", "--owner", &sample::email()]);
    Call::get("/owned").token(owned.trim()).send(&gateway).expect(200);
    let entry = gateway.record("the owned one's", |entry| entry.path() == "/owned");
    assert_eq!(entry.record["principal"]["owners"], json!(["[REDACTED:email]"]));
    let file = std::fs::read_to_string(gateway.data.join("keys/digest.key")).unwrap();
    let key = STANDARD.decode(file.trim()).unwrap();
    let owner = policy::principal::owner(&sample::email(), &key);
    assert_eq!(entry.record["owner_keys"], json!([owner]));
}

#[test]
fn a_kill_stays_while_the_service_is_away_and_ends_by_itself() {
    let (_upstream, approver, gateway) = scripted();
    let envoy = Envoy::start(&gateway, |config| approver.serves(config));
    let (ada, bob) = (gateway.token("ada"), gateway.token("bob"));
    let (_, token) = keys(&envoy, &ada);
    let (lasts, asked) = (30, || approver.asked(Question::Kills).len());
    let until_s = now() + lasts;
    approver.kills(&[(token, until_s)]);
    is_killed(&envoy, &ada);
    approver.breaks(Question::Kills, usize::MAX);
    let before = asked();
    until("it to be asked in vain", SOON, || (asked() >= before + 2).then_some(()));
    let answer = get(&envoy, &ada);
    assert!(answer.status == 403 || now() >= until_s, "{}", answer.status);
    assert_eq!(get(&envoy, &bob).status, 200);
    // The token alone is stopped.
    let other = gateway.cli_ok(&["token", "--sub", "ada"]);
    assert_eq!(get(&envoy, other.trim()).status, 200);
    is_let(&envoy, &ada);
    assert!(now() >= until_s);
}

#[test]
fn a_worker_that_begins_anew_has_not_forgotten() {
    let (_upstream, approver, gateway) = scripted();
    let envoy = Envoy::start(&gateway, |config| {
        approver.serves(config);
        filter(config, "gatehouse")["typed_config"]["config"]["vm_config"]["code"]["local"]["filename"] =
            json!(place::module_with_hooks());
    });
    let ada = gateway.token("ada");
    let (whom, _) = keys(&envoy, &ada);
    approver.kills(&[(whom, now() + 600)]);
    is_killed(&envoy, &ada);
    approver.breaks(Question::Kills, usize::MAX);
    let panic = Call::get("/x").token(&gateway.token("bob"));
    panic.header("x-gatehouse-test-fault", "panic-at-headers").send_to(&envoy.address).expect(503);
    let answer = until("the filter to be back", SOON, || {
        let answer = get(&envoy, &ada);
        (answer.status != 503).then_some(answer)
    });
    answer.expect_refusal(403, "killed");
}
