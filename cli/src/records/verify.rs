/*!
Whether records are as they were written, and all there. Each is tied to the one before it in its chain
(`policy::record::chain`), so what was altered, taken out, moved or put in shows, up to the end of each
chain: what was cut off behind it only shows against a head that somebody else has kept.
*/

mod chain;
pub mod checkpoints;
mod line;
mod problem;
mod report;
mod signed;
pub mod witnessed;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, Read};

use approval::records::line::LONGEST_LINE;

use chain::Chain;
use line::{Content, Fault, Seen};
pub use problem::{Place, Problem};
pub use report::{Kept, Report, Verified};
pub use signed::Signed;

/// Tenant and chain: nothing that one tenant sends says something of another's chain. Files do not say whose they
/// are, their tenant is empty.
type Key = (String, String);

/// As it is told.
fn named((tenant, chain): &Key) -> String {
    match tenant.as_str() {
        "" => chain.clone(),
        tenant => format!("{tenant}/{chain}"),
    }
}

/// How much longer a chain without an end may be than its worker told: it could not reach the service.
const UNTOLD: u64 = 1_000_000;

#[derive(Default)]
pub struct Verifier {
    /// Of whom the lines at hand are.
    tenant: String,
    /// Whether it is known.
    tenants: bool,
    /// No note excuses anything.
    strict: bool,
    signed: Signed,
    pruned: BTreeMap<Key, u64>,
    files: Vec<String>,
    chains: BTreeMap<Key, Chain>,
    /// Exchanges with a line that was written while they went on, and those of them that ended.
    going_on: BTreeSet<line::Digest>,
    ended: BTreeSet<line::Digest>,
    /// A line of the file at hand has a link.
    linked: bool,
    /// Of the file at hand.
    lines: u64,
    report: Report,
}

const MOST_PROBLEMS: usize = 10_000;

impl Verifier {
    /// Notes of what was erased or removed that nobody signed excuse nothing.
    pub fn strict(strict: bool) -> Self {
        Self { strict, ..Self::default() }
    }

    /// Before anything is read.
    pub fn signed(self, signed: Signed) -> Self {
        Self { signed, ..self }
    }

    /// Of whom what comes next is.
    pub fn of(&mut self, tenant: &str) {
        self.tenants = true;
        tenant.clone_into(&mut self.tenant);
    }

