/*! `gatehouse sessions export`: one session as a file, for whoever has neither the gateway nor the console. */

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use approval::records::export::Export;
use approval::records::line::LONGEST_LINE;
use approval::records::{Line, session};
use clap::{Args, ValueEnum};

use crate::data::file::create_private;
use crate::print::{clean, count};
use crate::records::Records;

#[derive(Args)]
pub struct Arguments {
    id: String,
    /// The very lines of its records, or one page that opens in a browser without anything else.
    #[arg(long = "as", value_enum, default_value_t = Kind::Html)]
    kind: Kind,
    /// Where to; a file that is there is left alone. Standard output without it.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    Html,
    Jsonl,
}

pub fn run(arguments: &Arguments, records: &Path) -> Result<()> {
    let mut found = Found { file: records, id: &arguments.id, lines: 0 };
    match &arguments.out {
        Some(path) => {
            let mut to = BufWriter::new(create_private(path)?);
            let written = found.write(arguments.kind, &mut to);
            if written.is_err() {
                // Nobody takes a part of it for the whole.
                let _ = std::fs::remove_file(path);
            }
            written?;
            eprintln!(
                "{} in `{}`",
                count(found.lines, "exchange"),
                clean(&path.display().to_string())
            );
            Ok(())
        }
        None => match found.write(arguments.kind, &mut std::io::stdout().lock()) {
            // A reader that had enough is no error.
            Err(error) if broken(&error) => Ok(()),
            written => written.context("cannot write the output"),
        },
    }
}

fn broken(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

struct Found<'a> {
    file: &'a Path,
    id: &'a str,
    lines: u64,
}

impl Found<'_> {
    fn write(&mut self, kind: Kind, to: &mut impl Write) -> Result<()> {
        match kind {
            Kind::Jsonl => self.lines(to),
            Kind::Html => self.page(to),
        }
    }

    /// Byte for byte, so that digests of them stay what they are.
    fn lines(&mut self, to: &mut impl Write) -> Result<()> {
        let mut from = BufReader::new(File::open(self.file)?);
        let mut line = Vec::new();
        while from.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? > 0 {
            let exchange = Line::parse(&line).and_then(|line| line.exchange().ok().flatten());
            if exchange.is_some_and(|one| session::id(&one.record) == self.id) {
                to.write_all(line.trim_ascii_end())?;
                to.write_all(b"\n")?;
                self.lines += 1;
            }
            line.clear();
        }
        ensure!(self.lines > 0, none(self.id));
        Ok(to.flush()?)
    }

    fn page(&mut self, to: &mut impl Write) -> Result<()> {
        let records = Records::read(self.file)?;
        let mut sessions = session::list(&records.exchanges).into_iter();
        let session = sessions.find(|one| one.id == self.id).with_context(|| none(self.id))?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        let (mut export, begin) = Export::begin(&session, u64::try_from(now).unwrap_or(u64::MAX))?;
        to.write_all(begin.as_bytes())?;
        for exchange in session::exchanges(&records.exchanges, self.id) {
            to.write_all(export.exchange(exchange)?.as_bytes())?;
            self.lines += 1;
        }
        to.write_all(export.end().as_bytes())?;
        Ok(to.flush()?)
    }
}

fn none(id: &str) -> String {
    format!("there is no session `{}`; `gatehouse sessions list` shows them", clean(id))
}

#[cfg(test)]
mod tests {
    use policy::record::Record;
    use policy::session::{JoinedBy, Session};

    use super::*;

    fn log(folder: &Path) -> PathBuf {
        let line = |exchange: &str, session: &str| {
            let record = Record {
                exchange: exchange.into(),
                session: Some(Session { id: session.into(), joined_by: JoinedBy::Run }),
                ..Record::default()
            };
            // Spaces that nobody would write anew.
            format!(
                r#"{{"start_time":"t",  "status":200,"records":[{}],"links":[]}}"#,
                record.to_ascii_json()
            )
        };
        let lines = [line("x_1", "s_a"), line("x_2", "s_b"), "torn".into(), line("x_3", "s_a")];
        let path = folder.join("access.jsonl");
        std::fs::write(&path, lines.join("\n")).unwrap();
        path
    }

    fn exported(kind: Kind, id: &str) -> Result<String> {
        let folder = tempfile::tempdir()?;
        let file = log(folder.path());
        let mut out = Vec::new();
        Found { file: &file, id, lines: 0 }.write(kind, &mut out)?;
        Ok(String::from_utf8(out)?)
    }

    #[test]
    fn lines_are_the_very_lines() {
        let folder = tempfile::tempdir().unwrap();
        let text = std::fs::read_to_string(log(folder.path())).unwrap();
        let own: Vec<&str> = text.lines().filter(|line| line.contains("\"s_a\"")).collect();
        assert_eq!(exported(Kind::Jsonl, "s_a").unwrap(), own.join("\n") + "\n");
    }

    #[test]
    fn the_page_has_its_own_exchanges() {
        let page = exported(Kind::Html, "s_a").unwrap();
        let has = ["turn-x_1", "turn-x_2", "turn-x_3"].map(|id| page.contains(id));
        assert_eq!(has, [true, false, true]);
        for kind in [Kind::Html, Kind::Jsonl] {
            let told = exported(kind, "s_\u{1b}").unwrap_err().to_string();
            assert!(told.starts_with("there is no session `s_\u{fffd}`"), "{told}");
        }
    }

    #[test]
    fn a_file_that_is_there_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (file, out) = (log(folder.path()), folder.path().join("out.html"));
        let arguments = Arguments { id: "s_a".into(), kind: Kind::Html, out: Some(out.clone()) };
        run(&arguments, &file).unwrap();
        let text = std::fs::read(&out).unwrap();
        assert!(run(&arguments, &file).is_err());
        assert_eq!(std::fs::read(&out).unwrap(), text);
        let none =
            Arguments { id: "s_c".into(), out: Some(folder.path().join("none.html")), ..arguments };
        assert!(run(&none, &file).is_err() && !none.out.unwrap().exists());
    }
}
