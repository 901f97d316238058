/*!
Triggers, derived from the pattern itself: the fixed-length sequences of byte sets with which its
matches begin. A repetition that may end is cut before its first optional part.
*/

use regex_syntax::hir::{Class, Hir, HirKind};

use crate::scan::{ByteSet, TRIGGER_MAX};

/// A trigger with fewer bits stands at too many places of ordinary text.
const BITS_MIN: f64 = 8.0;
/// From here on a longer trigger does not pay, unless a literal goes on.
const BITS_ENOUGH: f64 = 18.0;
/// From here on a class wider than the digits does not pay: it tells little, and an automaton that
/// counts many such classes beside each other has a state for each way in which they overlap.
const BITS_WIDE: f64 = 10.0;
/// Bytes of the head of a field's name.
const NAME_HEAD: usize = 4;
/// A trigger that begins with more different bytes begins at most places of a text.
const FIRST_MAX: u32 = 26;
/// More sequences than this make the automaton grow.
const SEQUENCES_MAX: usize = 64;

pub(super) struct Trigger {
    /// How many parts of the concatenation stand before it.
    pub(super) lead_parts: usize,
    /// All of the same length.
    pub(super) sequences: Vec<Vec<ByteSet>>,
}

/// The parts of a pattern that follow one another.
pub(super) fn parts(hir: &Hir) -> Vec<Hir> {
    match hir.kind() {
        HirKind::Capture(capture) => parts(&capture.sub),
        HirKind::Concat(subs) => subs.iter().flat_map(parts).collect(),
        _ => vec![hir.clone()],
    }
}

/// The first place in a pattern that is rare enough to look for.
pub(super) fn derive(parts: &[Hir]) -> Option<Trigger> {
    let at = |lead_parts: usize| {
        let sequences = best(&Hir::concat(parts.get(lead_parts..)?.to_vec()), TRIGGER_MAX)?;
        Some(Trigger { lead_parts, sequences })
    };
    // Where a later part is rare too, what is wide is left to the lead.
    let narrow = |found: &Trigger| {
        found.sequences.iter().all(|s| s.first().is_none_or(|set| set.len() <= FIRST_MAX))
    };
    let mut found = (0..parts.len()).filter_map(at);
    let first = found.next()?;
    Some(if narrow(&first) { first } else { found.find(narrow).unwrap_or(first) })
}

/// The heads of names: in letters of both cases a few of them are rare enough, and many names in full
/// would make the automaton grow.
pub(super) fn of_names(label: &Hir) -> Option<Trigger> {
    Some(Trigger { lead_parts: 0, sequences: best(label, NAME_HEAD)? })
}

/// The shortest sequences that are rare enough, but all of a literal.
fn best(hir: &Hir, longest: usize) -> Option<Vec<Vec<ByteSet>>> {
    let mut best: Option<Vec<Head>> = None;
    let mut any_letter = false;
    for length in 1..=longest {
        let mut heads = heads(hir, length);
        // Too many to go on, and too few bytes to be rare together.
        any_letter |= heads.len() > SEQUENCES_MAX
            && best.as_ref().is_some_and(|best| bits_together(best) < BITS_MIN);
        if any_letter {
            heads.iter_mut().flat_map(|head| &mut head.bytes).for_each(|set| *set = lettered(*set));
            heads.sort();
            heads.dedup();
        }
        if heads.len() > SEQUENCES_MAX || heads.iter().any(|head| head.bytes.len() < length) {
            break;
        }
        let widest = heads.iter().filter_map(|head| head.bytes.last()).map(ByteSet::len).max();
        let so_far = bits(&heads, length - 1);
        let stops = |at: f64, wider: u32| so_far >= at && widest.is_some_and(|w: u32| w > wider);
        if stops(BITS_ENOUGH, 2) || stops(BITS_WIDE, 10) {
            break;
        }
        best = Some(heads);
    }
    let heads = best?;
    let length = heads.first()?.bytes.len();
    let wide = |head: Head| head.bytes.into_iter().map(widened).collect();
    let mut sequences: Vec<Vec<_>> = heads.into_iter().map(wide).collect();
    sequences.sort();
    sequences.dedup();
    let rare = sequences.iter().map(|sequence| weight(sequence, length)).fold(f64::MAX, f64::min);
    (rare >= BITS_MIN).then_some(sequences)
}

/// Some digits stand for all, and letters for those of either case: an automaton that tells `[2-6]` from
/// `[0-9]` at every place of every number, or `a` from `A` at every place of every word, has many times the
/// states, and stage 2 looks again anyway.
fn widened(set: ByteSet) -> ByteSet {
    let digits = ByteSet::from_iter([(b'0', b'9')]);
    if set.len() > 1 && set.union(digits) == digits {
        return digits;
    }
    let other = |byte: u8| if byte.is_ascii_alphabetic() { byte ^ 0x20 } else { byte };
    let others =
        (0..=u8::MAX).filter(|byte| set.contains(*byte)).map(|byte| (other(byte), other(byte)));
    set.union(others.collect())
}

