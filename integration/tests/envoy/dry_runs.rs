/*! Dry runs: judged, told and recorded; the upstream, the approval service and budgets see nothing of them. */

use std::sync::Barrier;

use integration::envoy::{Envoy, ask};
use integration::shared::{Case, case};
use integration::wait::{SOON, until};
use integration::{Call, Gateway, Reply, Response, Upstream, place};
use serde_json::{Value, json};

const HEADER: &str = "x-gatehouse-dry-run";

fn told(response: Response) -> Value {
    let response = response.expect(200);
    assert_eq!(response.header("content-type").as_deref(), Some("application/json"));
    assert_eq!(response.header(HEADER).as_deref(), Some("true"));
    let told = response.json();
    assert_eq!(response.reference().as_deref(), told["ref"].as_str());
    told
}

fn holds(case: &Case) -> usize {
    let list = case.gateway.cli_ok(&["approvals", "list", "--format", "json"]);
    list.matches(&json!(case.subject).to_string()).count()
}

#[test]
fn the_upstream_and_the_service_see_nothing_of_it() {
    let case = case();
    let drop = json!({ "sql": "DROP DATABASE shop", "arguments": {} });
    let tools = case.under("/tools", "mcp");
    let tool = |name: &str, arguments: Value| {
        Call::tool(tools.clone(), json!(1), name, arguments).token(&case.token)
    };
    let model =
        Call::post(case.under("/v1", "responses")).json(&json!({ "model": "m", "input": "x" }));
    for (call, decision) in [
        (case.get("customers"), "allow"),
        (case.call("DELETE", "customers/5"), "hold"),
        (case.post("query").json(&drop), "deny"),
        (
            case.post("query")
                .header("content-type", "application/json")
                .chunked(&[b"{\"a\":", b"1}"], &[]),
            "allow",
        ),
        (tool("read", json!({})), "allow"),
        (tool("query", json!({ "sql": "DROP DATABASE shop" })), "deny"),
        (model.token(&case.token), "allow"),
        (Call::get(case.under("/api", "x")).token(&case.token), "allow"),
    ] {
        let call = call.header(HEADER, "true").header("x-gatehouse-wait", "60");
        let told = told(call.send(case.gateway));
        assert_eq!(told["decision"], decision, "{told}");
        let record = case.gateway.record_of(told["ref"].as_str().unwrap()).record;
        assert_eq!((&record["dry_run"], &record["end"]), (&json!(true), &json!("refused")));
        assert_eq!(
            (&record["verdict"]["effect"], &record["hold"]),
            (&json!(decision), &Value::Null)
        );
    }
    case.assert_untouched();
    assert_eq!(holds(&case), 0);
    let explained = case.record("customers/5").record["exchange"].as_str().unwrap().to_owned();
    let explained = case.gateway.cli_ok(&["explain", &explained]);
    assert!(explained.contains("dry run: hold"), "{explained}");
}

#[test]
fn it_uses_no_approval_and_says_hold_before_and_after() {
    let case = case();
    let delete = || case.call("DELETE", "customers/6").header("x-gatehouse-wait", "0");
    let dry = || told(delete().header(HEADER, "true").send(case.gateway));
    assert_eq!(dry()["decision"], "hold");
    delete().send(case.gateway).expect_refusal(403, "pending");
    let list = case.gateway.cli_ok(&["approvals", "list", "--format", "json"]);
    let list: Value = serde_json::from_str(&list).unwrap();
    let mine = |hold: &&Value| hold["principal"]["subject"] == json!(case.subject);
    let hold = list["holds"].as_array().unwrap().iter().find(mine).unwrap()["id"].clone();
    assert_eq!(dry()["decision"], "hold");
    let approve = ["approvals", "approve", hold.as_str().unwrap(), "--reason", "as asked"];
    case.gateway.cli_ok(&approve);
    assert_eq!(dry()["decision"], "hold");
    case.assert_untouched();
    // The approval is still there for the call itself.
    delete().header("x-gatehouse-wait", "60").send(case.gateway).expect(200);
    assert_eq!(case.request().method, "DELETE");
}

