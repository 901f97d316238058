//! Servers that messages are sent to: they do as they are told and keep what they got.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Longer than any of it takes where it works.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Clone, Debug)]
pub struct Seen {
    pub path: String,
    pub headers: HeaderMap,
    pub body: String,
}

impl Seen {
    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

#[derive(Clone, Copy, Debug)]
pub enum Say {
    Status(u16),
    /// With this header.
    With(u16, &'static str, &'static str),
    /// Nothing, ever.
    Nothing,
}

pub struct WebEnd {
    pub url: String,
    seen: watch::Receiver<Vec<Seen>>,
}

struct Hearing {
    seen: watch::Sender<Vec<Seen>>,
    says: Mutex<VecDeque<Say>>,
}

impl WebEnd {
    /// Says these one after the other, and 204 from then on.
    pub async fn saying(says: &[Say]) -> Self {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let url = format!("http://{}/hush-T0-B0", listener.local_addr().unwrap());
        let (router, end) = Self::of(url, says);
        tokio::spawn(async move { axum::serve(listener, router).await });
        end
    }

    pub fn of(url: String, says: &[Say]) -> (Router, Self) {
        let (sender, seen) = watch::channel(Vec::new());
        let says = Mutex::new(says.iter().copied().collect::<VecDeque<_>>());
        let hearing = Arc::new(Hearing { seen: sender, says });
        let router = Router::new().fallback(hear).with_state(hearing);
        (router, Self { url, seen })
    }

    /// Once there are so many.
    pub async fn seen(&self, count: usize) -> Vec<Seen> {
        let mut seen = self.seen.clone();
        let enough = tokio::time::timeout(PATIENCE, seen.wait_for(|all| all.len() >= count)).await;
        enough.expect("the messages come").unwrap().clone()
    }

    pub fn count(&self) -> usize {
        self.seen.borrow().len()
    }
}

async fn hear(
    State(hearing): State<Arc<Hearing>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let body = String::from_utf8(body.to_vec()).unwrap();
    let seen = Seen { path: uri.path().to_owned(), headers, body };
    hearing.seen.send_modify(|all| all.push(seen));
    let say = hearing.says.lock().unwrap().pop_front().unwrap_or(Say::Status(204));
    match say {
        Say::Status(code) => StatusCode::from_u16(code).unwrap().into_response(),
        Say::With(code, name, value) => {
            (StatusCode::from_u16(code).unwrap(), [(name, value)]).into_response()
        }
        Say::Nothing => std::future::pending().await,
    }
}
