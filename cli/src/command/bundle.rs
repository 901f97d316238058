/*! `gatehouse bundle`: write, check, compile, test and read policy bundles. One file each. */

mod budget;
mod build;
mod detectors;
mod diff;
mod hash;
mod new;
mod pack;
mod pin_words;
mod pins;
mod reference;
mod schema;
mod show;
mod sign;
mod test;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use policy::compile::Diagnostic;
use serde_json::{Value, json};

use crate::bundle::Invalid;
use crate::exit;
use crate::print::{self, Format};

#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
    /// For people or for programs.
    #[arg(long, value_enum, default_value_t = Format::Human, global = true)]
    format: Format,
}

#[derive(Subcommand)]
enum Action {
    /// Make a folder to begin with: a bundle with rules, a pattern and tests.
    New(new::Arguments),
    /// Compile sources to one file.
    Build(build::Build),
    /// Tell all mistakes of sources, and write nothing.
    Check(build::Check),
    /// Run the cases that lie beside the rules, and name the rules that none covers.
    Test(test::Arguments),
    /// Sign a compiled bundle.
    Sign(sign::Arguments),
    /// Put a compiled bundle and its signatures into the one file that gateways fetch.
    Pack(pack::Arguments),
    /// Tell what a bundle holds, compiled or not.
    Show(show::Arguments),
    /// Tell in words what changes for callers from one bundle to another.
    Diff(diff::Arguments),
    /// Print what stands for a value in `allow_findings`; the value comes by standard input.
    Hash(hash::Arguments),
    /// Print what pins the tools of a server: their digests, of a saved answer to `tools/list`.
    Pins(pins::Arguments),
    /// Print the JSON Schema of a bundle's files, for editors.
    Schema(schema::Arguments),
    /// Write the page of all fields.
    #[command(hide = true)]
    Reference(reference::Arguments),
    /// Write the page of all patterns.
    #[command(hide = true)]
    Detectors(detectors::Arguments),
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let format = arguments.format;
    let done = match &arguments.action {
        Action::New(arguments) => new::run(arguments, format),
        Action::Build(arguments) => build::build(arguments, format),
        Action::Check(arguments) => build::check(arguments, format),
        Action::Test(arguments) => test::run(arguments, format),
        Action::Sign(arguments) => sign::run(arguments, format),
        Action::Pack(arguments) => pack::run(arguments, format),
        Action::Show(arguments) => show::run(arguments, format),
        Action::Diff(arguments) => diff::run(arguments, format),
        Action::Hash(arguments) => hash::run(arguments, format),
        Action::Pins(arguments) => pins::run(arguments, format),
        Action::Schema(arguments) => schema::run(arguments),
        Action::Reference(arguments) => reference::run(arguments),
        Action::Detectors(arguments) => detectors::run(arguments),
    };
    done.or_else(|error| refused(error, format))
}

/// For programs the mistakes are output like any other.
fn refused(error: anyhow::Error, format: Format) -> Result<ExitCode> {
    match (error.downcast_ref::<Invalid>(), format) {
        (Some(Invalid::Mistakes(mistakes)), Format::Json) => {
            let mistakes: Vec<Value> = mistakes.iter().map(diagnostic).collect();
            print::out(&print::json(&json!({ "diagnostics": mistakes }))?)?;
            Ok(exit::bundle_invalid())
        }
        _ => Err(error),
    }
}

fn diagnostic(mistake: &Diagnostic) -> Value {
    json!({
        "code": mistake.code,
        "file": mistake.file,
        "line": mistake.line,
        "column": mistake.column,
        "message": mistake.message,
        "help": mistake.help,
    })
}
