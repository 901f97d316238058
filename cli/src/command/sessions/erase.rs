/*! `gatehouse sessions erase`: takes the records of a caller out, of the store and of the files, and leaves their links. */

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use approval::chains::sign_notes;
use approval::config::Database;
use approval::records::line::Erased;
use approval::records::store::{RecordStore, TakenOut};
use clap::Args;
use policy::record::checkpoint::{Note, OutOf, ranges};
use serde_json::json;

use crate::command::{Log, Reading};
use crate::data::DataDir;
use crate::data::file::{create_folder, private};
use crate::data::keys::{ServiceKeys, checkpoint_public};
use crate::data::run_file::RunFile;
use crate::gateway::keeping::put_away;
use crate::gateway::service;
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
    /// In whose name; without it `USER` of the environment, or the user's number if there is none.
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

const SIGNED: &str = "a checkpoint says so";
const UNSIGNED: &str = "no checkpoint says so";

/// What holds such text and is none of the records.
const ELSEWHERE: &str = "not erased: what was copied from here (exports, backups, anchors), what gateways sent elsewhere, held calls with what was decided of them, which go with `store.keep_days`, records of others in which the caller is agent, owner or approver, and lines that cannot be read; and what the caller calls from now on";
const PAGES: &str = "PostgreSQL gives its pages back with VACUUM";

