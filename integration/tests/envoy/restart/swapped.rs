//! The filter's configuration is another while a question waits to be asked again.

use std::path::Path;

use integration::envoy::{filter, plugin};
use integration::place;

use super::*;

const WASM: &str = "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm";

/// The filter as it is found by discovery; moved into place, as Envoy wants it.
fn write(folder: &Path, filter: &Value, version: &str) {
    let config = json!({
        "@type": "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig",
        "name": "gatehouse",
        "typed_config": filter,
    });
    let new = folder.join("new");
    let content = json!({ "version_info": version, "resources": [config] });
    std::fs::write(&new, content.to_string()).unwrap();
    std::fs::rename(new, folder.join("filter.json")).unwrap();
}

#[test]
fn a_question_that_is_kept_outlives_its_configuration() {
    let (upstream, approver) = (Upstream::start(), Approver::start());
    let gateway = Gateway::build().upstream("/", &upstream.url()).bundle(BUNDLE).start();
    let folder = place::folder();
    let mut next = Value::Null;
    let envoy = Envoy::start(&gateway, |config| {
        approver.serves(config);
        let mut changed = config.clone();
        plugin(&mut changed, |plugin| plugin["limits"]["request_body"] = json!(10));
        next = filter(&mut changed, "gatehouse")["typed_config"].clone();
        let found = filter(config, "gatehouse");
        write(folder.path(), &found["typed_config"], "1");
        found.as_object_mut().unwrap().remove("typed_config");
        found["config_discovery"] = json!({
            "config_source": {
                "resource_api_version": "V3",
                "path_config_source": {
                    "path": folder.path().join("filter.json"),
                    "watched_directory": { "path": folder.path() },
                },
            },
            "type_urls": [WASM],
        });
    });
    let token = gateway.token("robot");
    let call = |method: &str, path: &str| Call::new(method, path).token(&token);
    for question in [Question::Hold, Question::Redemption] {
        approver.breaks(question, usize::MAX);
        let path = format!("/{question:?}");
        let answer = start(&call("DELETE", &path).header("x-gatehouse-wait", "60"), &envoy);
        until("a second try", SOON, || (approver.asked(question).len() >= 2).then_some(()));
        write(folder.path(), &next, &path);
        // Another configuration each time: the first one lets more pass.
        let limited = question == Question::Hold;
        until("the other configuration", SOON, || {
            let long = call("POST", "/probe").body(vec![b'a'; 100]).send_to(&envoy.address);
            ((long.status == 413) == limited).then_some(())
        });
        if limited {
            let mut config = integration::envoy::bootstrap(&gateway);
            approver.serves(&mut config);
            next = filter(&mut config, "gatehouse")["typed_config"].clone();
        }
        assert!(!answer.is_finished());
        approver.mends();
        answer.join().unwrap().expect(200);
        assert_eq!(upstream.requests(&path).len(), 1);
    }
}
