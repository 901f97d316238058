/*! `gatehouse sessions erase`: takes the records of a caller out, of the store and of the files, and leaves their links. */

use std::path::PathBuf;
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
const ELSEWHERE: &str = "not erased: what was copied from here (exports, backups, anchors), what gateways sent elsewhere, held calls with what was decided of them, which go with `store.keep_days`, records of others in which the caller is agent, owner or approver, and lines that cannot be read; and what the caller calls from now on. PostgreSQL gives its pages back with VACUUM";

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
            let writer = Writer::of(&data);
            begin_new_file(&data, &writer).await?;
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
            let note = Erased { at: now.as_secs(), by: clean(&by) };
            let mut lines = 0;
            for (_, path) in files::put_away(&data.records())? {
                // As an erasure before this one may have left it, or the gateway just now.
                writer.lets_go(Identity::of(&path), PATIENCE).await?;
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
async fn begin_new_file(data: &DataDir, writer: &Writer) -> Result<()> {
    let current = data.records();
    if std::fs::metadata(&current).map_or(0, |file| file.len()) == 0 {
        return Ok(());
    }
    let identity = Identity::of(&current).context("the file of records went away")?;
    put_away(&current)?;
    writer.lets_go(Some(identity), PATIENCE).await
}

/// The Envoy that writes the files: in one that it has open nobody else writes, and none is put in its place. What it
/// wrote from then on would be nowhere.
struct Writer(Option<(u32, PathBuf)>);

impl Writer {
    fn of(data: &DataDir) -> Self {
        Self(RunFile::read(data).ok().map(|facts| (facts.envoy_pid, facts.admin)))
    }

    async fn lets_go(&self, file: Option<Identity>, patience: Duration) -> Result<()> {
        let (Some((envoy, at)), Some(file)) = (&self.0, file) else { return Ok(()) };
        let end = Instant::now() + patience;
        while files::has_open(*envoy, file) {
            // One that was killed left its run file behind.
            let told = admin::reopen_logs(at).await;
            if Instant::now() > end {
                told.context("the gateway does not let go of its file of records")?;
                bail!("Envoy does not let go of its file of records; try again");
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_file_is_written_anew_that_envoy_still_writes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("access-000001.jsonl");
        let written = std::fs::File::create(&path).unwrap();
        // This program stands for an Envoy whose admin interface does not answer.
        let writer = Writer(Some((std::process::id(), folder.path().join("admin.sock"))));
        let soon = Duration::from_millis(100);
        let refused = writer.lets_go(Identity::of(&path), soon).await.unwrap_err();
        assert!(format!("{refused:#}").contains("does not let go"), "{refused:#}");
        drop(written);
        writer.lets_go(Identity::of(&path), soon).await.unwrap();
        Writer(None).lets_go(Identity::of(&path), soon).await.unwrap();
    }
}
