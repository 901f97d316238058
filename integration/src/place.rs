/*! Where programs and temporary files are. */

use std::path::{Path, PathBuf};
use std::sync::Once;

const PREFIX: &str = "gatehouse-it-";

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn from_environment(name: &str, default: &str, hint: &str) -> PathBuf {
    let path = std::env::var_os(name).map_or_else(|| root().join(default), PathBuf::from);
    assert!(path.is_file(), "`{}` is missing; {hint}, or set {name}", path.display());
    path
}

pub fn gatehouse() -> PathBuf {
    from_environment("GATEHOUSE_BIN", "target/release/gatehouse", "run `make build`")
}

pub fn module() -> PathBuf {
    from_environment("GATEHOUSE_WASM", "target/gatehouse.wasm", "run `make wasm`")
}

/// The module with hooks for tests.
pub fn module_with_hooks() -> PathBuf {
    let hint = "run `make wasm-hooks`";
    from_environment("GATEHOUSE_HOOKS_WASM", "target/gatehouse-hooks.wasm", hint)
}

/// The plugin of somebody else.
pub fn poisoner() -> PathBuf {
    from_environment("POISONER_WASM", "target/poisoner.wasm", "run `make wasm-poisoner`")
}

pub fn envoy() -> PathBuf {
    from_environment("ENVOY_PATH", "target/tools/bin/envoy", "run `make tools`")
}

/// A folder that goes with the value. What earlier runs had to leave behind (values that live as
/// long as the process are never dropped) goes first.
pub fn folder() -> tempfile::TempDir {
    static SWEEP: Once = Once::new();
    SWEEP.call_once(sweep);
    let prefix = format!("{PREFIX}{}-", std::process::id());
    tempfile::Builder::new().prefix(&prefix).tempdir().unwrap()
}

fn sweep() {
    for entry in std::fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.split('-').next());
        if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}
