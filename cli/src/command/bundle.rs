/*! `gatehouse bundle`: check and compile. */

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use policy::bundle::Bundle;
use policy::compile::Diagnostic;
use serde_json::{Value, json};

use crate::bundle::{Invalid, compiled, sources};
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
    /// Compile sources to one file.
    Build {
        /// File to write.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Folders or YAML files.
        #[arg(value_name = "SOURCE", required = true)]
        sources: Vec<PathBuf>,
    },
    /// Tell all mistakes of sources, and write nothing.
    Check {
        /// Folders or YAML files.
        #[arg(value_name = "SOURCE", required = true)]
        sources: Vec<PathBuf>,
    },
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let (paths, out) = match &arguments.action {
        Action::Build { out, sources } => (sources, Some(out)),
        Action::Check { sources } => (sources, None),
    };
    let file = match compiled(&sources(paths)?) {
        Ok(file) => file,
        Err(error) => return refused(error, arguments.format),
    };
    if let Some(out) = out {
        std::fs::write(out, &file).with_context(|| format!("cannot write `{}`", out.display()))?;
    }
    let bundle = Bundle::decode(&file)?;
    print::out(&match arguments.format {
        Format::Json => print::json(&json!({
            "name": bundle.name,
            "version": bundle.version,
            "revision": bundle.revision,
            "rules": bundle.rules.len(),
            "bytes": file.len(),
            "diagnostics": [],
        }))?,
        Format::Human => format!(
            "{} {}: {} rules, {} bytes, {}",
            print::clean(&bundle.name),
            print::clean(&bundle.version),
            bundle.rules.len(),
            file.len(),
            bundle.revision
        ),
    })?;
    Ok(ExitCode::SUCCESS)
}

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
