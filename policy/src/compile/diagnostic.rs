/*! The author's mistakes: each with a code that never changes, its place, and what to do. */

use std::fmt;

/// A mistake in a source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    pub file: String,
    /// Counted from 1.
    pub line: u32,
    /// Characters, counted from 1.
    pub column: u32,
    /// `GH` and three digits.
    pub code: &'static str,
    pub message: String,
    pub help: Option<String>,
    /// The line it is in.
    pub excerpt: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error[{}]: {}", self.code, self.message)?;
        writeln!(f, "  --> {}:{}:{}", self.file, self.line, self.column)?;
        if !self.excerpt.is_empty() {
            let line = self.line.to_string();
            let margin = " ".repeat(line.len());
            let before = " ".repeat(self.column.saturating_sub(1) as usize);
            writeln!(f, " {margin} |\n {line} | {}\n {margin} | {before}^", self.excerpt)?;
        }
        match &self.help {
            Some(help) => writeln!(f, "  help: {help}"),
            None => Ok(()),
        }
    }
}

/// Where something stands in a source.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    pub(super) file: String,
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) excerpt: String,
}

#[derive(Default)]
pub(super) struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    pub(super) fn add(&mut self, code: &'static str, place: &Place, message: impl Into<String>) {
        self.put(code, place, message.into(), None);
    }

    pub(super) fn add_with_help(
        &mut self,
        code: &'static str,
        place: &Place,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.put(code, place, message.into(), Some(help.into()));
    }

    fn put(&mut self, code: &'static str, place: &Place, message: String, help: Option<String>) {
        let Place { file, line, column, excerpt } = place.clone();
        self.0.push(Diagnostic { file, line, column, code, message, help, excerpt });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn sorted(mut self) -> Vec<Diagnostic> {
        self.0.sort();
        self.0.dedup();
        self.0
    }
}
