use serde_json::{Value, json};

use super::{LocalResponse, Refusal, in_place, render};
use crate::call::Kind;
use crate::protocol::McpCall;
use crate::reason::Reason;

fn refusal(reason: Reason) -> Refusal {
    Refusal {
        reason,
        rule: None,
        fact: None,
        message: None,
        reference: "ref-1".into(),
        url: None,
        hold: None,
        retry_after: None,
        www_authenticate: None,
    }
}

fn blocked() -> Refusal {
    Refusal {
        rule: Some("no-drop".into()),
        message: Some("databases are dropped by people only".into()),
        ..refusal(Reason::Denied)
    }
}

fn pending() -> Refusal {
    Refusal {
        url: Some("http://c/holds/1".into()),
        hold: Some("h_1".into()),
        retry_after: Some(5),
        ..refusal(Reason::Pending)
    }
}

fn call(method: &str, id: Option<&str>) -> McpCall {
    McpCall { id: id.map(Into::into), method: method.into(), ..McpCall::default() }
}

fn body(response: &LocalResponse) -> Value {
    serde_json::from_str(&response.body).unwrap()
}

fn header<'a>(response: &'a LocalResponse, name: &str) -> Option<&'a str> {
    response.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
}

#[test]
fn a_blocked_tool_call_is_read_by_the_model() {
    let response = render(&blocked(), Kind::Mcp, Some(&call("tools/call", Some("\"a\\u0041\""))));
    assert_eq!(response.status, 200);
    assert!(response.body.contains(r#""id":"a\u0041""#));
    let body = body(&response);
    assert_eq!(
        body.pointer("/result/content/0"),
        Some(
            &json!({"type": "text", "text": "Blocked by policy no-drop: Databases are dropped by \
            people only. Do not retry. ref=ref-1"})
        )
    );
    assert_eq!(body.pointer("/result/isError"), Some(&json!(true)));
    assert_eq!(body.pointer("/result/resultType"), Some(&json!("complete")));
    assert_eq!(
        body.pointer("/result/_meta"),
        Some(&json!({"gatehouse/decision": "denied", "gatehouse/ref": "ref-1"}))
    );
    assert_eq!(header(&response, "x-gatehouse-reason"), Some("denied"));
    assert_eq!(header(&response, "x-gatehouse-ref"), Some("ref-1"));
    assert_eq!(header(&response, "cache-control"), Some("no-store"));
    assert_eq!(header(&response, "content-type"), Some("application/json"));
}

#[test]
fn a_pending_tool_call_says_how_to_go_on() {
    let response = render(&pending(), Kind::Mcp, Some(&call("tools/call", Some("7"))));
    assert_eq!(
        body(&response).pointer("/result/content/0/text"),
        Some(&json!(
            "Approval pending, ref=ref-1, url=http://c/holds/1. Its status is at \
             /.well-known/gatehouse/holds/h_1. Call this tool again with the same arguments \
             after approval."
        ))
    );
    assert_eq!(body(&response)["id"], json!(7));
}

#[test]
fn a_pending_answer_tells_why_the_rule_holds_the_call() {
    let told = Refusal { message: Some("orders are changed by people".into()), ..pending() };
    let tool = render(&told, Kind::Mcp, Some(&call("tools/call", Some("7"))));
    assert_eq!(
        body(&tool).pointer("/result/content/0/text"),
        Some(&json!(
            "Approval pending, ref=ref-1, url=http://c/holds/1. Its status is at \
             /.well-known/gatehouse/holds/h_1. Orders are changed by people. Call this tool \
             again with the same arguments after approval."
        ))
    );
    let hold =
        ", ref=ref-1, url=http://c/holds/1. Its status is at /.well-known/gatehouse/holds/h_1";
    for (kind, place) in [(Kind::Http, ""), (Kind::Openai, hold)] {
        assert_eq!(
            body(&render(&told, kind, None))["error"]["message"],
            json!(format!(
                "Approval pending{place}. Orders are changed by people. Send the same request again \
                 after approval."
            ))
        );
    }
}

#[test]
fn a_fact_that_is_not_to_be_had_is_named() {
    let told = |fact: Option<&str>, message: Option<&str>| {
        let (fact, message) = (fact.map(str::to_owned), message.map(str::to_owned));
        let refusal = refusal(Reason::FactUnavailable);
        let refusal = Refusal { rule: Some("large".into()), fact, message, ..refusal };
        let body = body(&render(&refusal, Kind::Http, None));
        body["error"]["message"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        told(Some("`action.arguments.cents`"), Some("large refunds wait")),
        "Blocked by policy large: The rule needs `action.arguments.cents`, which this call lacks or \
         has in a form that cannot be judged. Large refunds wait. Do not send it again as it is."
    );
    assert_eq!(
        told(None, None),
        "Blocked by policy large: A rule needs a part of this call that cannot be read. Do not send \
         it again as it is."
    );
}

#[test]
fn what_an_approver_says_is_quoted_as_it_is() {
    let told = |reason: Reason| {
        let refusal = Refusal { message: Some("iban is missing".into()), ..refusal(reason) };
        let body = body(&render(&refusal, Kind::Http, None));
        body["error"]["message"].as_str().unwrap().to_owned()
    };
    let quoted = "Denied by an approver: iban is missing. Do not retry.";
    assert_eq!(told(Reason::HoldDenied), quoted);
    assert!(told(Reason::Denied).contains("Iban is missing."));
}

#[test]
fn other_mcp_messages_get_an_error() {
    for (mcp, id) in [
        (Some(call("tasks/list", Some("7"))), json!(7)),
        (Some(call("tools/list", None)), Value::Null),
        (Some(call("tools/call", None)), Value::Null),
        (None, Value::Null),
    ] {
        let response = render(&blocked(), Kind::Mcp, mcp.as_ref());
        assert_eq!(response.status, 403);
        let body = body(&response);
        assert_eq!(body["id"], id);
        assert_eq!(body["error"]["code"], json!(-32003));
        assert_eq!(body["error"]["data"]["gatehouse/ref"], json!("ref-1"));
    }
    for reason in Reason::ALL {
        let response = render(&refusal(*reason), Kind::Mcp, Some(&call("ping", Some("1"))));
        // To a client of MCP 404 says that its session is gone.
        let answered = matches!(reason, Reason::IdUnknown | Reason::MethodNotAllowed);
        let status = if answered { 200 } else { reason.status() };
        assert_eq!(response.status, u32::from(status));
        let code = body(&response)["error"]["code"].as_i64().unwrap();
        assert!(!matches!(code, -32000 | -32001));
        let silent = render(&refusal(*reason), Kind::Mcp, Some(&call("", Some("1"))));
        assert_eq!(silent.status, if answered { 400 } else { u32::from(reason.status()) });
    }
}

#[test]
fn who_asks_for_a_list_gets_an_empty_one() {
    for (method, member) in [
        ("tools/list", "tools"),
        ("prompts/list", "prompts"),
        ("resources/list", "resources"),
        ("resources/templates/list", "resourceTemplates"),
    ] {
        let asked = call(method, Some("\"a\\u0041\""));
        let response = render(&blocked(), Kind::Mcp, Some(&asked));
        assert_eq!(response.status, 200);
        assert!(response.body.contains(r#""id":"a\u0041""#));
        let result = json!({member: [], "resultType": "complete", "ttlMs": 0, "cacheScope": "private",
            "_meta": {"gatehouse/decision": "denied", "gatehouse/ref": "ref-1"}});
        assert_eq!(body(&response)["result"], result);
        assert_eq!(header(&response, "x-gatehouse-reason"), Some("denied"));
        let wrong = [
            Reason::Unauthenticated,
            Reason::BodyUnreadable,
            Reason::RequestAmbiguous,
            Reason::UnsafeInstall,
        ];
        for reason in wrong {
            let response = render(&refusal(reason), Kind::Mcp, Some(&asked));
            assert_eq!(response.status, u32::from(reason.status()));
            assert!(body(&response)["error"].is_object());
        }
        for reason in [Reason::BudgetExceeded, Reason::ResponseTooLarge, Reason::OverBudget] {
            let response = render(&refusal(reason), Kind::Mcp, Some(&asked));
            assert_eq!((response.status, &body(&response)["result"][member]), (200, &json!([])));
        }
    }
}

#[test]
fn who_is_not_known_gets_401_everywhere() {
    let refusal =
        Refusal { www_authenticate: Some("Bearer".into()), ..refusal(Reason::Unauthenticated) };
    let tool = call("tools/call", Some("1"));
    for (kind, mcp) in [
        (Kind::Mcp, Some(&tool)),
        (Kind::Mcp, None),
        (Kind::Openai, None),
        (Kind::Http, None),
        (Kind::Auto, None),
    ] {
        let response = render(&refusal, kind, mcp);
        assert_eq!(response.status, 401);
        assert_eq!(header(&response, "www-authenticate"), Some("Bearer"));
        assert!(body(&response)["error"].is_object());
    }
}

#[test]
fn openai_clients_do_not_retry() {
    let response = render(&blocked(), Kind::Openai, None);
    assert_eq!((response.status, header(&response, "x-should-retry")), (403, Some("false")));
    let error = &body(&response)["error"];
    assert_eq!(error["code"], json!("gatehouse_blocked"));
    assert_eq!(error["type"], json!("invalid_request_error"));
    // An exception shows its message, and of the other members only type, param and code.
    assert_eq!(
        error["message"],
        "Blocked by policy no-drop: Databases are dropped by people only. Do not retry. ref=ref-1"
    );
    let response = render(&pending(), Kind::Openai, None);
    let message = body(&response)["error"]["message"].as_str().unwrap().to_owned();
    assert!(
        message.starts_with(
            "Approval pending, ref=ref-1, url=http://c/holds/1. Its status is at /.well-known/"
        ),
        "{message}"
    );
    assert!(message.ends_with("Send the same request again after approval."), "{message}");
    assert_eq!((response.status, header(&response, "retry-after")), (403, Some("5")));
    assert_eq!(body(&response)["error"]["code"], json!("gatehouse_pending"));
}

#[test]
fn http_callers_get_members() {
    let response = render(&blocked(), Kind::Http, None);
    assert_eq!(response.status, 403);
    assert_eq!(
        body(&response),
        json!({"error": {"code": "denied", "ref": "ref-1", "rule": "no-drop", "message":
            "Blocked by policy no-drop: Databases are dropped by people only. Do not retry."}})
    );
    let body = body(&render(&pending(), Kind::Http, None));
    assert_eq!(body["status"], json!("pending"));
    assert_eq!(body["ref"], json!("ref-1"));
    assert_eq!(body["retry_after"], json!(5));
    assert_eq!(body["url"], json!("http://c/holds/1"));
}

/// Wherever a program looks for it.
#[test]
fn a_pending_answer_says_how_to_ask() {
    let tool = call("tools/call", Some("7"));
    let other = call("resources/read", Some("7"));
    for (kind, mcp, place) in [
        (Kind::Http, None, ""),
        (Kind::Openai, None, "/error"),
        (Kind::Mcp, Some(&tool), "/result/_meta"),
        (Kind::Mcp, Some(&other), "/error/data"),
    ] {
        let body = body(&render(&pending(), kind, mcp));
        let own = body.pointer(place).unwrap();
        let prefix = if kind == Kind::Mcp { "gatehouse/" } else { "" };
        let told = |name: &str| own[format!("{prefix}{name}")].as_str().unwrap().to_owned();
        assert_eq!(told("hold"), "h_1");
        assert_eq!(told("url"), "http://c/holds/1");
        assert_eq!(told("status_path"), "/.well-known/gatehouse/holds/h_1");
        let denied = render(&blocked(), kind, mcp).body;
        assert!(!denied.contains("status_path") && !denied.contains("/holds"), "{denied}");
    }
}

#[test]
fn in_place_of_a_body() {
    let tool = call("tools/call", Some("7"));
    let text = |bytes: Option<Vec<u8>>| String::from_utf8(bytes.unwrap()).unwrap();
    let json = text(in_place(&blocked(), Kind::Mcp, Some(&tool), false));
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap()["result"]["isError"], json!(true));
    let events = text(in_place(&blocked(), Kind::Mcp, Some(&tool), true));
    assert_eq!(events, format!("event: message\ndata: {json}\n\n"));
    let ping = text(in_place(&blocked(), Kind::Mcp, Some(&call("ping", Some("1"))), false));
    assert!(serde_json::from_str::<Value>(&ping).unwrap()["error"].is_object());
    let list = text(in_place(&blocked(), Kind::Mcp, Some(&call("tools/list", Some("1"))), true));
    let list = list.strip_prefix("event: message\ndata: ").unwrap();
    assert_eq!(serde_json::from_str::<Value>(list).unwrap()["result"]["tools"], json!([]));
    let openai = text(in_place(&blocked(), Kind::Openai, None, true));
    assert!(openai.starts_with("event: error\ndata: {\"error\":{") && openai.ends_with("}}\n\n"));
    let openai = text(in_place(&blocked(), Kind::Openai, None, false));
    let openai: Value = serde_json::from_str(&openai).unwrap();
    assert_eq!(openai["error"]["code"], json!("gatehouse_blocked"));
    let refusal = &openai["output"][0]["content"][0];
    assert_eq!(refusal["type"], json!("refusal"));
    assert_eq!(refusal["refusal"], openai["choices"][0]["message"]["refusal"]);
    let said = refusal["refusal"].as_str().unwrap();
    assert!(
        said.starts_with("Blocked by policy no-drop: ") && said.ends_with(" ref=ref-1"),
        "{said}"
    );
    let plain = text(in_place(&blocked(), Kind::Http, None, false));
    assert_eq!(plain, render(&blocked(), Kind::Http, None).body);
    assert_eq!(in_place(&blocked(), Kind::Http, None, true), None);
    assert_eq!(in_place(&blocked(), Kind::Mcp, None, true), None);
    assert_eq!(in_place(&blocked(), Kind::Mcp, Some(&call("tools/list", None)), true), None);
}

#[test]
fn nothing_breaks_out_of_its_place() {
    let evil = "x\r\nset-cookie: a\n\ndata: {}\n\"},{\"";
    let refusal = Refusal {
        message: Some(evil.into()),
        rule: Some(evil.into()),
        reference: evil.into(),
        www_authenticate: Some(evil.into()),
        ..pending()
    };
    let tool = call("tools/call", Some("1"));
    for reason in Reason::ALL {
        let refusal = Refusal { reason: *reason, ..refusal.clone() };
        for (kind, mcp) in [(Kind::Mcp, Some(&tool)), (Kind::Openai, None), (Kind::Http, None)] {
            let response = render(&refusal, kind, mcp);
            assert!(response.headers.iter().all(|(_, value)| !value.contains(['\r', '\n'])));
            body(&response);
            if let Some(bytes) = in_place(&refusal, kind, mcp, true) {
                assert_eq!(String::from_utf8(bytes).unwrap().lines().count(), 3);
            }
        }
    }
}

#[test]
fn every_reason_says_what_to_do() {
    for reason in Reason::ALL {
        let body = body(&render(&refusal(*reason), Kind::Http, None));
        let message = body["error"]["message"].as_str().unwrap();
        assert!(message.ends_with('.') && message.matches(". ").count() >= 1, "{message}");
    }
}