    /// Files may come in any order; lines of one file may not.
    pub fn read(&mut self, name: &str, mut lines: impl BufRead) -> std::io::Result<()> {
        self.begin(name);
        let mut line = Vec::new();
        loop {
            line.clear();
            if lines.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
                break;
            }
            self.next(&line);
            if !line.ends_with(b"\n") {
                lines.skip_until(b'\n')?;
            }
        }
        Ok(())
    }

    /// Of a file, or of what is like one.
    pub fn begin(&mut self, name: &str) {
        self.files.push(name.to_owned());
        (self.linked, self.lines) = (false, 0);
    }

    /// With its end.
    pub fn next(&mut self, line: &[u8]) {
        self.lines += 1;
        let file = u32::try_from(self.files.len().saturating_sub(1)).unwrap_or(u32::MAX);
        self.line(line, (file, self.lines));
    }

    /// Where it is noted that records of before were removed on purpose.
    pub fn pruned(&mut self, chain: &str, to: u64) {
        let key = (self.tenant.clone(), chain.to_owned());
        if to > 0 && (!self.strict || to <= self.signed.pruned_to(&key)) {
            let known = self.pruned.entry(key).or_default();
            *known = to.max(*known);
        }
    }

    fn found(&mut self, problem: Problem) {
        if self.report.problems.len() < MOST_PROBLEMS {
            self.report.problems.push(problem);
        } else {
            self.report.more_problems += 1;
        }
    }

    fn line(&mut self, line: &[u8], at: chain::At) {
        let Some(Seen { content, link, pruned_to }) = line::read(line) else {
            let at = self.place(at);
            return self.found(Problem::Unreadable { at });
        };
        let is_record = matches!(content, Content::Record { .. } | Content::BeforeLinks);
        self.report.records += u64::from(is_record);
        if let Content::Record { parts, ended, .. } = &content {
            self.ended.extend(ended);
            for (of, part, fault) in parts.clone() {
                let at = self.place(at);
                self.found(match fault {
                    Fault::Gone => Problem::PartGone { at, of, part },
                    Fault::Altered => Problem::PartAltered { at, of, part },
                    Fault::Added => Problem::PartAdded { at, of, part },
                });
            }
        }
        let Some(link) = link else {
            let place = self.place(at);
            return match content {
                Content::None => self.report.unseen += 1,
                Content::GoingOn(exchange) => drop(self.going_on.insert(exchange)),
                Content::Erased => self.found(Problem::Unlinked { at: place }),
                Content::BeforeLinks if self.linked => self.found(Problem::Unlikely { at: place }),
                Content::BeforeLinks => self.report.before_links += 1,
                Content::Record { whole: true, .. } => self.found(Problem::Unlinked { at: place }),
                Content::Record { whole: false, .. } => self.report.unchained.push(place),
            };
        };
        self.linked = true;
        let key = (self.tenant.clone(), link.name.clone());
        let (chain, sequence) = (named(&key), link.sequence);
        self.pruned(&link.name, pruned_to);
        match content {
            Content::Erased if self.signed.is_erased(&key, sequence) => {
                self.report.erased += 1;
                self.report.signed_notes += 1;
            }
            Content::Erased if !self.strict => self.report.erased += 1,
            Content::Record { digest, .. } if digest == link.record => {}
            Content::Record { .. } | Content::BeforeLinks => {
                let at = self.place(at);
                self.found(Problem::RecordAltered { at, chain, sequence });
            }
            Content::None | Content::Erased | Content::GoingOn(_) => {
                let at = self.place(at);
                self.found(Problem::RecordGone { at, chain, sequence });
            }
        }
        self.chains.entry(key).or_default().add(&link, at);
    }

    /// `told` are heads of chains that whoever has the files could not change, if there are any. `partial`: files of
    /// before were put away, so chains may begin later than with their first record, or be there no more.
    pub fn report(mut self, told: Option<&[Kept]>, partial: bool) -> Report {
        let mut chains = std::mem::take(&mut self.chains);
        for (key, chain) in &mut chains {
            let pruned = self.gone_to(key);
            let found = chain.problems(&named(key), (partial, pruned), |at| self.place(at));
            found.into_iter().for_each(|problem| self.found(problem));
        }
        let whose = |one: &Kept| {
            let tenant = if self.tenants { one.tenant.clone() } else { String::new() };
            (tenant, one.chain.clone())
        };
        let told: Option<Vec<(Key, &Kept)>> =
            told.map(|told| told.iter().map(|one| (whose(one), one)).collect());
        for (key, one) in told.iter().flatten() {
            let (name, count) = (named(key), one.head.count);
            let noted = self.gone_to(key);
            let most = count.saturating_add(if one.ended { 0 } else { UNTOLD });
            let problem = match chains.get_mut(key) {
                _ if noted > most => Some(Problem::FalseNote { chain: name, to: noted }),
                None if partial || count == 0 => None,
                // All of it was removed.
                None if noted >= count => None,
                None => Some(Problem::ChainGone { chain: name, count }),
                Some(chain) => chain.against(&name, one, |at| self.place(at)),
            };
            problem.into_iter().for_each(|problem| self.found(problem));
        }
        if let Some(told) = told {
            let known: BTreeSet<&Key> = told.iter().map(|(key, _)| key).collect();
            for key in chains.keys().filter(|key| !known.contains(key)) {
                self.found(Problem::NotTold { chain: named(key) });
            }
        }
        self.report.chains =
            chains.iter().filter_map(|(key, one)| one.verified(&named(key))).collect();
        self.report.going_on = self.going_on.difference(&self.ended).count() as u64;
        self.report.pruned = self.pruned.iter().map(|(key, to)| (named(key), *to)).collect();
        let signed = self.pruned.iter().filter(|(key, to)| **to <= self.signed.pruned_to(key));
        self.report.signed_notes += signed.count() as u64;
        let notes = self.report.erased + self.report.pruned.len() as u64;
        self.report.unsigned_notes = notes - self.report.signed_notes;
        self.report
    }

    /// Up to where the begin of a chain may be gone.
    fn gone_to(&self, key: &Key) -> u64 {
        self.pruned.get(key).map_or(0, |to| *to).max(self.signed.pruned_to(key))
    }

    fn place(&self, (file, line): chain::At) -> Place {
        let file = usize::try_from(file).ok().and_then(|file| self.files.get(file));
        Place { file: file.cloned().unwrap_or_default(), line }
    }
}

#[cfg(test)]
mod tests;
