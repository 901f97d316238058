/*! The configuration mesh operators copy, and what the filter may do, against the real Envoy and
the real module. */

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use integration::{envoy, place, shared};
use serde_json::{Value, json};
use wasmparser::{ExternalKind, Parser, Payload, TypeRef};

/// `envoy/bootstrap.json` with its placeholders filled in, the way its README says.
fn example(folder: &Path) -> Value {
    filled_in(&place::root().join("envoy"), folder)
}

fn filled_in(source: &Path, folder: &Path) -> Value {
    let case = shared::case();
    let running = envoy::bootstrap(case.gateway);
    let keys = case.gateway.data.join("keys");
    for inner in ["tls", "approval", "secrets", "credentials"] {
        std::fs::create_dir_all(folder.join(inner)).unwrap();
    }
    for (file, content) in [
        ("tls/server.pem", keys.join("filter.pem")),
        ("tls/server.key", keys.join("filter.key")),
        ("approval/ca.pem", keys.join("approval-ca.pem")),
        ("approval/filter.pem", keys.join("filter.pem")),
        ("approval/filter.key", keys.join("filter.key")),
        ("gatehouse.wasm", place::module()),
    ] {
        std::fs::copy(content, folder.join(file)).unwrap();
    }
    for entry in std::fs::read_dir(source.join("secrets")).unwrap().flatten() {
        let text = filled(&entry.path(), folder);
        std::fs::write(folder.join("secrets").join(entry.file_name()), text).unwrap();
    }
    let text = filled(&source.join("bootstrap.json"), folder);
    let mut example: Value = serde_json::from_str(&text).unwrap();
    let mut running = running;
    let plugin =
        envoy::filter(&mut running, "gatehouse")["typed_config"]["config"]["configuration"].clone();
    envoy::filter(&mut example, "gatehouse")["typed_config"]["config"]["configuration"] = plugin;
    example
}

fn filled(file: &Path, folder: &Path) -> String {
    let folder = folder.to_str().unwrap();
    let text = std::fs::read_to_string(file).unwrap();
    ["/etc/gatehouse", "/var/log/gatehouse", "/run/gatehouse"]
        .iter()
        .fold(text, |text, placeholder| text.replace(placeholder, folder))
}

#[test]
fn envoy_takes_the_example() {
    let folder = place::folder();
    let file = folder.path().join("bootstrap.json");
    let mut example = example(folder.path());
    std::fs::write(&file, example.to_string()).unwrap();
    let (taken, said) = envoy::validate(&file);
    assert!(taken, "{said}");
    assert!(!said.to_lowercase().contains("deprecated"), "{said}");
    // And would tell if it were wrong.
    envoy::connection_manager(&mut example)["merge_slashes"] = json!("often");
    std::fs::write(&file, example.to_string()).unwrap();
    assert!(!envoy::validate(&file).0);
}

#[test]
fn envoy_takes_the_example_with_a_collector() {
    let (source, folder) = (place::folder(), place::folder());
    let out = source.path().to_str().unwrap();
    for url in ["http://127.0.0.1:4317", "https://collector.example.com:4317/"] {
        let mut command = Command::new(place::gatehouse());
        command.args(["envoy-config", "--out", out, "--otlp", url]);
        assert!(command.status().unwrap().success());
        let file = folder.path().join("bootstrap.json");
        let text = filled_in(source.path(), folder.path()).to_string();
        std::fs::write(&file, text).unwrap();
        let (taken, said) = envoy::validate(&file);
        assert!(taken && !said.to_lowercase().contains("deprecated"), "{said}");
    }
    let mut command = Command::new(place::gatehouse());
    let output =
        command.args(["envoy-config", "--out", out, "--otlp", "http://a/v1/logs"]).output();
    let said = String::from_utf8_lossy(&output.unwrap().stderr).into_owned();
    assert!(said.contains("gRPC has no path"), "{said}");
}

