/*! A data folder that an older release left opens in this one, and what it recorded can be read. */

use std::process::Command;

use integration::{Call, Gateway, Upstream, place};
use serde_json::Value;

#[test]
fn a_folder_with_records_of_version_1_opens() {
    let folder = place::folder();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let fixture = place::root().join("integration/fixtures/data-v1.tar.gz");
    let unpacked = Command::new("tar").arg("-xzf").arg(fixture).arg("-C").arg(&data).status();
    assert!(unpacked.unwrap().success());

    let upstream = Upstream::start();
    let gateway = Gateway::build().upstream("/", &upstream.url()).data(&data).start();
    let json = |arguments: &[&str]| -> Value {
        let text = gateway.cli_ok(&[arguments, &["--format", "json"]].concat());
        serde_json::from_str(&text).unwrap()
    };
    // The issuer's key is in the folder, so the gateway goes on where it was.
    Call::get("/x").token(&gateway.token("ada")).send(&gateway).expect(200);
    gateway.record("the new call", |entry| entry.path() == "/x");

    let sessions = json(&["sessions", "list"]);
    let old =
        sessions["sessions"].as_array().unwrap().iter().find(|one| one["client_id"] == "run-1");
    let id = old.unwrap()["id"].as_str().unwrap();
    let shown = json(&["sessions", "show", id]);
    let exchanges = shown["exchanges"].as_array().unwrap();
    assert_eq!(exchanges.len(), 10);
    let reference = exchanges[0]["record"]["exchange"].as_str().unwrap();
    let explained = json(&["explain", reference]);
    assert_eq!(explained["record"]["principal"]["subject"], "ada");
    let verified = json(&["sessions", "verify"]);
    assert_eq!((&verified["before_links"], &verified["records"]), (&11.into(), &12.into()));

    // Their time is long over; what became of them is still known.
    let holds = json(&["approvals", "list", "--status", "settled"]);
    let text = holds.to_string();
    assert!(text.contains("/orders/1") && text.contains("\"denied\""), "{text}");
}