/// Some capital letters stand for all, and some letters of either case for all of both: the countries of an
/// IBAN begin with a pair of them in more ways than there may be sequences.
fn lettered(set: ByteSet) -> ByteSet {
    let capitals = ByteSet::from_iter([(b'A', b'Z')]);
    let letters = capitals.union(ByteSet::from_iter([(b'a', b'z')]));
    let within = |all: &ByteSet| set.union(*all) == *all;
    [capitals, letters].into_iter().find(within).unwrap_or(set)
}

fn bits_together(heads: &[Head]) -> f64 {
    let share = |head: &Head| (-weight(&head.bytes, head.bytes.len())).exp2();
    -heads.iter().map(share).sum::<f64>().log2()
}

fn bits(heads: &[Head], length: usize) -> f64 {
    heads.iter().map(|head| weight(&head.bytes, length)).fold(f64::MAX, f64::min)
}

/// How rare a sequence is, in bits, if each byte of a text were drawn by itself.
fn weight(sequence: &[ByteSet], length: usize) -> f64 {
    let share = |set: &ByteSet| (0..=u8::MAX).filter(|b| set.contains(*b)).map(frequency).sum();
    sequence.iter().take(length).map(|set| -f64::log2(share(set)).min(16.0)).sum()
}

/// Roughly what share of the bytes of JSON, logs and prose this one is; they add up to one.
fn frequency(byte: u8) -> f64 {
    match byte {
        b' ' => 0.10,
        b'"' => 0.06,
        b'a'..=b'z' => 0.56 / 26.0,
        b'0'..=b'9' => 0.10 / 10.0,
        b'A'..=b'Z' => 0.06 / 26.0,
        0x21..=0x7e => 0.10 / 31.0,
        _ => 0.02 / 161.0,
    }
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Head {
    pub(super) bytes: Vec<ByteSet>,
    /// What follows in the pattern may follow here.
    pub(super) open: bool,
}

/// The ways a match can begin, cut at `limit` bytes.
pub(super) fn heads(hir: &Hir, limit: usize) -> Vec<Head> {
    let start = vec![Head { bytes: Vec::new(), open: true }];
    let mut heads = extend(start, hir, limit);
    heads.sort();
    heads.dedup();
    heads
}

fn extend(heads: Vec<Head>, hir: &Hir, limit: usize) -> Vec<Head> {
    // Far more than a trigger may have: no need to go on.
    if heads.len() > SEQUENCES_MAX * 16 || heads.iter().all(|head| !head.open) {
        return heads;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => heads,
        HirKind::Capture(capture) => extend(heads, &capture.sub, limit),
        HirKind::Literal(literal) => {
            let set = |byte: &u8| ByteSet::from_iter([(*byte, *byte)]);
            literal.0.iter().map(set).fold(heads, |heads, set| append(heads, set, limit))
        }
        HirKind::Class(class) => append(heads, bytes_of(class), limit),
        HirKind::Concat(subs) => subs.iter().fold(heads, |heads, sub| extend(heads, sub, limit)),
        HirKind::Alternation(subs) => {
            let mut all: Vec<Head> =
                subs.iter().flat_map(|sub| extend(heads.clone(), sub, limit)).collect();
            all.sort();
            all.dedup();
            all
        }
        HirKind::Repetition(repetition) => {
            let (sub, min) = (&*repetition.sub, repetition.min);
            let least =
                (0..min.min(limit as u32 + 1)).fold(heads, |heads, _| extend(heads, sub, limit));
            match repetition.max {
                Some(max) if max == min => least,
                Some(1) => {
                    let mut all = extend(least.clone(), sub, limit);
                    all.extend(least);
                    all.sort();
                    all.dedup();
                    all
                }
                _ => least.into_iter().map(|head| Head { open: false, ..head }).collect(),
            }
        }
    }
}

fn append(heads: Vec<Head>, set: ByteSet, limit: usize) -> Vec<Head> {
    let grow = |mut head: Head| {
        if head.open && head.bytes.len() < limit {
            head.bytes.push(set);
        } else {
            head.open = false;
        }
        head
    };
    heads.into_iter().map(grow).collect()
}

/// Classes are of bytes: patterns are parsed without Unicode.
pub(super) fn bytes_of(class: &Class) -> ByteSet {
    match class {
        Class::Bytes(bytes) => bytes.ranges().iter().map(|r| (r.start(), r.end())).collect(),
        Class::Unicode(class) => class
            .ranges()
            .iter()
            .filter_map(|r| Some((u8::try_from(r.start()).ok()?, u8::try_from(r.end()).ok()?)))
            .collect(),
    }
}

/// Every byte that a match of `hir` may hold.
pub(super) fn all_bytes(hir: &Hir) -> ByteSet {
    let own = match hir.kind() {
        HirKind::Literal(literal) => literal.0.iter().map(|byte| (*byte, *byte)).collect(),
        HirKind::Class(class) => bytes_of(class),
        _ => ByteSet::EMPTY,
    };
    hir.kind().subs().iter().map(all_bytes).fold(own, ByteSet::union)
}
