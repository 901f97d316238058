/*! Another tenant's module in the same Envoy: it shares memory with who has its `vm_id`. */

use std::collections::BTreeSet;

use integration::envoy::{bootstrap, filter};
use integration::{Gateway, Upstream, place};
use serde_json::Value;

fn vm(config: &mut Value) -> &mut Value {
    &mut filter(config, "gatehouse")["typed_config"]["config"]["vm_config"]
}

/// Of one run on the data folder.
fn run(data: &std::path::Path, upstream: &Upstream) -> Value {
    let mut gateway = Gateway::build().upstream("/", &upstream.url()).data(data).start();
    let mut config = bootstrap(&gateway);
    assert!(gateway.stop().success());
    vm(&mut config).clone()
}

/// Nobody can name what nobody can guess: 128 bits, new with each run, on the same folder too.
#[test]
fn no_two_runs_share_a_vm_id() {
    let (folder, upstream) = (place::folder(), Upstream::start());
    let data = folder.path().join("data");
    let runs = [run(&data, &upstream), run(&data, &upstream)];
    let ids: BTreeSet<_> = runs.iter().map(|vm| vm["vm_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 2, "{ids:?}");
    for id in &ids {
        let random = id.strip_prefix("gatehouse-").unwrap();
        assert!(random.len() == 32 && random.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    }
    // Nor does what is random in the one follow from the other.
    let words: Vec<_> = ids.iter().map(|id| id.rsplit('-').next().unwrap()).collect();
    let same = words[0].bytes().zip(words[1].bytes()).filter(|(a, b)| a == b).count();
    assert!(same < 20, "{ids:?}");

    for vm in &runs {
        let allowed = vm["capability_restriction_config"]["allowed_capabilities"].as_object();
        let allowed = allowed.unwrap();
        assert!(!allowed.is_empty(), "an empty list would allow everything");
        for word in ["shared_queue", "queue_ready", "foreign"] {
            let found: Vec<_> = allowed.keys().filter(|name| name.contains(word)).collect();
            assert!(found.is_empty(), "{found:?}");
        }
    }
}
