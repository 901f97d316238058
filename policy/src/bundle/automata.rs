/*! Automata out of a bundle: aligned and checked before anything runs them. */

use regex_automata::dfa::{Automaton, dense::DFA};

use super::LoadError;
use super::wire::error;

/// Reads one automaton with `patterns` patterns, none of which matches the empty text.
pub(super) fn read(bytes: &[u8], patterns: usize) -> Result<DFA<Vec<u32>>, LoadError> {
    let dfa = read_any(bytes, patterns)?;
    if dfa.has_empty() { Err(damaged()) } else { Ok(dfa) }
}

fn damaged() -> LoadError {
    error("an automaton of the bundle cannot be read")
}

pub(super) fn read_any(bytes: &[u8], patterns: usize) -> Result<DFA<Vec<u32>>, LoadError> {
    // The library reads tables in place, so they must lie at a multiple of four.
    let mut aligned = vec![0; bytes.len().checked_add(4).ok_or_else(damaged)?];
    let offset = aligned.as_ptr().align_offset(4);
    let place = aligned.get_mut(offset..).and_then(|rest| rest.get_mut(..bytes.len()));
    place.ok_or_else(damaged)?.copy_from_slice(bytes);
    let place = aligned.get(offset..).and_then(|rest| rest.get(..bytes.len()));
    let (dfa, read) = DFA::from_bytes(place.ok_or_else(damaged)?).map_err(|_| damaged())?;
    if read != bytes.len() || dfa.pattern_len() != patterns {
        return Err(damaged());
    }
    Ok(dfa.to_owned())
}
