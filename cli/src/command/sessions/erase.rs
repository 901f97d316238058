/*! `gatehouse sessions erase`: takes the records of a caller out, of the store and of the files, and leaves their links. */

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use approval::records::line::Erased;
use clap::Args;
use serde_json::json;

use crate::command::{Log, Reading};
use crate::data::DataDir;
use crate::data::run_file::RunFile;
use crate::gateway::keeping::put_away;
use crate::print::{self, Format, clean, count};
use crate::process::admin;
use crate::records::erasing;
use crate::records::files::{self, Identity};
use crate::records::place::Place;

const PATIENCE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(50);

#[derive(Args)]
pub struct Arguments {
    /// The caller: the subject of its token, as records name it.
    #[arg(long, value_name = "NAME")]
    subject: String,
    /// Who issued the token; of any issuer without it.
    #[arg(long, value_name = "ISSUER")]
    issuer: Option<String>,
    /// In whose name; the name of the account that runs this without it.
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

/// What holds such text and is none of the records.
const ELSEWHERE: &str = "not erased: what was copied from here (exports, backups, anchors), what gateways sent elsewhere, and held calls with what was decided of them, which go with `store.keep_days`; and what the caller calls from now on";

pub async fn run(chosen: &Arguments, log: &Log, reading: &Reading) -> Result<ExitCode> {
    ensure!(
        log.records.is_none(),
        "records are erased in a data folder or in a store; name it with --data or --config"
    );
    ensure!(!chosen.subject.is_empty(), "say whose records: --subject NAME");
    let by = match &chosen.by {
        Some(name) => name.clone(),
        None => std::env::var("USER").unwrap_or_else(|_| "the command line".to_owned()),
    };
    let issuer = chosen.issuer.as_deref();
    let place = match log.config {
        Some(_) => log.place(reading).await?,
        // Takes all that is in the files into the store first.
        None => Place::data(&reading.data()?).await?,
    };
    let store = place.store().context("there is no store of records")?;
    let mut erased = store.erase(issuer, &chosen.subject, &clean(&by)).await?;
    let lines = match log.config {
        Some(_) => 0,
        None => {
            let data = reading.data()?;
            begin_new_file(&data).await?;
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
            let note = Erased { at: now.as_secs(), by: clean(&by) };
            let mut lines = 0;
            for (_, path) in files::put_away(&data.records())? {
                lines += erasing::erase(&path, (issuer, &chosen.subject), &note)?;
            }
            // What came meanwhile.
            erased += store.erase(issuer, &chosen.subject, &clean(&by)).await?;
            lines
        }
    };
    print::out(&match reading.format {
        Format::Json => print::json(&json!({ "records": erased, "lines": lines }))?,
        Format::Human => {
            let files = match log.config {
                Some(_) => String::new(),
                None => format!(" and {} of files", count(lines, "line")),
            };
            format!("erased {} of the store{files}\n{ELSEWHERE}", count(erased, "record"))
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// What Envoy writes to is put away, so that it can be written anew.
async fn begin_new_file(data: &DataDir) -> Result<()> {
    let current = data.records();
    if std::fs::metadata(&current).map_or(0, |file| file.len()) == 0 {
        return Ok(());
    }
    let identity = Identity::of(&current).context("the file of records went away")?;
    let facts = RunFile::read(data).ok();
    put_away(&current)?;
    let Some(facts) = facts else { return Ok(()) };
    let end = Instant::now() + PATIENCE;
    while files::has_open(facts.envoy_pid, identity) {
        // One that was killed left its run file behind.
        let told = admin::reopen_logs(&facts.admin).await;
        if Instant::now() > end {
            told.context("the gateway does not let go of its file of records")?;
            bail!("Envoy does not let go of its file of records; try again");
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}
