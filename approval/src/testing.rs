/*! What tests share: a service on a database of its own with a clock that stands still. */

pub mod authority;
mod database;
pub mod ends;
pub mod events;
pub mod exchanges;
pub mod hostile;
pub mod html;
pub mod mail_end;
pub mod mrkdwn;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::connect_info::MockConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use policy::bundle::Bundle;
use policy::call::{Call, Kind};
use policy::compile::{Source, SourceFile, compile};
use policy::grant::GrantKeys;
use policy::hold::{HoldRequest, HoldState};
use policy::principal::Principal;
use policy::rule::{HoldTerms, Severity};
use tempfile::TempDir;
use tower::ServiceExt;

use crate::api::DecisionRequest;
use crate::approver::{Approver, Door, Person};
use crate::chains::{Chains, Checkpointing};
use crate::clock::ManualClock;
use crate::config::{Channel, Database, Limits, LocalApprover, Oidc, Records, SigningKey};
use crate::console::{self, Access, Allowed, Console, Viewers};
use crate::error::Problem;
use crate::filter_api;
use crate::holds::{Holds, TenantHolds, Verdict};
use crate::kills::Board;
use crate::mask::BundleMask;
use crate::notify::{Listed, Route};
use crate::pace::Pace;
use crate::people::People;
use crate::records::store::{self, SqlRecords};
use crate::records::{Exchange, Line};
use crate::signer::Signer;
use crate::store::{Choice, SqlStore};
use crate::tenant::{Peer, Tenant};
use crate::wake::Wake;

pub use database::On;
pub(crate) use database::on_both;

pub const NOW: u64 = 1_800_000_000;
pub const APPROVER_KEY: &str = "approver-key-of-the-tests-0123456789";
pub const LOGIN_CODE: &str = "login-code-of-the-tests-0123456789";
pub const DIGEST_KEY: &[u8] = b"digest-key-of-the-tests-0123456789";
pub const HOST: &str = "127.0.0.1:10080";

const BUNDLE: &str = r#"
bundle: {name: test, version: 0.1.0, serial: 1}
patterns:
  - name: payment-card
    kind: payment-card
    regex: '[0-9](?:[ -]?[0-9]){11,18}'
    validate: payment-card
    examples: {match: [['4111', '1111', '1111', '1111']], no_match: ['1234']}
"#;

pub struct Fixture {
    pub holds: Arc<Holds>,
    /// As the only tenant's filter asks.
    pub asks: TenantHolds,
    pub clock: Arc<ManualClock>,
    pub keys: GrantKeys,
    pub filter: Router,
    pub console: Router,
    pub database: Database,
    pub dir: Arc<TempDir>,
    pems: [String; 2],
}

/// What services share that are replicas of each other.
pub struct Ground {
    pub dir: Arc<TempDir>,
    pub database: Database,
    /// Of the keys of grants and of receipts.
    pub pems: [String; 2],
    pub clock: Arc<ManualClock>,
}

impl Ground {
    /// An empty database.
    pub async fn new() -> Self {
        let dir = Arc::new(TempDir::new().unwrap());
        let database = On::current().database(dir.path()).await;
        let pems = [SigningKey::generate().to_pem(), SigningKey::generate().to_pem()];
        Self { dir, database, pems, clock: Arc::new(ManualClock::at(NOW)) }
    }
}

/// What a service of a test is made with.
struct Setup<'a> {
    approvers: &'a [LocalApprover],
    oidc: Option<Oidc>,
    limits: Limits,
    channels: &'a [Channel],
    console_url: String,
    checkpointing: Option<Checkpointing>,
    /// Whose approvals count; each without them.
    people: Option<People>,
}

impl<'a> Setup<'a> {
    fn of(approvers: &'a [LocalApprover]) -> Self {
        let console_url = format!("http://{HOST}");
        Self {
            approvers,
            oidc: None,
            limits: Limits::default(),
            channels: &[],
            console_url,
            checkpointing: None,
            people: None,
        }
    }
}

impl Fixture {
    pub async fn new() -> Self {
        Self::of(&[dana()]).await
    }

    /// With these people as approvers.
    pub async fn of(approvers: &[LocalApprover]) -> Self {
        Self::with(approvers, None, format!("http://{HOST}")).await
    }

    /// With these limits.
    pub async fn limited(limits: Limits) -> Self {
        Self::made(Setup { limits, ..Setup::of(&[dana()]) }).await
    }

    pub async fn with(
        approvers: &[LocalApprover],
        oidc: Option<Oidc>,
        console_url: String,
    ) -> Self {
        Self::made(Setup { oidc, console_url, ..Setup::of(approvers) }).await
    }

