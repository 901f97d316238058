/*! The commands: one file each. */

mod approvals;
mod bundle;
mod envoy_child;
mod envoy_config;
mod explain;
mod run;
mod serve;
mod sessions;
mod token;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};

use crate::data::DataDir;
use crate::print::Format;

/// Where a gateway keeps its data unless said otherwise.
const DATA: &str = "./gatehouse-data";

/// Identity-aware policy gateway for AI agents.
#[derive(Parser)]
#[command(name = "gatehouse", version, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start a local gateway around one or more upstreams.
    Run(Box<run::Arguments>),
    /// Serve approvals to gateways that run elsewhere.
    Serve(serve::Arguments),
    /// Print an access token of the local development issuer.
    Token(token::Arguments),
    /// See and decide the calls on hold.
    Approvals(approvals::Arguments),
    /// Read what agents did.
    Sessions(sessions::Arguments),
    /// Say why a call ended as it did.
    Explain(explain::Arguments),
    /// Check and compile policy bundles.
    Bundle(bundle::Arguments),
    /// Write the example configuration of an Envoy of your own.
    EnvoyConfig(envoy_config::Arguments),
    /// Become Envoy.
    #[command(hide = true)]
    EnvoyChild(envoy_child::Arguments),
}

impl Cli {
    pub fn run(self) -> Result<ExitCode> {
        match self.command {
            Command::Run(arguments) => run::run(*arguments),
            Command::Serve(arguments) => serve::run(&arguments),
            Command::Token(arguments) => token::run(&arguments),
            Command::Approvals(arguments) => approvals::run(&arguments),
            Command::Sessions(arguments) => sessions::run(&arguments),
            Command::Explain(arguments) => explain::run(&arguments),
            Command::Bundle(arguments) => bundle::run(&arguments),
            Command::EnvoyConfig(arguments) => envoy_config::run(&arguments),
            Command::EnvoyChild(arguments) => envoy_child::run(&arguments),
        }
    }
}

/// Of commands that read records.
#[derive(Args)]
struct Log {
    /// Access log of an Envoy that runs elsewhere, in place of that of the data folder.
    #[arg(long, value_name = "FILE", global = true)]
    records: Option<PathBuf>,
}

impl Log {
    /// Where they are; and those of a gateway that runs now may come a moment later.
    fn of(&self, reading: &Reading) -> Result<(PathBuf, bool)> {
        if let Some(file) = &self.records {
            anyhow::ensure!(file.exists(), "there is no file `{}`", file.display());
            return Ok((file.clone(), false));
        }
        let data = reading.data()?;
        Ok((data.records(), data.run_file().exists()))
    }
}

/// Of commands that read what a gateway left or ask one that runs.
#[derive(Args)]
struct Reading {
    /// Data folder of the gateway.
    #[arg(long, value_name = "DIR", default_value = DATA, global = true)]
    data: PathBuf,
    /// For people or for programs.
    #[arg(long, value_enum, default_value_t = Format::Human, global = true)]
    format: Format,
}

impl Reading {
    fn data(&self) -> Result<DataDir> {
        DataDir::open(&self.data)
    }
}

/// On this thread, which lives as long as the program.
fn block_on<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start threads")?;
    runtime.block_on(future)
}
