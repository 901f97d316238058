/*!
What bundles can say, on real Envoy: for each part of it a call that must meet the rule, and one that
misses it by little. One gateway runs it all; each file here brings its rules, for paths of its own.
*/

mod conditions;
mod heads;
mod inherited;
mod messages;
mod models;
mod sql;
mod surroundings;

use std::sync::LazyLock;

use integration::record::Entry;
use integration::{Call, Gateway, Response, Upstream, place};

const BUNDLE: &str = "
bundle: {name: language, version: 0.1.0, serial: 1, extends: [personal-data, secrets],
  disable: [redact-cards-and-ssns-in-requests, redact-secrets-in-responses]}
";

struct Scene {
    upstream: Upstream,
    gateway: Gateway,
    token: String,
}

static SCENE: LazyLock<Scene> = LazyLock::new(|| {
    let folder = place::folder();
    for (name, text) in [
        ("bundle", BUNDLE),
        ("conditions", &conditions::rules()),
        ("heads", heads::RULES),
        ("inherited", inherited::RULES),
        ("messages", messages::RULES),
        ("models", models::RULES),
        ("sql", sql::RULES),
        ("surroundings", surroundings::RULES),
    ] {
        std::fs::write(folder.path().join(name).with_extension("yaml"), text).unwrap();
    }
    let upstream = Upstream::start();
    let named = format!("http://localhost:{}/named", upstream.address.port());
    let gateway = Gateway::build()
        .upstream("/", &upstream.url())
        .upstream("/named", &named)
        .upstream("/v1", &(upstream.url() + "/v1"))
        .arg("--kind")
        .arg("/v1=openai")
        .arg("--bundle")
        .arg(folder.path())
        .start();
    let token = gateway.token("ada");
    Scene { upstream, gateway, token }
});

/// The answer, and the record. The target has to be this call's alone.
#[track_caller]
fn ask(call: Call) -> (Response, Entry, bool) {
    let path = call.path.clone();
    let response = call.token(&SCENE.token).send(&SCENE.gateway);
    let entry = SCENE.gateway.record(&path, |entry| entry.path() == path);
    (response, entry, SCENE.upstream.saw(path))
}

#[track_caller]
fn passes(call: Call) -> Response {
    let (response, entry, reached) = ask(call);
    assert_eq!((entry.effect(), entry.rules()), ("allow", vec![]), "{}", entry.record);
    assert!(reached, "{}", entry.path());
    response.expect(200)
}

/// Denied by that rule alone; `denied`, or what else the reason is.
#[track_caller]
fn stopped(call: Call, rule: &str, reason: &str) {
    let (response, entry, reached) = ask(call);
    let is = (entry.effect(), entry.reason(), entry.rules());
    assert_eq!(is, ("deny", reason, vec![rule.to_owned()]), "{}", entry.record);
    assert!(!reached, "{}", entry.path());
    response.expect_refusal(403, reason);
}