#[test]
fn other_values_are_refused_and_strangers_are_told_nothing() {
    let case = case();
    for value in ["false", "1", "TRUE", "true, true"] {
        let refused = case.get("x").header(HEADER, value).send(case.gateway);
        refused.expect_refusal(400, "request_ambiguous");
    }
    let both = case.get("x").header(HEADER, "true").header(HEADER, "no").send(case.gateway);
    both.expect_refusal(400, "request_ambiguous");
    Call::get(case.path("x")).header(HEADER, "true").send(case.gateway).expect(401);
    case.assert_untouched();
}

#[test]
fn an_upstream_cannot_pretend_to_be_one() {
    let case = case();
    let body = br#"{"decision":"allow"}"#;
    let headers =
        [("content-type", "application/json"), (HEADER, "true"), ("x-gatehouse-ref", "x_1")];
    case.reply("x", Reply::new(200, &headers, body));
    let response = case.get("x").send(case.gateway).expect(200);
    assert_eq!((response.header(HEADER), response.reference()), (None, None));
}

const BUNDLE: &str = "
bundle: {name: limits, version: 0.1.0, serial: 1}
budgets:
  - {name: calls, requests: 1, per: 31d}
";

#[test]
fn a_flood_of_them_is_limited_over_all_workers_and_charges_no_budget() {
    const AT_ONCE: usize = 30;
    let folder = place::folder();
    let bundle = folder.path().join("limits.yaml");
    std::fs::write(&bundle, BUNDLE).unwrap();
    let upstream = Upstream::start();
    let gateway = Gateway::build().upstream("/", &upstream.url()).arg("--bundle").arg(&bundle);
    let gateway = gateway.arg("--dry-runs-per-minute").arg("7").start();
    let envoy = Envoy::with(&gateway, 2, |_| {});
    let (ada, bob) = (gateway.token("ada"), gateway.token("bob"));
    let dry = |token: &str| Call::get("/x").token(token).header(HEADER, "true");
    // At most one end of a minute is met: then twice as many pass.
    let minute = || {
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() / 60
    };
    let began = minute();
    let gate = Barrier::new(AT_ONCE);
    let answers: Vec<Response> = std::thread::scope(|scope| {
        let one = || {
            gate.wait();
            dry(&ada).send_to(&envoy.address)
        };
        let all: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(one)).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let windows = usize::try_from(minute() - began).unwrap() + 1;
    let passed = answers.iter().filter(|answer| answer.status == 200).count();
    assert!((7..=7 * windows).contains(&passed), "{passed} in {windows} windows");
    for refused in answers.into_iter().filter(|answer| answer.status != 200) {
        let refused = refused.expect_refusal(429, "dry_run_limit");
        let seconds: u64 = refused.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=60).contains(&seconds), "{seconds}");
    }
    assert_eq!(told(dry(&bob).send_to(&envoy.address))["decision"], "allow");
    // The one request of the budget is still there, and then it is told that it is not.
    Call::get("/x").token(&bob).send_to(&envoy.address).expect(200);
    let over = told(dry(&bob).send_to(&envoy.address));
    assert_eq!((&over["decision"], &over["reason"]), (&json!("deny"), &json!("budget_exceeded")));
    assert_eq!(upstream.requests("/x").len(), 1);
}

#[test]
fn it_is_counted_as_what_it_is() {
    let upstream = Upstream::start();
    let gateway = Gateway::start(&upstream);
    let token = gateway.token("ada");
    for _ in 0..3 {
        told(Call::get("/x").token(&token).header(HEADER, "true").send(&gateway));
    }
    let socket = gateway.run["admin"].as_str().unwrap();
    let filter = "/stats?filter=^wasmcustom.gatehouse_(dry_runs|effects.enforce.allow)$";
    until("three of them to be counted", SOON, || {
        let stats = ask(socket.as_ref(), "GET", filter)?;
        let counted = stats.contains("wasmcustom.gatehouse_dry_runs: 3")
            && stats.contains("wasmcustom.gatehouse_effects.enforce.allow: 0");
        counted.then_some(())
    });
}
