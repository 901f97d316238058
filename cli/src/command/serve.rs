/*! `gatehouse serve`: the approval service alone, for gateways that run elsewhere. */

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use approval::config::Database;
use approval::{Config, File};
use clap::Args;
use policy::bundle::Bundle;

use crate::bundle;
use crate::data::file;
use crate::gateway::stop::Stop;

#[derive(Args)]
pub struct Arguments {
    /// Configuration in TOML; the guide `serve` says what is in it.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Say whether the configuration is sound, and start nothing.
    #[arg(long, conflicts_with = "public_keys")]
    check: bool,
    /// Print the keys that gateways have to trust, as their configuration has them, and start nothing.
    #[arg(long)]
    public_keys: bool,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    crate::log::start("warn,approval=info");
    let file = File::read(&arguments.config, environment())?;
    if arguments.public_keys {
        println!("{}", serde_json::to_string_pretty(&file.public_keys()?)?);
        return Ok(ExitCode::SUCCESS);
    }
    let masking = masking(file.bundle.path.as_deref())?;
    let place = place(&arguments.config, &file.environment);
    let config = file.config(Arc::new(Bundle::decode(&masking)?)).with_context(|| place)?;
    if arguments.check {
        let kept = match config.keep_days {
            0 => "for ever".to_owned(),
            days => format!("for {days} days"),
        };
        println!("`{}` is sound; settled holds are kept {kept}", arguments.config.display());
        return Ok(ExitCode::SUCCESS);
    }
    super::block_on(serve(config))?;
    Ok(ExitCode::SUCCESS)
}

/// Where a mistake may be.
fn place(file: &Path, variables: &[String]) -> String {
    match variables {
        [] => format!("in `{}`", file.display()),
        some => format!("in `{}` with {} of the environment", file.display(), some.join(", ")),
    }
}

/// What is no text names nothing of ours.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(text)
}

fn masking(path: Option<&Path>) -> Result<Vec<u8>> {
    let paths: Vec<PathBuf> = path.into_iter().map(Path::to_owned).collect();
    let bundle = bundle::load(&paths).context("`bundle.path`")?;
    bundle::for_masking(&paths, &bundle)
}

async fn serve(config: Config) -> Result<()> {
    let mut stop = Stop::new()?;
    for database in [&config.database, &config.records.database] {
        if let Database::Sqlite(path) = database {
            file::private(path.clone())?;
        }
    }
    let service = approval::start(config).await?;
    let (filter, console) = (service.filter_addr, service.console_addr);
    println!("filter https://{filter} console http://{console} links {}", service.console_url);
    stop.asked().await;
    service.shutdown().await;
    Ok(())
}
