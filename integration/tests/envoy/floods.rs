/*!
Whoever repeats what a pattern begins with makes stage 2 begin at every place, in the body of a request
or of an answer. The work for each byte is bounded all the same, so nothing is refused for it.
*/

use std::path::Path;

use integration::{Call, Gateway, Reply, Upstream, place};
use serde_json::{Value, json};

const PACKS: [&str; 3] = ["secrets", "personal-data", "personal-data-regional"];
const FLOOD: usize = 1024 * 1024;

#[test]
fn a_mebibyte_of_the_beginnings_of_every_pattern_passes_both_ways() {
    let upstream = Upstream::start();
    let mut gateway = Gateway::build().upstream("/", &upstream.url());
    gateway = gateway.arg("--request-limit").arg((2 * FLOOD).to_string());
    for pack in PACKS {
        gateway = gateway.arg("--bundle").arg(pack);
    }
    let gateway = gateway.start();
    let token = gateway.token("flooder");
    let beginnings = beginnings();
    assert!(beginnings.len() > 100, "{}", beginnings.len());
    let mut refused = Vec::new();
    for (number, (name, beginning)) in beginnings.iter().enumerate() {
        let flood = beginning.repeat(FLOOD / beginning.len());
        let path = format!("/flood/{number}/");
        let pieces = flood.as_bytes().chunks(32 * 1024);
        let answer = Reply::chunked(200, &[("content-type", "text/plain")]);
        upstream.reply(&path, pieces.fold(answer, |reply, piece| reply.chunk(piece)).end(&[]));
        let call = Call::post(&path).token(&token).json(&json!({ "text": flood }));
        let response = call.send(&gateway);
        let record = gateway.record(&path, |entry| entry.path() == path);
        if response.status != 200 || !response.message.complete {
            refused.push(format!("{name}: {} {}", response.status, record.line));
        }
    }
    assert_eq!(refused, [""; 0]);
}

/// What each shipped pattern begins with, and what several begin with.
fn beginnings() -> Vec<(String, String)> {
    let several = [
        "eyJa",
        "-----BEGIN RSA PRIVATE KEY-----\n",
        "4",
        "4111 ",
        "a@",
        "@",
        "password=",
        "://a:",
    ];
    let several = several.map(|text| (text.to_owned(), text.to_owned()));
    let files =
        PACKS.iter().flat_map(|pack| patterns(&place::root().join("policy-bundles").join(pack)));
    files.chain(several).collect()
}

fn patterns(pack: &Path) -> Vec<(String, String)> {
    let files = std::fs::read_dir(pack.join("patterns")).unwrap().map(|file| file.unwrap().path());
    let mut found = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        let content: Value = serde_saphyr::from_str(&text).unwrap();
        for pattern in content["patterns"].as_array().unwrap() {
            let example = match &pattern["examples"]["match"][0] {
                Value::Array(parts) => parts.iter().filter_map(Value::as_str).collect(),
                text => text.as_str().unwrap().to_owned(),
            };
            let count = example.chars().count();
            let most = example.chars().take(count - 1).collect::<String>();
            let half = example.chars().take(count.div_ceil(2)).collect::<String>();
            found.push((format!("most of {}", pattern["name"]), most));
            found.push((format!("half of {}", pattern["name"]), half));
        }
    }
    found
}
