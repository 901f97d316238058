/*!
The records of a gateway, read back from Envoy's access log. A line that cannot be read (the last
one may be half written, Envoy may have been killed) is counted and left out.
*/

pub mod anchors;
pub mod erasing;
pub mod files;
pub mod follow;
pub mod heads;
pub mod indented;
pub mod place;
pub mod removing;
pub mod sieve;
pub mod verify;

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::PathBuf;

use anyhow::{Context, Result};
use approval::records::line::LONGEST_LINE;
use approval::records::{Exchange, Line, session};

#[derive(Default)]
pub struct Records {
    /// In the order they ended.
    pub exchanges: Vec<Exchange>,
    /// Where those of each session are: an agent may make a session of each call.
    by_session: HashMap<String, Vec<usize>>,
    /// Requests Envoy refused before the filter saw them.
    pub unseen: u64,
    pub unreadable: u64,
}

impl Records {
    /// In the order in which they were written.
    pub fn read(files: &[PathBuf]) -> Result<Self> {
        let mut records = Self::default();
        for path in files {
            let file = match File::open(path) {
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                file => file,
            };
            file.and_then(|file| records.parse(BufReader::new(file)))
                .with_context(|| format!("cannot read the records in `{}`", path.display()))?;
        }
        Ok(records)
    }

    fn parse(&mut self, mut lines: impl BufRead) -> std::io::Result<()> {
        let mut line = Vec::new();
        while lines.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? > 0 {
            let parsed = Line::parse(&line);
            let erased = parsed.as_ref().is_some_and(|line| line.erased.is_some());
            match parsed.map(|line| line.exchange()) {
                Some(Ok(Some(exchange))) => {
                    let session = session::id(&exchange.record);
                    self.by_session.entry(session).or_default().push(self.exchanges.len());
                    self.exchanges.push(exchange);
                }
                Some(Ok(None)) => self.unseen += u64::from(!erased),
                Some(Err(_)) | None => self.unreadable += 1,
            }
            line.clear();
        }
        Ok(())
    }

    /// By the time they began.
    pub fn of_session(&self, id: &str) -> Vec<&Exchange> {
        let places = self.by_session.get(id).into_iter().flatten();
        let mut found: Vec<&Exchange> =
            places.filter_map(|place| self.exchanges.get(*place)).collect();
        found.sort_by_key(|exchange| (exchange.record.started_ms, exchange.sequence()));
        found
    }

    /// By the reference in its answer; or the last one that waited on the hold of that id.
    pub fn find(&self, reference: &str) -> Option<&Exchange> {
        let hold = |one: &&Exchange| one.record.holds().any(|hold| hold.hold == reference);
        let mut latest_first = self.exchanges.iter().rev();
        latest_first
            .clone()
            .find(|one| one.record.exchange == reference)
            .or_else(|| latest_first.find(hold))
    }
}

#[cfg(test)]
mod tests;
