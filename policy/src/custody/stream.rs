/*! Credentials in a body that comes in pieces. */

use super::Custody;
use crate::redact;

/// Holds back what may be the beginning of a credential: what follows the last white space, and of
/// that no more than the longest form less one byte. An event of a stream ends in line feeds, so no
/// event waits for the next.
#[derive(Default)]
pub struct CustodyStream {
    held: Vec<u8>,
    pub found: u32,
}

impl CustodyStream {
    pub fn push(&mut self, custody: &Custody, chunk: &[u8], end: bool) -> Vec<u8> {
        if custody.is_empty() {
            return chunk.to_vec();
        }
        let mut text = std::mem::take(&mut self.held);
        text.extend_from_slice(chunk);
        let edits = custody.edits(&text);
        if !edits.is_empty() {
            self.found = self.found.saturating_add(u32::try_from(edits.len()).unwrap_or(u32::MAX));
            text = redact::apply(&text, &edits);
        }
        if !end {
            let word = text.iter().rev().take_while(|byte| **byte > b' ').count();
            let keep = word.min(custody.longest().saturating_sub(1));
            self.held = text.split_off(text.len() - keep);
        }
        text
    }

    pub fn holds_back(&self) -> bool {
        !self.held.is_empty()
    }
}