pub async fn run(chosen: &Arguments, log: &Log, reading: &Reading) -> Result<ExitCode> {
    ensure!(
        log.records.is_none(),
        "records are erased in a data folder or in a store; name it with --data or --config"
    );
    ensure!(!chosen.subject.is_empty(), "say whose records: --subject NAME");
    let by = match &chosen.by {
        Some(name) => name.clone(),
        None => account(std::env::var("USER").ok()),
    };
    let issuer = chosen.issuer.as_deref();
    let place = match log.config {
        Some(_) => log.place(reading).await?,
        // Takes all that is in the files into the store first.
        None => Place::data(&reading.data()?).await?,
    };
    let store = place.store().context("there is no store of records")?;
    let by = clean(&by);
    let caller = (issuer, chosen.subject.as_str());
    let note = Erased { at: crate::command::now(), by };
    let mut gone = Gone::default();
    let done = match log.config {
        Some(_) => gone.of_store(store.as_ref(), caller, &note).await,
        None => {
            let data = reading.data()?;
            gone.of_all(store.as_ref(), (&data, &Writer::of(&data)), caller, &note).await
        }
    };
    let (Gone { taken: TakenOut { records: erased, .. }, lines, .. }, notes) = gone.noted(&note);
    // Also where not all went: what did is found by no other try.
    let signed = signed(notes, log, reading).await;
    if let Err(error) = done {
        let noted = match signed {
            Ok(true) => SIGNED.to_owned(),
            Ok(false) => UNSIGNED.to_owned(),
            Err(unsigned) => format!("{UNSIGNED}: {unsigned:#}"),
        };
        let went = format!("{} and {}", count(erased, "record"), count(lines, "line"));
        return Err(
            error.context(format!("not all was erased, try again; {went} were, and {noted}"))
        );
    }
    let signed = signed?;
    print::out(&match reading.format {
        Format::Json => {
            print::json(&json!({ "records": erased, "lines": lines, "signed": signed }))?
        }
        Format::Human if erased == 0 && lines == 0 => nothing(caller),
        Format::Human => {
            let files = match log.config {
                Some(_) => String::new(),
                None => format!(" and {} of files", count(lines, "line")),
            };
            let noted = if signed { SIGNED } else { UNSIGNED };
            let records = count(erased, "record");
            let pages = match log.database()? {
                Some(Database::Postgres(_)) => format!(". {PAGES}"),
                _ => String::new(),
            };
            format!("erased {records} of the store{files}; {noted}\n{ELSEWHERE}{pages}")
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// A name in which there is a mistake is not to pass for one that was erased.
fn nothing((issuer, subject): (Option<&str>, &str)) -> String {
    let of = issuer.map(|issuer| format!(" of `{}`", clean(issuer))).unwrap_or_default();
    format!("no record of `{}`{of} is there: nothing was erased", clean(subject))
}

fn account(user: Option<String>) -> String {
    let number = || format!("user {}", rustix::process::getuid().as_raw());
    user.filter(|name| !name.trim().is_empty()).unwrap_or_else(number)
}

/// What went so far.
#[derive(Default)]
struct Gone {
    taken: TakenOut,
    /// Of files.
    lines: u64,
    places: erasing::Places,
}

impl Gone {
    async fn of_store(
        &mut self,
        store: &dyn RecordStore,
        (issuer, subject): (Option<&str>, &str),
        note: &Erased,
    ) -> Result<()> {
        Ok(store.erase(issuer, subject, &note.by, &mut self.taken).await?)
    }

    async fn of_all(
        &mut self,
        store: &dyn RecordStore,
        (data, writer): (&DataDir, &Writer),
        caller: (Option<&str>, &str),
        note: &Erased,
    ) -> Result<()> {
        self.of_store(store, caller, note).await?;
        begin_new_file(data, writer).await?;
        for (_, path) in files::put_away(&data.records())? {
            // As an erasure before this one may have left it, or the gateway just now.
            writer.lets_go(Identity::of(&path)).await?;
            self.lines += erasing::erase(&path, caller, note, &mut self.places)?;
        }
        // What came meanwhile.
        self.of_store(store, caller, note).await
    }

    /// With the notes of all of it.
    fn noted(mut self, note: &Erased) -> (Self, Vec<Note>) {
        let of_files = std::mem::take(&mut self.places).into_iter().map(|(chain, numbers)| Note {
            chain,
            out_of: OutOf::Files,
            erased: ranges(numbers),
            at: note.at,
            by: note.by.clone(),
            ..Note::default()
        });
        let notes = std::mem::take(&mut self.taken.notes).into_iter().chain(of_files).collect();
        (self, notes)
    }
}

/// In a checkpoint, where there is a key for them: whoever can write records cannot make such a note. The records are
/// gone by then, whatever comes of it.
async fn signed(notes: Vec<Note>, log: &Log, reading: &Reading) -> Result<bool> {
    if notes.is_empty() {
        return Ok(false);
    }
    let (database, made) = match log.checkpointing()? {
        Some((database, Some(made))) => (database, made),
        Some((_, None)) => return Ok(false),
        None => {
            let data = reading.data()?;
            // Of what was brought here from elsewhere nobody signs, and a new key would prove nothing.
            if checkpoint_public(&data)?.is_none() {
                return Ok(false);
            }
            // It may have been put away with its files.
            create_folder(&data.checkpoints().with_file_name(""))?;
            let database = Database::Sqlite(private(data.database())?);
            (database, service::checkpointing(ServiceKeys::of(&data)?.checkpoint, &data))
        }
    };
    let signed = sign_notes(&database, &made, notes, crate::command::now()).await;
    signed.context("the records were erased, but no checkpoint says so")?;
    Ok(true)
}

/// What Envoy writes to is put away, so that it can be written anew.
async fn begin_new_file(data: &DataDir, writer: &Writer) -> Result<()> {
    let current = data.records();
    if std::fs::metadata(&current).map_or(0, |file| file.len()) == 0 {
        return Ok(());
    }
    let identity = Identity::of(&current).context("the file of records went away")?;
    put_away(&current)?;
    writer.lets_go(Some(identity)).await
}

/// The Envoy that writes the files: in one that it has open nobody else writes, and none is put in its place. What it
/// wrote from then on would be nowhere.
struct Writer {
    /// Its process, and where it is told.
    at: Option<(u32, PathBuf)>,
    patience: Duration,
}

impl Writer {
    fn of(data: &DataDir) -> Self {
        let at = RunFile::read(data).ok().map(|facts| (facts.envoy_pid, facts.admin));
        Self { at, patience: PATIENCE }
    }

    async fn lets_go(&self, file: Option<Identity>) -> Result<()> {
        let (Some((envoy, at)), Some(file)) = (&self.at, file) else { return Ok(()) };
        let end = Instant::now() + self.patience;
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
mod tests;
