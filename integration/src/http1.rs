/*!
HTTP/1.1 as bytes: a message that is read off a stream, kept whole. One reader serves both ends.
*/

use std::io::{ErrorKind, Read};

mod client;

pub use client::{Connection, Response};

/// The start line and the header lines as they came.
#[derive(Clone, Debug, Default)]
pub struct Head {
    pub start: String,
    pub headers: Vec<(String, String)>,
}

impl Head {
    fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let mut lines = text.split("\r\n");
        let start = lines.next().unwrap_or_default().to_owned();
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        Self { start, headers }
    }

    /// Every value of the header, joined by `, `.
    pub fn header(&self, name: &str) -> Option<String> {
        let name = name.to_ascii_lowercase();
        let values: Vec<_> =
            self.headers.iter().filter(|(n, _)| *n == name).map(|(_, v)| v.as_str()).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    fn chunked(&self) -> bool {
        self.header("transfer-encoding").is_some_and(|v| v.to_ascii_lowercase().contains("chunked"))
    }

    fn length(&self) -> Option<usize> {
        self.header("content-length")?.parse().ok()
    }
}

#[derive(Clone, Debug, Default)]
pub struct Message {
    pub head: Head,
    pub body: Vec<u8>,
    pub trailers: Vec<(String, String)>,
    /// Whether the body ended as its framing said.
    pub complete: bool,
}

/// Reads messages off one connection and passes every byte it gets to `log`.
pub struct Reader<R, L: FnMut(&[u8])> {
    stream: R,
    log: L,
    buffer: Vec<u8>,
    ended: bool,
}

/// How to find the end of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    Request,
    Response { head_only: bool },
}

impl<R: Read, L: FnMut(&[u8])> Reader<R, L> {
    pub fn new(stream: R, log: L) -> Self {
        Self { stream, log, buffer: Vec::new(), ended: false }
    }

    /// False at the end of the stream. A timeout counts as one: the other end stays silent.
    fn fill(&mut self) -> bool {
        let mut chunk = [0; 65536];
        loop {
            match self.stream.read(&mut chunk) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Ok(0) | Err(_) => {
                    self.ended = true;
                    return false;
                }
                Ok(length) => {
                    (self.log)(&chunk[..length]);
                    self.buffer.extend(&chunk[..length]);
                    return true;
                }
            }
        }
    }

    fn take(&mut self, length: usize) -> Option<Vec<u8>> {
        while self.buffer.len() < length {
            if !self.fill() {
                return None;
            }
        }
        Some(self.buffer.drain(..length).collect())
    }

    /// Up to and without `end`.
    fn take_until(&mut self, end: &[u8]) -> Option<Vec<u8>> {
        loop {
            if let Some(at) = self.buffer.windows(end.len()).position(|window| window == end) {
                let taken = self.buffer.drain(..at).collect();
                self.buffer.drain(..end.len());
                return Some(taken);
            }
            if !self.fill() {
                return None;
            }
        }
    }

    pub fn head(&mut self) -> Option<Head> {
        Some(Head::parse(&self.take_until(b"\r\n\r\n")?))
    }

    /// None where the stream ends before a whole head.
    pub fn message(&mut self, framing: Framing) -> Option<Message> {
        let head = self.head()?;
        let mut message = Message { head, ..Default::default() };
        let status = message.head.start.split(' ').nth(1).unwrap_or_default().to_owned();
        let bodyless = match framing {
            Framing::Request => false,
            Framing::Response { head_only } => {
                head_only || status == "204" || status == "304" || status.starts_with('1')
            }
        };
        if bodyless {
            message.complete = true;
        } else if message.head.chunked() {
            message.complete = self.chunks(&mut message);
        } else if let Some(length) = message.head.length() {
            message.complete = match self.take(length) {
                Some(body) => {
                    message.body = body;
                    true
                }
                None => {
                    message.body = std::mem::take(&mut self.buffer);
                    false
                }
            };
        } else if framing == Framing::Request {
            message.complete = true;
        } else {
            while self.fill() {}
            message.body = std::mem::take(&mut self.buffer);
            message.complete = true;
        }
        Some(message)
    }

    fn chunks(&mut self, message: &mut Message) -> bool {
        loop {
            let Some(line) = self.take_until(b"\r\n") else { return false };
            let size = String::from_utf8_lossy(&line);
            let size = size.split(';').next().unwrap_or_default().trim();
            let Ok(size) = usize::from_str_radix(size, 16) else { return false };
            if size == 0 {
                break;
            }
            match self.take(size) {
                Some(data) => message.body.extend(data),
                None => {
                    message.body.append(&mut self.buffer);
                    return false;
                }
            }
            if self.take(2).is_none() {
                return false;
            }
        }
        loop {
            match self.take_until(b"\r\n") {
                Some(line) if line.is_empty() => return true,
                Some(line) => {
                    let line = Head::parse(&[b"\r\n", line.as_slice()].concat());
                    message.trailers.extend(line.headers);
                }
                None => return false,
            }
        }
    }

    /// Bytes that came after the last message, and whether the stream ended.
    pub fn rest(&mut self) -> (Vec<u8>, bool) {
        (std::mem::take(&mut self.buffer), self.ended)
    }
}
