/*!
Who reads records and what approvers see does not get back by trial what masking took away: the
four last digits of a Social Security number are ten thousand candidates.
*/

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use hmac_sha256::{HMAC, Hash};
use integration::shared::case;
use integration::wait::{SOON, until};
use integration::{Reply, sample};
use serde_json::{Value, json};

type Digest = [u8; 32];

/// Whatever in the text may be a digest of 32 bytes: in hexadecimal or base64 of either alphabet.
fn digests(text: &str) -> HashSet<Digest> {
    let in_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+' | '/');
    let words = text.split(|c| !in_word(c));
    words.flat_map(|word| [hex(word), base64(word)]).flatten().collect()
}

fn base64(word: &str) -> Option<Digest> {
    let engine = if word.contains(['+', '/']) { STANDARD_NO_PAD } else { URL_SAFE_NO_PAD };
    engine.decode(word).ok()?.try_into().ok()
}

fn hex(word: &str) -> Option<Digest> {
    let byte = |at: usize| u8::from_str_radix(word.get(at..at + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..word.len()).step_by(2).map(byte).collect();
    bytes?.try_into().ok()
}

/// The keyed digest of a body in a record, as `policy/src/digest.rs` makes it.
fn keyed(body: &str, key: &[u8]) -> Digest {
    let purpose = "gatehouse-body-1";
    let text =
        [&(purpose.len() as u64).to_be_bytes(), purpose.as_bytes(), body.as_bytes()].concat();
    blake2b(&text, key)
}

fn blake2b(text: &[u8], key: &[u8]) -> Digest {
    let mac = blake2b_simd::Params::new().hash_length(32).key(key).hash(text);
    mac.as_bytes().try_into().unwrap()
}

#[test]
fn digests_do_not_give_a_masked_number_back() {
    let case = case();
    let ssn = sample::ssn();
    let request = |ssn: &str| json!({ "sql": "DELETE FROM orders", "ssn": ssn }).to_string();
    let response = |ssn: &str| json!({ "id": 5, "ssn": ssn }).to_string();
    let answered: Value = serde_json::from_str(&response(&ssn)).unwrap();
    case.reply("", Reply::json(200, &answered));
    let call = case.post("query").header("content-type", "application/json").body(request(&ssn));
    let answer = call.header("x-gatehouse-wait", "60").start(case.gateway);
    let id = until("a hold", SOON, || {
        let list = case.gateway.cli_ok(&["approvals", "list", "--format", "json"]);
        let list: Value = serde_json::from_str(&list).unwrap();
        let mut holds = list["holds"].as_array().unwrap().iter();
        let mine = holds.find(|hold| hold["principal"]["subject"] == json!(case.subject));
        mine.map(|hold| hold["id"].as_str().unwrap().to_owned())
    });
    let show = || case.gateway.cli_ok(&["approvals", "show", &id, "--format", "json"]);
    let pending = show();
    case.gateway.cli_ok(&["approvals", "approve", &id]);
    let masked = answer.join().unwrap().expect(200);
    assert_eq!(masked.json()["ssn"], "[REDACTED:us-ssn]");
    let view = pending + &show();
    let record = case.record("query");
    let log = format!("{}\n{}", record.line, record.record);
    assert!(!log.contains(&ssn) && !view.contains(&ssn));
    assert!(view.contains("[REDACTED:us-ssn]"), "{view}");

    let seen = digests(&format!("{log}\n{view}"));
    let (first, _) = ssn.rsplit_once('-').unwrap();
    let candidates: Vec<_> = (0..10_000).map(|last| format!("{first}-{last:04}")).collect();
    assert!(candidates.contains(&ssn));
    // With the key, which neither holds, the number is found: the trial is a true one.
    let key = std::fs::read_to_string(case.gateway.data.join("keys/digest.key")).unwrap();
    let key = STANDARD.decode(key.trim()).unwrap();
    for body in [&request as &dyn Fn(&str) -> String, &response] {
        let found = |ssn: &&String| seen.contains(&keyed(&body(ssn), &key));
        assert_eq!(candidates.iter().filter(found).collect::<Vec<_>>(), [&ssn]);
    }

    let mut tried = 0;
    for candidate in &candidates {
        for text in [candidate.clone(), request(candidate), response(candidate)] {
            let plain = text.as_bytes();
            let trials =
                [Hash::hash(plain), HMAC::mac(plain, []), blake2b(plain, &[]), keyed(&text, &[])];
            assert!(
                !trials.iter().any(|digest| seen.contains(digest)),
                "a digest tells the number"
            );
            tried += trials.len();
        }
    }
    assert_eq!(tried, 120_000);
}
