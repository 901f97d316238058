/*! Both ends of HTTP/2, for what HTTP/1.1 does not carry: trailers of requests and of responses. */

use std::future::Future;

use bytes::Bytes;
use h2::RecvStream;
use http::{HeaderMap, Request};
use tokio::net::TcpStream;

pub mod server;

/// What came back of one call.
#[derive(Debug, Default)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    pub trailers: Option<HeaderMap>,
    /// Why the stream was cut, where it was.
    pub reset: Option<String>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

pub fn trailers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
}

/// Runs a future to its end on this thread.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// One call on a connection of its own. Every chunk is a DATA frame; trailers end the stream, else
/// the last chunk does, or the head where there is none.
#[track_caller]
pub fn call(
    address: &str,
    request: Request<()>,
    chunks: &[&[u8]],
    trailers: Option<HeaderMap>,
) -> Answer {
    block_on(async {
        let stream = TcpStream::connect(address).await.unwrap();
        let (client, connection) = h2::client::handshake(stream).await.unwrap();
        let driver = tokio::spawn(async move {
            let _ = connection.await;
        });
        let mut client = client.ready().await.unwrap();
        let ends_at_head = chunks.is_empty() && trailers.is_none();
        let (response, mut body) = client.send_request(request, ends_at_head).unwrap();
        for (index, chunk) in chunks.iter().enumerate() {
            let last = index + 1 == chunks.len() && trailers.is_none();
            // The gateway may have refused and reset the stream already.
            if body.send_data(Bytes::copy_from_slice(chunk), last).is_err() {
                break;
            }
        }
        if let Some(trailers) = trailers {
            let _ = body.send_trailers(trailers);
        }
        let mut answer = Answer::default();
        match response.await {
            Err(error) => answer.reset = Some(error.to_string()),
            Ok(response) => {
                answer.status = response.status().as_u16();
                answer.headers = response.headers().clone();
                receive(response.into_body(), &mut answer).await;
            }
        }
        driver.abort();
        answer
    })
}

async fn receive(mut body: RecvStream, answer: &mut Answer) {
    while let Some(chunk) = body.data().await {
        match chunk {
            Ok(chunk) => {
                let _ = body.flow_control().release_capacity(chunk.len());
                answer.body.extend(chunk);
            }
            Err(error) => {
                answer.reset = Some(error.to_string());
                return;
            }
        }
    }
    match body.trailers().await {
        Ok(trailers) => answer.trailers = trailers,
        Err(error) => answer.reset = Some(error.to_string()),
    }
}
