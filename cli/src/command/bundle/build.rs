/*! `gatehouse bundle build` and `check`: the same work, with and without a file at the end. */

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use policy::bundle::Bundle;
use serde_json::json;

use crate::bundle::{compiled, sources};
use crate::print::{self, Format};

#[derive(Args)]
pub struct Build {
    /// File to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    check: Check,
}

#[derive(Args)]
pub struct Check {
    /// Folders or YAML files.
    #[arg(value_name = "SOURCE", required = true)]
    sources: Vec<PathBuf>,
}

pub fn build(arguments: &Build, format: Format) -> Result<ExitCode> {
    let file = compiled(&sources(&arguments.check.sources)?)?;
    let out = &arguments.out;
    std::fs::write(out, &file).with_context(|| format!("cannot write `{}`", out.display()))?;
    told(&file, format)
}

pub fn check(arguments: &Check, format: Format) -> Result<ExitCode> {
    told(&compiled(&sources(&arguments.sources)?)?, format)
}

fn told(file: &[u8], format: Format) -> Result<ExitCode> {
    let bundle = Bundle::decode(file)?;
    print::out(&match format {
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
