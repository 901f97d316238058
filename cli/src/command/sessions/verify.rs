/*! `gatehouse sessions verify`: whether the records are as they were written, and all there. */

mod not_proven;
mod told;
mod witnesses;

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Args;
use jwt_simple::prelude::Ed25519PublicKey;
use policy::record::checkpoint::OutOf;

use crate::command::{Log, Reading};
use crate::data::keys;
use crate::exit;
use crate::print::{self, Format, clean, count, table};
use crate::records::anchors::{self, Reach, text};
use crate::records::removing;
use crate::records::verify::{Kept, Problem, Report, Signed, Verifier, checkpoints};
use not_proven::not_proven;
use told::{place, told};
use witnesses::WitnessArguments;

/// Problems and places that are shown to people: the first are what counts.
const SHOWN: usize = 50;
/// Lines of the store that are read at a time.
const PAGE: u32 = 500;

#[derive(Args)]
pub struct Arguments {
    /// Files of records, in any order; without one, those of the data folder.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The store of the data folder in place of its files.
    #[arg(long, conflicts_with = "records")]
    store: bool,
    /// Older files were put away, so a chain may begin later than with its first record, or be there no more.
    #[arg(long)]
    partial: bool,
    /// Take no note that records were erased or removed on purpose for an excuse, but for those that a checkpoint has:
    /// whoever can write records can write the others.
    #[arg(long)]
    strict_notes: bool,
    /// Checkpoints of the chains, one in a line; those of the data folder without files.
    #[arg(long, value_name = "FILE")]
    checkpoints: Option<PathBuf>,
    /// Public key in PEM that signs them; may be repeated, that of today first: its log is the one that witnesses
    /// cosign. That of the data folder without it.
    #[arg(long, value_name = "FILE")]
    checkpoint_key: Vec<PathBuf>,
    /// The files are of this gateway alone: its node id.
    #[arg(long, value_name = "NAME")]
    gateway: Option<String>,
    /// Checkpoints that were kept where nobody who has the records can write: a file, a folder or the URL that a
    /// service puts them to; may be repeated.
    #[arg(long, value_name = "PLACE")]
    anchor: Vec<String>,
    /// A header for such URLs, with the file that has its value.
    #[arg(long, value_name = "NAME=FILE")]
    anchor_header: Vec<String>,
    /// Certificates in PEM that sign their servers', beside the system's.
    #[arg(long, value_name = "FILE")]
    anchor_ca: Option<PathBuf>,
    #[command(flatten)]
    witnesses: WitnessArguments,
}

pub fn run(arguments: &Arguments, log: &Log, reading: &Reading) -> Result<ExitCode> {
    let told = told_elsewhere(arguments, log, reading)?;
    let stored_ones = arguments.store || log.config.is_some();
    let out_of = match (stored_ones, arguments.files.is_empty() && log.records.is_none()) {
        (true, _) => Some(OutOf::Store),
        (false, true) => Some(OutOf::Files),
        // It may be an export.
        (false, false) => None,
    };
    let signed = Signed::new(told.notes.iter().map(|(_, note)| note), out_of, stored_ones);
    let mut verifier = Verifier::strict(arguments.strict_notes).signed(signed);
    if stored_ones {
        ensure!(arguments.files.is_empty(), "name files, or a store");
        crate::command::block_on(stored(&mut verifier, log, reading))?;
    } else {
        read(&mut verifier, arguments, log, reading)?;
    }
    let of_it = |one: &Kept| arguments.gateway.as_ref().is_none_or(|name| one.gateway == *name);
    let kept: Vec<Kept> = told.kept.into_iter().filter(of_it).collect();
    let mut report = verifier.report(told.given.then_some(&kept), arguments.partial);
    (report.checkpoints, report.anchored) = (told.count, told.anchored);
    report.witnessed = told.witnessed;
    report.notes = told.notes;
    report.problems.extend(told.problems);
    if !told.given {
        report.problems.extend(without_checkpoints(arguments, log, reading)?);
    }
    print::out(&match reading.format {
        Format::Json => print::json(&report)?,
        Format::Human => human(&report, is_part(arguments, &report)),
    })?;
    Ok(if report.problems.is_empty() { ExitCode::SUCCESS } else { exit::found() })
}

fn read(
    verifier: &mut Verifier,
    arguments: &Arguments,
    log: &Log,
    reading: &Reading,
) -> Result<()> {
    let files = match arguments.files.is_empty() {
        true => log.files(reading)?,
        false => arguments.files.clone(),
    };
    ensure!(
        !files.is_empty(),
        "there is no file of records in `{}`: name files, or verify what is in the store by --store",
        reading.data()?.records().display()
    );
    for path in &files {
        let name = path.display().to_string();
        let mut read =
            || verifier.read(&name, BufReader::with_capacity(1 << 20, File::open(path)?));
        read().with_context(|| format!("cannot read the records in `{}`", clean(&name)))?;
    }
    if arguments.files.is_empty() && log.records.is_none() {
        for (chain, to) in removing::removed(&reading.data()?.records())? {
            verifier.pruned(&chain, to);
        }
    }
    Ok(())
}

