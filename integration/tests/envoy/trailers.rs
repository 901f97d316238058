/*! Responses that end in trailers: what is held back, what is masked in them. */

use integration::envoy::{Envoy, cluster};
use integration::http2::{
    self,
    server::{Script, Server},
};
use integration::record::Entry;
use integration::shared::{Case, case};
use integration::{Reply, sample};
use serde_json::json;

/// Beside the gateway an Envoy whose upstream speaks HTTP/2, where responses may end in trailers;
/// Envoy drops those of HTTP/1.
struct Trailing {
    case: Case,
    upstream: Server,
    envoy: Envoy,
}

impl Trailing {
    fn answer(script: Script) -> Self {
        let (case, upstream) = (case(), Server::start(script));
        let envoy = Envoy::start(case.gateway, |config| {
            let cluster = cluster(config, "upstream-0");
            cluster["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]["address"]
                ["socket_address"]["port_value"] = json!(upstream.address.port());
            let options = &mut cluster["typed_extension_protocol_options"];
            let options = options.as_object_mut().unwrap().values_mut().next().unwrap();
            options["explicit_http_config"] = json!({ "http2_protocol_options": {} });
        });
        Self { case, upstream, envoy }
    }

    /// The upstream got the call, whatever came of its answer.
    #[track_caller]
    fn call(&self) -> (http2::Answer, Entry) {
        let request = http::Request::get("http://gateway.test/r")
            .header("authorization", format!("Bearer {}", self.case.token))
            .body(())
            .unwrap();
        let answer = http2::call(&self.envoy.address, request, &[], None);
        assert_eq!(self.upstream.requests().len(), 1);
        let ended = |entry: &Entry| entry.path() == "/r" && entry.record["last"] == true;
        (answer, self.envoy.record("the call", ended))
    }
}

fn script(content_type: &str, chunks: &[&str], trailers: &[(&'static str, &str)]) -> Script {
    Script {
        headers: http2::trailers(&[("content-type", content_type)]),
        chunks: chunks.iter().map(|chunk| chunk.as_bytes().to_vec()).collect(),
        trailers: Some(http2::trailers(trailers)),
    }
}

/// At the trailers nothing can be added to the body any more: what cannot be a finding has gone out
/// before.
#[test]
fn a_text_that_ends_in_trailers_is_whole() {
    let ssn = sample::ssn();
    let (left, right) = ssn.split_at(5);
    let chunks = ["first ", left, right, " then", " the end\n"];
    let scene = Trailing::answer(script("text/plain", &chunks, &[("x-checksum", "kept")]));
    let (answer, entry) = scene.call();
    assert_eq!((answer.status, answer.reset.as_deref()), (200, None));
    assert_eq!(answer.text(), "first [REDACTED:us-ssn] then the end\n");
    assert_eq!(answer.trailers.unwrap()["x-checksum"], "kept");
    assert_eq!(entry.record["end"], "complete");
    assert_eq!(entry.findings("response", "us-ssn"), 1);
    assert_eq!(entry.reason(), "");
}

/// What may be the begin of a finding is held back until more comes: half a number, or a word that
/// may be the name in an address. Trailers are no more: it is neither let out nor lost in silence.
#[test]
fn a_text_whose_trailers_cut_a_finding_is_reset() {
    let ssn = sample::ssn();
    for half in [&ssn[..7], "word"] {
        let chunks = ["start\n", half];
        let scene = Trailing::answer(script("text/plain", &chunks, &[("x-checksum", "1")]));
        let (answer, entry) = scene.call();
        assert!(answer.reset.is_some(), "{answer:?}");
        assert!(answer.trailers.is_none(), "{answer:?}");
        assert!(!answer.text().contains(half), "{}", answer.text());
        assert_eq!(entry.reason(), "response_unreadable");
        assert_eq!(entry.record["end"], "reset", "{}", entry.record);
    }
}

/// JSON is read whole, and there is no end of it before the trailers.
#[test]
fn a_json_that_ends_in_trailers_is_reset() {
    let body = json!({ "ssn": sample::ssn() }).to_string();
    let scene = Trailing::answer(script("application/json", &[&body], &[("x-checksum", "1")]));
    let (answer, entry) = scene.call();
    assert!(answer.reset.is_some(), "{answer:?}");
    assert_eq!(answer.text(), "");
    assert_eq!(entry.reason(), "response_unreadable");
    assert_ne!(entry.record["end"], "complete");
}

#[test]
fn trailers_are_masked_and_cleaned() {
    let ssn = sample::ssn();
    let trailers = [
        ("x-customer", ssn.as_str()),
        ("x-note", &format!("call {ssn} back")),
        ("etag", "\"abc\""),
        ("content-md5", "abc"),
        ("x-kept", "yes"),
    ];
    let scene = Trailing::answer(script("text/plain", &["fine\n"], &trailers));
    let (answer, entry) = scene.call();
    assert_eq!((answer.text().as_str(), answer.reset.as_deref()), ("fine\n", None));
    let got = answer.trailers.unwrap();
    assert_eq!(got["x-customer"], "[REDACTED:us-ssn]");
    assert_eq!(got["x-note"], "call [REDACTED:us-ssn] back");
    assert_eq!(got["x-kept"], "yes");
    for name in ["etag", "content-md5"] {
        assert!(!got.contains_key(name), "{name}");
    }
    assert_eq!(entry.record["end"], "complete");
    assert!(!entry.line.to_string().contains(&ssn));
}

/// Envoy drops trailers of HTTP/1, and the body ends as if there were none.
#[test]
fn http1_trailers_do_not_travel() {
    let case = case();
    let reply = Reply::chunked(200, &[("content-type", "text/plain")])
        .chunk(format!("{} end", sample::ssn()))
        .end(&[("x-checksum", &sample::ssn())]);
    case.reply("r", reply);
    let response = case.get("r").send(case.gateway).expect(200);
    assert_eq!(response.text(), "[REDACTED:us-ssn] end");
    assert!(response.message.complete);
    assert!(response.message.trailers.is_empty(), "{:?}", response.message.trailers);
}
