/*! What a scripted upstream answers: steps that are written one after another. */

use std::sync::Arc;

use serde_json::Value;

use crate::wait::Gate;

#[derive(Clone, Debug)]
pub enum Step {
    Send(Vec<u8>),
    /// Writes nothing until the test opens the gate.
    Wait(Arc<Gate>),
    /// Ends the connection, also in the middle of a body.
    Close,
}

/// By default an HTTP/1.1 response on a connection that stays open.
#[derive(Clone, Debug)]
pub struct Reply {
    pub steps: Vec<Step>,
}

impl Reply {
    /// Bytes as they are.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self { steps: vec![Step::Send(bytes.into())] }
    }

    /// With content-length.
    pub fn new(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let mut bytes = head(status, headers);
        bytes.extend(format!("content-length: {}\r\n\r\n", body.len()).bytes());
        bytes.extend(body);
        Self::raw(bytes)
    }

    pub fn json(status: u16, body: &Value) -> Self {
        Self::new(status, &[("content-type", "application/json")], body.to_string())
    }

    pub fn text(body: &str) -> Self {
        Self::new(200, &[("content-type", "text/plain")], body)
    }

    /// The head alone, as for HEAD, 204 and 304; `headers` may hold a content-length.
    pub fn bodyless(status: u16, headers: &[(&str, &str)]) -> Self {
        let mut bytes = head(status, headers);
        bytes.extend(b"\r\n");
        Self::raw(bytes)
    }

    /// The head of a chunked response; chunks and an end follow.
    pub fn chunked(status: u16, headers: &[(&str, &str)]) -> Self {
        let mut bytes = head(status, headers);
        bytes.extend(b"transfer-encoding: chunked\r\n\r\n");
        Self::raw(bytes)
    }

    pub fn event_stream() -> Self {
        Self::chunked(200, &[("content-type", "text/event-stream")])
    }

    pub fn chunk(mut self, data: impl AsRef<[u8]>) -> Self {
        let data = data.as_ref();
        let mut bytes = format!("{:x}\r\n", data.len()).into_bytes();
        bytes.extend(data);
        bytes.extend(b"\r\n");
        self.steps.push(Step::Send(bytes));
        self
    }

    pub fn wait(mut self, gate: &Arc<Gate>) -> Self {
        self.steps.push(Step::Wait(Arc::clone(gate)));
        self
    }

    /// The last chunk, with trailers.
    pub fn end(mut self, trailers: &[(&str, &str)]) -> Self {
        let mut bytes = b"0\r\n".to_vec();
        for (name, value) in trailers {
            bytes.extend(format!("{name}: {value}\r\n").bytes());
        }
        bytes.extend(b"\r\n");
        self.steps.push(Step::Send(bytes));
        self
    }

    pub fn close(mut self) -> Self {
        self.steps.push(Step::Close);
        self
    }
}

fn head(status: u16, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} Scripted\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.into_bytes()
}
