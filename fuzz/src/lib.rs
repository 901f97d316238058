/*!
What the fuzz targets in `tests/` have in common. `cargo test` gives each of them a second of random
input and all inputs that ever broke it; see README.md for how to run one for longer.
*/

use policy::bundle::Bundle;
use policy::compile::{Source, SourceFile, release};

/// One file of a bundle.
pub fn source(text: impl Into<String>) -> Source {
    let file = SourceFile { path: String::new(), text: text.into() };
    Source { name: "fuzz.yaml".into(), files: vec![file], ..Source::default() }
}

/// A small bundle that has something of everything.
pub const BUNDLE: &str = include_str!("bundle.yaml");

/// That one, compiled.
pub fn compiled() -> Vec<u8> {
    release(&[source(BUNDLE)]).unwrap_or_else(|mistakes| panic!("{}", mistakes[0]))
}

pub fn decoded() -> Bundle {
    Bundle::decode(&compiled()).unwrap_or_else(|error| panic!("{error}"))
}