    /// That signs checkpoints.
    pub async fn checkpointing(checkpointing: Checkpointing) -> Self {
        let people = [dana()];
        let setup = Setup { checkpointing: Some(checkpointing), ..Setup::of(&people) };
        Self::over(Ground::new().await, setup).await
    }

    /// What these channels are told waits for a sender.
    pub async fn telling(channels: &[Channel]) -> Self {
        Self::at(Ground::new().await, channels).await
    }

    /// Over what may hold something already.
    pub async fn at(ground: Ground, channels: &[Channel]) -> Self {
        Self::over(ground, Setup { channels, ..Setup::of(&[dana()]) }).await
    }

    async fn made(setup: Setup<'_>) -> Self {
        Self::over(Ground::new().await, setup).await
    }

    /// Another service over the same database, with the same keys and clock.
    pub async fn replica(&self) -> Self {
        self.replica_telling(&[]).await
    }

    /// Another service over the same database where the approvals of these people count.
    pub async fn counting(&self, people: People) -> Self {
        let approvers = [dana()];
        Self::over(self.ground(), Setup { people: Some(people), ..Setup::of(&approvers) }).await
    }

    fn ground(&self) -> Ground {
        Ground {
            dir: self.dir.clone(),
            database: self.database.clone(),
            pems: self.pems.clone(),
            clock: self.clock.clone(),
        }
    }

    pub async fn replica_telling(&self, channels: &[Channel]) -> Self {
        let people = [dana()];
        let setup = Setup { limits: self.holds.limits, channels, ..Setup::of(&people) };
        Self::over(self.ground(), setup).await
    }

    async fn over(ground: Ground, setup: Setup<'_>) -> Self {
        let Ground { dir, database, pems, clock } = ground;
        let wake: Arc<Wake> = Arc::default();
        let store = SqlStore::open(&database, wake.clone()).await.unwrap();
        let records = Records::beside(&database).database;
        let records = SqlRecords::open(&records, clock.clone()).await.unwrap();
        let store = store.telling(setup.channels.iter().map(Route::from));
        let store = match setup.people {
            Some(people) => store.counting(people),
            None => store,
        };
        let [grant, receipt] = pems.each_ref().map(|pem| SigningKey::from_pem(pem).unwrap());
        let keys =
            GrantKeys::from_bytes(&[grant.public_bytes()], &[receipt.public_bytes()]).unwrap();
        let holds = Arc::new(Holds {
            store: Arc::new(store),
            clock: clock.clone(),
            wake,
            mask: Arc::new(BundleMask(bundle())),
            signer: Signer::new(grant, receipt),
            digest_key: DIGEST_KEY.to_vec(),
            owners: Vec::new(),
            limits: setup.limits,
            opened: Pace::default(),
            provider: setup.oidc.is_some(),
            console_url: setup.console_url,
            channels: setup.channels.iter().map(Listed::from).collect(),
            chains: Chains::default(),
            checkpointing: setup.checkpointing,
            kills: Board::default(),
            records: Arc::new(records),
        });
        holds.read_kills().await.unwrap();
        let console = console_of(&holds, setup.approvers, setup.oidc);
        Self {
            filter: filter_of(&holds, Tenant::default()),
            asks: TenantHolds { tenant: Tenant::default(), holds: holds.clone() },
            console,
            holds,
            clock,
            keys,
            database,
            dir,
            pems,
        }
    }

    /// The same database, as another program would open it.
    pub async fn opened_again(&self) -> Arc<SqlStore> {
        self.opened_with_wake().await.0
    }

    pub async fn opened_with_wake(&self) -> (Arc<SqlStore>, Arc<Wake>) {
        let wake: Arc<Wake> = Arc::default();
        (Arc::new(SqlStore::open(&self.database, wake.clone()).await.unwrap()), wake)
    }

    /// Records of exchanges come, in this order.
    pub async fn record(&self, exchanges: &[Exchange]) {
        let lines: Vec<Line> = exchanges.iter().map(exchanges::line).collect();
        let taken =
            self.holds.records.take(&Tenant::default(), store::Source::Import, &lines).await;
        assert_eq!(taken.unwrap().new, lines.len() as u64);
    }

    /// A console for these viewers.
    pub fn console_for(&self, viewers: Viewers) -> Router {
        console_for(&self.holds, &[dana()], None, viewers, Allowed::Approvers)
    }

    /// A console for these approvers, of whom these may kill.
    pub fn console_that_kills(&self, approvers: &[LocalApprover], killers: Allowed) -> Router {
        console_for(&self.holds, approvers, None, Viewers::Approvers, killers)
    }

