/*! Lines of an event stream, which end with a line feed, a carriage return or both. */

use std::ops::Range;

/// Finds the ends of events byte by byte.
#[derive(Default)]
pub(super) struct Lines {
    /// The line at hand has no byte yet.
    empty: bool,
    after_return: bool,
    /// The last event ended with a carriage return, which may be the half of a line end.
    event_ended_by_return: bool,
}

impl Lines {
    pub(super) fn belongs_to_last_event(&mut self, byte: u8) -> bool {
        let belongs = std::mem::take(&mut self.event_ended_by_return) && byte == b'\n';
        if belongs {
            self.after_return = false;
        }
        belongs
    }

    pub(super) fn ends_event(&mut self, byte: u8) -> bool {
        let half = std::mem::take(&mut self.after_return) && byte == b'\n';
        if half {
            return false;
        }
        let ends_line = byte == b'\n' || byte == b'\r';
        self.after_return = byte == b'\r';
        let ends_event = ends_line && self.empty;
        self.empty = ends_line;
        self.event_ended_by_return = ends_event && byte == b'\r';
        ends_event
    }
}

/// Spans of the lines of an event, without their ends.
pub(super) fn lines(event: &[u8], from: usize) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = from;
    std::iter::from_fn(move || {
        let rest = event.get(at..).filter(|rest| !rest.is_empty())?;
        let length = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
        let line = at..at + length.unwrap_or(rest.len());
        // The two halves of CR LF give an empty line between them, which holds nothing.
        at = line.end + 1;
        Some(line)
    })
}
