/*! Starting and stopping the service. */

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use policy::record::chain::Head;
use policy::record::checkpoint::Note;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::als;
use crate::chains::Chains;
use crate::clock::{Clock, SystemClock};
use crate::config::{self, Config};
use crate::console::{self, Access, Connections, Console};
use crate::filter_api;
use crate::holds::{Holds, TenantHolds};
use crate::kills::Board;
use crate::mask::BundleMask;
use crate::notify::{Listed, Route, Senders};
use crate::pace::Pace;
use crate::people::People;
use crate::records::store::{RecordStore, SqlRecords};
use crate::signer::Signer;
use crate::store::SqlStore;
use crate::tenant::{Peer, Tenant};
use crate::tls::{self, TlsListener};
use crate::wake::Wake;

/// How long open connections have to end after a stop.
const GRACE: Duration = Duration::from_secs(5);

/// A running service. Dropping it without `shutdown` leaves it running.
pub struct Service {
    /// Where the filter's listener is; the port is known even if 0 was asked for.
    pub filter_addr: SocketAddr,
    pub console_addr: SocketAddr,
    /// Base of all links, without a slash at the end.
    pub console_url: String,
    /// The one-time link of each approver; it is good for one login.
    pub login_urls: Vec<String>,
    holds: Arc<Holds>,
    tasks: Vec<JoinHandle<()>>,
}

/// Opens the store, binds both listeners and serves until `shutdown`.
pub async fn start(config: Config) -> anyhow::Result<Service> {
    start_at(config, Arc::new(SystemClock)).await
}

/// `start` with a time of its own, for tests.
pub async fn start_at(config: Config, clock: Arc<dyn Clock>) -> anyhow::Result<Service> {
    config.check()?;
    let tls = tls::server_config(&config.tls)?;
    let wake: Arc<Wake> = Arc::default();
    let store = SqlStore::open(&config.database, wake.clone())
        .await
        // In one piece: what is behind it says the same once more.
        .map_err(|error| anyhow::anyhow!("opening {}: {error}", config.database))?;
    let records = SqlRecords::open(&config.records.database, clock.clone()).await;
    let records = records.map_err(|error| {
        anyhow::anyhow!("opening {} for records: {error}", config.records.database)
    })?;
    let people = People::new(&config.approvers, config.oidc.clone(), config.owners.clone());
    let store = store.telling(config.channels.iter().map(Route::from)).counting(people);
    let filter = bind(config.filter_listen, "filter").await?;
    let people = bind(config.console_listen, "console").await?;
    let (filter_addr, console_addr) = (filter.local_addr()?, people.local_addr()?);
    let console_url = match &config.public_url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => format!("http://{console_addr}"),
    };
    let holds = Arc::new(Holds {
        store: Arc::new(store),
        clock,
        wake,
        mask: Arc::new(BundleMask(config.bundle)),
        signer: Signer::new(config.grant_key, config.receipt_key),
        digest_key: config.digest_key,
        owners: config.owners,
        limits: config.limits,
        opened: Pace::default(),
        provider: config.oidc.is_some(),
        console_url: console_url.clone(),
        channels: config.channels.iter().map(Listed::from).collect(),
        chains: Chains::default(),
        checkpointing: config.checkpointing,
        kills: Board::default(),
        records: Arc::new(records),
    });
    // Before anybody may ask.
    holds.read_kills().await.context("reading the kills that are in force")?;
    let senders = Senders::new(config.channels, &console_url)?;
    let codes = config.approvers.iter().map(|one| &one.login_code);
    let login_urls = codes.map(|code| format!("{console_url}/login?code={code}")).collect();
    let access = Access {
        approvers: &config.approvers,
        oidc: config.oidc,
        decisions_per_minute: config.limits.decisions_per_minute,
        viewers: config.viewers,
        killers: config.killers,
    };
    let console = Console::new(holds.clone(), access, console_addr)?;
    let receiver = als::Receiver::new(
        Arc::new(holds.records.clone()),
        holds.clock.clone(),
        holds.wake.clone(),
        als::Limits {
            streams_per_tenant: holds.limits.record_streams_per_tenant as usize,
            bytes_per_minute: als::Most {
                principal: holds.limits.record_bytes_per_minute,
                tenant: holds.limits.record_bytes_per_minute_per_tenant,
            },
        },
    );
    let filters =
        filter_api::router(holds.clone()).route_service(als::PATH, als::Service(receiver.clone()));
    let mut tasks = vec![
        tokio::spawn(async move { receiver.keep_telling().await }),
        ask_provider(console.clone()),
        serve(TlsListener::new(filter, tls)?, filters, &holds),
        serve_people(people, console::router(console), &holds),
        sweep(&holds),
        keep_chains(&holds),
        keep_kills(&holds),
        keep_anchoring(&holds),
        keep_witnessing(&holds),
        forget(&holds, config.keep_days),
        prune(&holds, config.records),
    ];
    tasks.extend(senders.start(&holds));
    Ok(Service { filter_addr, console_addr, console_url, login_urls, holds, tasks })
}

