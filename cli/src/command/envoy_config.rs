/*! `gatehouse envoy-config`: the example for mesh operators, from the source that `run` uses. */

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;

use crate::envoy::example;

#[derive(Args)]
pub struct Arguments {
    /// Folder to write to.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    for (name, value) in example::files()? {
        let path = arguments.out.join(name);
        let folder = path.parent().unwrap_or(&arguments.out);
        std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&path, example::text(&value)))
            .with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}
