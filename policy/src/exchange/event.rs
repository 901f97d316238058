/*! What happens to an exchange, told by whoever hosts it. */

use crate::call::Kind;
use crate::record::Ended;
use crate::sections::RouteSections;

/// The time and fresh randomness are inputs: the core has neither.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    pub unix_ms: u64,
}

impl Now {
    pub fn seconds(self) -> u64 {
        self.unix_ms / 1000
    }
}

#[derive(Debug)]
pub enum Event<'a> {
    RequestHeaders(RequestHead),
    /// More of the body came; `size` is all that is buffered so far.
    RequestBodyGrew {
        size: usize,
        upstream_attempts: u64,
    },
    /// The whole body, at its end or at the trailers.
    RequestBody {
        body: &'a [u8],
        upstream_attempts: u64,
    },
    /// The answer to a `Step::Call`; `None` if the call could not be made at all.
    CallAnswered {
        answer: Option<CallAnswer<'a>>,
        route: RouteName,
        fresh: [u8; 16],
    },
    /// The time of a `Step::CallAgain` has come.
    CallDue,
    /// Its caller, or the token, is stopped by the kill switch from now on.
    Killed,
    ResponseHeaders {
        headers: Vec<(String, Vec<u8>)>,
        end_of_stream: bool,
    },
    ResponseBody {
        chunk: &'a [u8],
        end_of_stream: bool,
    },
    ResponseTrailers {
        trailers: Vec<(String, Vec<u8>)>,
    },
    /// The last that is heard of an exchange, whatever became of it, and what its host says of that.
    Log(Option<Ended>),
}

impl Event<'_> {
    /// Whether what becomes of it, or is written of it, depends on the time.
    pub fn is_timed(&self) -> bool {
        !matches!(
            self,
            Event::RequestBodyGrew { .. } | Event::ResponseBody { end_of_stream: false, .. }
        )
    }
}

#[derive(Clone, Copy, Debug)]
pub struct CallAnswer<'a> {
    pub status: u32,
    pub body: &'a [u8],
}

impl CallAnswer<'_> {
    /// Whether somebody answered at all: a call that failed on its way has the status 0, and what is behind the
    /// gateway or in between speaks for nobody with one of 5xx.
    pub fn is_one(&self) -> bool {
        (1..500).contains(&self.status)
    }
}

#[derive(Debug, Default)]
pub struct RequestHead {
    pub method: String,
    /// The scheme, as Envoy has it, which believes a proxy in front of it only if it is told to.
    pub https: bool,
    pub authority: Vec<u8>,
    pub path: Vec<u8>,
    /// Without pseudo headers, names in lower case.
    pub headers: Vec<(String, Vec<u8>)>,
    pub end_of_stream: bool,
    pub route: RouteFacts,
    pub uri_san: Option<String>,
    /// Envoy's number for the connection.
    pub connection: u64,
    /// Random bytes of the host: they make the exchange's id.
    pub fresh: [u8; 16],
}

/// What identifies where Envoy would send the call now, and by which rules it is judged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouteName {
    pub route: String,
    pub cluster: String,
    pub sections: RouteSections,
}

/// The route Envoy picked, and what its metadata `gatehouse` says.
#[derive(Clone, Debug, Default)]
pub struct RouteFacts {
    pub name: RouteName,
    pub kind: Kind,
    /// The prefix that Envoy replaces by `rewrite`; empty if it replaces none.
    pub prefix: String,
    pub rewrite: String,
    /// The authority that the upstream sees, if the route sets one.
    pub host: Option<String>,
    /// The route promises that Envoy never sends a call twice.
    pub replay_off: bool,
}

impl RouteFacts {
    /// Path and query as the upstream sees them.
    pub fn upstream_path(&self, path: &str) -> String {
        match path.strip_prefix(self.prefix.as_str()) {
            Some(rest) if !self.prefix.is_empty() => format!("{}{rest}", self.rewrite),
            _ => path.to_owned(),
        }
    }
}
