/*! One per exchange: callbacks in, events to the core, its steps out. */

use std::cell::RefCell;
use std::rc::Rc;

use policy::engine::Engine;
use policy::exchange::{CallAnswer, Event, RequestHead};
use policy::reason::Reason;
use policy::refusal::LocalResponse;
use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::{Action, BufferType, MapType};

use crate::host;
use crate::perform;
use crate::stream::{self, By, Kept, Stream};

/// No more is read of what the approval service answers, and what is cut short is no JSON: nothing that it says is
/// half as long.
pub const LONGEST_ANSWER: usize = 64 * 1024;

pub struct Http {
    /// Envoy's number for it.
    context: u32,
    stream: Option<Rc<RefCell<Stream>>>,
    kept: Rc<RefCell<Kept>>,
    /// Why Envoy sends the head of an error that passed last: the upstream's own, or one in its place.
    details_at_head: String,
    #[cfg(feature = "test-hooks")]
    hooks: crate::hooks::Hooks,
}

impl Http {
    pub fn new(context: u32, engine: Option<Rc<RefCell<Engine>>>, kept: Rc<RefCell<Kept>>) -> Self {
        let stream = engine.map(|engine| Stream::new(context, engine));
        if let (Some(stream), Ok(mut kept)) = (&stream, kept.try_borrow_mut()) {
            kept.begins(stream, context);
        }
        Self {
            context,
            stream,
            kept,
            details_at_head: String::new(),
            #[cfg(feature = "test-hooks")]
            hooks: crate::hooks::Hooks::default(),
        }
    }

    fn on(&mut self, event: Event<'_>) -> Action {
        match &self.stream {
            Some(stream) => stream::on(stream, &self.kept, event, By::Itself),
            None => closed(Reason::NoBundle),
        }
    }

    fn body(&mut self, buffer: BufferType, size: usize) -> Vec<u8> {
        if size == 0 {
            return Vec::new();
        }
        hostcalls::get_buffer(buffer, 0, size).ok().flatten().unwrap_or_default()
    }

    fn takes_certificates(&self) -> bool {
        let stream = self.stream.as_ref().and_then(|stream| stream.try_borrow().ok());
        stream.is_some_and(|stream| {
            stream.engine().try_borrow().is_ok_and(|engine| engine.identity.takes_certificates())
        })
    }

    /// The whole body, at its end or at the trailers.
    fn request_is_whole(&mut self, size: usize) -> Action {
        let upstream_attempts = host::upstream_attempts();
        let body = self.body(BufferType::HttpRequestBody, size);
        self.on(Event::RequestBody { body: &body, upstream_attempts })
    }
}

impl Drop for Http {
    fn drop(&mut self) {
        if let Ok(mut kept) = self.kept.try_borrow_mut() {
            kept.is_over(self.context);
        }
    }
}

/// Without an engine nothing can be judged, so nothing passes.
pub fn closed(reason: Reason) -> Action {
    let answer = LocalResponse {
        status: u32::from(reason.status()),
        headers: vec![("x-gatehouse-reason".into(), reason.code().into())],
        body: String::new(),
    };
    if perform::respond(&answer).is_err() {
        log::error!("a request could not be refused; it stays where it is");
    }
    Action::Pause
}

impl HttpContext for Http {
    fn on_http_request_headers(&mut self, _count: usize, end_of_stream: bool) -> Action {
        let pairs = hostcalls::get_map_bytes(MapType::HttpRequestHeaders).unwrap_or_default();
        #[cfg(feature = "test-hooks")]
        self.hooks.hear(&pairs);
        let Some(fresh) = host::fresh() else { return closed(Reason::UnsafeInstall) };
        let mut head = RequestHead {
            end_of_stream,
            fresh,
            route: host::route_facts(),
            uri_san: self.takes_certificates().then(host::uri_san).flatten(),
            connection: host::connection(),
            ..RequestHead::default()
        };
        for (name, value) in pairs {
            match name.as_str() {
                ":method" => head.method = String::from_utf8_lossy(&value).into_owned(),
                ":scheme" => head.https = value == b"https",
                ":path" => head.path = value,
                ":authority" => head.authority = value,
                _ if name.starts_with(':') => {}
                _ => head.headers.push((name, value)),
            }
        }
        self.on(Event::RequestHeaders(head))
    }

    fn on_http_request_body(&mut self, size: usize, end_of_stream: bool) -> Action {
        #[cfg(feature = "test-hooks")]
        if let Some(action) = self.hooks.at_request_body() {
            return action;
        }
        if end_of_stream {
            return self.request_is_whole(size);
        }
        self.on(Event::RequestBodyGrew { size, upstream_attempts: host::upstream_attempts() })
    }

    fn on_http_request_trailers(&mut self, _count: usize) -> Action {
        // No rule judges trailers and no digest covers them, so none travels on.
        if hostcalls::set_map(MapType::HttpRequestTrailers, Vec::new()).is_err() {
            return closed(Reason::RequestAmbiguous);
        }
        self.request_is_whole(usize::MAX)
    }

    fn on_http_response_headers(&mut self, _count: usize, end_of_stream: bool) -> Action {
        let headers = hostcalls::get_map_bytes(MapType::HttpResponseHeaders).unwrap_or_default();
        let is_error = headers
            .iter()
            .any(|(name, value)| name == ":status" && matches!(value.first(), Some(b'4' | b'5')));
        self.details_at_head = if is_error { host::details() } else { String::new() };
        self.on(Event::ResponseHeaders { headers, end_of_stream })
    }

    fn on_http_response_body(&mut self, size: usize, end_of_stream: bool) -> Action {
        let chunk = self.body(BufferType::HttpResponseBody, size);
        self.on(Event::ResponseBody { chunk: &chunk, end_of_stream })
    }

    fn on_http_response_trailers(&mut self, _count: usize) -> Action {
        let trailers = hostcalls::get_map_bytes(MapType::HttpResponseTrailers).unwrap_or_default();
        self.on(Event::ResponseTrailers { trailers })
    }

    fn on_log(&mut self) {
        if self.stream.is_some() {
            let ended = host::ended(std::mem::take(&mut self.details_at_head));
            self.on(Event::Log(Some(ended)));
        }
    }
}

impl Context for Http {
    fn on_http_call_response(
        &mut self,
        _token: u32,
        _headers: usize,
        body: usize,
        _trailers: usize,
    ) {
        #[cfg(feature = "test-hooks")]
        self.hooks.at_call_response();
        let status = host::answer_status();
        let body = self.get_http_call_response_body(0, body.min(LONGEST_ANSWER));
        let body = body.unwrap_or_default();
        let route = host::route_name();
        // Without randomness no nonce: the exchange hears of a call that failed.
        let (answer, fresh) = match host::fresh() {
            Some(fresh) => (Some(CallAnswer { status, body: &body }), fresh),
            None => (None, [0; 16]),
        };
        // Resuming is a step of its own; what a callback would return means nothing here.
        let _ = self.on(Event::CallAnswered { answer, route, fresh });
    }
}
