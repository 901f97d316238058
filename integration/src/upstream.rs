/*!
A scripted HTTP/1.1 upstream. It keeps every byte it gets, so that a test can show that none came.
*/

use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use serde_json::json;

use crate::http1::{Framing, Message, Reader};
use crate::reply::{Reply, Step};
use crate::wait::SOON;

/// A request that came whole.
#[derive(Clone, Debug)]
pub struct Request {
    pub connection: usize,
    pub method: String,
    /// With query, as it came.
    pub target: String,
    pub message: Message,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<String> {
        self.message.head.header(name)
    }

    pub fn body(&self) -> &[u8] {
        &self.message.body
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.message.body).into_owned()
    }
}

type Script = Arc<dyn Fn(&Request) -> Option<Reply> + Send + Sync>;

#[derive(Default)]
struct Seen {
    /// All bytes of each connection.
    connections: Vec<Vec<u8>>,
    requests: Vec<Request>,
}

#[derive(Default)]
struct State {
    seen: Mutex<Seen>,
    changed: Condvar,
    scripts: Mutex<Vec<Script>>,
}

#[derive(Clone)]
pub struct Upstream {
    pub address: SocketAddr,
    state: Arc<State>,
}

impl Upstream {
    /// Answers `{"ok":true}` until scripted otherwise.
    pub fn start() -> Self {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    #[track_caller]
    pub fn start_at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                let number = {
                    let mut seen = state.seen.lock().unwrap();
                    seen.connections.push(Vec::new());
                    seen.connections.len() - 1
                };
                std::thread::spawn(move || serve(&state, number, stream));
            }
        });
        Self { address, state }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Later scripts come first; one that gives no reply leaves the request to the others.
    pub fn script(&self, script: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static) {
        self.state.scripts.lock().unwrap().insert(0, Arc::new(script));
    }

    /// For every request whose path starts so.
    pub fn reply(&self, prefix: &str, reply: Reply) {
        let prefix = prefix.to_owned();
        self.script(move |request| request.target.starts_with(&prefix).then(|| reply.clone()));
    }

    /// Requests whose target holds `part`.
    pub fn requests(&self, part: &str) -> Vec<Request> {
        let seen = self.state.seen.lock().unwrap();
        seen.requests.iter().filter(|request| request.target.contains(part)).cloned().collect()
    }

    /// Waits for `count` of them.
    #[track_caller]
    pub fn wait_for(&self, part: &str, count: usize) -> Vec<Request> {
        let seen = self.state.seen.lock().unwrap();
        let matching = |seen: &Seen| {
            seen.requests.iter().filter(|request| request.target.contains(part)).count()
        };
        let (seen, timeout) = self
            .state
            .changed
            .wait_timeout_while(seen, SOON, |seen| matching(seen) < count)
            .unwrap();
        assert!(!timeout.timed_out(), "the upstream got {} of {count}", matching(&seen));
        drop(seen);
        self.requests(part)
    }

    /// Whether the bytes occur in anything that came, complete or not.
    pub fn saw(&self, bytes: impl AsRef<[u8]>) -> bool {
        let bytes = bytes.as_ref();
        let seen = self.state.seen.lock().unwrap();
        seen.connections.iter().any(|got| got.windows(bytes.len()).any(|window| window == bytes))
    }

    /// Connections so far, also those on which nothing came.
    pub fn connections(&self) -> usize {
        self.state.seen.lock().unwrap().connections.len()
    }

    /// Not one byte of anything came.
    #[track_caller]
    pub fn assert_untouched(&self) {
        let seen = self.state.seen.lock().unwrap();
        for bytes in &seen.connections {
            assert!(bytes.is_empty(), "the upstream got: {}", String::from_utf8_lossy(bytes));
        }
    }
}

fn serve(state: &State, number: usize, stream: TcpStream) {
    stream.set_read_timeout(Some(Duration::from_secs(600))).unwrap();
    // Else each of many short steps waits for the other end to say that it has the last one.
    stream.set_nodelay(true).unwrap();
    let mut writer = stream.try_clone().unwrap();
    let log = |bytes: &[u8]| state.seen.lock().unwrap().connections[number].extend(bytes);
    let mut reader = Reader::new(stream, log);
    while let Some(message) = reader.message(Framing::Request) {
        if !message.complete {
            return;
        }
        let mut words = message.head.start.split(' ').map(str::to_owned);
        let method = words.next().unwrap_or_default();
        let target = words.next().unwrap_or_default();
        let request = Request { connection: number, method, target, message };
        state.seen.lock().unwrap().requests.push(request.clone());
        state.changed.notify_all();
        let scripts = state.scripts.lock().unwrap().clone();
        let reply = scripts.iter().find_map(|script| script(&request));
        let reply = reply.unwrap_or_else(|| Reply::json(200, &json!({ "ok": true })));
        for step in reply.steps {
            let done = match step {
                Step::Send(bytes) => writer.write_all(&bytes).is_err(),
                Step::Wait(gate) => !gate.pass(SOON),
                Step::Close => true,
            };
            if done {
                let _ = writer.shutdown(std::net::Shutdown::Both);
                return;
            }
        }
    }
}
