/*!
The approval service: keeps calls on hold until a person decides.

Two listeners. The filter's speaks mutual TLS: it posts holds, waits on them and redeems approvals,
each once. The people's has the console's pages and JSON for the command line; nothing an agent owns
opens it. Between them stands [`holds`], over a [`store`] that keeps masked text and keyed digests
and nothing else.
*/

pub mod als;
pub mod api;
pub mod approver;
pub mod chains;
pub mod clock;
pub mod config;
pub mod mask;
pub mod notify;
pub mod progress;
pub mod records;
pub mod separation;
pub mod service;
pub mod store;
pub mod tenant;
pub mod tlog;
pub mod trail;
pub mod view;

mod console;
mod error;
mod filter_api;
mod gateways;
mod holds;
mod kills;
mod oidc;
mod openapi;
mod pace;
mod people;
mod random;
mod signer;
#[cfg(test)]
mod surfaces;
#[cfg(test)]
mod testing;
mod tls;
mod wake;

pub use approver::{Account, Person};
pub use chains::Checkpointing;
pub use config::{Config, File, LocalApprover, SigningKey, Tls};
pub use console::{Allowed, Viewers};
pub use service::{Service, start};
