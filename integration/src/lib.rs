/*!
The harness: the real `gatehouse run` on real Envoy between scripted ends.

Everything here blocks and panics with a message: it serves tests alone. Nothing sleeps for a fixed
time; whatever is awaited is polled for, or signalled, with a deadline.
*/

pub mod approver;
pub mod bundles;
pub mod call;
pub mod envoy;
pub mod gateway;
pub mod http1;
pub mod http2;
pub mod issuer;
pub mod jwks;
pub mod line;
pub mod many;
pub mod otlp;
pub mod place;
pub mod poisoner;
pub mod postgres;
pub mod process;
pub mod record;
pub mod replicas;
pub mod reply;
pub mod sample;
pub mod shared;
pub mod stored;
pub mod switch;
pub mod tls;
pub mod upstream;
pub mod wait;

pub use approver::Approver;
pub use call::Call;
pub use gateway::Gateway;
pub use http1::Response;
pub use reply::Reply;
pub use upstream::Upstream;
