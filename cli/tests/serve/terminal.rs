//! `gatehouse approvals` as an approver of a service that runs elsewhere.

use std::net::SocketAddr;
use std::process::{Command, Output};
use std::sync::Arc;

use policy::hold::{HoldRequest, HoldState};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto};

use crate::client::Filter;
use crate::lives::call;
use crate::program::{Program, Setup, gatehouse};

/// Without what the environment here may name.
fn approvals(setup: &Setup, more: &[&str]) -> Command {
    command(setup, "approvals", more)
}

fn command(setup: &Setup, name: &str, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatehouse"));
    command.arg(name).args(more).current_dir(setup.folder.path());
    for name in ["GATEHOUSE_CONSOLE", "GATEHOUSE_KEY", "GATEHOUSE_CA", "HTTPS_PROXY", "https_proxy"]
    {
        command.env_remove(name);
    }
    command
}

async fn run(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

async fn told(setup: &Setup, more: &[&str]) -> String {
    let output = run(approvals(setup, more)).await;
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{more:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

async fn refused(setup: &Setup, more: &[&str]) -> String {
    let output = run(approvals(setup, more)).await;
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr).unwrap()
}

async fn held(setup: &Setup, at: SocketAddr, n: usize) -> String {
    let request: HoldRequest = call(n);
    let body = serde_json::to_string(&request).unwrap();
    let (_, answer) = Filter::new(setup).ask(at, "POST", "/v1/holds", body).await.unwrap();
    serde_json::from_str::<HoldState>(&answer).unwrap().hold
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_is_decided_at_a_service_from_a_terminal() {
    let setup = Setup::new();
    let config = setup.configured(&format!("sqlite = \"{}\"", setup.path("holds.db").display()));
    let mut program = Program::start(gatehouse(&config, &[]));
    let (one, two) = (held(&setup, program.filter, 1).await, held(&setup, program.filter, 2).await);
    let console = format!("http://{}", program.console);
    let at = ["--console", console.as_str(), "--key-file", "dana.key"];
    let with = |more: &[&'static str]| -> Vec<&str> { [more, &at[..]].concat() };
    let list = told(&setup, &with(&["list", "--mine"])).await;
    assert!(list.contains(&one) && list.contains(&two), "{list}");
    let all: Value =
        serde_json::from_str(&told(&setup, &with(&["list", "--format", "json"])).await).unwrap();
    assert_eq!(all["holds"].as_array().unwrap().len(), 2);
    let approved = told(&setup, &[&["approve", &one], &at[..]].concat()).await;
    assert!(approved.contains("approved") && approved.contains(&one), "{approved}");
    // By the environment alone.
    let mut deny = approvals(&setup, &["deny", &two, "--reason", "closed"]);
    let key = std::fs::read_to_string(setup.path("dana.key")).unwrap();
    deny.env("GATEHOUSE_CONSOLE", &console).env("GATEHOUSE_KEY", key);
    let denied = run(deny).await;
    assert!(denied.status.success(), "{}", String::from_utf8_lossy(&denied.stderr));
    let shown = told(&setup, &[&["show", &two], &at[..]].concat()).await;
    assert!(shown.contains("denied") && shown.contains("closed"), "{shown}");
    assert!(told(&setup, &with(&["channels"])).await.contains("no channel is configured"));
    assert!(told(&setup, &with(&["login"])).await.starts_with(&format!("{console}/login?code=")));

    std::fs::write(setup.path("other.key"), "a-key-of-somebody-whom-nobody-named").unwrap();
    let wrong = ["list", "--console", &console, "--key-file", "other.key"];
    let wrong = refused(&setup, &wrong).await;
    assert!(wrong.contains("does not know the key in `other.key`"), "{wrong}");
    assert!(!wrong.contains("somebody-whom"), "{wrong}");
    let keyless = refused(&setup, &["list", "--console", &console]).await;
    assert!(keyless.contains("--key-file FILE"), "{keyless}");
    let named = refused(&setup, &with(&["list", "--as", "dana"])).await;
    assert!(named.contains("leave out --as"), "{named}");
    let odd = refused(&setup, &with(&["list", "--status", "foo"])).await;
    assert!(odd.contains("`foo`") && odd.contains("redeemed"), "{odd}");
    program.stop();
    let gone = refused(&setup, &with(&["list"])).await;
    assert!(gone.contains("cannot be asked") && gone.contains("refused"), "{gone}");
}

/// The other end of what a terminal does is what filters are told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_principal_is_killed_at_a_service_from_a_terminal() {
    let setup = Setup::new();
    let config = setup.configured(&format!("sqlite = \"{}\"", setup.path("holds.db").display()));
    let text = std::fs::read_to_string(&config).unwrap();
    let program = Program::start(gatehouse(&config, &[]));
    let console = format!("http://{}", program.console);
    let kills = async |console: &str, more: &[&str]| {
        let mut command = command(&setup, "kills", more);
        command.args(["--console", console, "--key-file", "dana.key"]);
        run(command).await
    };
    let add = [
        "add",
        "--issuer",
        "https://idp.example",
        "--subject",
        "alice",
        "--reason",
        "it runs wild",
    ];
    // Nobody may until somebody is named.
    let barred = kills(&console, &add).await;
    let error = String::from_utf8_lossy(&barred.stderr).into_owned();
    assert!(barred.status.code() == Some(1) && error.contains("`kills.groups`"), "{error}");
    drop(program);
    let text = text
        .replace("[limits]", "groups = [\"security\"]\n[kills]\ngroups = [\"security\"]\n[limits]");
    std::fs::write(&config, text).unwrap();
    let mut program = Program::start(gatehouse(&config, &[]));
    let console = format!("http://{}", program.console);
    let said = async |more: &[&str]| {
        let output = kills(&console, more).await;
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{more:?}: {error}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(said(&["list"]).await.contains("nobody is killed"));
    let made: Value =
        serde_json::from_str(&said(&[&add[..], &["--format", "json"]].concat()).await).unwrap();
    let id = made["id"].as_str().unwrap();
    assert!(said(&add).await.contains("is in force already"));
    let longer = said(&[&add[..], &["--for", "2d"]].concat()).await;
    let in_two_days = longer.contains("ends in 2d 0h") || longer.contains("ends in 1d 23h");
    assert!(longer.contains(id) && in_two_days, "{longer}");
    let asked = async |at: SocketAddr| {
        let path = "/v1/kills?gateway=edge&worker=w1";
        Filter::new(&setup).ask(at, "GET", path, String::new()).await.unwrap().1
    };
    let told: Value = serde_json::from_str(&asked(program.filter).await).unwrap();
    let told = &told["kills"];
    assert_eq!(
        (told[0]["id"].as_str(), told[0]["caller"].as_str()),
        (Some(id), made["caller"].as_str())
    );
    let list = said(&["list"]).await;
    assert!(
        list.contains("alice (p_") && list.contains("1 of 1") && list.contains("it runs wild"),
        "{list}"
    );
    // What is in force is so after a restart, before anybody says it again.
    program.stop();
    program = Program::start(gatehouse(&config, &[]));
    let console = format!("http://{}", program.console);
    assert!(asked(program.filter).await.contains(id));
    let lifted = kills(&console, &["lift", id, "--reason", "it is tame"]).await;
    let lifted = String::from_utf8_lossy(&lifted.stdout).into_owned();
    assert!(lifted.contains("lifted") && lifted.contains("alice"), "{lifted}");
    assert_eq!(asked(program.filter).await, r#"{"kills":[]}"#);
    let again = kills(&console, &["lift", id]).await;
    let error = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(again.status.code() == Some(1) && error.contains("over already"), "{error}");
    let none = kills(&console, &["lift", "k_none"]).await;
    let error = String::from_utf8_lossy(&none.stderr).into_owned();
    assert!(none.status.code() == Some(1) && error.contains("no kill of that id"), "{error}");
}

/// In front of the console, as an operator's proxy is.
struct Proxy {
    ca: String,
    listener: TcpListener,
    tls: TlsAcceptor,
}

impl Proxy {
    async fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let leaf = leaf.signed_by(&key, &ca).unwrap().pem();
        let chain = vec![CertificateDer::from_pem_slice(leaf.as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap();
        let config =
            ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(chain, key)
                .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { ca: ca.pem(), listener, tls: TlsAcceptor::from(Arc::new(config)) }
    }

    async fn serve(self, console: SocketAddr) {
        loop {
            let (stream, _) = self.listener.accept().await.unwrap();
            let tls = self.tls.clone();
            tokio::spawn(async move {
                // A client that does not trust it goes away.
                let Ok(mut stream) = tls.accept(stream).await else { return };
                let mut to = TcpStream::connect(console).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut stream, &mut to).await;
            });
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_sent_to_the_console_of_that_name_alone() {
    let setup = Setup::new();
    let proxy = Proxy::new().await;
    let port = proxy.listener.local_addr().unwrap().port();
    let url = format!("https://localhost:{port}");
    std::fs::write(setup.path("proxy-ca.pem"), &proxy.ca).unwrap();
    let config = setup.configured(&format!("sqlite = \"{}\"", setup.path("holds.db").display()));
    let mut command = gatehouse(&config, &[]);
    command.env("GATEHOUSE_CONSOLE_PUBLIC_URL", &url);
    let program = Program::start(command);
    tokio::spawn(proxy.serve(program.console));
    let id = held(&setup, program.filter, 1).await;
    let ask = async |url: &str, ca: Option<&str>| {
        let ca = ca.map(|ca| ["--ca", ca]).into_iter().flatten();
        let more: Vec<&str> =
            ["list", "--console", url, "--key-file", "dana.key"].into_iter().chain(ca).collect();
        run(approvals(&setup, &more)).await
    };
    let listed = ask(&url, Some("proxy-ca.pem")).await;
    let error = String::from_utf8_lossy(&listed.stderr).into_owned();
    assert!(String::from_utf8_lossy(&listed.stdout).contains(&id), "{error}");
    let other = format!("https://127.0.0.1:{port}");
    for (url, ca, wanted) in [
        // Nobody whom the system trusts signed it; it was signed for another name; it is no certificate.
        (url.as_str(), None, "its certificate does not prove"),
        (&other, Some("proxy-ca.pem"), "its certificate does not prove"),
        (&url, Some("dana.key"), "no certificate in PEM"),
        (&url.replace("https", "http").replace("localhost", "approvals.example"), None, "in clear"),
        // The console itself goes by the proxy's name, and by names of this machine with its own port.
        (&format!("http://127.0.0.1:{port}"), None, "cannot be asked"),
    ] {
        let output = ask(url, ca).await;
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{url} {ca:?}");
        assert!(error.contains(wanted), "{url} {ca:?}: {error}");
    }
}
