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
use approval::records::store::merged;
use approval::records::{Exchange, Line, session};

#[derive(Default)]
pub struct Records {
    /// In the order they ended.
    pub exchanges: Vec<Exchange>,
    /// Where those of each session are: an agent may make a session of each call.
    by_session: HashMap<String, Vec<usize>>,
    /// Exchanges that went on at the last line of them, by their ids: where they are, and what they said so far.
    going_on: HashMap<String, (usize, Vec<String>)>,
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
            match Line::parse(&line) {
                Some(line) => self.take(line),
                None => self.unreadable += 1,
            }
            line.clear();
        }
        Ok(())
    }

    fn take(&mut self, mut line: Line) {
        let erased = line.erased.is_some();
        let exchange = match line.exchange() {
            Ok(Some(exchange)) => exchange,
            Ok(None) => return self.unseen += u64::from(!erased),
            Err(_) => return self.unreadable += 1,
        };
        let (id, session) = (exchange.record.exchange.clone(), session::id(&exchange.record));
        // What comes of an exchange takes the place of what was said of it while it went on.
        let known = self.going_on.remove(&id);
        let known = known.filter(|(at, _)| {
            self.exchanges.get(*at).is_some_and(|known| session::id(&known.record) == session)
        });
        let mut exchange = exchange;
        if let Some((_, before)) = known.as_ref().filter(|_| !exchange.record.last) {
            line.parts = merged(before, &line.parts);
            exchange = line.exchange().ok().flatten().unwrap_or(exchange);
        }
        let at = known.map_or(self.exchanges.len(), |(at, _)| at);
        if line.envoy.goes_on {
            self.going_on.insert(id, (at, line.parts));
        }
        match self.exchanges.get_mut(at) {
            Some(known) => *known = exchange,
            None => {
                self.by_session.entry(session).or_default().push(at);
                self.exchanges.push(exchange);
            }
        }
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