    /// How many rows of the audit trail say this.
    pub async fn audited(&self, action: &str) -> usize {
        self.opened_again().await.audited(action).await
    }

    /// A new hold for the exchange, or the one there is.
    pub async fn hold(&self, exchange: &str) -> HoldState {
        self.asks.request(request(exchange)).await.unwrap()
    }

    pub async fn decide(&self, id: &str, choice: Choice) -> Result<Verdict, Problem> {
        let approver = Approver { person: dana().person, door: Door::Key };
        self.holds.decide(id, &said(choice, "because"), &approver, "127.0.0.1").await
    }
}

/// One more console over these holds, as another replica has it or the program after a restart.
pub fn console_of(holds: &Arc<Holds>, approvers: &[LocalApprover], oidc: Option<Oidc>) -> Router {
    console_for(holds, approvers, oidc, Viewers::Approvers, Allowed::Approvers)
}

fn console_for(
    holds: &Arc<Holds>,
    approvers: &[LocalApprover],
    oidc: Option<Oidc>,
    viewers: Viewers,
    killers: Allowed,
) -> Router {
    let access = Access { approvers, oidc, decisions_per_minute: 60, viewers, killers };
    let address: SocketAddr = HOST.parse().unwrap();
    let console = Console::new(holds.clone(), access, address).unwrap();
    let peer = MockConnectInfo(SocketAddr::from(([127, 0, 0, 1], 50_000)));
    console::router(console).layer(peer)
}

/// The filter's API, as a tenant's filter has it.
pub fn filter_of(holds: &Arc<Holds>, tenant: Tenant) -> Router {
    filter_api::router(holds.clone()).layer(MockConnectInfo(Peer(Some(tenant))))
}

pub fn said(decision: Choice, reason: &str) -> DecisionRequest {
    DecisionRequest { decision, reason: reason.into(), standing: false }
}

/// The one approver where a test does not name others.
pub fn dana() -> LocalApprover {
    let person = Person::local("dana", None);
    LocalApprover { person, key: APPROVER_KEY.into(), login_code: LOGIN_CODE.into() }
}

/// Keys and codes are made of the name.
pub fn approver(name: &str, groups: Option<&[&str]>) -> LocalApprover {
    LocalApprover {
        person: person(name, groups),
        key: format!("{name:-<40}"),
        login_code: format!("{name:_<40}"),
    }
}

pub fn person(name: &str, groups: Option<&[&str]>) -> Person {
    let own = |groups: &[&str]| groups.iter().map(|group| (*group).to_owned()).collect();
    Person::local(name, groups.map(own))
}

pub fn bundle() -> Arc<Bundle> {
    let file = SourceFile { path: "bundle.yaml".into(), text: BUNDLE.into() };
    let compiled =
        compile(&[Source { name: "test".into(), files: vec![file], ..Source::default() }]).unwrap();
    Arc::new(Bundle::decode(&compiled).unwrap())
}

/// A test card number that no file holds in one piece.
pub fn card() -> String {
    ["4111", "1111", "1111", "1111"].concat()
}

pub fn call() -> Call {
    Call {
        principal: Principal {
            issuer: "https://idp.example".into(),
            subject: "alice".into(),
            groups: vec!["support".into()],
            agent: Some("triage-agent".into()),
            owners: Vec::new(),
            scopes: Vec::new(),
        },
        route: "upstream-0".into(),
        cluster: "upstream-0".into(),
        kind: Kind::Mcp,
        proven: true,
        proposed: false,
        method: "POST".into(),
        authority: "crm.example:8443".into(),
        path: "/mcp".into(),
        headers: vec![("content-type".into(), "application/json".into())],
        body: r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":
            {"name":"delete_customer","arguments":{"id":10000000000000000001}}}"#
            .into(),
    }
}

pub fn request(exchange: &str) -> HoldRequest {
    HoldRequest {
        exchange: exchange.into(),
        cancel_key: Some(format!("key-of-{exchange}")),
        call: call(),
        rules: vec!["hold-destructive-tools".into()],
        description: "A tool that deletes".into(),
        severity: Severity::High,
        terms: HoldTerms { expiry_seconds: 600, ..HoldTerms::default() }.into(),
        revision: "sha256:00".into(),
        session: String::new(),
        before: Vec::new(),
    }
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> T {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A request without a body if `body` is empty.
pub async fn send(
    router: &Router,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(body.to_owned())).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    Answer { status, headers, body: String::from_utf8(bytes.to_vec()).unwrap() }
}
