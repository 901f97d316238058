/*! gRPC around a stream of entries. */

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::ConnectInfo;
use axum::http;
use tonic::body::Body;
use tonic::codegen::Service as Tower;
use tonic::server::{ClientStreamingService, Grpc};
use tonic::{Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;

use super::receiver::{Receiver, Refused};
use super::wire::{StreamAccessLogsMessage, StreamAccessLogsResponse};
use crate::tenant::{Peer, Tenant};

/// Of one batch, which is as long as Envoy's `buffer_size_bytes` and one record more.
const LONGEST: usize = 8 * 1024 * 1024;

type Answer<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// To be mounted at `PATH`.
#[derive(Clone)]
pub struct Service(pub Arc<Receiver>);

impl Tower<http::Request<axum::body::Body>> for Service {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Answer<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<axum::body::Body>) -> Self::Future {
        let peer = request.extensions().get::<ConnectInfo<Peer>>();
        let tenant = peer.and_then(|ConnectInfo(Peer(tenant))| tenant.clone());
        let method = Method { receiver: self.0.clone(), tenant };
        Box::pin(async move {
            let grpc =
                Grpc::new(ProstCodec::default()).apply_max_message_size_config(Some(LONGEST), None);
            Ok({ grpc }.client_streaming(method, request).await)
        })
    }
}

struct Method {
    receiver: Arc<Receiver>,
    tenant: Option<Tenant>,
}

impl ClientStreamingService<StreamAccessLogsMessage> for Method {
    type Response = StreamAccessLogsResponse;
    type Future = Answer<Result<Response<Self::Response>, Status>>;

    fn call(&mut self, request: Request<Streaming<StreamAccessLogsMessage>>) -> Self::Future {
        let Self { receiver, tenant } = self;
        let (receiver, tenant) = (receiver.clone(), tenant.clone());
        Box::pin(async move {
            // The handshake let nobody through without one.
            let tenant = tenant.ok_or_else(|| Status::unauthenticated("no name of a filter"))?;
            hear(&receiver, tenant, request.into_inner()).await?;
            Ok(Response::new(StreamAccessLogsResponse {}))
        })
    }
}

async fn hear(
    receiver: &Arc<Receiver>,
    tenant: Tenant,
    mut messages: Streaming<StreamAccessLogsMessage>,
) -> Result<(), Status> {
    let said = tenant.clone();
    let mut stream = receiver.open(tenant).map_err(|refused| refusal(&said, &refused))?;
    loop {
        let message = tokio::select! {
            message = messages.message() => message,
            // Envoy opens another stream, at another replica if there is one.
            () = receiver.wake.stopped() => return Ok(()),
        };
        match message {
            Ok(Some(message)) => {
                stream.take(message).await.map_err(|refused| refusal(&said, &refused))?;
            }
            Ok(None) => return Ok(()),
            Err(status) => {
                receiver.counts.lost.streams_broken.add(1);
                tracing::debug!(tenant = %said, code = ?status.code(), "a stream of the access log broke: what was under way is lost here");
                return Err(status);
            }
        }
    }
}

/// Envoy comes again with its next batch, so each one is not worth a line of the log: they are counted.
fn refusal(tenant: &Tenant, refused: &Refused) -> Status {
    tracing::debug!(%tenant, ?refused, "a stream of the access log is refused");
    match refused {
        Refused::TooManyStreams => Status::resource_exhausted("too many streams of this tenant"),
        Refused::Nameless => Status::invalid_argument("the first message names no node"),
    }
}
