/*! What must hold on real Envoy, one file for each part of it. */

mod answers;
mod bodies;
mod cli;
mod configuration;
mod crash;
mod custody;
mod events;
mod first;
mod heads;
mod holds;
mod issuers;
mod lifecycle;
mod lock;
mod masking;
mod oracle;
mod poison;
mod reach;
mod replay;
mod reroute;
mod rewrite;
mod service;
mod tls;
mod tokens;
mod trailers;
mod tripwire;
mod upstream_tls;
