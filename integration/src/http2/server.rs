/*! A scripted HTTP/2 upstream, mostly for responses with trailers. */

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use h2::server::{self, SendResponse};
use http::{HeaderMap, Request, Response};
use tokio::net::{TcpListener, TcpStream};

use super::{Answer, block_on, receive};

/// What a request got as answer.
#[derive(Clone, Debug, Default)]
pub struct Script {
    pub headers: HeaderMap,
    pub chunks: Vec<Vec<u8>>,
    /// Without trailers the last chunk ends the stream.
    pub trailers: Option<HeaderMap>,
}

#[derive(Clone, Debug)]
pub struct Got {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    pub trailers: Option<HeaderMap>,
}

/// Answers every request with the same script.
pub struct Server {
    pub address: SocketAddr,
    requests: Arc<Mutex<Vec<Got>>>,
}

impl Server {
    pub fn start(script: Script) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        std::thread::spawn(move || {
            block_on(async move {
                let listener = TcpListener::from_std(listener).unwrap();
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(connection(stream, script.clone(), Arc::clone(&seen)));
                }
            });
        });
        Self { address, requests }
    }

    pub fn requests(&self) -> Vec<Got> {
        self.requests.lock().unwrap().clone()
    }
}

async fn connection(stream: TcpStream, script: Script, seen: Arc<Mutex<Vec<Got>>>) {
    let Ok(mut connection) = server::handshake(stream).await else { return };
    while let Some(Ok((request, respond))) = connection.accept().await {
        tokio::spawn(exchange(request, respond, script.clone(), Arc::clone(&seen)));
    }
}

async fn exchange(
    request: Request<h2::RecvStream>,
    mut respond: SendResponse<Bytes>,
    script: Script,
    seen: Arc<Mutex<Vec<Got>>>,
) {
    let (head, body) = request.into_parts();
    let mut read = Answer::default();
    receive(body, &mut read).await;
    let path = head.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let got = Got { path, headers: head.headers, body: read.body, trailers: read.trailers };
    seen.lock().unwrap().push(got);
    let mut response = Response::new(());
    *response.headers_mut() = script.headers;
    let ends_at_head = script.chunks.is_empty() && script.trailers.is_none();
    let Ok(mut body) = respond.send_response(response, ends_at_head) else { return };
    for (index, chunk) in script.chunks.iter().enumerate() {
        let last = index + 1 == script.chunks.len() && script.trailers.is_none();
        if body.send_data(Bytes::from(chunk.clone()), last).is_err() {
            return;
        }
    }
    if let Some(trailers) = script.trailers {
        let _ = body.send_trailers(trailers);
    }
}
