/*!
Whether records are as they were written, and all there. Each is tied to the one before it in its chain
(`policy::record::chain`), so what was altered, taken out, moved or put in shows, up to the end of each
chain: what was cut off behind it only shows against a head that somebody else has kept.
*/

mod chain;
pub mod checkpoints;
mod line;
mod signed;
pub mod witnessed;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, Read};

use approval::records::line::LONGEST_LINE;
use policy::record::chain::Head;
use policy::record::checkpoint::{ChainState, Note};
use policy::record::part::Side;
use serde::Serialize;

use chain::Chain;
use line::{Content, Fault, Seen};
pub use signed::Signed;
use witnessed::Witnessed;

/// Where something stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    pub file: String,
    /// From 1.
    pub line: u64,
}

/// What is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "problem", rename_all = "snake_case")]
pub enum Problem {
    /// The line is none of ours, or only a part of one.
    Unreadable {
        at: Place,
    },
    /// The record is not the one that its link was made of.
    RecordAltered {
        at: Place,
        chain: String,
        sequence: u64,
    },
    /// The record lists a part of a body that is not beside it.
    PartGone {
        at: Place,
        of: Side,
        part: u32,
    },
    /// A part of a body is not the one that the record lists.
    PartAltered {
        at: Place,
        of: Side,
        part: u32,
    },
    /// The record lists no such part.
    PartAdded {
        at: Place,
        of: Side,
        part: u32,
    },
    /// There is a link, and its record is gone.
    RecordGone {
        at: Place,
        chain: String,
        sequence: u64,
    },
    /// The next link is not tied to this one: one of both was altered.
    LinkAltered {
        at: Place,
        next: Place,
        chain: String,
        sequence: u64,
    },
    /// The first link is tied to one before it, which cannot be.
    FalseBegin {
        at: Place,
        chain: String,
    },
    /// Links are not there.
    Missing {
        chain: String,
        from: u64,
        to: u64,
    },
    /// Two with one number.
    Twice {
        at: Place,
        other: Place,
        chain: String,
        sequence: u64,
    },
    /// It stands behind one that came later.
    Moved {
        at: Place,
        chain: String,
        sequence: u64,
    },
    /// Against a head that was kept: the end of the chain is not there.
    CutOff {
        chain: String,
        from: u64,
        to: u64,
    },
    /// Against a head that was kept: nothing of the chain is there.
    ChainGone {
        chain: String,
        count: u64,
    },
    /// Against a head that was kept: the chain was written anew.
    OtherChain {
        at: Place,
        chain: String,
        sequence: u64,
    },
    /// Of a checkpoint: not signed by the key, or no checkpoint at all.
    NotSigned {
        at: Place,
    },
    CheckpointsMissing {
        from: u64,
        to: u64,
    },
    /// It does not follow the one before, or there is one of its number.
    CheckpointAltered {
        at: Place,
        number: u64,
    },
    /// A checkpoint says less of the chain than one before, or something else.
    HeadTakenBack {
        at: Place,
        number: u64,
        chain: String,
    },
    /// The record says that it is a whole one, or a note that it was erased, and no link is beside it: what a crash
    /// leaves says neither.
    Unlinked {
        at: Place,
    },
    /// A record of a release that made no links stands behind one that has them.
    Unlikely {
        at: Place,
    },
    /// A checkpoint says that the chain ended before it.
    BehindEnd {
        chain: String,
        from: u64,
        to: u64,
    },
    /// No checkpoint knows of the chain.
    NotTold {
        chain: String,
    },
    /// A note says that more of the chain was removed than checkpoints say there ever was, or than stands.
    FalseNote {
        chain: String,
        to: u64,
    },
    /// Against an anchor: signed anew.
    OtherCheckpoint {
        at: Place,
        anchor: Place,
        number: u64,
    },
    /// Against an anchor: the checkpoints were rolled back to before this one.
    CheckpointGone {
        number: u64,
    },
    /// The data folder has the key of checkpoints and none that it signed.
    NoCheckpoints {
        file: String,
    },
    /// The file is no tree head in a signed note.
    NoTreeHead {
        file: String,
    },
    /// None of the keys of checkpoints signed the tree head, as the log of this name.
    TreeHeadNotSigned {
        file: String,
        origin: String,
    },
    /// Too few of the witnesses cosigned the tree head.
    NotCosigned {
        file: String,
        missing: Vec<String>,
    },
    /// Against witnesses: there were more checkpoints than there are.
    CheckpointsRolledBack {
        file: String,
        size: u64,
        count: u64,
    },
    /// Against witnesses: one of so many checkpoints is another than it was.
    OtherTree {
        file: String,
        size: u64,
    },
    /// No witness says what became of the checkpoints lately. Both in seconds.
    TreeHeadOld {
        file: String,
        at: u64,
        age: u64,
    },
    /// A witness' clock, or ours, is wrong.
    TreeHeadAhead {
        file: String,
        at: u64,
    },
}

/// The end of a chain, as it was told to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Whose gateway; empty for the only one.
    pub tenant: String,
    /// Names the Envoy.
    pub gateway: String,
    pub chain: String,
    pub head: Head,
    /// Nothing comes after it.
    pub ended: bool,
    /// When it was told, in Unix seconds.
    pub heard_at: u64,
}

impl From<ChainState> for Kept {
    fn from(state: ChainState) -> Self {
        let ChainState { tenant, gateway, chain, head, ended, heard_at } = state;
        Self { tenant, gateway, chain, head, ended, heard_at }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verified {
    pub chain: String,
    /// Numbers of the first and the last of it that is there.
    pub from: u64,
    pub to: u64,
    /// Digest of the last link.
    pub head: String,
    /// Links that a kept head says are all there are up to then; 0 if none was kept.
    pub proven: u64,
    /// When that was told, in Unix seconds.
    pub heard_at: u64,
    /// Its worker said that nothing comes after that.
    pub ended: bool,
}

#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    pub chains: Vec<Verified>,
    /// Of lines in the order they stand, of chains by name.
    pub problems: Vec<Problem>,
    /// Problems that are not among them: the first ones are what counts.
    pub more_problems: u64,
    /// How many were read.
    pub checkpoints: u64,
    /// Whether they were compared with some that others kept.
    pub anchored: bool,
    /// How many of them witnesses have seen, and when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witnessed: Option<Witnessed>,
    pub records: u64,
    /// Those that no link is of: a worker died before their exchange ended, or somebody took the link away.
    pub unchained: Vec<Place>,
    /// Exchanges that went on at the last line that is there of them: what they said is tied to nothing yet.
    pub going_on: u64,
    /// Those of a release that made no links.
    pub before_links: u64,
    /// Requests that Envoy refused by itself.
    pub unseen: u64,
    /// Records that were taken out on purpose, as is noted beside their links.
    pub erased: u64,
    /// Chains whose begin was removed on purpose, as is noted, and up to which number.
    pub pruned: BTreeMap<String, u64>,
    /// Of erasing and removing: whoever can write records can write these, and nobody signed them.
    pub unsigned_notes: u64,
    /// Of these, those that a checkpoint has, too: whoever signs it took that out.
    pub signed_notes: u64,
    /// All that checkpoints say was taken out, each with the number of the one that has it.
    pub notes: Vec<(u64, Note)>,
}

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
