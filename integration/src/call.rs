/*! One call of an agent over HTTP/1.1: built, sent on a connection of its own, answered. */

use serde_json::{Value, json};

use crate::gateway::Gateway;
use crate::http1::{Connection, Response};

#[derive(Clone, Debug)]
pub enum Body {
    None,
    /// With content-length.
    Sized(Vec<u8>),
    Chunked(Vec<Vec<u8>>, Vec<(String, String)>),
}

#[derive(Clone, Debug)]
pub struct Call {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Body,
}

impl Call {
    pub fn new(method: &str, path: impl Into<String>) -> Self {
        let headers = vec![("host".to_owned(), "gateway.test".to_owned())];
        Self { method: method.to_owned(), path: path.into(), headers, body: Body::None }
    }

    pub fn get(path: impl Into<String>) -> Self {
        Self::new("GET", path)
    }

    pub fn post(path: impl Into<String>) -> Self {
        Self::new("POST", path)
    }

    pub fn delete(path: impl Into<String>) -> Self {
        Self::new("DELETE", path)
    }

    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub fn token(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Body::Sized(body.into());
        self
    }

    pub fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }

    pub fn chunked(mut self, chunks: &[&[u8]], trailers: &[(&str, &str)]) -> Self {
        let trailers = trailers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
        self.body =
            Body::Chunked(chunks.iter().map(|chunk| chunk.to_vec()).collect(), trailers.collect());
        self
    }

    /// An MCP request as the 2026 SDK sends it.
    pub fn mcp(path: impl Into<String>, id: Value, method: &str, params: Value) -> Self {
        let mut call = Self::post(path)
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", method);
        if let Some(name) = params.get("name").and_then(Value::as_str) {
            call = call.header("mcp-name", name);
        }
        call.json(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))
    }

    pub fn tool(path: impl Into<String>, id: Value, name: &str, arguments: Value) -> Self {
        Self::mcp(path, id, "tools/call", json!({ "name": name, "arguments": arguments }))
    }

    /// The body without its framing.
    pub fn content(&self) -> Vec<u8> {
        match &self.body {
            Body::None => Vec::new(),
            Body::Sized(body) => body.clone(),
            Body::Chunked(chunks, _) => chunks.concat(),
        }
    }

    /// The request as bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.head();
        match &self.body {
            Body::None => {}
            Body::Sized(body) => bytes.extend(body),
            Body::Chunked(chunks, trailers) => {
                for chunk in chunks {
                    bytes.extend(format!("{:x}\r\n", chunk.len()).bytes());
                    bytes.extend(chunk);
                    bytes.extend(b"\r\n");
                }
                bytes.extend(b"0\r\n");
                for (name, value) in trailers {
                    bytes.extend(format!("{name}: {value}\r\n").bytes());
                }
                bytes.extend(b"\r\n");
            }
        }
        bytes
    }

    /// The head with the framing the body needs, the empty line included.
    pub fn head(&self) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        match &self.body {
            Body::None => {}
            Body::Sized(body) => head.push_str(&format!("content-length: {}\r\n", body.len())),
            Body::Chunked(..) => head.push_str("transfer-encoding: chunked\r\n"),
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    #[track_caller]
    pub fn send(&self, gateway: &Gateway) -> Response {
        self.send_to(&gateway.address)
    }

    #[track_caller]
    pub fn send_to(&self, address: &str) -> Response {
        let mut connection = Connection::open(address);
        connection.write(self.bytes());
        connection.response(self.method == "HEAD").unwrap_or_else(|| {
            panic!("no answer to {} {}", self.method, self.path);
        })
    }

    /// For calls that wait: sent from a thread of its own.
    pub fn start(&self, gateway: &Gateway) -> std::thread::JoinHandle<Response> {
        let (call, address) = (self.clone(), gateway.address.clone());
        std::thread::spawn(move || call.send_to(&address))
    }
}
