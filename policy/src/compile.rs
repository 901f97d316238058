/*!
From the YAML that a platform team writes to the bundle that the filter runs.

All mistakes are told at once, each with a code, its place and a hint. Host only: none of this is in
the filter.
*/

mod allowance;
mod budget;
mod bundle;
mod cases;
mod condition;
mod context;
mod detectors;
mod diagnostic;
mod document;
mod emit;
mod examples;
mod extend;
mod guessable;
mod hold;
mod instant;
mod label;
mod pattern;
mod pin;
mod places;
mod reach;
mod redaction;
mod reference;
mod rule;
mod schema;
mod sections;
mod shape;
mod suggest;
mod trigger;
mod variants;
pub mod written;
mod yaml;

pub use cases::{CaseReport, CaseResult, test};
pub use detectors::detectors;
pub use diagnostic::Diagnostic;
pub use extend::{Parent, extends};
pub use reference::reference;
pub use schema::schema;

use crate::case::Case;
use diagnostic::Diagnostics;

/// One bundle: a folder of files, or a single file that holds all of it.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// For messages: where the folder or file is.
    pub name: String,
    pub files: Vec<SourceFile>,
    /// The bundles it extends.
    pub parents: Vec<Parent>,
}

#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Relative to the source, with `/`.
    pub path: String,
    pub text: String,
}

/// Compiles sources to one bundle. Their rules are merged by precedence, so their order does not
/// matter; names of rules and patterns must differ.
pub fn compile(sources: &[Source]) -> Result<Vec<u8>, Vec<Diagnostic>> {
    bundle_of(sources, Vec::new(), Diagnostics::default())
}

/// As it is released: with its cases, which every gateway runs before it takes the bundle. Mistakes in
/// them are told too; whether they pass is for `test` to say.
pub fn release(sources: &[Source]) -> Result<Vec<u8>, Vec<Diagnostic>> {
    let mut diagnostics = Diagnostics::default();
    let cases = cases::read(sources, &mut diagnostics).into_iter().map(|(_, case)| case);
    bundle_of(sources, cases.collect(), diagnostics)
}

fn bundle_of(
    sources: &[Source],
    cases: Vec<Case>,
    mut diagnostics: Diagnostics,
) -> Result<Vec<u8>, Vec<Diagnostic>> {
    let flat = extend::flatten(sources);
    let sources: Vec<Source> = flat.iter().map(|one| one.source.clone()).collect();
    let mut parts = document::read(&sources, &mut diagnostics);
    extend::apply(&flat, &mut parts, &mut diagnostics);
    let patterns = pattern::compile_all(&parts.patterns, &mut diagnostics);
    let manifest = bundle::merge(&parts, &flat, &mut diagnostics);
    let rules = rule::check_all(&parts, &patterns, (&flat, &sources), &mut diagnostics);
    let budgets = budget::check_all(&parts, &flat, &mut diagnostics);
    let pins = pin::check_all(&parts, &flat, &mut diagnostics);
    let parted = (rules.as_slice(), budgets.as_slice(), pins.as_slice());
    if diagnostics.is_empty()
        && let Some(file) = emit::bundle(&manifest, parted, &patterns, &cases, &mut diagnostics)
    {
        if let Some(bundle) = examples::check(&parts.patterns, &file, &mut diagnostics) {
            redaction::check_remains(&parts.rules, &bundle, &mut diagnostics);
        }
        if diagnostics.is_empty() {
            return Ok(file);
        }
    }
    Err(diagnostics.sorted())
}

/// The condition that this text is, if it is one.
#[cfg(test)]
pub(crate) fn compiled_condition(text: &str) -> Option<crate::condition::Expression> {
    condition::compile(text, crate::rule::Phase::Request, &[]).ok()
}

#[cfg(test)]
mod guide;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) mod bundles;
