/*! Calls on hold: approved, denied, pending, repeated, left. */

use integration::shared::{Case, case};
use integration::wait::{SOON, until};
use integration::{Call, Response};
use serde_json::{Value, json};

/// A call that the baseline holds; the caller waits up to `wait` seconds.
fn delete(case: &Case, wait: u32) -> Call {
    case.call("DELETE", "customers/5").header("x-gatehouse-wait", wait.to_string())
}

fn holds(case: &Case) -> Vec<Value> {
    let list = case.gateway.cli_ok(&["approvals", "list", "--format", "json"]);
    let list: Value = serde_json::from_str(&list).unwrap();
    let holds = list.as_array().or_else(|| list["holds"].as_array()).cloned().unwrap_or_default();
    // Each test calls as somebody of its own.
    let subject = json!(case.subject).to_string();
    holds.into_iter().filter(|hold| hold.to_string().contains(&subject)).collect()
}

/// The id of this test's one hold, once it is there.
#[track_caller]
fn hold(case: &Case) -> String {
    let hold = until("a hold", SOON, || holds(case).into_iter().next());
    hold["hold"].as_str().or_else(|| hold["id"].as_str()).unwrap().to_owned()
}

#[track_caller]
fn approve(case: &Case) -> String {
    let hold = hold(case);
    case.gateway.cli_ok(&["approvals", "approve", &hold, "--reason", "as asked by support"]);
    hold
}

#[track_caller]
fn pending(response: Response) -> Response {
    let response = response.expect_refusal(403, "pending");
    let body = response.json();
    assert_eq!(body["status"], "pending");
    assert!(body["url"].as_str().unwrap().starts_with("http://"), "{body}");
    assert!(response.header("retry-after").is_some());
    response
}

#[test]
fn an_approved_call_goes_through_once() {
    let case = case();
    let answer = delete(&case, 60).start(case.gateway);
    let id = hold(&case);
    case.assert_untouched();
    case.gateway.cli_ok(&["approvals", "approve", &id, "--reason", "as asked by support"]);
    answer.join().unwrap().expect(200);
    assert_eq!(case.request().method, "DELETE");
    let record = case.record("customers/5");
    assert_eq!(record.effect(), "hold");
    assert_eq!(record.record["hold"]["hold"], json!(id));
    assert!(record.record["hold"]["approver"].is_string());
    assert_eq!(record.record["end"], "complete");
}

#[test]
fn a_denied_call_does_not() {
    let case = case();
    let answer = delete(&case, 60).start(case.gateway);
    let id = hold(&case);
    case.gateway.cli_ok(&["approvals", "deny", &id, "--reason", "wrong customer"]);
    let response = answer.join().unwrap().expect_refusal(403, "hold_denied");
    assert!(response.text().contains("rong customer"), "{}", response.text());
    case.assert_untouched();
}

#[test]
fn pending_at_once_then_approved_then_repeated_once() {
    let case = case();
    pending(delete(&case, 0).send(case.gateway));
    pending(delete(&case, 0).send(case.gateway));
    assert_eq!(holds(&case).len(), 1, "a repeated call joins its hold");
    approve(&case);
    case.assert_untouched();
    delete(&case, 0).send(case.gateway).expect(200);
    assert_eq!(case.requests().len(), 1);
    // The approval is used up: the next call is a new question.
    pending(delete(&case, 0).send(case.gateway));
    assert_eq!(case.requests().len(), 1);
}

#[test]
fn an_approval_is_for_this_call_alone() {
    let case = case();
    let post =
        |sql: &str| case.post("query").header("x-gatehouse-wait", "0").json(&json!({ "sql": sql }));
    pending(post("DELETE FROM orders").send(case.gateway));
    approve(&case);
    pending(post("DELETE FROM customers").send(case.gateway));
    let with_header = post("DELETE FROM orders").header("x-db-dialect", "other");
    pending(with_header.send(case.gateway));
    let mut with_query = post("DELETE FROM orders");
    with_query.path.push_str("?dry=0");
    pending(with_query.send(case.gateway));
    case.assert_untouched();
    post("DELETE FROM orders").send(case.gateway).expect(200);
}

/// Since 2026-07-28 headers repeat arguments that a tool marks, and whatever is behind the gateway may act on them.
#[test]
fn an_approval_is_for_the_headers_of_arguments_too() {
    let case = case();
    let path = case.under("/tools", "mcp");
    let call = |regions: &[&str]| {
        let call = Call::tool(&path, json!(1), "delete_customer", json!({ "region": "eu" }));
        let call = call.token(&case.token).header("x-gatehouse-wait", "0");
        regions.iter().fold(call, |call, region| call.header("mcp-param-region", *region))
    };
    let decision = |regions: &[&str]| {
        let answer = call(regions).send(case.gateway).expect(200).json();
        answer["result"]["_meta"]["gatehouse/decision"].clone()
    };
    assert_eq!(decision(&["eu"]), "pending");
    approve(&case);
    for others in [&["=?base64?ZXU=?="][..], &[]] {
        assert_eq!(decision(others), "pending", "{others:?}");
    }
    for others in [&["us"][..], &["EU"], &[""], &["eu", "us"], &["eu", "eu"]] {
        let answer = call(others).send(case.gateway);
        assert_eq!(answer.reason().as_deref(), Some("request_ambiguous"), "{others:?}");
    }
    case.assert_untouched();
    assert_eq!(decision(&["eu"]), Value::Null);
    assert_eq!(case.request().header("mcp-param-region").as_deref(), Some("eu"));
}

