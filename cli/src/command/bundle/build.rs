/*! `gatehouse bundle build` and `check`: the same work, with and without a file at the end. */

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use policy::bundle::{Bundle, cases};
use serde_json::json;

use crate::bundle::tested::{released, with_tests};
use crate::bundle::{compiled, sources};
use crate::print::{self, Format};

#[derive(Args)]
pub struct Build {
    /// File to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Leave the tests out, and do not run them.
    #[arg(long)]
    without_tests: bool,
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
    let sources = sources(&arguments.check.sources)?;
    let file = if arguments.without_tests { compiled(&sources)? } else { released(&sources)? };
    let out = &arguments.out;
    std::fs::write(out, &file).with_context(|| format!("cannot write `{}`", out.display()))?;
    told(&file, format)
}

pub fn check(arguments: &Check, format: Format) -> Result<ExitCode> {
    told(&with_tests(&sources(&arguments.sources)?)?, format)
}

fn told(file: &[u8], format: Format) -> Result<ExitCode> {
    let (bundle, tests) = (Bundle::decode(file)?, cases(file)?.len());
    print::out(&match format {
        Format::Json => print::json(&json!({
            "name": bundle.name,
            "version": bundle.version,
            "revision": bundle.revision,
            "rules": bundle.rules.len(),
            "tests": tests,
            "bytes": file.len(),
            "diagnostics": [],
        }))?,
        Format::Human => format!(
            "{} {}: {} rules, {tests} tests, {} bytes, {}",
            print::clean(&bundle.name),
            print::clean(&bundle.version),
            bundle.rules.len(),
            file.len(),
            bundle.revision
        ),
    })?;
    Ok(ExitCode::SUCCESS)
}
