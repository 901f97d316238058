/*! A text with signatures below it, as c2sp.org/signed-note writes it, and cosignatures of c2sp.org/tlog-cosignature. */

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Purpose, Vkey};

/// Begins a line with a signature.
const DASH: &str = "\u{2014} ";
/// A longer one is none of ours.
const LONGEST: usize = 64 * 1024;
const MOST_SIGNATURES: usize = 100;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Ends with a line end.
    pub text: String,
    signatures: Vec<Line>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    name: String,
    /// Of the key, and what it signed.
    bytes: Vec<u8>,
}

/// It cannot be read as a text with signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no signed note: a text, an empty line, and lines of signatures")]
pub struct Unsound;

impl Signed {
    pub fn new(text: String, key: &Vkey, signature: Vec<u8>) -> Self {
        let bytes = [&key.id()[..], &signature].concat();
        Self { text, signatures: vec![Line { name: key.name.clone(), bytes }] }
    }

    /// # Errors
    ///
    /// It is none.
    pub fn read(note: &str) -> Result<Self, Unsound> {
        let sound = |c: char| c == '\n' || !c.is_control();
        if note.len() > LONGEST || !note.chars().all(sound) {
            return Err(Unsound);
        }
        let (text, below) = note.rsplit_once("\n\n").ok_or(Unsound)?;
        let signatures = lines(below)?;
        if signatures.is_empty() {
            return Err(Unsound);
        }
        Ok(Self { text: format!("{text}\n"), signatures })
    }

    /// Whether the log's key signed the text.
    pub fn is_signed_by(&self, log: &Vkey) -> bool {
        log.purpose == Purpose::Log
            && self.of(log).any(|signature| log.verifies(self.text.as_bytes(), signature))
    }

    /// When the witness saw it last, in Unix seconds.
    pub fn cosigned_by(&self, witness: &Vkey) -> Option<u64> {
        if witness.purpose != Purpose::Witness {
            return None;
        }
        self.of(witness).filter_map(|bytes| time(&self.text, witness, bytes)).max()
    }

    /// Takes from a witness' answer what it says of this text, and when that was. Other keys' lines say nothing.
    pub fn cosign(&mut self, witness: &Vkey, answer: &str) -> Option<u64> {
        let mut own = lines(answer).ok()?;
        own.retain(|line| {
            let signature = line.of(witness);
            signature.and_then(|bytes| time(&self.text, witness, bytes)).is_some()
        });
        let of = |line: &Line| line.of(witness).and_then(|bytes| time(&self.text, witness, bytes));
        let newest = own.into_iter().max_by_key(of)?;
        let at = of(&newest)?;
        self.signatures.retain(|line| line.of(witness).is_none());
        self.signatures.push(newest);
        Some(at)
    }

    fn of<'a>(&'a self, key: &'a Vkey) -> impl Iterator<Item = &'a [u8]> {
        self.signatures.iter().filter_map(|line| line.of(key))
    }
}

impl Line {
    /// The signature, if the key made it as it says.
    fn of(&self, key: &Vkey) -> Option<&[u8]> {
        let (id, signature) = self.bytes.split_first_chunk::<4>()?;
        (self.name == key.name && *id == key.id()).then_some(signature)
    }
}

/// Of a cosignature that is one of this text.
fn time(text: &str, witness: &Vkey, bytes: &[u8]) -> Option<u64> {
    let (time, signature) = bytes.split_first_chunk::<8>()?;
    let time = u64::from_be_bytes(*time);
    let message = format!("cosignature/v1\ntime {time}\n{text}");
    (i64::try_from(time).is_ok() && witness.verifies(message.as_bytes(), signature)).then_some(time)
}

fn lines(text: &str) -> Result<Vec<Line>, Unsound> {
    if text.len() > LONGEST {
        return Err(Unsound);
    }
    let whole = text.strip_suffix('\n').ok_or(Unsound)?;
    let read = |line: &str| {
        let (name, bytes) = line.strip_prefix(DASH)?.split_once(' ')?;
        let bytes = STANDARD.decode(bytes).ok().filter(|bytes| bytes.len() > 4)?;
        super::vkey::is_name(name).then(|| Line { name: name.to_owned(), bytes })
    };
    let all: Option<Vec<Line>> = whole.split('\n').map(read).collect();
    all.filter(|all| all.len() <= MOST_SIGNATURES).ok_or(Unsound)
}

impl fmt::Display for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        for Line { name, bytes } in &self.signatures {
            writeln!(f, "{DASH}{name} {}", STANDARD.encode(bytes))?;
        }
        Ok(())
    }
}
