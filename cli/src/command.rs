/*! The commands: one file each. */

mod approvals;
mod bundle;
mod envoy_child;
mod envoy_config;
mod explain;
mod kills;
mod run;
mod serve;
mod sessions;
mod token;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use approval::Checkpointing;
use approval::config::Database;
use approval::records::store::RecordStore;
use clap::{Args, Parser, Subcommand};

use crate::data::DataDir;
use crate::print::Format;
use crate::records::files;
use crate::records::place::{self, Place};

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
    /// Let nothing of a principal, or of one of its tokens, pass.
    Kills(kills::Arguments),
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
            Command::Kills(arguments) => kills::run(&arguments),
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
    /// Configuration of a `gatehouse serve`, whose store of records is read in place of the data folder.
    #[arg(long, value_name = "FILE", global = true, conflicts_with = "records")]
    config: Option<PathBuf>,
}

impl Log {
    /// Files of records, in the order in which they were written.
    fn files(&self, reading: &Reading) -> Result<Vec<PathBuf>> {
        if let Some(file) = &self.records {
            anyhow::ensure!(file.exists(), "there is no file `{}`", file.display());
            return Ok(vec![file.clone()]);
        }
        files::all(&reading.data()?.records()).context("cannot list the files of records")
    }

    /// Of a `gatehouse serve`, where one is named.
    fn database(&self) -> Result<Option<Database>> {
        let Some(config) = &self.config else { return Ok(None) };
        let file = approval::File::read(config, serve::environment())?;
        let records = file.records().with_context(|| format!("in `{}`", config.display()))?;
        Ok(Some(records.database))
    }

    /// Of a `gatehouse serve`, where one is named: the database of holds, and what signs checkpoints.
    fn checkpointing(&self) -> Result<Option<(Database, Option<Checkpointing>)>> {
        let Some(config) = &self.config else { return Ok(None) };
        let file = approval::File::read(config, serve::environment())?;
        let made = file.checkpointing();
        Ok(Some(made.with_context(|| format!("in `{}`", config.display()))?))
    }

    /// Where they are looked up.
    async fn place(&self, reading: &Reading) -> Result<Place> {
        if let Some(database) = self.database()? {
            return Place::database(&database).await;
        }
        if self.records.is_none() && place::has_store(&reading.data()?) {
            return Place::data(&reading.data()?).await;
        }
        Place::files(self.files(reading)?)
    }

    /// A store, which a data folder gets if it has none.
    async fn store(&self, reading: &Reading) -> Result<Arc<dyn RecordStore>> {
        anyhow::ensure!(
            self.records.is_none(),
            "this needs a store of records; name one with --data or --config"
        );
        let place = match self.database()? {
            Some(database) => Place::database(&database).await?,
            None => Place::data(&reading.data()?).await?,
        };
        place.store().cloned().context("there is no store of records")
    }

    /// Records of a gateway that runs now may come a moment later.
    fn may_come(&self, reading: &Reading) -> bool {
        let data = reading.data().ok().filter(|_| self.records.is_none() && self.config.is_none());
        data.is_some_and(|data| data.run_file().exists())
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

/// In Unix seconds.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

/// On this thread, which lives as long as the program.
fn block_on<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start threads")?;
    runtime.block_on(future)
}
