/*! Where programs and temporary files are. */

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Once;

/// Of what was kept, the tokens that were used.
const SECRETS: &str = "secrets";
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

/// Where everything stays that tests leave behind, for `integration/tools/leftovers.sh` to look through.
pub fn kept() -> Option<PathBuf> {
    std::env::var_os("GATEHOUSE_KEEP").map(PathBuf::from)
}

/// Notes a token for those who look through what was kept; beside it, not in it.
pub fn note_secret(secret: &str) {
    let Some(kept) = kept() else { return };
    let file = std::fs::OpenOptions::new().append(true).create(true).open(kept.join(SECRETS));
    writeln!(file.unwrap(), "{secret}").unwrap();
}

/// A folder that goes with the value. What earlier runs had to leave behind (values that live as
/// long as the process are never dropped) goes first.
pub fn folder() -> tempfile::TempDir {
    static SWEEP: Once = Once::new();
    if let Some(kept) = kept() {
        let left = kept.join("left");
        std::fs::create_dir_all(&left).unwrap();
        let folder = tempfile::Builder::new().prefix(PREFIX).disable_cleanup(true).tempdir_in(left);
        return folder.unwrap();
    }
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