impl Service {
    /// Where records of exchanges are kept.
    pub fn records(&self) -> Arc<dyn RecordStore> {
        self.holds.records.clone()
    }

    /// How far chains are, as their workers said.
    pub async fn chains_told(&self) -> Vec<(String, Head)> {
        let told = self.holds.told_chains(&Tenant::default()).await;
        told.unwrap_or_else(|error| {
            tracing::warn!(%error, "chains of records cannot be read");
            Vec::new()
        })
    }

    /// For whoever takes records out of files, so that the next checkpoint says so.
    pub fn noting(&self) -> impl Fn(Vec<Note>) + Send + 'static {
        let holds = self.holds.clone();
        move |notes| holds.note(notes)
    }

    /// Of a gateway that whoever runs this service saw end: nothing comes after these heads.
    pub fn chains_ended(&self, gateway: &str, heads: impl IntoIterator<Item = (String, Head)>) {
        let holds = TenantHolds { tenant: Tenant::default(), holds: self.holds.clone() };
        for (chain, head) in heads {
            if let Err(problem) = holds.hear_own(gateway.to_owned(), chain, head, true) {
                tracing::warn!("the end of a chain of records is not noted: {}", problem.detail());
            }
        }
    }

    /// Lets polls and event streams end, waits for connections to close, closes the store. Holds
    /// stay as they are: a service started on the same file goes on with them.
    pub async fn shutdown(self) {
        tracing::info!("stopping; what is on hold stays on hold");
        self.holds.wake.stop();
        for mut task in self.tasks {
            if tokio::time::timeout(GRACE, &mut task).await.is_err() {
                task.abort();
            }
        }
        self.holds.last_checkpoint().await;
        tokio::join!(self.holds.last_anchoring(), self.holds.last_witnessing());
        self.holds.records.close().await;
        self.holds.store.close().await;
    }
}

async fn bind(address: SocketAddr, who: &str) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    listener.with_context(|| format!("listening on `{address}` for the {who}"))
}

fn serve(listener: TlsListener, router: Router, holds: &Arc<Holds>) -> JoinHandle<()> {
    let holds = holds.clone();
    let service = router.into_make_service_with_connect_info::<Peer>();
    tokio::spawn(async move {
        let stopped = async move { holds.wake.stopped().await };
        // Never returns an error: accept errors are retried.
        let _ = axum::serve(listener, service).with_graceful_shutdown(stopped).await;
    })
}

fn serve_people(listener: TcpListener, router: Router, holds: &Arc<Holds>) -> JoinHandle<()> {
    let holds = holds.clone();
    tokio::spawn(async move {
        let stopped = async move { holds.wake.stopped().await };
        Connections::default().serve(listener, router, stopped).await;
    })
}

/// Who runs the service hears at once of a login provider that cannot be used.
fn ask_provider(console: Arc<Console>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let Some(provider) = &console.provider else { return };
        tokio::select! {
            () = provider.keep_asking() => {}
            () = console.holds.wake.stopped() => {}
        }
    })
}

fn sweep(holds: &Arc<Holds>) -> JoinHandle<()> {
    let holds = holds.clone();
    tokio::spawn(async move { holds.keep_sweeping().await })
}

fn keep_chains(holds: &Arc<Holds>) -> JoinHandle<()> {
    let holds = holds.clone();
    tokio::spawn(async move { holds.keep_chains().await })
}

fn keep_kills(holds: &Arc<Holds>) -> JoinHandle<()> {
    let holds = holds.clone();
    tokio::spawn(async move { holds.keep_kills().await })
}

fn keep_anchoring(holds: &Arc<Holds>) -> JoinHandle<()> {
    let holds = holds.clone();
    tokio::spawn(async move { holds.keep_anchoring().await })
}

fn keep_witnessing(holds: &Arc<Holds>) -> JoinHandle<()> {
    let holds = holds.clone();
    tokio::spawn(async move { holds.keep_witnessing().await })
}

fn prune(holds: &Arc<Holds>, records: config::Records) -> JoinHandle<()> {
    let holds = holds.clone();
    tokio::spawn(async move { holds.keep_pruning(&records).await })
}

fn forget(holds: &Arc<Holds>, days: u32) -> JoinHandle<()> {
    let holds = holds.clone();
    tokio::spawn(async move { holds.keep_forgetting(days).await })
}

#[cfg(test)]
mod tests;
