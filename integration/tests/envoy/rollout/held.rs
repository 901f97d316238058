use serde_json::Value;

use super::*;

/// What holds deletions.
fn rule(terms: &str) -> String {
    format!(
        "  - name: ask\n    on: request\n    match: {{http: {{method: DELETE}}}}\n    effect: hold\n    hold: {{{terms}}}\n"
    )
}

/// Of the one call on hold.
#[track_caller]
fn hold(gateway: &Gateway) -> String {
    until("a hold", SOON, || {
        let list = gateway.cli_ok(&["approvals", "list", "--format", "json"]);
        let list: Value = serde_json::from_str(&list).unwrap();
        let holds = list.as_array().or_else(|| list["holds"].as_array()).cloned()?;
        let hold = holds.first()?;
        Some(hold["hold"].as_str().or_else(|| hold["id"].as_str())?.to_owned())
    })
}

/// Approved after another bundle became active.
#[test]
fn a_held_call_goes_on_under_a_new_bundle_only_if_that_holds_it_alike() {
    let (upstream, author) = (Upstream::start(), Author::new());
    let same = rule("expiry: 10m, wait: 60s");
    let server = BundleServer::start(Some(author.release_with(1, &same)));
    let gateway = fetching(&upstream, &author, &server.url(), "1s").start();
    let token = gateway.token("robot");
    live(&gateway.address, &token, 1);
    let old = author.revision(&author.file("1.bundle"));
    let delete = |path: &str| Call::delete(path).token(&token).header("x-gatehouse-wait", "60");
    let approve = |hold: &str| {
        gateway.cli_ok(&["approvals", "approve", hold, "--reason", "as asked by support"]);
    };

    let answer = delete("/a").start(&gateway);
    let first = hold(&gateway);
    server.serve(Some(author.release_with(2, &same)));
    live(&gateway.address, &token, 2);
    assert!(!upstream.saw("DELETE"));
    approve(&first);
    answer.join().unwrap().expect(200);
    let entry = gateway.record("the held call", |entry| entry.path() == "/a");
    assert_eq!(entry.record["revision"], old.as_str(), "it finishes on its own");

    let answer = delete("/b").start(&gateway);
    let second = hold(&gateway);
    server.serve(Some(author.release_with(3, &rule("expiry: 9m, wait: 60s"))));
    live(&gateway.address, &token, 3);
    approve(&second);
    answer.join().unwrap().expect_refusal(403, "grant_invalid");
    assert!(upstream.requests("/b").is_empty());
}
