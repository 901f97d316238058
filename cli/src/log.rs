/*! The log of programs that serve: on standard error, in colour only where a person looks at it. */

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// What is logged where `RUST_LOG` does not say. Standard output carries the line others wait for.
pub fn start(unless_said: &str) {
    let filter = EnvFilter::try_from_default_env();
    let filter = filter.unwrap_or_else(|_| EnvFilter::new(unless_said));
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let colours = std::io::stderr().is_terminal() && !plain;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    log.with_ansi(colours).init();
}
