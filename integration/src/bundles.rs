/*! Bundles that are released while gateways run: who writes and signs them, and who serves them. */

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};

use hmac_sha256::Hash;
use jwt_simple::prelude::Ed25519KeyPair;
use policy::compile::{Source, SourceFile};
use tempfile::TempDir;

use crate::reply::Reply;
use crate::upstream::{Request, Upstream};
use crate::{many, place};

/// A folder with the keys of two people.
pub struct Author {
    folder: TempDir,
}

impl Default for Author {
    fn default() -> Self {
        Self::new()
    }
}

impl Author {
    pub fn new() -> Self {
        let folder = place::folder();
        for name in ["ada", "ben"] {
            let pair = Ed25519KeyPair::generate();
            let file = |end: &str| folder.path().join(format!("{name}.{end}"));
            std::fs::write(file("pem"), pair.to_pem()).unwrap();
            std::fs::write(file("pub"), pair.public_key().to_pem()).unwrap();
        }
        Self { folder }
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A compiled bundle that denies GET of the path `/until-SERIAL` and of no other.
    pub fn build(&self, serial: u64, more: &str) -> PathBuf {
        self.build_with(serial, more, "")
    }

    /// With more rules.
    pub fn build_with(&self, serial: u64, more: &str, rules: &str) -> PathBuf {
        let text = format!(
            "bundle: {{name: b, version: '1', serial: {serial}{more}}}\n\
             rules:\n  - name: no-{serial}\n    on: request\n    effect: deny\n    \
             match: {{http: {{path: /until-{serial}}}}}\n{rules}"
        );
        self.build_text(serial, &text)
    }

    /// Of that text alone.
    pub fn build_text(&self, serial: u64, text: &str) -> PathBuf {
        let (source, out) = (self.file("b.yaml"), self.file(&format!("{serial}.bundle")));
        std::fs::write(&source, text).unwrap();
        let _ = std::fs::remove_file(self.file(&format!("{serial}.bundle.sig")));
        gatehouse(&["bundle", "build", path(&source), "--out", path(&out)]);
        out
    }

    /// Signed and whole, with one test that does not pass: `bundle build` would not write it.
    pub fn failing(&self, serial: u64) -> Vec<u8> {
        let text = format!(
            "bundle: {{name: b, version: '1', serial: {serial}}}\n\
             tests:\n  - {{name: reading is denied, expect: {{effect: deny}}}}\n"
        );
        let source = Source {
            name: "b".into(),
            files: vec![SourceFile { path: "b.yaml".into(), text }],
            ..Source::default()
        };
        let bundle = self.file("failing.bundle");
        std::fs::write(&bundle, policy::compile::release(&[source]).unwrap()).unwrap();
        self.sign(&self.file("ada.pem"), &bundle, &[]);
        self.pack(&bundle)
    }

    /// Those that run where no bundle is given, in one file, with their tests.
    pub fn built_in(&self) -> Vec<u8> {
        let out = self.file("built-in");
        let folders = ["baseline", "personal-data", "secrets"]
            .map(|name| place::root().join("policy-bundles").join(name));
        let folders = folders.iter().map(|folder| path(folder));
        gatehouse(
            &["bundle", "build", "--out", path(&out)]
                .into_iter()
                .chain(folders)
                .collect::<Vec<_>>(),
        );
        std::fs::read(out).unwrap()
    }

    /// With 600 patterns.
    pub fn large(&self, serial: u64) -> Vec<u8> {
        let (source, out) = (self.file("many.yaml"), self.file("many.bundle"));
        std::fs::write(&source, many::patterns(serial, 600)).unwrap();
        gatehouse(&["bundle", "build", path(&source), "--out", path(&out)]);
        std::fs::read(out).unwrap()
    }

    /// Signed by ada, packed.
    pub fn release_file(&self, bundle: &[u8]) -> Vec<u8> {
        let file = self.file("given.bundle");
        std::fs::write(&file, bundle).unwrap();
        let _ = std::fs::remove_file(self.file("given.bundle.sig"));
        self.sign(&self.file("ada.pem"), &file, &[]);
        self.pack(&file)
    }

    pub fn sign(&self, key: &std::path::Path, bundle: &std::path::Path, more: &[&str]) {
        gatehouse(&[&["bundle", "sign", "--key", path(key), path(bundle)], more].concat());
    }

    pub fn pack(&self, bundle: &std::path::Path) -> Vec<u8> {
        self.pack_with(bundle, &[])
    }

    /// With signatures of earlier releases.
    pub fn pack_with(&self, bundle: &std::path::Path, earlier: &[&std::path::Path]) -> Vec<u8> {
        let out = self.file("packed");
        let earlier = earlier.iter().flat_map(|file| ["--earlier", path(file)]);
        let arguments = ["bundle", "pack", path(bundle), "--out", path(&out)];
        gatehouse(&arguments.into_iter().chain(earlier).collect::<Vec<_>>());
        std::fs::read(out).unwrap()
    }

    pub fn revision(&self, bundle: &std::path::Path) -> String {
        let shown = gatehouse(&["bundle", "show", path(bundle), "--format", "json"]);
        let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
        shown["revision"].as_str().unwrap().to_owned()
    }

    /// As it is released: built, signed by ada, packed.
    pub fn release(&self, serial: u64) -> Vec<u8> {
        self.release_with(serial, "")
    }

    pub fn release_with(&self, serial: u64, rules: &str) -> Vec<u8> {
        let bundle = self.build_with(serial, "", rules);
        self.sign(&self.file("ada.pem"), &bundle, &[]);
        self.pack(&bundle)
    }
}

fn path(path: &std::path::Path) -> &str {
    path.to_str().unwrap()
}

#[track_caller]
fn gatehouse(arguments: &[&str]) -> String {
    let output = Command::new(place::gatehouse()).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A store that serves one file with its ETag, and counts who asks.
pub struct BundleServer {
    pub upstream: Upstream,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    file: Option<Vec<u8>>,
    whole: usize,
    unchanged: usize,
    failed: usize,
}

impl BundleServer {
    /// `None`: it answers 503.
    pub fn start(file: Option<Vec<u8>>) -> Self {
        Self::around(Upstream::start(), file)
    }

    pub fn start_at(address: SocketAddr, file: Option<Vec<u8>>) -> Self {
        Self::around(Upstream::start_at(address), file)
    }

    fn around(upstream: Upstream, file: Option<Vec<u8>>) -> Self {
        let state = Arc::new(Mutex::new(State { file, ..State::default() }));
        let shared = Arc::clone(&state);
        upstream.script(move |request| Some(shared.lock().unwrap().answer(request)));
        Self { upstream, state }
    }

    pub fn url(&self) -> String {
        self.upstream.url() + "/agents/b.gatehouse"
    }

    pub fn serve(&self, file: Option<Vec<u8>>) {
        self.state.lock().unwrap().file = file;
    }

    /// Those answered so far: with the file, with 304, with an error.
    pub fn fetches(&self) -> (usize, usize, usize) {
        let state = self.state.lock().unwrap();
        (state.whole, state.unchanged, state.failed)
    }
}

impl State {
    fn answer(&mut self, request: &Request) -> Reply {
        let Some(file) = &self.file else {
            self.failed += 1;
            return Reply::new(503, &[], "down");
        };
        let digest = Hash::hash(file).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let etag = format!("\"{digest}\"");
        let headers = [("etag", etag.as_str())];
        if request.header("if-none-match").as_deref() == Some(&etag) {
            self.unchanged += 1;
            return Reply::bodyless(304, &headers);
        }
        self.whole += 1;
        Reply::new(200, &headers, file)
    }
}
