/*!
Records of exchanges, as they come out of Envoy's access log, and how people read them: an exchange, a
session, what is looked for. Shared by the console and the command line.
*/

pub mod alike;
pub mod describe;
pub mod exchange;
pub mod export;
pub mod laid_out;
pub mod line;
pub mod numbers;
pub mod phases;
pub mod session;
pub mod sieve;
pub mod store;
pub mod timeline;
pub mod times;

pub use alike::Alike;
pub use exchange::{Envoy, Exchange};
pub use line::{Erased, Line};
pub use session::Session;

#[cfg(test)]
mod tests;
