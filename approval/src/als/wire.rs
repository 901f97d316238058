/*!
What Envoy's access-log service says on the wire: of its messages those parts that a line of the log is made
of, with their numbers in Envoy's proto files (`envoy/service/accesslog/v3/als.proto`,
`envoy/data/accesslog/v3/accesslog.proto`). What is not named here is read over, such as the path, the referer and
the address of the caller, which Envoy sends in clear whatever it is told to log.

Text that may be a stranger's is read as bytes: one that is not UTF-8 must not end a stream. Entries are read one by
one, since two bytes make an empty one, and eight megabytes of those would be a gigabyte.
*/

use std::collections::HashMap;

use prost::Message;
use prost::bytes::Bytes;

/// The service and its one method.
pub const PATH: &str = "/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs";

#[derive(Clone, PartialEq, Message)]
pub struct StreamAccessLogsMessage {
    /// In a stream's first message alone.
    #[prost(message, optional, tag = "1")]
    pub identifier: Option<Identifier>,
    /// A message whose field 1 are the entries.
    #[prost(bytes = "bytes", tag = "2")]
    pub http_logs: Bytes,
}

/// None is ever sent: Envoy expects none.
#[derive(Clone, PartialEq, Message)]
pub struct StreamAccessLogsResponse {}

#[derive(Clone, PartialEq, Message)]
pub struct Identifier {
    #[prost(message, optional, tag = "1")]
    pub node: Option<Node>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Node {
    #[prost(bytes = "vec", tag = "1")]
    pub id: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Entry {
    #[prost(message, optional, tag = "1")]
    pub common: Option<Common>,
    #[prost(message, optional, tag = "3")]
    pub request: Option<Request>,
    #[prost(message, optional, tag = "4")]
    pub response: Option<Response>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Common {
    #[prost(message, optional, tag = "5")]
    pub start_time: Option<Time>,
    #[prost(message, optional, tag = "13")]
    pub upstream_remote_address: Option<Address>,
    #[prost(message, optional, tag = "16")]
    pub response_flags: Option<Flags>,
    #[prost(bytes = "vec", tag = "19")]
    pub route_name: Vec<u8>,
    #[prost(map = "string, message", tag = "21")]
    pub filter_state_objects: HashMap<String, Any>,
    #[prost(message, optional, tag = "23")]
    pub duration: Option<Time>,
    /// Of an exchange that goes on. Its duration is not known yet.
    #[prost(bool, tag = "27")]
    pub intermediate: bool,
}

/// A point in time and a duration are alike.
#[derive(Clone, Copy, PartialEq, Message)]
pub struct Time {
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

#[derive(Clone, PartialEq, Message)]
pub struct Address {
    #[prost(message, optional, tag = "1")]
    pub socket_address: Option<SocketAddress>,
    #[prost(message, optional, tag = "2")]
    pub pipe: Option<Pipe>,
}

#[derive(Clone, PartialEq, Message)]
pub struct SocketAddress {
    #[prost(bytes = "vec", tag = "2")]
    pub address: Vec<u8>,
    #[prost(uint32, tag = "3")]
    pub port: u32,
}

#[derive(Clone, PartialEq, Message)]
pub struct Pipe {
    #[prost(bytes = "vec", tag = "1")]
    pub path: Vec<u8>,
}

/// A message, whose name stands in front of it; here always a `BytesValue`.
#[derive(Clone, PartialEq, Message)]
pub struct Any {
    #[prost(bytes = "vec", tag = "2")]
    pub value: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
pub struct BytesValue {
    #[prost(bytes = "vec", tag = "1")]
    pub value: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Request {
    #[prost(uint64, tag = "12")]
    pub body_bytes: u64,
}

#[derive(Clone, PartialEq, Message)]
pub struct Response {
    #[prost(message, optional, tag = "1")]
    pub code: Option<Number>,
    #[prost(uint64, tag = "3")]
    pub body_bytes: u64,
    #[prost(bytes = "vec", tag = "6")]
    pub code_details: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub struct Number {
    #[prost(uint32, tag = "1")]
    pub value: u32,
}

macro_rules! flags {
    ($($name:ident = $tag:literal $short:literal),* $(,)?) => {
        /// Why Envoy ended an exchange as it did.
        #[derive(Clone, Copy, PartialEq, Message)]
        pub struct Flags {
            $(#[prost(bool, tag = $tag)] pub $name: bool,)*
            #[prost(message, optional, tag = "13")]
            pub unauthorized: Option<Unauthorized>,
        }

        impl Flags {
            /// As in the log, in the order of the log: by their numbers.
            pub fn short(&self) -> Vec<&'static str> {
                let unauthorized = (13, self.unauthorized.is_some(), "UAEX");
                let mut set = vec![unauthorized, $(($tag.parse().unwrap_or(0), self.$name, $short)),*];
                set.sort_unstable();
                set.into_iter().filter(|(_, is, _)| *is).map(|(_, _, short)| short).collect()
            }
        }
    };
}

flags! {
    failed_local_healthcheck = "1" "LH",
    no_healthy_upstream = "2" "UH",
    upstream_request_timeout = "3" "UT",
    local_reset = "4" "LR",
    upstream_remote_reset = "5" "UR",
    upstream_connection_failure = "6" "UF",
    upstream_connection_termination = "7" "UC",
    upstream_overflow = "8" "UO",
    no_route_found = "9" "NR",
    delay_injected = "10" "DI",
    fault_injected = "11" "FI",
    rate_limited = "12" "RL",
    rate_limit_service_error = "14" "RLSE",
    downstream_connection_termination = "15" "DC",
    upstream_retry_limit_exceeded = "16" "URX",
    stream_idle_timeout = "17" "SI",
    invalid_envoy_request_headers = "18" "IH",
    downstream_protocol_error = "19" "DPE",
    upstream_max_stream_duration_reached = "20" "UMSDR",
    response_from_cache_filter = "21" "RFCF",
    no_filter_config_found = "22" "NFCF",
    duration_timeout = "23" "DT",
    upstream_protocol_error = "24" "UPE",
    no_cluster_found = "25" "NC",
    overload_manager = "26" "OM",
    dns_resolution_failure = "27" "DF",
    downstream_remote_reset = "28" "DR",
}

#[derive(Clone, Copy, PartialEq, Message)]
pub struct Unauthorized {
    #[prost(int32, tag = "1")]
    pub reason: i32,
}
