use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use hyper_util::rt::TokioIo;
use macro_rules_attribute::apply;
use policy::hold::{HoldState, HoldStatus};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, SanType};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::{Service, start};
use crate::config::{Config, Database, LocalApprover, SigningKey, Tls};
use crate::tenant::FILTER_NAME;
use crate::testing::{DIGEST_KEY, On, approver, bundle, dana, on_both, request};

struct Authority(CertifiedIssuer<'static, KeyPair>);

struct Identity {
    certificate: CertificateDer<'static>,
    key: KeyPair,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn issue(&self, name: SanType) -> Identity {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.subject_alt_names = vec![name];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Identity { certificate: certificate.der().clone(), key }
    }

    fn filter(&self, name: &str) -> Identity {
        self.issue(SanType::URI(name.try_into().unwrap()))
    }
}

async fn service(authority: &Authority, database: &Database) -> Service {
    let server = SanType::DnsName("approval.gatehouse.internal".try_into().unwrap());
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.subject_alt_names = vec![server];
    let key = KeyPair::generate().unwrap();
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let config = Config {
        filter_listen: any,
        console_listen: any,
        database: database.clone(),
        keep_days: 0,
        tls: Tls {
            ca_pem: authority.0.pem(),
            cert_pem: params.signed_by(&key, &authority.0).unwrap().pem(),
            key_pem: key.serialize_pem(),
        },
        grant_key: SigningKey::generate(),
        receipt_key: SigningKey::generate(),
        digest_key: DIGEST_KEY.to_vec(),
        approvers: vec![dana()],
        bundle: bundle(),
        public_url: None,
        oidc: None,
        owners: Vec::new(),
        channels: Vec::new(),
        limits: crate::config::Limits::default(),
        checkpointing: None,
        records: crate::config::Records::beside(database),
        viewers: crate::console::Viewers::Approvers,
        killers: crate::console::Allowed::Approvers,
    };
    start(config).await.unwrap()
}

/// One request over TLS; an error if the handshake or the exchange fails.
async fn ask(
    address: SocketAddr,
    authority: &Authority,
    identity: Option<&Identity>,
    request: Request<Body>,
) -> anyhow::Result<(StatusCode, String)> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(authority.0.der().clone())?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots);
    let config = match identity {
        Some(Identity { certificate, key }) => {
            let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(anyhow::Error::msg)?;
            builder.with_client_auth_cert(vec![certificate.clone()], key)?
        }
        None => builder.with_no_client_auth(),
    };
    let name = ServerName::try_from("approval.gatehouse.internal")?;
    let stream = TcpStream::connect(address).await?;
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let response = sender.send_request(request).await?;
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    Ok((status, String::from_utf8(body.to_vec())?))
}

fn to(method: &str, path: &str, body: String) -> Request<Body> {
    let request = Request::builder().method(method).uri(path).header("host", "approval");
    request.body(Body::from(body)).unwrap()
}

#[apply(on_both)]
async fn the_filter_gets_in_and_nobody_else() {
    let (authority, other) = (Authority::new(), Authority::new());
    let dir = TempDir::new().unwrap();
    let database = On::current().database(dir.path()).await;
    let service = service(&authority, &database).await;
    let address = service.filter_addr;
    let filter = authority.filter(FILTER_NAME);
    let health = || to("GET", "/healthz", String::new());
    let answer = ask(address, &authority, Some(&filter), health()).await.unwrap();
    assert_eq!(answer, (StatusCode::OK, "ok\n".to_owned()));
    let strangers = [
        Some(authority.filter("spiffe://gatehouse/agent")),
        Some(authority.filter("spiffe://gatehouse/filter/X")),
        Some(authority.issue(SanType::DnsName(
            FILTER_NAME.replace("://", ".").replace('/', ".").try_into().unwrap(),
        ))),
        Some(other.filter(FILTER_NAME)),
        None,
    ];
    for (n, stranger) in strangers.iter().enumerate() {
        let answer = ask(address, &authority, stranger.as_ref(), health()).await;
        assert!(answer.is_err(), "stranger {n} got {answer:?}");
    }
    service.shutdown().await;
}