/// Whoever takes records away may take the checkpoints with them.
fn without_checkpoints(
    arguments: &Arguments,
    log: &Log,
    reading: &Reading,
) -> Result<Option<Problem>> {
    if !is_own(arguments, log) || arguments.checkpoints.is_some() {
        return Ok(None);
    }
    let data = reading.data()?;
    let signs = keys::checkpoint_public(&data)?.is_some();
    let file = data.checkpoints().display().to_string();
    Ok(signs.then_some(Problem::NoCheckpoints { file }))
}

/// What is verified is all that a data folder has.
fn is_own(arguments: &Arguments, log: &Log) -> bool {
    arguments.files.is_empty() && log.records.is_none() && log.config.is_none()
}

/// Files that were named may be some of the records only.
fn is_part(arguments: &Arguments, report: &Report) -> bool {
    let missing = |problem: &Problem| {
        matches!(
            problem,
            Problem::Missing { .. } | Problem::CutOff { .. } | Problem::ChainGone { .. }
        )
    };
    !arguments.files.is_empty() && !arguments.partial && report.problems.iter().any(missing)
}

/// The very lines of the store, as an export has them.
async fn stored(verifier: &mut Verifier, log: &Log, reading: &Reading) -> Result<()> {
    let store = log.store(reading).await?;
    verifier.begin("the store");
    let mut after = None;
    loop {
        let page = store.lines(None, after.as_ref(), PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        after = Some(last.clone());
        for (place, line) in &page {
            verifier.of(&place.tenant);
            verifier.next((line.to_json()? + "\n").as_bytes());
        }
    }
    for (tenant, chain, to) in store.pruned().await? {
        verifier.of(&tenant);
        verifier.pruned(&chain, to);
    }
    Ok(())
}

/// What checkpoints say of the chains.
fn told_elsewhere(
    arguments: &Arguments,
    log: &Log,
    reading: &Reading,
) -> Result<checkpoints::Read> {
    let own = is_own(arguments, log);
    let file = match (&arguments.checkpoints, own) {
        (Some(file), _) => Some(file.clone()),
        (None, true) => Some(reading.data()?.checkpoints()).filter(|file| file.exists()),
        (None, false) => None,
    };
    let Some(file) = file else {
        ensure!(
            arguments.anchor.is_empty() && !arguments.witnesses.are_given(),
            "anchors and witnesses are for checkpoints; name them, too"
        );
        return Ok(checkpoints::Read::default());
    };
    let mut keys = Vec::new();
    for path in &arguments.checkpoint_key {
        let key = Ed25519PublicKey::from_pem(&text(path)?).ok();
        keys.push(
            key.with_context(|| format!("`{}` is no Ed25519 public key in PEM", path.display()))?,
        );
    }
    if keys.is_empty() {
        let data = reading.data().ok();
        let own = data.map(|data| keys::checkpoint_public(&data)).transpose()?.flatten();
        keys.push(own.context(
            "the key of the checkpoints is in no data folder at hand; name it by --checkpoint-key",
        )?);
    }
    let (name, content) = (file.display().to_string(), text(&file)?);
    let urls = arguments.anchor.iter().filter(|place| anchors::is_url(place)).count();
    ensure!(
        urls < 2 || arguments.anchor_header.is_empty(),
        "`--anchor-header` would go to every `--anchor`; verify with one URL at a time"
    );
    let reach = Reach { headers: arguments.anchor_header.clone(), ca: arguments.anchor_ca.clone() };
    let mut anchors = Vec::new();
    for place in &arguments.anchor {
        anchors.push(crate::command::block_on(anchors::read(place, &reach))?);
    }
    let anchors: Vec<(&str, &str)> =
        anchors.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let mut read = checkpoints::read((&name, &content), &anchors, &keys);
    arguments.witnesses.check(&mut read, &keys, own, reading)?;
    Ok(read)
}

fn human(report: &Report, is_part: bool) -> String {
    let mut lines = vec![format!(
        "{} in {}, {}",
        count(report.records, "record"),
        count(report.chains.len() as u64, "chain"),
        match report.problems.len() as u64 + report.more_problems {
            0 => "none altered, moved or missing in between".to_owned(),
            found => count(found, "problem"),
        }
    )];
    lines.extend(report.problems.iter().take(SHOWN).map(|problem| clean(&told(problem))));
    lines.extend(more(report.problems.len() as u64 + report.more_problems));
    if is_part {
        lines.push(
            "of an export of one session, or where other files were put away, say --partial"
                .to_owned(),
        );
    }
    let unchained = report.unchained.iter().take(SHOWN).map(|at| {
        format!("{}: the begin of a record whose worker died before its exchange ended", place(at))
    });
    lines.extend(unchained.map(|line| clean(&line)));
    lines.extend(more(report.unchained.len() as u64));
    if !report.chains.is_empty() {
        let rows: Vec<Vec<String>> = report
            .chains
            .iter()
            .map(|chain| {
                let proven = match (chain.proven, chain.ended) {
                    (0, _) => "-".to_owned(),
                    (proven, true) => format!("{proven}, its end"),
                    (proven, false) => proven.to_string(),
                };
                vec![clean(&chain.chain), chain.from.to_string(), chain.to.to_string(), proven]
            })
            .collect();
        lines.push(table(&["CHAIN", "FROM", "TO", "PROVEN TO"], &rows).trim_end().to_owned());
    }
    lines.extend(not_proven(report));
    lines.join("\n")
}

fn more(all: u64) -> Option<String> {
    let more = all.saturating_sub(SHOWN as u64);
    (more > 0).then(|| format!("and {more} more of these"))
}
