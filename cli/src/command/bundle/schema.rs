/*! `gatehouse bundle schema`: what editors check a bundle's files by. */

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;

use crate::print;

/// What the schema's file is called, in `policy-bundles/schema` and in new bundles.
pub const FILE: &str = "bundle.schema.json";

#[derive(Args)]
pub struct Arguments {
    /// File to write; without it the schema is printed.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let text = text()?;
    match &arguments.out {
        Some(file) => std::fs::write(file, text + "\n")
            .with_context(|| format!("cannot write `{}`", file.display()))?,
        None => print::out(&text)?,
    }
    Ok(ExitCode::SUCCESS)
}

pub fn text() -> Result<String> {
    print::json(&policy::compile::schema())
}

#[cfg(test)]
mod tests;
