/*! `gatehouse bundle detectors`: the page of all patterns of the bundles that are built in. */

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;

use crate::bundle::{Invalid, shipped};

#[derive(Args)]
pub struct Arguments {
    /// File to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    std::fs::write(&arguments.out, page()?)
        .with_context(|| format!("cannot write `{}`", arguments.out.display()))?;
    Ok(ExitCode::SUCCESS)
}

fn page() -> Result<String> {
    Ok(policy::compile::detectors(&shipped()).map_err(Invalid::Mistakes)?)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_committed_page_is_the_generated_one() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference/detectors.md");
        let committed = std::fs::read_to_string(file).unwrap_or_default();
        assert!(committed == super::page().unwrap(), "{file} is old; run `make gen`");
    }
}
