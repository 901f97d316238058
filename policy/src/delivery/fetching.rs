/*! When to fetch, and what comes of it. */

use super::admission::{Refused, Why};
use super::candidate::{Candidate, Work};
use super::notes::{Board, Note, Seen, digest_of};
use super::{Answer, Delivery, Fetch, FetchConfig, LEASE_MS, News};

const MAX_ETAG: usize = 256;

pub(super) struct InFlight {
    since_ms: u64,
    /// The ETag sent is that of a file that was refused.
    refused: bool,
    conditional: bool,
}

impl Delivery {
    /// Whether to fetch now; if so, the others leave it to this worker.
    pub(super) fn claim(
        &mut self,
        board: &mut dyn Board,
        note: Option<Note>,
        cas: Option<u32>,
        now_ms: u64,
    ) -> bool {
        let ahead = |then: u64, most: u64| then > now_ms && then - now_ms <= most;
        let interval = self.config.interval_ms();
        let waits = |since: u64| since.abs_diff(now_ms) < LEASE_MS;
        if self.in_flight.as_ref().is_some_and(|call| waits(call.since_ms))
            || ahead(self.due_ms, interval)
        {
            return false;
        }
        if self.alone {
            return true;
        }
        let mut note = match (note, cas) {
            (Some(note), _) => note,
            // Without anything to compare with, two could take it at once: whoever comes first only
            // makes the note.
            (None, None) => {
                // Made before and not there any more: then it is of no use.
                self.alone = self.made;
                self.made = true;
                self.notes.write(board, &Note::default(), None);
                return false;
            }
            (None, Some(_)) => Note::default(),
        };
        let taken =
            !note.holder.is_empty() && note.holder != self.name && ahead(note.until_ms, LEASE_MS);
        if taken || ahead(note.due_ms, interval) {
            return false;
        }
        note.holder.clone_from(&self.name);
        note.until_ms = now_ms.saturating_add(LEASE_MS);
        self.notes.write(board, &note, cas)
    }

    pub(super) fn fetch(&mut self, now_ms: u64) -> Fetch {
        let FetchConfig { cluster, authority, path, .. } = &self.config;
        let known = self.refused.as_ref().or(self.good.as_ref());
        // Alone it wants the file itself, to put it right for the others.
        let etag = known.filter(|_| !self.alone).and_then(|seen| seen.etag.clone());
        self.in_flight = Some(InFlight {
            since_ms: now_ms,
            refused: self.refused.is_some(),
            conditional: etag.is_some(),
        });
        Fetch { cluster: cluster.clone(), authority: authority.clone(), path: path.clone(), etag }
    }

    /// What came of a fetch; `None`: it could not even be sent.
    pub fn answered(
        &mut self,
        board: &mut dyn Board,
        answer: Option<Answer<'_>>,
        now_ms: u64,
    ) -> Option<News> {
        let in_flight = self.in_flight.take()?;
        let Some(answer) = answer else {
            return Some(self.failed(board, "there is no such cluster".into(), now_ms));
        };
        match answer.status {
            200 => {
                let digest = digest_of(answer.body);
                let printable =
                    |etag: &&str| etag.bytes().all(|byte| (b' '..=b'~').contains(&byte));
                let etag = answer.etag.filter(|etag| etag.len() <= MAX_ETAG).filter(printable);
                let seen = Seen { digest, etag: etag.map(str::to_owned) };
                let is = |known: &Option<Seen>| {
                    known.as_ref().is_some_and(|known| known.digest == seen.digest)
                };
                if is(&self.good) {
                    let file = answer.body.to_vec();
                    self.take(board, Candidate { file, seen, fetched: true }, now_ms);
                } else if is(&self.refused) {
                    self.refused = Some(seen);
                    self.done(board, now_ms, |_| {});
                } else {
                    let file = answer.body.to_vec();
                    self.work = Work::Prove(Candidate { file, seen, fetched: true });
                }
                None
            }
            304 if in_flight.conditional => {
                match in_flight.refused {
                    true => self.done(board, now_ms, |_| {}),
                    false => self.confirmed(board, now_ms),
                }
                None
            }
            status => {
                Some(self.failed(board, format!("the answer was {status} and no file"), now_ms))
            }
        }
    }

    /// The server has what is in force.
    pub(super) fn confirmed(&mut self, board: &mut dyn Board, now_ms: u64) {
        self.refused = None;
        self.alone = false;
        self.status.confirmed(now_ms, 0);
        let good = self.good.clone();
        self.done(board, now_ms, |note| {
            note.good.clone_from(&good);
            note.refused = None;
            note.confirmed_ms = now_ms;
            note.error = 0;
        });
    }

    pub(super) fn failed(&mut self, board: &mut dyn Board, text: String, now_ms: u64) -> News {
        self.failures = self.failures.saturating_add(1);
        let pause = 1000_u64.saturating_mul(2_u64.saturating_pow(self.failures.min(16)));
        self.due_ms = now_ms.saturating_add(pause.min(self.config.interval_ms()));
        let error = Why::Unreachable.number();
        let first = self.status.error != error;
        self.status.error = error;
        self.status.told = Some(Refused { why: Why::Unreachable, text: text.clone() });
        self.release(board, |note| note.error = error);
        News::Unreachable { text, first }
    }

    pub(super) fn done(&mut self, board: &mut dyn Board, now_ms: u64, change: impl Fn(&mut Note)) {
        self.failures = 0;
        self.due_ms = now_ms.saturating_add(self.config.interval_ms());
        self.release(board, change);
    }

    pub(super) fn release(&mut self, board: &mut dyn Board, change: impl Fn(&mut Note)) {
        let (name, due_ms) = (&self.name, self.due_ms);
        self.notes.change(board, |note| {
            if note.holder == *name {
                note.holder.clear();
            }
            note.due_ms = due_ms;
            change(note);
        });
    }
}
