use policy::kill::Whom;
use serde_json::{Value, json};

use super::{body, signature};
use crate::config::webhook_key;
use crate::notify::{About, EventKind};
use crate::testing::NOW;
use crate::testing::events::{digest, event, message, of_kill};

const CONSOLE: &str = "https://gatehouse.corp.example";

/// The example of the scheme's own documents.
#[test]
fn a_signature_is_that_of_the_scheme() {
    let key = webhook_key(&format!("{}_{}", "whsec", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")).unwrap();
    let body = r#"{"test": 2432232314}"#;
    let signed = signature(&[key], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
    assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

#[test]
fn each_key_signs() {
    let keys = [vec![1; 32], vec![2; 32]];
    let both = signature(&keys, "id", 1, "{}");
    let alone = |key: &Vec<u8>| signature(std::slice::from_ref(key), "id", 1, "{}");
    assert_eq!(both, format!("{} {}", alone(&keys[0]), alone(&keys[1])));
    for (id, at, text) in [("ie", 1, "{}"), ("id", 2, "{}"), ("id", 1, "{} ")] {
        assert_ne!(both, signature(&keys, id, at, text));
    }
}

#[test]
fn a_kill_has_a_member_of_its_own() {
    let text = body(&message(of_kill(EventKind::Killed)), CONSOLE).unwrap();
    let told: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(told["type"], "killed");
    assert_eq!(
        told["data"],
        json!({
            "id": "evt0evt0evt0evt0",
            "kind": "killed",
            "at": NOW,
            "by": "dana",
            "reason_text": "it runs wild",
            "kill": {
                "id": "k_kill0kill0kill00",
                "caller": "p_AAAAAAAAAAAAAAAAAAAAAA",
                "issuer": "https://idp.example",
                "subject": "alice",
                "agent": "triage-agent",
                "until": NOW + 3600,
            },
            "url": "https://gatehouse.corp.example/kills",
        })
    );
    // Who reads of a token does not take its principal for stopped.
    let mut token = of_kill(EventKind::Killed);
    let About::Kill(kill) = &mut token.about else { panic!("it is of a kill") };
    kill.whom = Whom::Token("t_AAAAAAAAAAAAAAAAAAAAAA".into());
    let told: Value = serde_json::from_str(&body(&message(token), CONSOLE).unwrap()).unwrap();
    let kill = &told["data"]["kill"];
    assert_eq!(
        (&told["type"], &kill["token"]),
        (&json!("killed"), &json!("t_AAAAAAAAAAAAAAAAAAAAAA"))
    );
    assert!(kill.get("caller").is_none());
}

#[test]
fn a_body_says_what_happened() {
    let text = body(&message(event(EventKind::Held)), CONSOLE).unwrap();
    let told: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        told,
        json!({
            "type": "held",
            "timestamp": "2027-01-15T08:00:00Z",
            "data": {
                "id": "evt0evt0evt0evt0",
                "kind": "held",
                "at": NOW,
                "url": "https://gatehouse.corp.example/holds/hold0hold0hold00",
                "hold": {
                    "id": "hold0hold0hold00",
                    "action": "delete_customer",
                    "issuer": "https://idp.example",
                    "subject": "alice",
                    "agent": "triage-agent",
                    "rules": ["hold-destructive-tools"],
                    "description": "A tool that deletes",
                    "severity": "high",
                    "created_at": NOW,
                    "expires_at": NOW + 600,
                },
            },
        })
    );
}

#[test]
fn a_digest_lists_a_hundred_and_counts_all() {
    let text = body(&digest(&[(EventKind::Held, 130), (EventKind::Expired, 7)]), CONSOLE).unwrap();
    let told: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&told["type"], &told["data"]["total"]), (&json!("digest"), &json!(137)));
    assert_eq!(told["data"]["counts"], json!({"held": 130, "expired": 7}));
    assert_eq!(told["data"]["events"].as_array().unwrap().len(), 100);
}
