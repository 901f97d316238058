/*! `gatehouse sessions verify`: whether the records are as they were written, and all there. */

mod witnesses;

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use approval::records::describe;
use clap::Args;
use jwt_simple::prelude::Ed25519PublicKey;
use policy::condition::Rfc3339;
use policy::record::checkpoint::{Note, OutOf};

use crate::command::{Log, Reading};
use crate::data::keys;
use crate::print::{self, Format, clean, count, table};
use crate::records::anchors::{self, Reach, text};
use crate::records::removing;
use crate::records::verify::{Kept, Place, Problem, Report, Signed, Verifier, checkpoints};
use crate::{exit, lifetime};
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
    /// Public key in PEM that signs them; may be repeated. That of the data folder without it.
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
    print::out(&match reading.format {
        Format::Json => print::json(&report)?,
        Format::Human => human(&report),
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
    let own = arguments.files.is_empty() && log.records.is_none() && log.config.is_none();
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
        let own = keys::checkpoint_public(&reading.data()?)?;
        keys.push(own.context("no key for checkpoints is in the data folder; name one")?);
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

fn human(report: &Report) -> String {
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

fn not_proven(report: &Report) -> Vec<String> {
    let mut lines: Vec<String> =
        report.notes.iter().take(SHOWN).map(|note| clean(&signed(note))).collect();
    lines.extend(more(report.notes.len() as u64));
    if report.signed_notes > 0 {
        lines.push(format!(
            "excused by {} that checkpoints have: whoever signs these took that out",
            count(report.signed_notes, "note")
        ));
    }
    if report.unsigned_notes > 0 {
        lines.push(format!(
            "excused by {} that nobody signed; with --strict-notes they excuse nothing:",
            count(report.unsigned_notes, "note")
        ));
    }
    if report.erased > 0 {
        lines.push(format!(
            "erased on purpose: {}, as is noted beside their links",
            count(report.erased, "record")
        ));
    }
    for (chain, to) in &report.pruned {
        lines.push(clean(&format!(
            "removed on purpose: the records of {chain} up to {to}, as is noted"
        )));
    }
    if report.before_links > 0 {
        lines.push(format!(
            "not proven: {} of a release that did not link them",
            count(report.before_links, "record")
        ));
    }
    if report.going_on > 0 {
        lines.push(format!(
            "not proven: {} that went on when last heard of; what was said is linked at the end",
            count(report.going_on, "exchange")
        ));
    }
    if report.unseen > 0 {
        lines.push(format!(
            "not proven: {} without a record, of requests that Envoy refused by itself",
            count(report.unseen, "line")
        ));
    }
    if report.checkpoints == 0 {
        lines.push(
            "not proven: that nothing was cut off at the end of a chain, and that no chain is missing or written anew: no checkpoint says so"
                .to_owned(),
        );
    } else {
        lines.push(seen_elsewhere(report));
    }
    if report.checkpoints > 0 && report.chains.iter().any(|chain| !chain.ended) {
        lines.push(
            "not proven: that nothing was cut off behind what the last checkpoint says of a chain that did not end"
                .to_owned(),
        );
    }
    lines.push(
        "not proven: what Envoy says beside a record (status, times, bytes, upstream)".to_owned(),
    );
    lines
}

/// What others than whoever has the key know of the checkpoints.
fn seen_elsewhere(report: &Report) -> String {
    let Some(seen) = &report.witnessed else {
        return match report.anchored {
            true => "not proven: that checkpoints behind those in the anchor were not signed anew".to_owned(),
            false => "not proven: that whoever has the key of the checkpoints did not sign all of them anew, or take the last ones back: no anchor and no witness says so".to_owned(),
        };
    };
    let by: Vec<&str> = seen.by.iter().map(|one| one.name.as_str()).collect();
    let mut line = clean(&format!(
        "witnessed: the first {} of {}, as of {}, by {}: none of these is missing or another",
        count(seen.size, "checkpoint"),
        report.checkpoints,
        time(seen.at),
        by.join(" and ")
    ));
    if report.checkpoints > seen.size {
        line += &format!(
            "\nnot proven: that what is behind these was not signed anew: no witness has seen {}",
            count(report.checkpoints - seen.size, "checkpoint")
        );
    }
    line
}

fn time(seconds: u64) -> Rfc3339 {
    Rfc3339(i64::try_from(seconds).unwrap_or(i64::MAX))
}

fn signed((number, note): &(u64, Note)) -> String {
    let Note { tenant, chain, out_of, pruned_to, erased, at, by } = note;
    let at = time(*at);
    let whose = if tenant.is_empty() { String::new() } else { format!("{tenant}/") };
    let out_of = match out_of {
        OutOf::Store => "the store",
        OutOf::Files => "files",
    };
    let mut what = Vec::new();
    if *pruned_to > 0 {
        what.push(format!("the records of {whose}{chain} up to {pruned_to} were removed"));
    }
    let many: u64 = erased.iter().map(|(from, to)| to.saturating_sub(*from) + 1).sum();
    if many > 0 {
        what.push(format!("{} of {whose}{chain} erased by {by}", count(many, "record")));
    }
    format!("checkpoint {number} says: {}, out of {out_of}, at {at}", what.join(", "))
}

fn told(problem: &Problem) -> String {
    match problem {
        Problem::Unreadable { at } => {
            format!("{}: no line of the access log, or a part of one", place(at))
        }
        Problem::RecordAltered { at, chain, sequence } => {
            format!("{}: record {sequence} of {chain} was altered", place(at))
        }
        Problem::PartGone { at, of, part } => {
            format!("{}: part {part} of the {} is missing", place(at), describe::word(of))
        }
        Problem::PartAltered { at, of, part } => {
            format!("{}: part {part} of the {} was altered", place(at), describe::word(of))
        }
        Problem::PartAdded { at, of, part } => {
            format!("{}: part {part} of the {} was put in", place(at), describe::word(of))
        }
        Problem::RecordGone { at, chain, sequence } => {
            format!("{}: record {sequence} of {chain} was taken out, its link is left", place(at))
        }
        Problem::LinkAltered { at, next, chain, sequence } => format!(
            "{}: link {sequence} of {chain} was altered, or the next, in line {} of {}",
            place(at),
            next.line,
            next.file
        ),
        Problem::FalseBegin { at, chain } => {
            format!("{}: {chain} cannot begin like this: its begin was altered", place(at))
        }
        Problem::Missing { chain, from, to } if from == to => {
            format!("record {from} of {chain} is missing")
        }
        Problem::Missing { chain, from, to } => {
            format!("records {from} to {to} of {chain} are missing")
        }
        Problem::Twice { at, other, chain, sequence } => format!(
            "{}: record {sequence} of {chain} stands in line {} of {}, too",
            place(at),
            other.line,
            other.file
        ),
        Problem::Moved { at, chain, sequence } => {
            format!("{}: record {sequence} of {chain} stands behind a later one", place(at))
        }
        Problem::CutOff { chain, from, to } => {
            format!("records {from} to {to} of {chain} were cut off at its end")
        }
        Problem::ChainGone { chain, count: records } => {
            format!("{chain} is missing as a whole, with {}", count(*records, "record"))
        }
        Problem::HeadTakenBack { at, number, chain } => format!(
            "{}: checkpoint {number} says less of {chain} than one before, or something else",
            place(at)
        ),
        Problem::Unlinked { at } => {
            format!(
                "{}: a whole record, or a note that one was erased, without its link: it was put in, or the link taken away",
                place(at)
            )
        }
        Problem::Unlikely { at } => format!(
            "{}: a record of a release that did not link them, behind one of a release that does",
            place(at)
        ),
        Problem::BehindEnd { chain, from, to } => {
            format!("records {from} to {to} of {chain} stand behind its end: they were put in")
        }
        Problem::NotTold { chain } => format!(
            "no checkpoint knows of {chain}: it was put in, or its worker lived for some seconds only"
        ),
        Problem::FalseNote { chain, to } => format!(
            "a note says that the records of {chain} up to {to} were removed: there were not as many, or they stand"
        ),
        Problem::NotSigned { at } => {
            format!("{}: no checkpoint that the key signed", place(at))
        }
        Problem::CheckpointsMissing { from, to } if from == to => {
            format!("checkpoint {from} is missing")
        }
        Problem::CheckpointsMissing { from, to } => {
            format!("checkpoints {from} to {to} are missing")
        }
        Problem::CheckpointAltered { at, number } => {
            format!("{}: checkpoint {number} does not follow the one before", place(at))
        }
        Problem::OtherCheckpoint { at, anchor, number } => format!(
            "{}: checkpoint {number} is another than in line {} of {}: it was signed anew",
            place(at),
            anchor.line,
            anchor.file
        ),
        Problem::CheckpointGone { number } => {
            format!("checkpoint {number} is in the anchor alone: the others were rolled back")
        }
        Problem::NoTreeHead { file } => format!("{file}: no tree head in a signed note"),
        Problem::TreeHeadNotSigned { file, origin } => format!(
            "{file}: the key of the checkpoints signed no tree head of the log `{origin}`; one that is not called after its key is named by --log-origin"
        ),
        Problem::NotCosigned { file, missing } => {
            format!("{file}: too few witnesses cosigned it: {} did not", missing.join(" and "))
        }
        Problem::CheckpointsRolledBack { file, size, count: here } => format!(
            "{file}: witnesses have seen {}, and {here} follow each other here: the others were rolled back or taken out",
            count(*size, "checkpoint")
        ),
        Problem::OtherTree { file, size } => format!(
            "{file}: the first {} are others than witnesses have seen: they were signed anew",
            count(*size, "checkpoint")
        ),
        Problem::TreeHeadOld { file, at, age } => format!(
            "{file}: cosigned last at {}, {} before now: since then no witness has seen what became of the checkpoints (see --tree-head-age)",
            time(*at),
            lifetime::rough(*age)
        ),
        Problem::TreeHeadAhead { file, at } => {
            format!("{file}: cosigned at {}, which is still to come: a clock is wrong", time(*at))
        }
        Problem::OtherChain { at, chain, sequence } => {
            format!("{}: {chain} was written anew, up to record {sequence} at least", place(at))
        }
    }
}

fn place(at: &Place) -> String {
    format!("{}:{}", at.file, at.line)
}
