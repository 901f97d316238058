/*! Holds that several people have to approve, each with a key of their own. */

use std::sync::LazyLock;

use integration::wait::{SOON, until};
use integration::{Call, Gateway, Upstream};
use serde_json::{Value, json};

const BUNDLE: &str = "\
bundle: {name: desk, version: '1'}
rules:
  - name: refunds-by-two
    on: request
    match: {http: {path: /refunds}}
    effect: hold
    hold: {approvers: [finance], quorum: 2, wait: 2m}
  - name: contracts-by-both
    on: request
    match: {http: {path: /contracts}}
    effect: hold
    hold: {approvers: {all: [finance, legal]}, wait: 2m}
  - name: deletions
    on: request
    match: {http: {path: /deletions}}
    effect: hold
    hold: {wait: 2m}
";

struct Shared {
    upstream: Upstream,
    gateway: Gateway,
}

static SHARED: LazyLock<Shared> = LazyLock::new(|| {
    let upstream = Upstream::start();
    let people = ["ann=finance", "bob=finance", "cid=legal", "eve"];
    let builder = Gateway::build().upstream("/", &upstream.url()).bundle(BUNDLE);
    let add =
        |builder: integration::gateway::Builder, one: &str| builder.arg("--approver").arg(one);
    let gateway = people.into_iter().fold(builder, add).start();
    Shared { upstream, gateway }
});

/// A call on hold, sent by somebody of its own.
struct Held {
    shared: &'static Shared,
    path: &'static str,
    id: String,
    answer: std::thread::JoinHandle<integration::Response>,
}

impl Held {
    fn new(path: &'static str, subject: &str) -> Self {
        let shared = &*SHARED;
        let token = shared.gateway.token(subject);
        let call = Call::new("POST", path).token(&token).body(r#"{"amount":900}"#);
        let answer = call.header("x-gatehouse-wait", "60").start(&shared.gateway);
        let mine = || {
            let list = shared.gateway.cli_ok(&["approvals", "list", "--format", "json"]);
            let list: Value = serde_json::from_str(&list).unwrap();
            let holds = list["holds"].as_array().cloned().unwrap_or_default();
            holds.into_iter().find(|hold| hold["principal"]["subject"] == subject)
        };
        let id = until("a hold", SOON, mine)["id"].as_str().unwrap().to_owned();
        Self { shared, path, id, answer }
    }

    /// What the command line says to a decision: its status, or why not.
    fn says(&self, who: &str, decision: &str) -> String {
        let arguments = ["approvals", decision, &self.id, "--as", who, "--reason", "seen"];
        let output = self.shared.gateway.cli(&arguments);
        let (out, err) = (String::from_utf8(output.stdout), String::from_utf8(output.stderr));
        if output.status.success() { out.unwrap() } else { err.unwrap() }
    }

    #[track_caller]
    fn leaves(&self, who: &str) {
        let told = self.says(who, "approve");
        assert!(told.starts_with("pending "), "{who}: {told}");
        assert!(!self.answer.is_finished());
        assert_eq!(self.shared.upstream.requests(self.path).len(), 0);
    }

    #[track_caller]
    fn is_not_for(&self, who: &str) {
        let told = self.says(who, "approve");
        assert!(told.contains("approvers of other groups"), "{who}: {told}");
        assert!(!self.answer.is_finished());
    }

    /// The caller's answer, and who its record says approved.
    #[track_caller]
    fn passes_with(self, who: &str) -> Value {
        let told = self.says(who, "approve");
        assert!(told.starts_with("approved ") || told.starts_with("redeemed "), "{who}: {told}");
        self.answer.join().unwrap().expect(200);
        assert_eq!(self.shared.upstream.requests(self.path).len(), 1);
        let path = self.path;
        let record =
            self.shared.gateway.record(path, |entry| entry.record["request"]["path"] == path);
        record.record["hold"]["approvals"].clone()
    }
}

#[test]
fn two_different_people_of_a_group_have_to_approve() {
    let held = Held::new("/refunds", "refunder");
    for who in ["cid", "eve"] {
        held.is_not_for(who);
    }
    held.leaves("ann");
    held.leaves("ann");
    let approvals = held.passes_with("bob");
    let of = |name: &str| json!({"approver": name, "groups": ["finance"]});
    assert_eq!(approvals, json!([of("ann"), of("bob")]));
}

#[test]
fn each_of_several_groups_has_to_approve() {
    let held = Held::new("/contracts", "drafter");
    held.is_not_for("eve");
    held.leaves("bob");
    held.leaves("ann");
    let approvals = held.passes_with("cid");
    assert_eq!(approvals[2], json!({"approver": "cid", "groups": ["legal"]}));
}

#[test]
fn one_denial_ends_it_and_nobody_decides_without_a_name() {
    let held = Held::new("/deletions", "remover");
    let told = SHARED.gateway.cli(&["approvals", "approve", &held.id]);
    let told = String::from_utf8(told.stderr).unwrap();
    assert!(told.contains("--as NAME") && told.contains("`bob`"), "{told}");
    let told = held.says("zoe", "approve");
    assert!(told.contains("`zoe` is no approver here"), "{told}");
    assert!(held.says("eve", "deny").starts_with("denied "));
    held.answer.join().unwrap().expect_refusal(403, "hold_denied");
    assert_eq!(SHARED.upstream.requests("/deletions").len(), 0);
}
