/*! The client's end: a connection step by step, and what came back. */

use std::io::Write;
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use super::{Framing, Head, Message, Reader};

/// What a client got.
#[derive(Clone, Debug, Default)]
pub struct Response {
    pub status: u16,
    pub message: Message,
    /// Every byte that came.
    pub raw: Vec<u8>,
}

impl Response {
    pub fn of(message: Message, raw: Vec<u8>) -> Self {
        let status = message.head.start.split(' ').nth(1).and_then(|s| s.parse().ok());
        Self { status: status.unwrap_or_default(), message, raw }
    }

    pub fn header(&self, name: &str) -> Option<String> {
        self.message.head.header(name)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.message.body).into_owned()
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.message.body)
            .unwrap_or_else(|error| panic!("the body is not JSON ({error}): {}", self.text()))
    }

    /// The stable code of a refusal.
    pub fn reason(&self) -> Option<String> {
        self.header("x-gatehouse-reason")
    }

    pub fn reference(&self) -> Option<String> {
        self.header("x-gatehouse-ref")
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        let got = self.status;
        assert_eq!(got, status, "{}", String::from_utf8_lossy(&self.raw));
        self
    }

    /// A refusal with that code, in the form of a plain HTTP answer.
    #[track_caller]
    pub fn expect_refusal(self, status: u16, reason: &str) -> Self {
        let response = self.expect(status);
        assert_eq!(response.reason().as_deref(), Some(reason), "{}", response.text());
        response
    }
}

type Log = Box<dyn FnMut(&[u8]) + Send>;

/// A connection of a client that writes and reads step by step.
pub struct Connection {
    stream: TcpStream,
    reader: Reader<TcpStream, Log>,
    raw: Arc<Mutex<Vec<u8>>>,
}

impl Connection {
    pub fn open(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.set_nodelay(true).unwrap();
        let raw = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&raw);
        let log: Log = Box::new(move |bytes| log.lock().unwrap().extend(bytes));
        let reader = Reader::new(stream.try_clone().unwrap(), log);
        Self { stream, reader, raw }
    }

    /// The other end may have answered and closed before all was written: not an error here.
    pub fn write(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        let _ = self.stream.write_all(bytes.as_ref());
        self
    }

    /// None where the connection ended, or stayed silent, without a whole head.
    pub fn response(&mut self, head_only: bool) -> Option<Response> {
        loop {
            self.raw.lock().unwrap().clear();
            let message = self.reader.message(Framing::Response { head_only })?;
            let response = Response::of(message, self.raw.lock().unwrap().clone());
            // Interim answers belong to nobody who asks for the response.
            if !(100..200).contains(&response.status) || response.status == 101 {
                return Some(response);
            }
        }
    }

    pub fn head(&mut self) -> Option<Head> {
        self.reader.head()
    }

    /// Body bytes as they come, without their framing removed; None at the end.
    pub fn bytes(&mut self) -> Option<Vec<u8>> {
        let (rest, ended) = self.reader.rest();
        if !rest.is_empty() {
            return Some(rest);
        }
        if ended || !self.reader.fill() {
            return None;
        }
        Some(self.reader.rest().0)
    }

    pub fn timeout(&mut self, limit: Duration) -> &mut Self {
        self.stream.set_read_timeout(Some(limit)).unwrap();
        self
    }

    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }
}
