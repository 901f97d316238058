//! What the guide of channels says, tried.

use std::io::Write;
use std::process::{Command, Stdio};

use serde::Deserialize;
use serde_json::{Value, json};

use super::sending;
use crate::config::{Channel, ChannelKind, Secret};
use crate::testing::NOW;
use crate::testing::ends::{Seen, WebEnd};
use crate::testing::events::{webhook_key, with_kind};

const GUIDE: &str = include_str!("../../../../docs/guide/channels.md");

/// The guide's blocks of one language.
fn blocks(language: &str) -> Vec<&'static str> {
    let begin = format!("```{language}\n");
    GUIDE.split(begin.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

fn is_genuine(seen: &Seen, body: &str, key: &str, now: u64) -> bool {
    let [example] = blocks("python")[..] else { panic!("one example in Python") };
    let program = format!(
        "{example}\nimport json, sys\nasked = json.load(sys.stdin)\n\
         print(is_genuine(asked['headers'], asked['body'].encode(), asked['key'], asked['now']))"
    );
    let headers: Value = ["webhook-id", "webhook-timestamp", "webhook-signature"]
        .iter()
        .map(|name| ((*name).to_owned(), Value::from(seen.header(name))))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let asked = json!({"headers": headers, "body": body, "key": key, "now": now}).to_string();
    let mut python = Command::new("python3")
        .args(["-c", &program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    python.stdin.take().unwrap().write_all(asked.as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    match std::str::from_utf8(&output.stdout).unwrap().trim() {
        "True" => true,
        "False" => false,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn the_receiver_in_python_takes_what_is_genuine() {
    let hook = WebEnd::saying(&[]).await;
    let keys = vec![Secret::new(webhook_key(1)), Secret::new(webhook_key(2))];
    let channel = with_kind("hook", ChannelKind::Webhook { url: Secret::new(&*hook.url), keys });
    let (fixture, _tasks) = sending(&[channel]).await;
    fixture.hold("e1").await;
    let seen = hook.seen(1).await.remove(0);
    for key in [1, 2] {
        assert!(is_genuine(&seen, &seen.body, &webhook_key(key), NOW + 299));
    }
    assert!(!is_genuine(&seen, &seen.body, &webhook_key(3), NOW));
    assert!(!is_genuine(&seen, &seen.body, &webhook_key(1), NOW + 301));
    let forged = seen.body.replace("delete", "create");
    assert!(!is_genuine(&seen, &forged, &webhook_key(1), NOW));
    // The body that the guide shows has the members of a real one.
    let shown: Value = serde_json::from_str(blocks("json")[0]).unwrap();
    let real: Value = serde_json::from_str(&seen.body).unwrap();
    let members =
        |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    for at in ["", "/data", "/data/hold"] {
        let (shown, real) = (shown.pointer(at).unwrap(), real.pointer(at).unwrap());
        assert_eq!(members(shown), members(real), "{at}");
    }
}

#[test]
fn each_example_is_read() {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        channels: Vec<Channel>,
    }
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        format!("{{ file = '{}' }}", path.display())
    };
    let url = place("url", "https://hooks.example.com/T0/B0");
    let (key, password) = (place("key", &webhook_key(1)), place("password", "hush"));
    let examples = blocks("toml");
    assert_eq!(examples.len(), 4);
    for example in examples {
        let example = example
            .replace("{ file = \"/etc/gatehouse/slack-url\" }", &url)
            .replace("{ file = \"/etc/gatehouse/tickets-url\" }", &url)
            .replace("{ file = \"/etc/gatehouse/tickets-key\" }", &key)
            .replace("{ env = \"SMTP_PASSWORD\" }", &password);
        let file: File = toml::from_str(&example).unwrap();
        assert_eq!(file.channels.len(), 1);
    }
}
