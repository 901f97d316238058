/*! The real credential: with the upstream, and nowhere else. */

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use integration::envoy::ask;
use integration::{Call, Gateway, Reply, Upstream, place};
use serde_json::{Value, json};

const CANARY: &str = "canary-7f3a9c1e-not-for-agents";

fn spellings() -> Vec<String> {
    let escaped = CANARY.replace('-', "\\u002d");
    let percent = CANARY.replace('-', "%2D");
    let base64 = STANDARD.encode(CANARY);
    let basic = STANDARD.encode(format!("Bearer {CANARY}"));
    vec![
        CANARY.into(),
        escaped,
        percent,
        CANARY.bytes().map(|byte| format!("%{byte:02x}")).collect(),
        CANARY.bytes().map(|byte| format!("\\u{byte:04x}")).collect(),
        CANARY.bytes().map(|byte| format!("{byte:02x}")).collect(),
        base64.trim_end_matches('=').into(),
        basic.trim_end_matches('=').into(),
    ]
}

fn leaks(text: &str) -> Option<String> {
    spellings().into_iter().find(|spelling| text.contains(spelling.as_str()))
}

/// In no file, also not in those of the database while it is open.
#[track_caller]
fn not_in_files(folder: &Path, token: &str) {
    for file in files(folder) {
        // A file of the database may go while it is looked at.
        let text = String::from_utf8_lossy(&std::fs::read(&file).unwrap_or_default()).into_owned();
        assert_eq!(leaks(&text), None, "{} holds the credential", file.display());
        assert!(!text.contains(token), "{} holds the agent's token", file.display());
    }
}

/// One hold as approvers see it: its JSON, and its page in the console.
fn shown_to_approvers(gateway: &Gateway, id: &str) -> [String; 2] {
    let json = gateway.cli_ok(&["approvals", "show", id, "--format", "json"]);
    let console = gateway.run["console_address"].as_str().unwrap();
    let login = gateway.run["login_url"].as_str().unwrap();
    let (_, code) = login.split_once("code=").unwrap();
    let at_console = |mut call: Call| {
        call.headers[0].1 = console.to_owned();
        call
    };
    let form = at_console(Call::post("/login"))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("origin", gateway.console.as_str())
        .body(format!("code={code}"));
    let cookie = form.send_to(console).expect(303).header("set-cookie").unwrap();
    let cookie = cookie.split(';').next().unwrap();
    let page = at_console(Call::get(format!("/holds/{id}"))).header("cookie", cookie);
    let page = page.send_to(console).expect(200);
    [json, page.text()]
}

