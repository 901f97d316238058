/*! The real `gatehouse run`, on ports and a data folder of its own. */

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output};
use std::sync::Mutex;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

use crate::place;
use crate::process::Process;
use crate::record::Entry;
use crate::upstream::Upstream;

/// V8 compiles the module four times at start, also on a busy machine.
const START: Duration = Duration::from_secs(120);

pub struct Gateway {
    pub process: Process,
    /// `HOST:PORT` that agents call.
    pub address: String,
    /// `http://HOST:PORT` of the console.
    pub console: String,
    pub data: PathBuf,
    /// What `run.json` says.
    pub run: Value,
    tokens: Mutex<HashMap<String, String>>,
    // Last: removed when everything else has stopped.
    _folder: Option<TempDir>,
    _bundles: Vec<TempDir>,
}

#[derive(Default)]
pub struct Builder {
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    upstreams: usize,
    data: Option<PathBuf>,
    inside: Option<PathBuf>,
    bundles: Vec<TempDir>,
}

impl Builder {
    /// `url` is the upstream's, for calls below `prefix`.
    pub fn upstream(mut self, prefix: &str, url: &str) -> Self {
        self.upstreams += 1;
        self.arg("--upstream").arg(format!("{prefix}={url}"))
    }

    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// With a bundle of that text.
    pub fn bundle(mut self, text: &str) -> Self {
        let folder = place::folder();
        let file = folder.path().join("bundle.yaml");
        std::fs::write(&file, text).unwrap();
        self.bundles.push(folder);
        self.arg("--bundle").arg(file)
    }

    pub fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// The module with hooks for tests instead of the released one.
    pub fn hooks(self) -> Self {
        self.env("GATEHOUSE_WASM", place::module_with_hooks())
    }

    /// A data folder that outlives the gateway.
    pub fn data(mut self, folder: &Path) -> Self {
        self.data = Some(folder.to_owned());
        self
    }

    /// Started in that folder, where it keeps its data as it does by default.
    pub fn inside(mut self, folder: &Path) -> Self {
        self.inside = Some(folder.to_owned());
        self.data = Some(folder.join("gatehouse-data"));
        self
    }

    /// `gatehouse run` as it will be started, on the given data folder.
    pub fn command(&self, data: &Path) -> Command {
        let mut command = Command::new(place::gatehouse());
        command.args(["run", "--listen", "127.0.0.1:0", "--console", "127.0.0.1:0"]);
        match &self.inside {
            Some(folder) => command.current_dir(folder),
            None => command.arg("--data").arg(data),
        };
        command.args(&self.arguments);
        command.env("ENVOY_PATH", place::envoy()).env("GATEHOUSE_WASM", place::module());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    #[track_caller]
    pub fn start(self) -> Gateway {
        assert!(self.upstreams > 0, "a gateway needs an upstream");
        let folder = self.data.is_none().then(place::folder);
        let data = match (&self.data, &folder) {
            (Some(data), _) => data.clone(),
            (None, Some(folder)) => folder.path().join("data"),
            (None, None) => unreachable!("one of the two is set"),
        };
        let mut process = Process::spawn("gatehouse", &self.command(&data));
        let ready = process.line("ready ", START);
        let field = |name: &str| {
            let value = ready.split(' ').find_map(|word| word.strip_prefix(name));
            value.unwrap_or_else(|| panic!("no {name} in `{ready}`")).to_owned()
        };
        let url = field("gateway=");
        let address = url.split_once("://").map_or(url.as_str(), |(_, address)| address).to_owned();
        let run = std::fs::read(data.join("run.json")).unwrap();
        Gateway {
            process,
            address,
            console: field("console="),
            run: serde_json::from_slice(&run).unwrap(),
            data,
            tokens: Mutex::default(),
            _folder: folder,
            _bundles: self.bundles,
        }
    }
}

impl Gateway {
    pub fn build() -> Builder {
        Builder::default()
    }

    /// One upstream below `/`, everything else by default.
    #[track_caller]
    pub fn start(upstream: &Upstream) -> Self {
        Self::build().upstream("/", &upstream.url()).start()
    }

    /// Runs `gatehouse ARGUMENTS --data DIR`.
    pub fn cli(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(place::gatehouse());
        command.args(arguments).arg("--data").arg(&self.data).output().unwrap()
    }

    /// As `cli`; its stdout where it succeeds.
    #[track_caller]
    pub fn cli_ok(&self, arguments: &[&str]) -> String {
        let output = self.cli(arguments);
        let (out, err) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "gatehouse {arguments:?}: {}\n{out}{err}", output.status);
        out.into_owned()
    }

    /// A token of the local issuer, minted once for each name.
    #[track_caller]
    pub fn token(&self, subject: &str) -> String {
        let mut tokens = self.tokens.lock().unwrap();
        let mint = || {
            let token = self.cli_ok(&["token", "--sub", subject]).trim().to_owned();
            place::note_secret(&token);
            token
        };
        tokens.entry(subject.to_owned()).or_insert_with(mint).clone()
    }

    fn run_field(&self, name: &str) -> &str {
        self.run[name].as_str().unwrap_or_else(|| panic!("run.json lacks `{name}`"))
    }

    pub fn issuer(&self) -> &str {
        self.run_field("issuer")
    }

    pub fn approver_key(&self) -> &str {
        self.run_field("approver_key")
    }

    pub fn envoy_pid(&self) -> u32 {
        self.run["envoy_pid"].as_u64().unwrap_or_default() as u32
    }

    pub fn records_file(&self) -> PathBuf {
        self.data.join("records").join("access.jsonl")
    }

    pub fn records(&self) -> Vec<Entry> {
        crate::record::read(&self.records_file())
    }

    /// Waits for the record of which `wanted` is true.
    #[track_caller]
    pub fn record(&self, what: &str, wanted: impl Fn(&Entry) -> bool) -> Entry {
        crate::record::wait(&self.records_file(), what, wanted)
    }

    /// The record of the exchange that a refusal refers to.
    #[track_caller]
    pub fn record_of(&self, reference: &str) -> Entry {
        self.record(reference, |entry| entry.record["exchange"] == reference)
    }

    #[track_caller]
    pub fn stop(&mut self) -> ExitStatus {
        self.stop_by(Signal::TERM)
    }

    #[track_caller]
    pub fn stop_by(&mut self, signal: Signal) -> ExitStatus {
        self.process.stop(signal, Duration::from_secs(30))
    }
}
