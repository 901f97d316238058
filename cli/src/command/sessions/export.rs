/*! `gatehouse sessions export` and `import`: records out of a store and into it, line by line as they were written. */

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use approval::records::Line;
use approval::records::line::LONGEST_LINE;
use approval::records::store::{ROWS_AT_ONCE, RecordStore, Source, Taken};
use approval::tenant::{FILTER_NAME, Tenant};
use clap::Args;
use serde_json::json;

use crate::exit;
use crate::print::{self, Format, clean, count};

const PAGE: u32 = 500;

#[derive(Args)]
pub struct Export {
    /// Of this session alone.
    id: Option<String>,
}

#[derive(Args)]
pub struct Import {
    /// Access logs of an Envoy with the filter, or what `export` wrote.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Whose gateway wrote them, if its certificate names a tenant.
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
}

pub async fn export(chosen: &Export, store: &Arc<dyn RecordStore>) -> Result<ExitCode> {
    if let Some(id) = &chosen.id {
        let name = clean(id);
        ensure!(
            store.session(id).await?.is_some(),
            "there is no session `{name}`; `gatehouse sessions list` shows them"
        );
    }
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut after = None;
    loop {
        let page = store.lines(chosen.id.as_deref(), after.as_ref(), PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        after = Some(last.clone());
        for (_, line) in &page {
            match writeln!(out, "{}", line.to_json()?) {
                Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                    return Ok(ExitCode::SUCCESS);
                }
                written => written.context("cannot write the output")?,
            }
        }
    }
    match out.flush() {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}

pub async fn import(
    chosen: &Import,
    store: &Arc<dyn RecordStore>,
    format: Format,
) -> Result<ExitCode> {
    let tenant = match &chosen.tenant {
        None => Tenant::default(),
        Some(name) => {
            let name = format!("{FILTER_NAME}/{name}");
            Tenant::of(std::iter::once(name.as_str()))
                .context("a tenant's name is lower-case letters, digits and dashes, 63 at most")?
        }
    };
    let (mut taken, mut unreadable) = (Taken::default(), 0);
    for path in &chosen.files {
        let (some, none) = file(path, store, &tenant)
            .await
            .with_context(|| format!("cannot take the records in `{}`", path.display()))?;
        taken += some;
        unreadable += none;
    }
    unreadable += taken.refused;
    let Taken { new, known, finished, conflicts, .. } = taken;
    print::out(&match format {
        Format::Json => print::json(&json!({
            "new": new,
            "known": known,
            "finished": finished,
            "conflicts": conflicts,
            "unreadable": unreadable,
        }))?,
        Format::Human => {
            let mut text = format!("{} new, {known} were there", count(new, "line"));
            let more = [
                (finished, "took the place of the begin of their exchange"),
                (conflicts, "are others than those that are at their place, and are kept beside"),
                (unreadable, "cannot be read"),
            ];
            for (number, what) in more.into_iter().filter(|(number, _)| *number > 0) {
                text.push_str(&format!("\n{number} {what}"));
            }
            text
        }
    })?;
    Ok(if conflicts + unreadable == 0 { ExitCode::SUCCESS } else { exit::found() })
}

async fn file(path: &Path, store: &Arc<dyn RecordStore>, tenant: &Tenant) -> Result<(Taken, u64)> {
    let mut lines = BufReader::with_capacity(1 << 20, File::open(path)?);
    let (mut taken, mut unreadable) = (Taken::default(), 0);
    let (mut some, mut line) = (Vec::new(), Vec::new());
    loop {
        line.clear();
        let read = lines.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)?;
        if read == 0 || some.len() >= ROWS_AT_ONCE {
            taken += store.take(tenant, Source::Import, &some).await?;
            some.clear();
        }
        if read == 0 {
            return Ok((taken, unreadable));
        }
        if !line.ends_with(b"\n") {
            lines.skip_until(b'\n')?;
        }
        match Line::parse(&line) {
            Some(line) => some.push(line),
            None => unreadable += 1,
        }
    }
}
