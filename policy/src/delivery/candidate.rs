/*! A file on its way to become the bundle in force: fetched, or left by another worker. */

use std::mem;

use super::admission::{self, Proof, Proven, Refused, Why};
use super::lineage::Lineage;
use super::notes::{Board, Note, Seen};
use super::{Delivery, News};
use crate::bundle::Bundle;
use crate::case::{Step, Trial};

/// A candidate on its way, one step a tick.
#[derive(Default)]
pub(super) enum Work {
    #[default]
    None,
    Prove(Candidate),
    Read(Candidate, Proven),
    Try(Candidate, Box<Bundle>, Trial, Lineage),
}

pub(super) struct Candidate {
    pub(super) file: Vec<u8>,
    pub(super) seen: Seen,
    pub(super) fetched: bool,
}

impl Delivery {
    /// Takes from the note what this worker does not know yet.
    pub(super) fn look(&mut self, board: &dyn Board, note: Option<&Note>, now_ms: u64) {
        let Some(note) = note else { return };
        self.refused.clone_from(&note.refused);
        let Some(good) = &note.good else { return };
        if self.good.as_ref().is_some_and(|known| known.digest == good.digest) {
            self.good = Some(good.clone());
            self.status.confirmed(note.confirmed_ms.min(now_ms), note.error);
            return;
        }
        // A clock that was set back must not blind it.
        let paused = self.look_ms.saturating_sub(now_ms);
        if paused > 0 && paused <= self.config.interval_ms() {
            return;
        }
        match self.notes.file(board, &good.digest) {
            Some(file) => {
                let candidate = Candidate { file, seen: good.clone(), fetched: false };
                self.work = Work::Prove(candidate);
            }
            None => self.shun(now_ms),
        }
    }

    /// One step of work on the candidate.
    pub(super) fn advance(&mut self, board: &mut dyn Board, now_ms: u64) -> Option<News> {
        match mem::take(&mut self.work) {
            Work::None => None,
            Work::Prove(candidate) => {
                let (file, active) = (&candidate.file, &self.status.revision);
                let now = now_ms / 1000;
                match admission::prove(file, &self.signers, &self.lineage, active, now) {
                    Ok(Proof::Next(proven)) => {
                        self.work = Work::Read(candidate, proven);
                        None
                    }
                    Ok(Proof::Same) => {
                        self.take(board, candidate, now_ms);
                        None
                    }
                    Err(refused) => Some(self.refuse(board, candidate, refused, now_ms)),
                }
            }
            Work::Read(candidate, proven) => match proven.read(&self.signers) {
                Ok((bundle, cases, lineage)) => {
                    // Whoever left a file in the note has run its tests.
                    let cases = if candidate.fetched { cases } else { Vec::new() };
                    match Trial::new(cases, &bundle) {
                        Ok(trial) => {
                            self.go_on(board, candidate, Box::new(bundle), trial, lineage, now_ms)
                        }
                        Err(text) => {
                            let refused = Refused { why: Why::Tests, text };
                            Some(self.refuse(board, candidate, refused, now_ms))
                        }
                    }
                }
                Err(refused) => Some(self.refuse(board, candidate, refused, now_ms)),
            },
            Work::Try(candidate, bundle, trial, lineage) => {
                self.go_on(board, candidate, bundle, trial, lineage, now_ms)
            }
        }
    }

    /// With the tests; once they passed the bundle is in force.
    fn go_on(
        &mut self,
        board: &mut dyn Board,
        candidate: Candidate,
        bundle: Box<Bundle>,
        mut trial: Trial,
        lineage: Lineage,
        now_ms: u64,
    ) -> Option<News> {
        match trial.step(&bundle) {
            Step::More => {
                self.work = Work::Try(candidate, bundle, trial, lineage);
                None
            }
            Step::Failed(text) => {
                let refused = Refused { why: Why::Tests, text };
                Some(self.refuse(board, candidate, refused, now_ms))
            }
            Step::Passed => {
                self.lineage = lineage;
                self.status.activated(&bundle, now_ms);
                let fetched = candidate.fetched;
                self.take(board, candidate, now_ms);
                Some(News::Activated { bundle, fetched })
            }
        }
    }

    /// The file of the bundle in force, which the others get from whoever fetched it.
    pub(super) fn take(&mut self, board: &mut dyn Board, candidate: Candidate, now_ms: u64) {
        self.good = Some(candidate.seen);
        self.refused = None;
        if candidate.fetched {
            self.notes.put_file(board, &candidate.file);
            self.confirmed(board, now_ms);
        }
    }

    pub(super) fn refuse(
        &mut self,
        board: &mut dyn Board,
        candidate: Candidate,
        refused: Refused,
        now_ms: u64,
    ) -> News {
        if candidate.fetched {
            let (seen, error) = (candidate.seen, refused.why.number());
            self.refused = Some(seen.clone());
            self.status.error = error;
            self.status.told = Some(refused.clone());
            self.done(board, now_ms, |note| {
                note.refused = Some(seen.clone());
                note.error = error;
            });
        } else {
            self.shun(now_ms);
        }
        News::Refused(refused)
    }

    /// What the others left is of no use: for an interval this worker does without them.
    pub(super) fn shun(&mut self, now_ms: u64) {
        self.look_ms = now_ms.saturating_add(self.config.interval_ms());
        self.alone = true;
    }
}
