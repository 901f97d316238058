/*!
Gatehouse inside Envoy: host callbacks become events of the core, steps of the core become host calls.

Nothing is decided here. The only rule this crate keeps by itself: a host call is made only in a
phase in which Envoy takes it, because the SDK panics on any other answer, and a panic ends every
exchange on hold in this worker without a word.
*/

mod again;
mod board;
mod bundles;
mod chains;
mod host;
mod http;
mod kills;
mod late;
mod metrics;
mod pairs;
mod perform;
mod report;
mod root;
mod stream;
mod tell;

#[cfg(feature = "test-hooks")]
mod hooks;

use proxy_wasm::types::LogLevel;

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|context| Box::new(root::Root::new(context)));
}}
