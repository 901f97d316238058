/*! `gatehouse bundle reference`: the page of all fields, for docs/reference. */

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;

#[derive(Args)]
pub struct Arguments {
    /// File to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    std::fs::write(&arguments.out, policy::compile::reference())
        .with_context(|| format!("cannot write `{}`", arguments.out.display()))?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_committed_page_is_the_generated_one() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference/bundle.md");
        let committed = std::fs::read_to_string(file).unwrap_or_default();
        assert!(committed == policy::compile::reference(), "{file} is old; run `make gen`");
    }
}