#[test]
fn the_credential_reaches_the_upstream_and_nothing_else() {
    let upstream = Upstream::start();
    let folder = place::folder();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, format!("{CANARY}\n")).unwrap();
    let mut gateway = Gateway::build()
        .upstream("/", &upstream.url())
        .upstream("/open", &upstream.url())
        .arg("--credential")
        .arg(format!("/={}", secret.display()))
        .start();
    let token = gateway.token("robot");

    let admin = gateway.run["admin"].as_str().unwrap().to_owned();
    // Nor does what an agent brings in the header for proxies travel beside it.
    let call = Call::get("/customers").token(&token);
    call.header("proxy-authorization", "Bearer its-own").send(&gateway).expect(200);
    let got = &upstream.requests("/customers")[0];
    assert_eq!(got.header("authorization"), Some(format!("Bearer {CANARY}")));
    assert_eq!(got.header("proxy-authorization"), None);
    assert!(!upstream.saw("its-own"));

    // A route without a credential gets none, and not the agent's either.
    Call::get("/open/x").token(&token).send(&gateway).expect(200);
    assert_eq!(upstream.requests("/x")[0].header("authorization"), None);

    // An agent does not learn it from an error.
    let response = Call::post("/query").token(&token).json(&json!({ "sql": "DROP DATABASE x" }));
    let response = response.send(&gateway).expect(403);
    assert_eq!(leaks(&String::from_utf8_lossy(&response.raw)), None);

    // Nor an approver from the page of a held call, after it went out with the credential.
    let held = Call::delete("/orders/7").token(&token).header("x-gatehouse-wait", "0");
    let response = held.send(&gateway).expect_refusal(403, "pending");
    assert_eq!(leaks(&String::from_utf8_lossy(&response.raw)), None);
    let holds = gateway.cli_ok(&["approvals", "list", "--format", "json"]);
    let holds: Value = serde_json::from_str(&holds).unwrap();
    let id = holds["holds"][0]["id"].as_str().unwrap();
    gateway.cli_ok(&["approvals", "approve", id]);
    held.send(&gateway).expect(200);
    let got = &upstream.requests("/orders/7")[0];
    assert_eq!(got.header("authorization"), Some(format!("Bearer {CANARY}")));
    for shown in shown_to_approvers(&gateway, id) {
        assert!(shown.contains("/orders/7") && shown.contains("robot"), "{shown}");
        assert_eq!(leaks(&shown), None);
        assert!(!shown.contains(&token), "an approver sees the agent's token");
    }

    let dump = ask(admin.as_ref(), "GET", "/config_dump").unwrap();
    assert_eq!(leaks(&dump), None, "config_dump");
    gateway.record("the held call", |entry| {
        entry.path() == "/orders/7" && entry.record["end"] == "complete"
    });
    assert!(!upstream.saw(&token), "the agent's token reached the upstream");
    not_in_files(&gateway.data, &token);
    gateway.stop();
    let database = std::fs::read(gateway.data.join("approval.sqlite")).unwrap();
    let database = String::from_utf8_lossy(&database);
    assert!(database.contains("/orders/7"), "the hold is in the file that is searched");
    not_in_files(&gateway.data, &token);
    assert_eq!(leaks(&gateway.process.output()), None);
    assert!(!gateway.process.output().contains(&token));
}

/// An upstream that says back what it was sent, in any spelling, tells the agent nothing.
#[test]
fn an_echo_does_not_bring_the_credential_back() {
    let upstream = Upstream::start();
    upstream.script(|request| {
        let all: Vec<_> = spellings().into_iter().map(|spelling| format!("({spelling})")).collect();
        let seen = request.header("authorization").unwrap_or_default();
        let body = format!("{} {seen}", all.join(" "));
        let text = [("content-type", "text/plain"), ("x-echo", seen.as_str())];
        Some(match request.target.as_str() {
            "/text" => Reply::new(200, &text, body),
            _ => Reply::json(200, &json!({ "seen": seen, "all": all })),
        })
    });
    let folder = place::folder();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, CANARY).unwrap();
    let gateway = Gateway::build()
        .upstream("/", &upstream.url())
        .arg("--credential")
        .arg(format!("/={}", secret.display()))
        .start();
    let token = gateway.token("robot");
    for path in ["/text", "/json"] {
        let response = Call::get(path).token(&token).send(&gateway).expect(200);
        assert_eq!(leaks(&String::from_utf8_lossy(&response.raw)), None, "{path}");
        let entry = gateway.record(path, |entry| entry.path() == path);
        assert_eq!(leaks(&entry.line.to_string()), None, "the record of {path}");
    }
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
    entries
        .flat_map(|path| match () {
            () if path.is_dir() => files(&path),
            () if path.is_file() => vec![path],
            () => Vec::new(),
        })
        .collect()
}

#[test]
fn a_new_secret_in_the_file_is_used_without_restart() {
    let upstream = Upstream::start();
    let folder = place::folder();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "first").unwrap();
    let gateway = Gateway::build()
        .upstream("/", &upstream.url())
        .arg("--credential")
        .arg(format!("/={}", secret.display()))
        .start();
    let token = gateway.token("robot");
    let used = || {
        Call::get("/x").token(&token).send(&gateway).expect(200);
        upstream.requests("/x").last().unwrap().header("authorization").unwrap()
    };
    assert_eq!(used(), "Bearer first");
    let new = folder.path().join("new");
    std::fs::write(&new, "second").unwrap();
    std::fs::rename(&new, &secret).unwrap();
    integration::wait::until("the new secret", integration::wait::SOON, || {
        (used() == "Bearer second").then_some(())
    });
}
