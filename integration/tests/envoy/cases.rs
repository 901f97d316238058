/*!
The cases beside the bundles, through the real gateway: what the core and `gatehouse bundle test` say of
a call is what an agent, an upstream and a record see.
*/

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use integration::gateway::Builder;
use integration::record::Entry;
use integration::upstream::Request;
use integration::{Call, Gateway, Reply, Upstream, place};
use policy::call::Kind;
use policy::case::{Body, Case};
use policy::rule::Effect;
use serde_json::Value;

/// A route for each kind, before the path of the case.
const ROUTES: &[(Kind, &str)] =
    &[(Kind::Auto, "/auto"), (Kind::Http, "/http"), (Kind::Mcp, "/mcp"), (Kind::Openai, "/openai")];

struct Scene {
    gateway: Gateway,
    /// What the upstream answers, and what it got since.
    reply: Arc<Mutex<Reply>>,
    got: Arc<Mutex<Option<Request>>>,
}

#[test]
fn of_baseline_on_envoy() {
    pass("baseline");
}

#[test]
fn of_secrets_on_envoy() {
    pass("secrets");
}

#[test]
fn of_personal_data_on_envoy() {
    pass("personal-data");
}

#[test]
fn of_regional_personal_data_on_envoy() {
    pass("personal-data-regional");
}

#[test]
fn of_database_on_envoy() {
    pass("database");
}

#[test]
fn of_mcp_tools_on_envoy() {
    pass("mcp-tools");
}

#[test]
fn of_model_api_on_envoy() {
    pass("model-api");
}

#[test]
fn of_reference_on_envoy() {
    pass("reference");
}

#[test]
fn of_allow_all_on_envoy() {
    pass("allow-all");
}

#[test]
fn each_bundle_has_a_test_here() {
    let text = include_str!("cases.rs");
    for entry in std::fs::read_dir(bundles()).unwrap().map(|entry| entry.unwrap()) {
        let name = entry.file_name().into_string().unwrap();
        let is_bundle = entry.path().join("bundle.yaml").exists();
        assert!(!is_bundle || text.contains(&format!("pass(\"{name}\")")), "{name}");
    }
}

fn bundles() -> PathBuf {
    place::root().join("policy-bundles")
}

