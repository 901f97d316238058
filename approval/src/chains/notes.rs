/*!
Notes of what this program took out of records, until a checkpoint says so. They are kept in memory alone: what lies
in the database could be written there by anybody who has it, and would be signed.
*/

use std::sync::{Mutex, MutexGuard, PoisonError};

use policy::record::checkpoint::Note;

/// Notes and ranges in one checkpoint; the others are in the next.
const AT_ONCE: usize = 5_000;
/// Above that a note is left out, and stays one that nobody signed.
const MOST: usize = 1_000_000;

#[derive(Debug, Default)]
pub struct Notes(Mutex<Vec<Note>>);

impl Notes {
    fn all(&self) -> MutexGuard<'_, Vec<Note>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn add(&self, notes: Vec<Note>) {
        let mut all = self.all();
        let mut weight: usize = all.iter().map(weight).sum();
        for note in notes {
            let known =
                all.iter_mut().find(|known| note.erased.is_empty() && goes_on(known, &note));
            if let Some(known) = known {
                (known.pruned_to, known.at) = (known.pruned_to.max(note.pruned_to), note.at);
                continue;
            }
            weight += self::weight(&note);
            if weight > MOST {
                tracing::warn!(
                    "too much was taken out of records at once for all of it to be signed"
                );
                return;
            }
            all.push(note);
        }
    }

    /// As many as one checkpoint may have.
    pub fn take(&self) -> Vec<Note> {
        let mut all = self.all();
        take_from(&mut all)
    }
}

/// The first of them; one that is too long by itself is parted.
pub fn take_from(all: &mut Vec<Note>) -> Vec<Note> {
    let mut left = AT_ONCE;
    let fits = |note: &&Note| {
        let fits = weight(note) <= left;
        left -= if fits { weight(note) } else { 0 };
        fits
    };
    let whole = all.iter().take_while(fits).count();
    let mut taken: Vec<Note> = all.drain(..whole).collect();
    if let Some(note) = all.first_mut().filter(|_| left > 1) {
        let rest = note.erased.split_off(left - 1);
        let erased = std::mem::replace(&mut note.erased, rest);
        taken.push(Note { erased, ..Note::clone(note) });
    }
    taken
}

fn weight(note: &Note) -> usize {
    1 + note.erased.len()
}

fn goes_on(known: &Note, note: &Note) -> bool {
    known.erased.is_empty()
        && (&known.tenant, &known.chain, known.out_of, &known.by)
            == (&note.tenant, &note.chain, note.out_of, &note.by)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pruned(chain: &str, pruned_to: u64) -> Note {
        Note { chain: chain.into(), pruned_to, ..Note::default() }
    }

    #[test]
    fn the_furthest_counts_and_long_ones_are_parted() {
        let notes = Notes::default();
        notes.add(vec![pruned("a", 3), pruned("b", 1), pruned("a", 9)]);
        assert_eq!(notes.take(), [pruned("a", 9), pruned("b", 1)]);
        assert_eq!(notes.take(), []);
        let erased: Vec<(u64, u64)> = (0..12_000).map(|n| (n * 2, n * 2)).collect();
        let long = Note { chain: "c".into(), erased: erased.clone(), ..Note::default() };
        notes.add(vec![pruned("a", 1), long]);
        let mut back = Vec::new();
        for most in [2, 1, 1] {
            let some = notes.take();
            assert!(some.len() == most && some.iter().map(weight).sum::<usize>() <= AT_ONCE);
            back.extend(some.into_iter().flat_map(|one| one.erased));
        }
        assert_eq!((back, notes.take()), (erased, Vec::new()));
        notes.add(vec![Note { erased: vec![(1, 1); MOST], ..Note::default() }]);
        assert_eq!(notes.take(), []);
    }
}
