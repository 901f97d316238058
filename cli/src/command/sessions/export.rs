/*! `gatehouse sessions export` and `import`: records out of a store and into it, line by line as they were written. */

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use approval::records::export::Export as HtmlExport;
use approval::records::line::LONGEST_LINE;
use approval::records::sieve::Sieve;
use approval::records::store::{Bodies, ExchangePlace, ROWS_AT_ONCE, RecordStore, Source, Taken};
use approval::records::{Alike, Line, Session};
use approval::tenant::{FILTER_NAME, Tenant};
use clap::{Args, ValueEnum};
use serde_json::json;

use crate::data::file::create_private;
use crate::exit;
use crate::print::{self, Format, clean, count};

const PAGE: u32 = 500;

#[derive(Args)]
pub struct Export {
    /// Of this session alone, s_…; of all without it.
    id: Option<String>,
    /// The very lines of records, or one page that opens in a browser without anything else.
    #[arg(long = "as", value_enum, default_value_t = Kind::Jsonl)]
    kind: Kind,
    /// Where to; a file that is there is left alone. Standard output without it.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    Jsonl,
    Html,
}

enum Wanted {
    /// Of this session, or of all.
    Lines(Option<String>),
    Page(Session),
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
    let session = match &chosen.id {
        None => None,
        Some(id) => Some(store.session(id).await?.with_context(|| {
            format!("there is no session `{}`; `gatehouse sessions list` shows them", clean(id))
        })?),
    };
    let wanted = match (chosen.kind, session) {
        (Kind::Jsonl, session) => Wanted::Lines(session.map(|one| one.id)),
        (Kind::Html, Some(session)) => Wanted::Page(session),
        (Kind::Html, None) => bail!("say which session; `gatehouse sessions list` shows them"),
    };
    let Some(path) = &chosen.out else {
        let mut out = BufWriter::new(std::io::stdout().lock());
        return match write(&wanted, store, &mut out).await {
            // A reader that had enough is no error.
            Err(error) if broken(&error) => Ok(ExitCode::SUCCESS),
            written => written.map(|()| ExitCode::SUCCESS).context("cannot write the output"),
        };
    };
    let name = clean(&path.display().to_string());
    if path.exists() {
        bail!("`{name}` is there, and is left alone: name another file, or remove it before");
    }
    let mut out = BufWriter::new(create_private(path)?);
    let written = write(&wanted, store, &mut out).await;
    if written.is_err() {
        // Nobody takes a part of it for the whole.
        let _ = std::fs::remove_file(path);
    }
    written.with_context(|| format!("cannot write `{name}`"))?;
    Ok(ExitCode::SUCCESS)
}

fn broken(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

async fn write(wanted: &Wanted, store: &Arc<dyn RecordStore>, to: &mut impl Write) -> Result<()> {
    match wanted {
        Wanted::Lines(session) => lines(session.as_deref(), store, to).await?,
        Wanted::Page(session) => page(session, store, to).await?,
    }
    Ok(to.flush()?)
}

async fn lines(
    session: Option<&str>,
    store: &Arc<dyn RecordStore>,
    to: &mut impl Write,
) -> Result<()> {
    let mut after = None;
    loop {
        let page = store.lines(session, after.as_ref(), PAGE).await?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = Some(last.clone());
        for (_, line) in &page {
            writeln!(to, "{}", line.to_json()?)?;
        }
    }
}

async fn page(session: &Session, store: &Arc<dyn RecordStore>, to: &mut impl Write) -> Result<()> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    let (mut page, begin) = HtmlExport::begin(session, u64::try_from(now).unwrap_or(u64::MAX))?;
    to.write_all(begin.as_bytes())?;
    let mut after = None;
    loop {
        let batch =
            store.exchanges(&session.id, &Sieve::default(), Bodies::All, after, PAGE).await?;
        for exchange in &batch {
            to.write_all(page.exchange(exchange)?.as_bytes())?;
        }
        let Some(last) = batch.last() else { break };
        after = Some(ExchangePlace::from(last));
    }
    Ok(to.write_all(page.end().as_bytes())?)
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
    let Taken { new, known, finished, conflicts, erased, .. } = taken;
    print::out(&match format {
        Format::Json => print::json(&json!({
            "new": new,
            "known": known,
            "erased": erased,
            "finished": finished,
            "conflicts": conflicts,
            "unreadable": unreadable,
        }))?,
        Format::Human => {
            let there = known.saturating_sub(erased);
            let mut text = format!("{} new, {there} were there", count(new, "line"));
            let more = [
                (erased, "not taken: their records were erased here"),
                (finished, "took the place of the begin of their exchange"),
                (
                    conflicts,
                    "came for the place of another record, kept beside it: one of both was changed",
                ),
                (unreadable, "cannot be read"),
            ];
            for (number, what) in more.into_iter().filter(|(number, _)| *number > 0) {
                text.push_str(&format!("\n{number} {what}"));
            }
            if new + known + finished + conflicts == 0 && unreadable > 0 {
                text.push_str(
                    "\nit is no access log of an Envoy with Gatehouse, nor an export of one",
                );
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
    let mut alike = Alike::default();
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
            Some(mut line) => {
                alike.number(&mut line);
                some.push(line);
            }
            None => unreadable += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use approval::config::Database;
    use approval::records::Envoy;
    use policy::record::Record;
    use policy::session::{JoinedBy, Session};

    use super::*;
    use crate::records::place;

    async fn store(folder: &Path) -> Arc<dyn RecordStore> {
        let store = place::open(&Database::Sqlite(folder.join("r.db"))).await.unwrap();
        let line = |exchange: &str, session: &str| {
            let record = Record {
                exchange: exchange.into(),
                session: Some(Session { id: session.into(), joined_by: JoinedBy::Run }),
                ..Record::default()
            };
            let envoy = Envoy { start_time: "t".into(), ..Envoy::default() };
            Line { envoy, record: Some(record.to_ascii_json()), ..Line::default() }
        };
        let lines = [line("x_1", "s_a"), line("x_2", "s_b"), line("x_3", "s_a")];
        let taken = store.take(&Tenant::default(), Source::Import, &lines).await.unwrap();
        assert_eq!(taken.new, 3);
        store
    }

    #[tokio::test]
    async fn a_session_is_one_page_with_its_own_exchanges() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path()).await;
        let path = folder.path().join("out.html");
        let chosen = |id: Option<&str>| Export {
            id: id.map(Into::into),
            kind: Kind::Html,
            out: Some(path.clone()),
        };
        // What cannot be made leaves no file.
        for wrong in [None, Some("s_\u{1b}")] {
            assert!(export(&chosen(wrong), &store).await.is_err() && !path.exists());
        }
        export(&chosen(Some("s_a")), &store).await.unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let has = ["turn-x_1", "turn-x_2", "turn-x_3"].map(|id| text.contains(id));
        assert_eq!(has, [true, false, true]);
        // What is there is left alone.
        let refused = export(&chosen(Some("s_b")), &store).await.unwrap_err();
        assert!(refused.to_string().contains("name another file, or remove it"), "{refused:#}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }

    #[tokio::test]
    async fn lines_are_the_very_lines_of_one_session_or_of_all() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path()).await;
        for (session, count) in [(None, 3), (Some("s_a"), 2)] {
            let mut out = Vec::new();
            let wanted = Wanted::Lines(session.map(str::to_owned));
            write(&wanted, &store, &mut out).await.unwrap();
            let text = String::from_utf8(out).unwrap();
            assert_eq!(text.lines().count(), count);
            assert!(text.lines().all(|line| Line::parse(line.as_bytes()).is_some()), "{text}");
        }
    }
}
