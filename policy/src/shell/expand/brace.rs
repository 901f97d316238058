/*! `{a,b}` and `{1..3}`. */

use crate::shell::flow::ANY;
use crate::shell::syntax::{Piece, Word};

/// More words than this stand for anything.
const MAX_WORDS: usize = 64;

#[derive(Clone)]
enum Atom {
    Char(char, bool),
    Other(Piece),
}

pub(super) fn expanded(word: &Word) -> Vec<Word> {
    let opens =
        |piece: &Piece| matches!(piece, Piece::Text { text, quoted: false } if text.contains('{'));
    if !word.pieces.iter().any(opens) {
        return vec![word.clone()];
    }
    let mut atoms = Vec::new();
    for piece in &word.pieces {
        match piece {
            Piece::Text { text, quoted } if text.is_empty() => {
                atoms.push(Atom::Other(Piece::Text { text: String::new(), quoted: *quoted }));
            }
            Piece::Text { text, quoted } => {
                atoms.extend(text.chars().map(|c| Atom::Char(c, *quoted)))
            }
            other => atoms.push(Atom::Other(other.clone())),
        }
    }
    let mut done = Vec::new();
    let mut todo = vec![(atoms, 0)];
    while let Some((atoms, from)) = todo.pop() {
        match alternatives(&atoms, from) {
            None => done.push(word_of(&atoms)),
            Some((alternatives, at)) => {
                if done.len() + todo.len() + alternatives.len() > MAX_WORDS {
                    let any = Piece::Text { text: ANY.to_string(), quoted: false };
                    done.push(Word { pieces: vec![any] });
                    return done;
                }
                todo.extend(alternatives.into_iter().rev().map(|atoms| (atoms, at)));
            }
        }
    }
    done
}

fn is(atom: &Atom, wanted: char) -> bool {
    matches!(atom, Atom::Char(c, false) if *c == wanted)
}

/// What stands for the first expression from `from` on, and where it began.
fn alternatives(atoms: &[Atom], from: usize) -> Option<(Vec<Vec<Atom>>, usize)> {
    let mut opened: Vec<(usize, Vec<usize>)> = Vec::new();
    for (at, atom) in atoms.iter().enumerate().skip(from) {
        if is(atom, '{') {
            opened.push((at, Vec::new()));
        } else if is(atom, ',') {
            if let Some((_, commas)) = opened.last_mut() {
                commas.push(at);
            }
        } else if is(atom, '}') {
            let Some((open, commas)) = opened.pop() else { continue };
            let inner = atoms.get(open + 1..at)?;
            let middles: Vec<Vec<Atom>> = if commas.is_empty() {
                match range(inner) {
                    Some(range) => range,
                    None => continue,
                }
            } else {
                let mut middles = Vec::new();
                let mut start = open + 1;
                for end in commas.into_iter().chain([at]) {
                    middles.push(atoms.get(start..end)?.to_vec());
                    start = end + 1;
                }
                middles
            };
            let (front, behind) = (atoms.get(..open)?, atoms.get(at + 1..)?);
            let whole = |middle: Vec<Atom>| [front, &middle, behind].concat();
            // What is around it may open now.
            let first = opened.first().map_or(open, |(at, _)| *at);
            return Some((middles.into_iter().map(whole).collect(), first));
        }
    }
    None
}

/// `{1..3}`, `{a..c}`
fn range(inner: &[Atom]) -> Option<Vec<Vec<Atom>>> {
    let text: Option<String> = inner
        .iter()
        .map(|atom| match atom {
            Atom::Char(c, false) => Some(*c),
            _ => None,
        })
        .collect();
    let text = text?;
    let (from, to) = text.split_once("..")?;
    let to = to.split_once("..").map_or(to, |(to, _)| to);
    let texts: Vec<String> = match (from.parse::<i32>(), to.parse::<i32>()) {
        (Ok(from), Ok(to)) => {
            let (low, high) = (from.min(to), from.max(to));
            (low..=high).take(MAX_WORDS + 1).map(|number| number.to_string()).collect()
        }
        _ => {
            let one = |text: &str| text.parse::<char>().ok();
            let (from, to) = (one(from)?, one(to)?);
            (from.min(to)..=from.max(to)).take(MAX_WORDS + 1).map(String::from).collect()
        }
    };
    let atoms = |text: &String| text.chars().map(|c| Atom::Char(c, false)).collect();
    Some(texts.iter().map(atoms).collect())
}

fn word_of(atoms: &[Atom]) -> Word {
    let mut word = Word::default();
    for atom in atoms {
        match atom {
            Atom::Char(c, quoted) => word.push(c.encode_utf8(&mut [0; 4]), *quoted),
            Atom::Other(piece) => word.pieces.push(piece.clone()),
        }
    }
    word
}
