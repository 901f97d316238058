//! Folders with a configuration, and programs that run by it.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jwt_simple::prelude::Ed25519KeyPair;
use policy::grant::GrantKeys;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, SanType};
use tempfile::TempDir;

pub const APPROVER_KEY: &str = "an-approvers-key-of-32-characters-or-more";
pub const SERVER: &str = "approval.gatehouse.internal";

/// All that a service needs but its database, and what its filters and approvers have.
pub struct Setup {
    pub folder: TempDir,
    pub ca: String,
    pub filter_cert: String,
    pub filter_key: String,
    pub keys: Arc<GrantKeys>,
}

impl Setup {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let leaf = |name: SanType| {
            let mut params = CertificateParams::new(Vec::new()).unwrap();
            params.subject_alt_names = vec![name];
            let key = KeyPair::generate().unwrap();
            (params.signed_by(&key, &ca).unwrap().pem(), key.serialize_pem())
        };
        let (cert, key) = leaf(SanType::DnsName(SERVER.try_into().unwrap()));
        let uri = "spiffe://gatehouse/filter";
        let (filter_cert, filter_key) = leaf(SanType::URI(uri.try_into().unwrap()));
        let (grant, receipt) = (Ed25519KeyPair::generate(), Ed25519KeyPair::generate());
        let public = |pair: &Ed25519KeyPair| pair.public_key().to_bytes();
        let keys = Arc::new(GrantKeys::from_bytes(&public(&grant), &public(&receipt)).unwrap());
        let write = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).unwrap();
        };
        write("filter-ca.pem", &ca.pem());
        write("cert.pem", &cert);
        write("key.pem", &key);
        write("grant.pem", &grant.to_pem());
        write("receipt.pem", &receipt.to_pem());
        write("digest.key", &STANDARD.encode([7u8; 32]));
        write("dana.key", APPROVER_KEY);
        Self { ca: ca.pem(), folder, filter_cert, filter_key, keys }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A configuration over this store, `sqlite = ..` or `postgres = ..`.
    pub fn configured(&self, store: &str) -> PathBuf {
        let at = |name: &str| self.path(name).display().to_string();
        let text = format!(
            r#"
[filter]
listen = "127.0.0.1:0"
ca = "{}"
cert = "{}"
key = {{file = "{}"}}
[console]
listen = "127.0.0.1:0"
[store]
{store}
[keys]
grant = {{file = "{}"}}
receipt = {{file = "{}"}}
digest = {{file = "{}"}}
[[approvers]]
name = "dana"
key = {{file = "{}"}}
[limits]
open_per_principal = 1000
decisions_per_minute = 1000
"#,
            at("filter-ca.pem"),
            at("cert.pem"),
            at("key.pem"),
            at("grant.pem"),
            at("receipt.pem"),
            at("digest.key"),
            at("dana.key"),
        );
        let file = self.path("serve.toml");
        std::fs::write(&file, text).unwrap();
        file
    }
}

pub fn gatehouse(config: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatehouse"));
    command.arg("serve").arg("--config").arg(config).args(more);
    command
}

/// To its end, without starting a service.
pub fn output(config: &Path, more: &[&str]) -> Output {
    gatehouse(config, more).output().unwrap()
}

pub struct Program {
    process: Child,
    pub filter: SocketAddr,
    pub console: SocketAddr,
}

impl Program {
    /// It serves by the time this returns.
    pub fn start(mut command: Command) -> Self {
        let process = command.stdout(Stdio::piped()).spawn().unwrap();
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        // From here on it ends with the test, however that ends.
        let mut program = Self { process, filter: nowhere, console: nowhere };
        let mut line = String::new();
        let output = program.process.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut line).unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, filter, _, console, ..] = words[..] else { panic!("it says `{line}`") };
        let address = |url: &str| url.split_once("://").unwrap().1.parse().unwrap();
        (program.filter, program.console) = (address(filter), address(console));
        program
    }

    /// Without a chance to do anything.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// As an operator or a scheduler does; returns once it has ended, and well.
    pub fn stop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        assert!(self.process.wait().unwrap().success());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
