/*!
The records of a gateway, read back from Envoy's access log. A line that cannot be read (the last
one may be half written, Envoy may have been killed) is counted and left out.
*/

pub mod heads;
pub mod indented;
pub mod sieve;
pub mod verify;

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::Path;

use anyhow::{Context, Result};
use approval::records::line::LONGEST_LINE;
use approval::records::{Exchange, Line};

#[derive(Default)]
pub struct Records {
    /// In the order they ended.
    pub exchanges: Vec<Exchange>,
    /// Requests Envoy refused before the filter saw them.
    pub unseen: u64,
    pub unreadable: u64,
}

impl Records {
    pub fn read(path: &Path) -> Result<Self> {
        match File::open(path) {
            Ok(file) => Self::parse(BufReader::new(file)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
        .with_context(|| format!("cannot read the records in `{}`", path.display()))
    }

    fn parse(mut lines: impl BufRead) -> std::io::Result<Self> {
        let mut records = Self::default();
        let mut line = Vec::new();
        while lines.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? > 0 {
            match Line::parse(&line).map(|line| line.exchange()) {
                Some(Ok(Some(exchange))) => records.exchanges.push(exchange),
                Some(Ok(None)) => records.unseen += 1,
                Some(Err(_)) | None => records.unreadable += 1,
            }
            line.clear();
        }
        Ok(records)
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
