/*! The load: connections that stay open, each asking again as soon as it is answered. */

use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};

use integration::http1::{Framing, Reader};

use crate::text::Text;

const CONNECTIONS: usize = 8;

/// An upstream that sends back what it got.
pub struct Origin {
    pub address: SocketAddr,
}

impl Origin {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                std::thread::spawn(move || serve(stream));
            }
        });
        Self { address }
    }
}

fn serve(stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    let mut writer = stream.try_clone().expect("a second handle");
    let mut reader = Reader::new(stream, |_| {});
    while let Some(message) = reader.message(Framing::Request) {
        let content_type = message.head.header("content-type").unwrap_or_default();
        let length = message.body.len();
        let head =
            format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncontent-length: {length}");
        let answer = [head.as_bytes(), b"\r\n\r\n", &message.body].concat();
        if writer.write_all(&answer).is_err() {
            return;
        }
    }
}

pub struct Load {
    request: Vec<u8>,
    requests: usize,
}

impl Load {
    pub fn new(text: &Text, size: usize, token: &str, requests: usize) -> Self {
        let body = text.body(size);
        let request = format!(
            "POST /rows HTTP/1.1\r\nhost: bench.test\r\nauthorization: Bearer {token}\r\n\
             content-type: {}\r\ncontent-length: {}\r\n\r\n{body}",
            text.content_type,
            body.len()
        );
        Self { request: request.into_bytes(), requests }
    }

    pub fn warm_up(&self, address: &str) {
        self.send(address, self.requests / 4);
    }

    /// Microseconds of CPU that the process used for each request.
    pub fn cpu_per_request(&self, address: &str, pid: u32) -> f64 {
        let before = cpu_ticks(pid);
        let sent = self.send(address, self.requests);
        let ticks = cpu_ticks(pid) - before;
        ticks as f64 / rustix::param::clock_ticks_per_second() as f64 * 1e6 / sent as f64
    }

    /// How many were sent; each must be answered with 200.
    fn send(&self, address: &str, requests: usize) -> usize {
        let each = requests / CONNECTIONS;
        std::thread::scope(|scope| {
            for _ in 0..CONNECTIONS {
                scope.spawn(|| {
                    let stream = TcpStream::connect(address).expect("a connection");
                    let _ = stream.set_nodelay(true);
                    let mut writer = stream.try_clone().expect("a second handle");
                    let mut reader = Reader::new(stream, |_| {});
                    for _ in 0..each {
                        writer.write_all(&self.request).expect("a request goes out");
                        let framing = Framing::Response { head_only: false };
                        let message = reader.message(framing).expect("an answer");
                        let start = &message.head.start;
                        assert!(start.contains(" 200 ") && message.complete, "{start}");
                    }
                });
            }
        });
        each * CONNECTIONS
    }
}

/// User and system time of the process so far, all threads.
fn cpu_ticks(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("the process runs");
    // The second field is the name and may hold anything; the 14th and 15th are the times.
    let fields = stat.rsplit(')').next().unwrap_or_default();
    fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum()
}
