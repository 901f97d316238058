/*!
What the workers of one Envoy tell each other through its shared data: who fetches, what came of it,
and the file itself. Any plugin with the same `vm_id` can write there. The note is sealed under a key
of the configuration; the file is named by its digest in the note, and verified by each reader anew.
*/

use hmac_sha256::{HMAC, Hash};
use serde::{Deserialize, Serialize};

use crate::digest::{hex, same};

/// Envoy's shared data.
pub trait Board {
    /// The value, and what to give back to `set`; two times `None` where nothing was ever written.
    fn get(&self, key: &str) -> (Option<Vec<u8>>, Option<u32>);

    /// With `cas` only if nobody wrote since; false: somebody did.
    fn set(&mut self, key: &str, value: &[u8], cas: Option<u32>) -> bool;
}

/// A file by its digest, and the ETag it came with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    pub digest: String,
    pub etag: Option<String>,
}

/// All times in Unix milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Who fetches, and until when nobody else does.
    pub holder: String,
    pub until_ms: u64,
    /// When the next fetch is due.
    pub due_ms: u64,
    /// When the server last said that `good` is what it has.
    pub confirmed_ms: u64,
    /// The file in force.
    pub good: Option<Seen>,
    /// The last one that was refused, if none was good since.
    pub refused: Option<Seen>,
    /// Number of the last error; 0 since the server confirmed `good`.
    pub error: u64,
}

pub struct Notes {
    seal: [u8; 32],
    note: String,
    file: String,
}

const SEAL: usize = 64;

impl Notes {
    /// `config` is all that decides what is fetched and taken: another one has other notes.
    pub fn new(config: &[u8], secret: &[u8]) -> Self {
        let seal = HMAC::mac([b"gatehouse bundle notes\0", config].concat(), secret);
        let name = hex(&Hash::hash(&seal));
        let name = name.get(..16).unwrap_or_default();
        Self {
            seal,
            note: format!("gatehouse-note-{name}"),
            file: format!("gatehouse-file-{name}"),
        }
    }

    pub fn keys(&self) -> [&str; 2] {
        [&self.note, &self.file]
    }

    /// No note: nobody wrote one, or whoever wrote it has no business here.
    pub fn read(&self, board: &dyn Board) -> (Option<Note>, Option<u32>) {
        let (value, cas) = board.get(&self.note);
        (value.and_then(|value| self.open(&value)), cas)
    }

    pub fn write(&self, board: &mut dyn Board, note: &Note, cas: Option<u32>) -> bool {
        let text = serde_json::to_vec(note).unwrap_or_default();
        let mut value = self.seal_of(&text).into_bytes();
        value.extend(text);
        board.set(&self.note, &value, cas)
    }

    /// Tries again if others write at the same time; the note is no more than hints to them.
    pub fn change(&self, board: &mut dyn Board, change: impl Fn(&mut Note)) {
        for _ in 0..4 {
            let (note, cas) = self.read(board);
            let mut note = note.unwrap_or_default();
            change(&mut note);
            if self.write(board, &note, cas) {
                return;
            }
        }
    }

    pub fn put_file(&self, board: &mut dyn Board, file: &[u8]) {
        board.set(&self.file, file, None);
    }

    /// None if what is there is another one.
    pub fn file(&self, board: &dyn Board, digest: &str) -> Option<Vec<u8>> {
        board.get(&self.file).0.filter(|file| digest_of(file) == digest)
    }

    fn open(&self, value: &[u8]) -> Option<Note> {
        let (seal, text) = value.split_at_checked(SEAL)?;
        let sealed = same(self.seal_of(text).as_bytes(), seal);
        if sealed { serde_json::from_slice(text).ok() } else { None }
    }

    fn seal_of(&self, text: &[u8]) -> String {
        hex(&HMAC::mac(text, self.seal))
    }
}

pub fn digest_of(file: &[u8]) -> String {
    hex(&Hash::hash(file))
}
