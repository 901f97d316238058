/*! So are those of endpoints that a rule opens. */

use integration::{Call, Gateway, Reply, Upstream};
use serde_json::{Value, json};

const OPENED: &str = "
bundle: {name: opened, version: '1'}
rules:
  - name: more-endpoints
    on: request
    match:
      kind: openai
      http:
        path: [/v1/vector_stores, '/v1/vector_stores/**', /v1/threads, '/v1/threads/**', /v1/batches, '/v1/batches/**']
    effect: allow
";

/// Method, target and body, with `ID` where the id stands.
type Way = (&'static str, &'static str, Value);

/// An answer that gives something out, and the ways to bring it back.
fn opened_ways() -> Vec<(&'static str, Value, Vec<Way>)> {
    vec![
        (
            "/v1/vector_stores",
            json!({ "id": "vs_YWI==", "object": "vector_store" }),
            vec![
                ("POST", "/v1/vector_stores/ID/search", json!({ "query": "q" })),
                ("GET", "/v1/vector_stores/ID/files?limit=1", Value::Null),
                ("GET", "/v1/vector_stores/ID", Value::Null),
            ],
        ),
        (
            "/v1/threads",
            json!({ "id": "thread_1", "object": "thread" }),
            vec![
                ("POST", "/v1/threads/ID/messages", json!({ "role": "user", "content": "c" })),
                ("POST", "/v1/threads/ID/runs", json!({ "stream": false })),
            ],
        ),
        (
            "/v1/batches",
            json!({ "id": "batch_1", "output_file_id": "file-1", "object": "batch" }),
            vec![
                ("GET", "/v1/batches/ID", Value::Null),
                ("POST", "/v1/batches/ID/cancel", json!({})),
            ],
        ),
    ]
}

#[test]
fn what_a_rule_opens_is_its_principals() {
    let upstream = Upstream::start();
    let build = Gateway::build().upstream("/", &upstream.url()).arg("--kind").arg("/=openai");
    let gateway = build.bundle(OPENED).start();
    let (owner, thief) = (gateway.token("owner"), gateway.token("thief"));
    for (path, answer, ways) in opened_ways() {
        let plain = answer["id"].as_str().unwrap().to_owned();
        let place = format!("{path}/{plain}");
        let headers = [("content-type", "application/json"), ("location", place.as_str())];
        let reply = Reply::new(200, &headers, answer.to_string());
        upstream.script(move |request| {
            (request.method == "POST" && request.target == path).then(|| reply.clone())
        });
        let made = Call::post(path).token(&owner).json(&json!({})).send(&gateway).expect(200);
        let given = made.json()["id"].as_str().unwrap().to_owned();
        assert!(given.starts_with(&format!("{plain}~")), "{given}");
        let location = made.header("location").unwrap();
        assert!(location.starts_with(&format!("{path}/")) && location.contains('~'), "{location}");
        Call::get(location).token(&owner).send(&gateway).expect(200);
        for (method, target, body) in ways {
            let send = |id: &str, token: &str| {
                let call = Call::new(method, target.replace("ID", id)).token(token);
                match &body {
                    Value::Null => call.send(&gateway),
                    body => call
                        .json(&body.to_string().replace("ID", id).parse().unwrap())
                        .send(&gateway),
                }
            };
            let before = upstream.requests("").len();
            for (id, token) in [(&given, &thief), (&plain, &thief), (&plain, &owner)] {
                send(id, token).expect_refusal(404, "id_unknown");
            }
            assert_eq!(upstream.requests("").len(), before, "{target}");
            assert_eq!(send(&given, &owner).status, 200, "{method} {target}");
            let heard = upstream.requests("").pop().unwrap();
            let told = format!("{} {}", heard.target.replace("%3D", "="), heard.text());
            assert!(told.contains(&plain) && !told.contains('~'), "{told}");
        }
        // To be shown what all have made is not to be given it.
        let all = Reply::json(200, &json!({ "object": "list", "data": [answer] }));
        upstream.script(move |request| {
            (request.method == "GET" && request.target == path).then(|| all.clone())
        });
        let listed = Call::get(path).token(&thief).send(&gateway).expect(200).json();
        assert_eq!(listed["data"][0]["id"], *plain);
    }
}
