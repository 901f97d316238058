/*!
The people's connections. Anybody may open one, so there are so many at once, and a head that does not come ends its
own. HTTP/1.1 alone: a connection on which it is not told yet what is spoken has no time limit.
*/

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use super::reading::Reading;

#[derive(Clone, Copy, Debug)]
pub struct Connections {
    /// The next one waits until one of them ends.
    pub at_once: usize,
    /// From the begin of a connection, or the answer before, to the end of a request's head.
    pub head_within: Duration,
    /// For the other end to take a part of an answer.
    pub read_within: Duration,
}

impl Default for Connections {
    /// Below the descriptors a process gets where nobody asked for more: the filters and the database need some.
    fn default() -> Self {
        Self {
            at_once: 512,
            head_within: Duration::from_secs(30),
            read_within: Duration::from_secs(30),
        }
    }
}

impl Connections {
    /// Until it is stopped and all connections have ended.
    pub async fn serve(
        self,
        mut listener: TcpListener,
        router: Router,
        stopped: impl Future<Output = ()>,
    ) {
        let permits = Arc::new(Semaphore::new(self.at_once));
        let (stop, stopping) = watch::channel(());
        let mut open = JoinSet::new();
        tokio::pin!(stopped);
        loop {
            let next = async {
                let permit = permits.clone().acquire_owned().await.ok()?;
                // The trait's accept, not the socket's: it logs and retries.
                let (stream, peer) = Listener::accept(&mut listener).await;
                Some((stream, peer, permit))
            };
            let accepted = tokio::select! {
                accepted = next => accepted,
                () = &mut stopped => break,
            };
            let Some((stream, peer, permit)) = accepted else { break };
            // An answer does not wait until the other end says that it has the half of it.
            let _ = stream.set_nodelay(true);
            open.spawn(self.one(stream, peer, router.clone(), stopping.clone(), permit));
            while open.try_join_next().is_some() {}
        }
        drop((listener, stopping));
        // Those that wait for a next request end at once, others with their answer.
        let _ = stop.send(());
        while open.join_next().await.is_some() {}
    }

    async fn one(
        self,
        stream: TcpStream,
        peer: SocketAddr,
        router: Router,
        mut stopping: watch::Receiver<()>,
        _permit: OwnedSemaphorePermit,
    ) {
        let router = TowerToHyperService::new(router);
        let service = service_fn(move |mut request: hyper::Request<Incoming>| {
            // For the audit trail.
            request.extensions_mut().insert(ConnectInfo(peer));
            router.call(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.head_within)
            .serve_connection(TokioIo::new(Reading::new(stream, self.read_within)), service);
        tokio::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            _ = stopping.changed() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%peer, %error, "a connection of the console broke off");
        }
    }
}
