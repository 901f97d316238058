/*!
The records of a gateway, read back from Envoy's access log. A line that cannot be read (the last
one may be half written, Envoy may have been killed) is counted and left out.
*/

pub mod describe;
pub mod heads;
pub mod indented;
pub mod session;
pub mod sieve;
pub mod verify;

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::Path;

use anyhow::{Context, Result};
use policy::record::Record;
use policy::record::chain::Link;
use serde::{Deserialize, Serialize};

/// A longer line is none of a record, which keeps 16 KiB of each body, each byte of which takes six at most.
const LONGEST_LINE: u64 = 4 * 1024 * 1024;

/// One exchange: what the filter recorded and what Envoy saw.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Exchange {
    pub record: Record,
    /// Its place in a chain; none of a record that a crash left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
    pub envoy: Envoy,
}

impl Exchange {
    /// Among those of its worker, by when they ended.
    pub fn sequence(&self) -> u64 {
        self.link.as_ref().map_or(0, |link| link.sequence)
    }
}

/// What Envoy knows of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Envoy {
    pub start_time: String,
    /// As the caller got it; 0 if it left before.
    #[serde(default)]
    pub status: u32,
    /// Envoy's response flags; empty for none, as the next two are.
    #[serde(default)]
    pub flags: String,
    #[serde(default)]
    pub details: String,
    #[serde(default)]
    pub upstream_host: String,
    #[serde(default)]
    pub duration_ms: u64,
    #[serde(default)]
    pub bytes_received: u64,
    #[serde(default)]
    pub bytes_sent: u64,
}

#[derive(Deserialize)]
struct Line {
    /// Empty where Envoy refused the request before the filter saw it.
    records: Vec<Record>,
    #[serde(default)]
    links: Vec<Link>,
    #[serde(flatten)]
    envoy: Envoy,
}

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
        while lines.read_until(b'\n', &mut line)? > 0 {
            match serde_json::from_slice::<Line>(&line) {
                Ok(line) if line.records.is_empty() => records.unseen += 1,
                Ok(Line { records: parts, mut links, envoy }) => {
                    let link = links.pop();
                    let parts = parts.into_iter();
                    let exchanges = parts.map(|record| Exchange {
                        record,
                        link: link.clone(),
                        envoy: envoy.clone(),
                    });
                    records.exchanges.extend(exchanges);
                }
                Err(_) => records.unreadable += 1,
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
