/*! A compiled bundle: rules, patterns and the scanner's automata, with the revision that names them. */

pub mod wire;

use crate::rule::Rule;
use crate::scan::Scanner;

/// Why a bundle, a key set or a configuration was not taken. Logged once, never shown to callers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LoadError(pub String);

pub struct Bundle {
    pub name: String,
    pub version: String,
    pub serial: u64,
    /// `sha256:` and the digest of the payload.
    pub revision: String,
    pub rules: Vec<Rule>,
    pub scanner: Scanner,
}