#[test]
fn an_approval_is_for_this_principal_alone() {
    let case = case();
    pending(delete(&case, 0).send(case.gateway));
    approve(&case);
    let other = case.gateway.token("somebody-else");
    let mut call = delete(&case, 0);
    call.headers.retain(|(name, _)| name != "authorization");
    pending(call.token(&other).send(case.gateway));
    case.assert_untouched();
}

#[test]
fn one_approval_lets_one_of_many_waiting_calls_go() {
    let case = case();
    let answers: Vec<_> = (0..4).map(|_| delete(&case, 60).start(case.gateway)).collect();
    let id = hold(&case);
    // All four wait on it before it is decided.
    until("four waiting callers", SOON, || {
        let shown = case.gateway.cli_ok(&["approvals", "show", &id, "--format", "json"]);
        let shown: Value = serde_json::from_str(&shown).unwrap();
        let waiting = shown["waiting"].as_u64().expect("a number of callers");
        assert!(waiting <= 4, "{waiting} callers wait");
        (waiting == 4).then_some(())
    });
    assert_eq!(holds(&case).len(), 1, "four callers, one hold");
    case.assert_untouched();
    case.gateway.cli_ok(&["approvals", "approve", &id]);
    let answers: Vec<_> = answers.into_iter().map(|answer| answer.join().unwrap()).collect();
    let (passed, refused): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!((passed.len(), refused.len()), (1, 3));
    for answer in refused {
        answer.expect_refusal(403, "hold_used");
    }
    assert_eq!(case.requests().len(), 1);
}

#[test]
fn a_held_tool_call_says_what_to_do() {
    let case = case();
    let call = |id: u32| {
        Call::tool(case.under("/tools", "mcp"), json!(id), "delete_customer", json!({ "id": 5 }))
            .token(&case.token)
            .header("x-gatehouse-wait", "0")
    };
    let response = call(1).send(case.gateway).expect(200);
    let answer = response.json();
    assert_eq!(answer["id"], json!(1));
    assert_eq!(answer["result"]["isError"], json!(true));
    let text = answer["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("Approval pending, ref="), "{text}");
    let end = ". This tool deletes something, so a person has to approve it. Call this tool again \
               with the same arguments after approval.";
    assert!(text.ends_with(end), "{text}");
    approve(&case);
    // Another id of the message is still the same call.
    call(2).send(case.gateway).expect(200);
    assert_eq!(case.requests().len(), 1);
}

#[test]
fn a_caller_that_leaves_ends_its_hold() {
    let case = case();
    let mut connection = integration::http1::Connection::open(&case.gateway.address);
    connection.write(delete(&case, 60).bytes());
    let id = hold(&case);
    drop(connection);
    until("the hold to end", SOON, || {
        let shown = case.gateway.cli_ok(&["approvals", "show", &id, "--format", "json"]);
        shown.contains("cancelled").then_some(())
    });
    assert!(!case.gateway.cli(&["approvals", "approve", &id]).status.success());
    assert_eq!(case.record("customers/5").record["end"], "aborted");
    case.assert_untouched();
}

#[test]
fn a_call_that_is_called_off_ends_its_hold() {
    let case = case();
    let path = case.under("/tools", "mcp");
    let result = json!({ "jsonrpc": "2.0", "id": 1, "result": {} }).to_string();
    let headers = [("content-type", "application/json"), ("mcp-session-id", "s-1")];
    case.reply("mcp", integration::Reply::new(200, &headers, result));
    let begin =
        Call::post(&path).json(&json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize" }));
    let in_session = |call: Call, token: &str| {
        let session = begin.clone().token(token).send(case.gateway).header("mcp-session-id");
        call.token(token).header("mcp-session-id", session.unwrap())
    };
    let call = Call::tool(&path, json!(7), "delete_customer", json!({ "id": 5 }));
    let answer = in_session(call, &case.token).header("x-gatehouse-wait", "60").start(case.gateway);
    let id = hold(&case);
    let cancel = |number: u32, token: &str| {
        let body = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled",
            "params": { "requestId": number, "reason": "timed out" } });
        in_session(Call::post(&path), token).json(&body).send(case.gateway).expect(200);
    };
    // Neither another call of the session nor the same number of somebody else.
    cancel(8, &case.token);
    cancel(7, &case.gateway.token("somebody-else"));
    assert_eq!(hold(&case), id);
    cancel(7, &case.token);
    let text = answer.join().unwrap().expect(200).text().to_owned();
    assert!(text.contains("hold_expired"), "{text}");
    assert!(!case.gateway.cli(&["approvals", "approve", &id]).status.success());
    // The upstream hears what the caller said, and nothing of the call.
    let requests = case.requests().into_iter();
    let requests: Vec<_> = requests.filter(|one| !one.text().contains("initialize")).collect();
    assert_eq!(requests.len(), 3);
    assert!(!requests.iter().any(|request| request.text().contains("delete_customer")));
}

/// The budget of silent waiting is 4 s where the caller says nothing.
#[test]
fn a_caller_that_says_nothing_waits_four_seconds() {
    let case = case();
    let start = std::time::Instant::now();
    pending(case.call("DELETE", "customers/5").send(case.gateway));
    let waited = start.elapsed().as_secs_f64();
    assert!((3.5..40.0).contains(&waited), "{waited} s");
    case.assert_untouched();
}