/// As it lies in the folder it has no bundle, and nobody should run it like that.
#[test]
fn the_example_does_not_start_before_it_is_filled_in() {
    let folder = place::folder();
    let mut example = example(folder.path());
    let committed = std::fs::read(place::root().join("envoy/bootstrap.json")).unwrap();
    let mut committed: Value = serde_json::from_slice(&committed).unwrap();
    let empty =
        envoy::filter(&mut committed, "gatehouse")["typed_config"]["config"]["configuration"]
            .clone();
    envoy::filter(&mut example, "gatehouse")["typed_config"]["config"]["configuration"] = empty;
    let file = folder.path().join("bootstrap.json");
    std::fs::write(&file, example.to_string()).unwrap();
    let (taken, said) = envoy::validate(&file);
    assert!(!taken && said.contains("configuration refused"), "{said}");
}

/// Imports of the module that it was built with but does without: Envoy refuses to run them.
const DENIED_IMPORTS: &[&str] = &[
    "clock_time_get",
    "fd_write",
    "proc_exit",
    "proxy_call_foreign_function",
    "proxy_dequeue_shared_queue",
    "proxy_done",
    "proxy_enqueue_shared_queue",
    "proxy_grpc_call",
    "proxy_grpc_cancel",
    "proxy_grpc_close",
    "proxy_grpc_send",
    "proxy_grpc_stream",
    "proxy_register_shared_queue",
    "proxy_resolve_shared_queue",
];

/// Callbacks for TCP, gRPC, queues and foreign functions: the module does nothing in them.
const DENIED_EXPORTS: &[&str] = &[
    "proxy_on_downstream_connection_close",
    "proxy_on_downstream_data",
    "proxy_on_foreign_function",
    "proxy_on_grpc_close",
    "proxy_on_grpc_receive",
    "proxy_on_grpc_receive_initial_metadata",
    "proxy_on_grpc_receive_trailing_metadata",
    "proxy_on_memory_allocate",
    "proxy_on_new_connection",
    "proxy_on_queue_ready",
    "proxy_on_upstream_connection_close",
    "proxy_on_upstream_data",
];

/// A callback missing from the list is a hole and no error: without `proxy_on_request_body` bodies
/// pass unread. So nothing the module has may be left out unless it is named here.
#[test]
fn the_filter_is_allowed_what_the_module_has() {
    let mut bootstrap = envoy::bootstrap(shared::case().gateway);
    let vm = &envoy::filter(&mut bootstrap, "gatehouse")["typed_config"]["config"]["vm_config"];
    let allowed = vm["capability_restriction_config"]["allowed_capabilities"].as_object().unwrap();
    let allowed: BTreeSet<&str> = allowed.keys().map(String::as_str).collect();

    let module = std::fs::read(place::module()).unwrap();
    let mut has = BTreeSet::new();
    for payload in Parser::new(0).parse_all(&module) {
        match payload.unwrap() {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let import = import.unwrap();
                    assert!(matches!(import.ty, TypeRef::Func(_)), "{}", import.name);
                    has.insert(import.name.to_owned());
                }
            }
            Payload::ExportSection(exports) => {
                let functions = exports.into_iter().map(Result::unwrap);
                let functions = functions.filter(|export| export.kind == ExternalKind::Func);
                let callback = |name: &str| name.starts_with("proxy_on_");
                has.extend(functions.map(|f| f.name.to_owned()).filter(|name| callback(name)));
            }
            _ => {}
        }
    }
    let denied: BTreeSet<&str> = DENIED_IMPORTS.iter().chain(DENIED_EXPORTS).copied().collect();
    let wanted: BTreeSet<&str> =
        has.iter().map(String::as_str).filter(|name| !denied.contains(name)).collect();
    let missing: Vec<_> = wanted.difference(&allowed).collect();
    assert!(missing.is_empty(), "neither allowed nor denied: {missing:?}");
    let forgotten: Vec<_> = denied.intersection(&allowed).collect();
    assert!(forgotten.is_empty(), "allowed and denied: {forgotten:?}");
}
