/*! What has to be done next, in order. The host does it and decides nothing. */

use serde::Serialize;

use super::event::RouteName;
use crate::refusal::LocalResponse;

/// What the service may take beyond the time it was asked to wait.
pub const SLACK_MS: u64 = 5_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Only at request headers.
    RemoveRequestHeader(String),
    SetRequestHeader(&'static str, String),
    /// Only once the body is whole.
    ReplaceRequestBody(Vec<u8>),
    /// Only at response headers.
    RemoveResponseHeader(String),
    SetResponseHeader(String, Vec<u8>),
    /// In place of the chunk that the event brought, or of what was kept back in its place.
    ReplaceResponseChunk(Vec<u8>),
    RemoveResponseTrailer(String),
    SetResponseTrailer(String, Vec<u8>),
    /// What is about to be judged: the second lock opens for no other route.
    SetRoute(RouteName),
    /// Let the second lock open.
    SetVerdict(&'static str),
    WriteRecord(String),
    /// Only in the log callback, beside the record that it is of.
    WriteLink(String),
    /// In the place of Envoy's own word for why, where that would break the log's line or tell what it must not.
    WriteDetails(String),
    /// Raise a counter of Envoy's statistics by one.
    Count(&'static str),
    /// Ask the approval service; its answer comes as `Event::CallAnswered`.
    Call(ServiceCall),
    /// Nobody answered: say `Event::CallDue` at this time in Unix milliseconds.
    CallAgain(u64),
    /// Let a held request go on.
    Resume,
    /// Let the end of a response go on that was kept back.
    ResumeResponse,
    Respond(LocalResponse),
    ResetResponse,
    /// For whoever runs the gateway, in Envoy's log.
    Warn(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceCall {
    pub method: &'static str,
    pub path: String,
    pub body: Vec<u8>,
    pub timeout_ms: u64,
    /// Its answer takes as long as nothing happens.
    pub waits: bool,
}

impl ServiceCall {
    /// `None` if the body has no form in JSON.
    pub fn post(path: &str, body: &impl Serialize) -> Option<Self> {
        let body = serde_json::to_vec(body).ok()?;
        Some(Self {
            method: "POST",
            path: path.to_owned(),
            body,
            timeout_ms: SLACK_MS,
            waits: false,
        })
    }
}

/// What the callback tells Envoy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    Continue,
    Pause,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Steps {
    pub list: Vec<Step>,
    pub flow: Flow,
}

impl Steps {
    pub fn new(flow: Flow) -> Self {
        Self { list: Vec::new(), flow }
    }

    pub fn with(list: Vec<Step>, flow: Flow) -> Self {
        Self { list, flow }
    }
}
