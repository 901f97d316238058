/*! Which endpoints of a model's API can be reached with the key that the gateway holds. */

use integration::shared::case;
use integration::{Call, Gateway, Reply, Upstream, http2};
use serde_json::json;

#[test]
fn endpoints_that_rules_can_judge_pass_and_others_do_not() {
    let case = case();
    let ask = |method: &str, path: &str| {
        let call = Call::new(method, case.under("/model", path)).token(&case.token);
        if method == "POST" { call.json(&json!({ "model": "m", "input": "hi" })) } else { call }
    };
    case.reply("v1/responses", Reply::json(200, &json!({ "id": "resp_1" })));
    // Only who was given a response may ask for it.
    let given = ask("POST", "v1/responses").send(case.gateway).expect(200).json();
    let given = format!("v1/responses/{}", given["id"].as_str().unwrap());
    let (streamed, items, cancel) =
        (format!("{given}?stream=true"), format!("{given}/input_items"), format!("{given}/cancel"));
    let passing = [
        ("GET", streamed.as_str()),
        ("GET", &items),
        ("POST", &cancel),
        ("POST", "v1/chat/completions"),
        ("POST", "v1/embeddings"),
        ("GET", "v1/models"),
        ("GET", "v1/models/m-1"),
        ("POST", "v1/traces/ingest"),
    ];
    for (method, path) in passing {
        ask(method, path).send(case.gateway).expect(200);
    }
    let reached = || case.requests().len();
    let all = passing.len() + 1;
    assert_eq!(reached(), all);
    for path in ["v1/files/file-1/content", "v1/files/v1/models"] {
        ask("GET", path).send(case.gateway).expect_refusal(404, "id_unknown");
    }
    for (method, path) in [
        ("POST", "v1/files"),
        ("POST", "v1/batches"),
        ("POST", "v1/fine_tuning/jobs"),
        ("GET", "v1/organization/admin_api_keys"),
        ("POST", "v1/realtime/sessions"),
        ("POST", "v1/audio/speech"),
        ("GET", "v1/responses"),
        ("HEAD", "v1/models"),
        ("PUT", &given),
        ("POST", "v1/responses/"),
        ("POST", "V1/Responses"),
        ("POST", "v1//responses/compact"),
        ("POST", "openai/deployments/x/chat/completions"),
        ("POST", "v1/models/../files"),
    ] {
        let answer = ask(method, path).send(case.gateway);
        assert_eq!(
            answer.header("x-gatehouse-reason").as_deref(),
            Some("endpoint_not_allowed"),
            "{path}"
        );
        assert_eq!(
            (answer.status, answer.header("x-should-retry").as_deref()),
            (403, Some("false"))
        );
        if method != "HEAD" {
            assert_eq!(answer.json()["error"]["code"], "gatehouse_endpoint_not_allowed", "{path}");
        }
    }
    assert_eq!(ask("POST", "v1/x%2f..%2fresponses").send(case.gateway).status, 400);
    assert_eq!(reached(), all);
    let entry = case.record("v1/batches");
    assert_eq!((entry.effect(), entry.reason()), ("deny", "endpoint_not_allowed"));
}

const RULES: &str = "
bundle: {name: opened, version: '1'}
rules:
  - {name: uploads, on: request, match: {kind: openai, http: {method: POST, path: /v1/files}}, effect: allow}
  - {name: anything, on: request, match: {kind: openai}, effect: allow}
";

#[test]
fn a_rule_that_names_the_path_opens_it() {
    let upstream = Upstream::start();
    let build = Gateway::build().upstream("/", &upstream.url()).arg("--kind").arg("/=openai");
    let gateway = build.bundle(RULES).start();
    let token = gateway.token("robot");
    let post = |path: &str| Call::post(path).token(&token).json(&json!({})).send(&gateway);
    post("/v1/files").expect(200);
    for path in ["/v1/Files", "/v1/files/content", "/v1/batches"] {
        post(path).expect_refusal(403, "endpoint_not_allowed");
    }
    assert_eq!(upstream.requests("").len(), 1);
}

/// The Realtime API and the WebSocket of Responses: nothing in them could be judged.
#[test]
fn no_socket_is_opened_to_a_model() {
    let case = case();
    let get = || Call::get(case.under("/model", "v1/responses")).token(&case.token);
    let key = ("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA==");
    let upgrade = get().header("connection", "Upgrade").header("upgrade", "websocket");
    let upgrade = upgrade.header(key.0, key.1).header("sec-websocket-version", "13");
    assert_eq!(upgrade.send(case.gateway).status, 403);
    // Left over from one that another proxy took the upgrade off.
    for (name, value) in [key, ("sec-websocket-protocol", "realtime, openai-insecure-api-key.x")] {
        get().header(name, value).send(case.gateway).expect_refusal(403, "upgrade_refused");
    }
    let uri = format!("http://gateway.test{}", case.under("/model", "v1/responses"));
    let mut request = http::Request::builder().method("CONNECT").uri(uri);
    request = request.header("authorization", format!("Bearer {}", case.token));
    request = request.header("sec-websocket-version", "13");
    let mut request = request.body(()).unwrap();
    request.extensions_mut().insert(h2::ext::Protocol::from_static("websocket"));
    let answer = http2::call(&case.gateway.address, request, &[], None);
    assert!(answer.reset.is_some() || (400..500).contains(&answer.status), "{answer:?}");
    case.assert_untouched();
}
