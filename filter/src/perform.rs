/*! Steps become host calls. */

use std::time::Duration;

use policy::exchange::{Flow, Step, Steps};
use policy::refusal::LocalResponse;
use proxy_wasm::hostcalls;
use proxy_wasm::types::{Action, BufferType, MapType};

/// Where the approval service is.
pub struct Service<'a> {
    pub cluster: &'a str,
    pub authority: &'a str,
    /// The stream lies still: what the callback returns does not let it go on.
    pub paused: bool,
    /// The root asks, and so hears the answer also when the stream is gone.
    pub by_root: bool,
}

/// What became of the steps.
pub struct Done {
    pub action: Action,
    pub called: Called,
    /// When the exchange wants to be told that its call is due, in Unix milliseconds.
    pub again: Option<u64>,
}

pub enum Called {
    Nobody,
    /// The approval service; the answer comes with this token, and after that many milliseconds at the latest.
    As(u32, u64),
    Failed,
}

/// Does the steps in order.
pub fn perform(steps: Steps, service: &Service<'_>) -> Done {
    let action = match steps.flow {
        Flow::Continue => Action::Continue,
        Flow::Pause => Action::Pause,
    };
    let mut done = Done { action, called: Called::Nobody, again: None };
    for step in steps.list {
        one(step, service, &mut done);
    }
    done
}

fn one(step: Step, service: &Service<'_>, all: &mut Done) {
    let request = MapType::HttpRequestHeaders;
    let response = MapType::HttpResponseHeaders;
    let trailers = MapType::HttpResponseTrailers;
    let done = match step {
        Step::RemoveRequestHeader(name) => hostcalls::set_map_value(request, &name, None),
        Step::SetRequestHeader(name, value) => {
            hostcalls::set_map_value(request, name, Some(&value))
        }
        Step::ReplaceRequestBody(bytes) => {
            hostcalls::set_buffer(BufferType::HttpRequestBody, 0, usize::MAX, &bytes)
        }
        Step::RemoveResponseHeader(name) => hostcalls::set_map_value(response, &name, None),
        Step::SetResponseHeader(name, value) => {
            hostcalls::set_map_value_bytes(response, &name, Some(&value))
        }
        Step::ReplaceResponseChunk(bytes) => {
            hostcalls::set_buffer(BufferType::HttpResponseBody, 0, usize::MAX, &bytes)
        }
        Step::RemoveResponseTrailer(name) => hostcalls::set_map_value(trailers, &name, None),
        Step::SetResponseTrailer(name, value) => {
            hostcalls::set_map_value_bytes(trailers, &name, Some(&value))
        }
        Step::SetRoute(name) => {
            let set =
                |name, value: &str| hostcalls::set_property(vec![name], Some(value.as_bytes()));
            set("gatehouse_route", &name.route)
                .and_then(|()| set("gatehouse_cluster", &name.cluster))
                .and_then(|()| set("gatehouse_sections", name.sections.text()))
        }
        Step::SetVerdict(verdict) => {
            hostcalls::set_property(vec!["gatehouse_verdict"], Some(verdict.as_bytes()))
        }
        Step::WriteRecord(record) => {
            hostcalls::set_property(vec!["gatehouse_record"], Some(record.as_bytes()))
        }
        Step::WriteLink(link) => {
            hostcalls::set_property(vec!["gatehouse_link"], Some(link.as_bytes()))
        }
        Step::WriteParts(parts) => {
            hostcalls::set_property(vec!["gatehouse_parts"], Some(parts.as_bytes()))
        }
        Step::WriteDetails(details) => {
            hostcalls::set_property(vec!["gatehouse_details"], Some(details.as_bytes()))
        }
        Step::Count(name) => {
            crate::metrics::effect(name);
            Ok(())
        }
        Step::Call(call) if call.waits && !service.by_root => {
            all.again = Some(0);
            Ok(())
        }
        Step::Call(call) => {
            let headers = service_headers(call.method, &call.path, service.authority);
            let body = (!call.body.is_empty()).then_some(call.body.as_slice());
            let timeout = Duration::from_millis(call.timeout_ms);
            let dispatched =
                hostcalls::dispatch_http_call(service.cluster, headers, body, Vec::new(), timeout);
            all.called = match dispatched {
                Ok(token) => Called::As(token, call.timeout_ms),
                Err(_) => Called::Failed,
            };
            Ok(())
        }
        Step::CallAgain(at) => {
            all.again = Some(at);
            Ok(())
        }
        Step::Resume => hostcalls::resume_http_request(),
        // In a callback of the response, what it returns does that.
        Step::ResumeResponse if !service.paused => Ok(()),
        Step::ResumeResponse => hostcalls::resume_http_response(),
        Step::Respond(answer) => respond(&answer),
        Step::ResetResponse => hostcalls::reset_http_response(),
        Step::Warn(text) => {
            log::warn!("{text}");
            Ok(())
        }
    };
    if done.is_err() {
        log::error!("a host call was refused");
    }
}

/// Where a replica of the approval service is gone nothing was sent, and the next one is asked. Envoy takes these two
/// off.
pub const RETRY_ON: (&str, &str) = ("x-envoy-retry-on", "connect-failure");
pub const RETRIES: (&str, &str) = ("x-envoy-max-retries", "2");

/// The head of a call to the approval service.
pub fn service_headers<'a>(
    method: &'a str,
    path: &'a str,
    authority: &'a str,
) -> Vec<(&'static str, &'a str)> {
    vec![
        (":method", method),
        (":path", path),
        (":authority", authority),
        ("content-type", "application/json"),
        RETRY_ON,
        RETRIES,
    ]
}

pub fn respond(answer: &LocalResponse) -> Result<(), proxy_wasm::types::Status> {
    let headers: Vec<(&str, &str)> =
        answer.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    hostcalls::send_http_response(answer.status, headers, Some(answer.body.as_bytes()))
}