/// A hold outlives the service, and the people's listener serves nothing of the filter's.
#[apply(on_both)]
async fn a_restart_loses_no_hold() {
    let authority = Authority::new();
    let dir = TempDir::new().unwrap();
    let database = On::current().database(dir.path()).await;
    let first = service(&authority, &database).await;
    let filter = authority.filter(FILTER_NAME);
    let body = serde_json::to_string(&request("e1")).unwrap();
    let post = |body: &str| to("POST", "/v1/holds", body.to_owned());
    let (status, held) =
        ask(first.filter_addr, &authority, Some(&filter), post(&body)).await.unwrap();
    assert_eq!(status, StatusCode::OK);
    let held: HoldState = serde_json::from_str(&held).unwrap();
    assert!(held.url.starts_with(&format!("http://{}/holds/", first.console_addr)));
    let poll =
        to("GET", &format!("/v1/holds/{}/wait?ms=60000&exchange=e1", held.hold), String::new());
    let (polled, ()) = tokio::join!(
        ask(first.filter_addr, &authority, Some(&filter), poll),
        // Also while a poll is open.
        first.shutdown()
    );
    if let Ok((_, polled)) = polled {
        let polled: HoldState = serde_json::from_str(&polled).unwrap();
        assert_eq!(polled.status, HoldStatus::Pending);
    }
    let second = service(&authority, &database).await;
    let (_, again) = ask(second.filter_addr, &authority, Some(&filter), post(&body)).await.unwrap();
    let again: HoldState = serde_json::from_str(&again).unwrap();
    assert_eq!((again.hold, again.status), (held.hold, HoldStatus::Pending));
    second.shutdown().await;
}

#[apply(on_both)]
async fn a_bad_configuration_is_told_at_once() {
    let authority = Authority::new();
    let dir = TempDir::new().unwrap();
    let database = On::current().database(dir.path()).await;
    let running = service(&authority, &database).await;
    let config = |change: fn(&mut Config)| {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut config = Config {
            filter_listen: any,
            console_listen: any,
            database: database.clone(),
            keep_days: 0,
            tls: Tls { ca_pem: authority.0.pem(), cert_pem: String::new(), key_pem: String::new() },
            grant_key: SigningKey::generate(),
            receipt_key: SigningKey::generate(),
            digest_key: DIGEST_KEY.to_vec(),
            approvers: vec![dana()],
            bundle: bundle(),
            public_url: None,
            oidc: None,
            owners: Vec::new(),
            channels: Vec::new(),
            limits: crate::config::Limits::default(),
            checkpointing: None,
            records: crate::config::Records::beside(&database),
            viewers: crate::console::Viewers::Approvers,
            killers: crate::console::Allowed::Approvers,
        };
        change(&mut config);
        config
    };
    type Change = fn(&mut Config);
    let changes: &[(Change, &str)] = &[
        (|c| c.digest_key.truncate(8), "digest key"),
        (|c| c.approvers.clear(), "somebody"),
        (|c| c.approvers[0].key = "short".into(), "32 characters"),
        (|c| c.approvers[0].login_code.clear(), "32 characters"),
        (|c| c.approvers.push(dana()), "of their own"),
        (|c| c.approvers.push(approver("Dana ", None)), "a name of their own"),
        (
            |c| {
                let key = c.approvers[0].key.clone();
                c.approvers.push(LocalApprover { key, ..approver("ann", None) });
            },
            "a key and a login code of their own",
        ),
        (|c| c.console_listen = SocketAddr::from(([0, 0, 0, 0], 0)), "loopback"),
        (
            |c| {
                let pem = c.grant_key.to_pem();
                c.receipt_key = SigningKey::from_pem(&pem).unwrap();
            },
            "a key each",
        ),
        (|_| {}, "PEM"),
    ];
    for (change, told) in changes {
        let error = start(config(*change)).await.err().unwrap();
        assert!(format!("{error:#}").contains(told), "{error:#}");
    }
    running.shutdown().await;
}
