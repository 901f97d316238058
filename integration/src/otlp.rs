/*! A collector of OpenTelemetry, for logs over gRPC. */

use std::collections::BTreeMap;
use std::net::SocketAddr;

use prost::Message;

use crate::http2::server::{Script, Server};
use crate::http2::trailers;

/// Of what `Export` brings; its numbers are those of OpenTelemetry's proto files.
#[derive(Message)]
struct Logs {
    #[prost(message, repeated, tag = "1")]
    resources: Vec<OfResource>,
}

#[derive(Message)]
struct OfResource {
    #[prost(message, optional, tag = "1")]
    resource: Option<Resource>,
    #[prost(message, repeated, tag = "2")]
    scopes: Vec<OfScope>,
}

#[derive(Message)]
struct Resource {
    #[prost(message, repeated, tag = "1")]
    attributes: Vec<Named>,
}

#[derive(Message)]
struct OfScope {
    #[prost(message, repeated, tag = "2")]
    records: Vec<LogRecord>,
}

#[derive(Message)]
struct LogRecord {
    #[prost(message, optional, tag = "5")]
    body: Option<Text>,
    #[prost(message, repeated, tag = "6")]
    attributes: Vec<Named>,
}

#[derive(Message)]
struct Named {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(message, optional, tag = "2")]
    value: Option<Text>,
}

/// The one kind of value that Envoy sends.
#[derive(Message)]
struct Text {
    #[prost(string, tag = "1")]
    text: String,
}

/// As somebody reads it in a backend.
#[derive(Clone, Debug)]
pub struct Log {
    pub body: String,
    pub attributes: BTreeMap<String, String>,
    /// Of who sent it.
    pub resource: BTreeMap<String, String>,
}

pub struct Collector(Server);

impl Collector {
    pub fn start() -> Self {
        // An empty message: all were taken.
        let chunks = vec![vec![0; 5]];
        let headers = trailers(&[("content-type", "application/grpc")]);
        let trailers = Some(trailers(&[("grpc-status", "0")]));
        Self(Server::start(Script { headers, chunks, trailers }))
    }

    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// In the order they came.
    #[track_caller]
    pub fn logs(&self) -> Vec<Log> {
        let mut logs = Vec::new();
        for got in self.0.requests() {
            assert_eq!(got.path, "/opentelemetry.proto.collector.logs.v1.LogsService/Export");
            // Not compressed, then its length.
            let message = got.body.get(5..).unwrap_or_else(|| panic!("no message: {got:?}"));
            let exported = Logs::decode(message).unwrap();
            for of in exported.resources {
                let resource = named(of.resource.map(|one| one.attributes).unwrap_or_default());
                let records = of.scopes.into_iter().flat_map(|scope| scope.records);
                logs.extend(records.map(|one| Log {
                    body: one.body.map(|body| body.text).unwrap_or_default(),
                    attributes: named(one.attributes),
                    resource: resource.clone(),
                }));
            }
        }
        logs
    }
}

fn named(all: Vec<Named>) -> BTreeMap<String, String> {
    let pairs = all.into_iter();
    pairs.map(|one| (one.key, one.value.map(|value| value.text).unwrap_or_default())).collect()
}