#[track_caller]
fn pass(bundle: &str) {
    let folder = bundles().join(bundle);
    let built = place::folder();
    let file = built.path().join("bundle");
    let output = std::process::Command::new(place::gatehouse())
        .args(["bundle", "build", "--out"])
        .args([&file, &folder])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let cases = policy::bundle::cases(&std::fs::read(&file).unwrap()).unwrap();
    assert!(cases.len() >= 3);
    let scene = Scene::start(&file);
    let mut failures = String::new();
    for (index, case) in cases.iter().enumerate() {
        for failure in scene.run(index, case) {
            failures += &format!("{}: {failure}\n", case.name);
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

impl Scene {
    fn start(bundle: &std::path::Path) -> Self {
        let upstream = Upstream::start();
        let (reply, got) = (Arc::new(Mutex::new(Reply::text(""))), Arc::new(Mutex::new(None)));
        let (answer, seen) = (Arc::clone(&reply), Arc::clone(&got));
        upstream.script(move |request| {
            *seen.lock().unwrap() = Some(request.clone());
            Some(answer.lock().unwrap().clone())
        });
        let with_route = |builder: Builder, (kind, prefix): &(Kind, &str)| {
            let builder = builder.upstream(prefix, &upstream.url());
            match kind {
                Kind::Auto => builder,
                kind => builder.arg("--kind").arg(format!("{prefix}={}", kind.name())),
            }
        };
        let builder = ROUTES.iter().fold(Gateway::build(), with_route);
        Self { gateway: builder.arg("--bundle").arg(bundle).start(), reply, got }
    }

    /// What differs from what the case expects.
    fn run(&self, index: usize, case: &Case) -> Vec<String> {
        let reply = case.response.as_ref().map_or(Reply::text(""), |response| {
            match (&response.body, &response.json) {
                (None, Some(json)) => Reply::json(200, json),
                _ => Reply::text(&response.text()),
            }
        });
        let text = case.request.text();
        self.show_changed(case);
        let call = self.call(index, case, &text);
        *self.reply.lock().unwrap() = reply;
        *self.got.lock().unwrap() = None;
        let answer = call.send(&self.gateway);
        let got = self.got.lock().unwrap().take();
        let entry = self
            .gateway
            .record(&case.name, |entry| entry.record["claims"]["run"] == mark(index).as_str());
        let expect = &case.expect;
        let mut failures = Vec::new();
        let mut differ = |what: &str, wanted: String, is: String| {
            if wanted != is {
                failures.push(format!("{what}: expected {wanted}, got {is}"));
            }
        };
        assert!(case.request.time.is_none() && case.principal.agent.is_none(), "Envoy has its own");
        let Some(effect) = expect.effect else {
            differ("reaches the upstream", "false".into(), got.is_some().to_string());
            let reason = expect.refusal.map_or("", |reason| reason.code());
            differ("reason", reason.to_owned(), entry.reason().to_owned());
            return failures;
        };
        let passes = case.response.is_some() || effect <= Effect::Redact;
        differ("reaches the upstream", passes.to_string(), got.is_some().to_string());
        if case.response.is_none() {
            differ("effect", word(effect), entry.effect().to_owned());
        }
        if let Some(rules) = &expect.rules {
            differ("rules", sorted(rules.clone()), sorted(deciding(&entry, &word(effect))));
        }
        let side = if case.response.is_some() { "response" } else { "request" };
        if let Some(kinds) = &expect.redacted {
            differ("redacted", sorted(kinds.clone()), sorted(redacted(&entry, side)));
        }
        let before = case.response.as_ref().map_or(text, Body::text);
        let after = match (&case.response, &got) {
            (Some(_), _) => answer.text(),
            (None, Some(got)) => got.text(),
            (None, None) => return failures,
        };
        match (&expect.body.body, &expect.body.json) {
            (Some(wanted), _) => differ("body", wanted.clone(), after),
            (None, Some(wanted)) => {
                let after = serde_json::from_str(&after).unwrap_or(Value::String(after));
                differ("body", wanted.to_string(), after.to_string());
            }
            (None, None) if effect == Effect::Allow => differ("body", before, after),
            (None, None) => {}
        }
        failures
    }

    fn call(&self, index: usize, case: &Case, text: &str) -> Call {
        let head = case.request.head(text);
        let kind = ROUTES.iter().find(|(kind, _)| *kind == head.route.kind).unwrap().1;
        let path = String::from_utf8(head.path.to_vec()).unwrap();
        let path = path.replace("resp_1", &self.given(case, kind));
        let mut call = Call::new(&head.method, format!("{kind}{path}"))
            .token(&self.token(case))
            .header("x-gatehouse-run", mark(index))
            .header("x-gatehouse-wait", "0");
        for (name, value) in &head.headers {
            call = call.header(name, String::from_utf8(value.clone()).unwrap());
        }
        if text.is_empty() { call } else { call.body(text) }
    }

    /// `resp_1` as a model's API gives it to the caller of the case, who alone may bring it back.
    fn given(&self, case: &Case, prefix: &str) -> String {
        if prefix != "/openai"
            || !case.request.head("").path.windows(6).any(|part| part == b"resp_1")
        {
            return "resp_1".to_owned();
        }
        *self.reply.lock().unwrap() = Reply::json(200, &serde_json::json!({ "id": "resp_1" }));
        let traces = Call::post(format!("{prefix}/v1/traces/ingest")).token(&self.token(case));
        let given = traces.json(&serde_json::json!({ "data": [] })).send(&self.gateway);
        given.expect(200).json()["id"].as_str().unwrap().to_owned()
    }

    /// A gateway knows that a tool changed once a list of its server showed it otherwise.
    fn show_changed(&self, case: &Case) {
        let Some(mcp) = case.request.mcp.as_ref().filter(|mcp| mcp.definition.is_some()) else {
            return;
        };
        let list = serde_json::json!({ "jsonrpc": "2.0", "id": 1,
            "result": { "tools": [{ "name": mcp.tool, "description": "another" }] } });
        *self.reply.lock().unwrap() = Reply::json(200, &list);
        let head = case.request.head(&case.request.text());
        let kind = ROUTES.iter().find(|(kind, _)| *kind == head.route.kind).unwrap().1;
        let path = String::from_utf8(head.path.to_vec()).unwrap();
        let ask = Call::mcp(format!("{kind}{path}"), 1.into(), "tools/list", serde_json::json!({}));
        ask.token(&self.token(case)).send(&self.gateway).expect(200);
    }

    fn token(&self, case: &Case) -> String {
        let principal = case.principal.verified();
        let mut arguments = vec!["token", "--sub", &principal.subject];
        principal.groups.iter().for_each(|group| arguments.extend(["--group", group]));
        self.gateway.cli_ok(&arguments).trim().to_owned()
    }
}

fn mark(index: usize) -> String {
    format!("case-{index}")
}

fn word(effect: Effect) -> String {
    serde_json::to_value(effect).unwrap().as_str().unwrap().to_owned()
}

fn deciding(entry: &Entry, effect: &str) -> Vec<String> {
    let rules = entry.record["verdict"]["rules"].as_array().cloned().unwrap_or_default();
    let decides = |rule: &&Value| rule["effect"] == effect && rule["mode"] == "enforce";
    rules.iter().filter(decides).map(|rule| rule["rule"].as_str().unwrap().to_owned()).collect()
}

fn redacted(entry: &Entry, side: &str) -> Vec<String> {
    let findings = entry.record[side]["findings"].as_array().cloned().unwrap_or_default();
    let redacted = findings.iter().filter(|finding| finding["redacted"] == true);
    redacted.map(|finding| finding["kind"].as_str().unwrap().to_owned()).collect()
}

fn sorted(mut list: Vec<String>) -> String {
    list.sort();
    list.join(", ")
}
