/*!
Runs of base64 and hexadecimal digits in text that may arrive in pieces: by themselves, with their signs
percent-encoded as in a query, and over several lines of the same width, as in mail.
*/

use super::encoded::{self, Encoded, LONGEST, SIGNS_MAX, is_digit, is_worth};
use super::search::Window;

/// Shorter lines are not taken together.
const NARROWEST: usize = 24;
/// Most blanks before each line.
const INDENT_MAX: usize = 32;

#[derive(Clone, Default)]
pub(super) struct Runs {
    /// The first byte that was not looked at.
    at: usize,
    /// Where the run at hand begins.
    run: usize,
    block: Option<Block>,
}

/// Lines of the same width, of which more may follow.
#[derive(Clone)]
struct Block {
    from: usize,
    width: usize,
    /// Bytes between two lines, once there are two.
    gap: Option<usize>,
    /// Behind the last digit.
    end: usize,
}

/// What stands at the end of a run.
enum Next {
    /// A digit that is written with so many bytes.
    Digit(usize),
    /// What ends a run, so many bytes.
    End(usize),
    More,
}

impl Runs {
    pub(super) fn advance(&mut self, window: &Window<'_>) -> Vec<Encoded> {
        let mut found = Vec::new();
        while self.at < window.end() {
            let rest = window.slice(self.at..window.end());
            let Some(digits) = rest.iter().position(|byte| !is_digit(*byte)) else { break };
            let at = self.at + digits;
            self.at = at;
            let worth = is_worth(at - self.run) || (self.block.is_some() && self.run < at);
            match next(rest.get(digits..).unwrap_or_default(), worth) {
                Next::Digit(bytes) => self.at = at + bytes,
                Next::More if !window.last => return found,
                Next::More => self.end_run(at, 1, window, &mut found),
                Next::End(bytes) => self.end_run(at, bytes, window, &mut found),
            }
        }
        self.at = self.at.max(window.end());
        if window.last {
            self.end_run(self.at, 0, window, &mut found);
            self.end_block(window, &mut found);
        } else if self.block.as_ref().is_some_and(|block| self.at - block.from > LONGEST) {
            self.end_block(window, &mut found);
        }
        found
    }

    /// Where what is told next may begin.
    pub(super) fn settled(&self) -> Option<usize> {
        let run = Some(self.run).filter(|run| self.at - run <= LONGEST);
        let block = self.block.as_ref().map(|block| block.from);
        run.into_iter().chain(block).chain([self.at]).min()
    }

    /// `bytes` are behind the run.
    fn end_run(&mut self, end: usize, bytes: usize, window: &Window<'_>, found: &mut Vec<Encoded>) {
        let run = std::mem::replace(&mut self.run, end + bytes);
        self.at = end + bytes;
        if run < end {
            self.end_digits(run, end, window, found);
        } else if let Some(block) = &self.block {
            let between = window.slice(block.end..self.run);
            if !is_between(between) && !is_begun(between) {
                self.end_block(window, found);
            }
        }
    }

    fn end_digits(
        &mut self,
        run: usize,
        end: usize,
        window: &Window<'_>,
        found: &mut Vec<Encoded>,
    ) {
        let breaks = matches!(window.slice(end..end.saturating_add(1)), [b'\n' | b'\r']);
        if let Some(block) = &mut self.block {
            let gap = run - block.end;
            let goes_on = end - run <= block.width
                && end - block.from <= LONGEST
                && gap == *block.gap.get_or_insert(gap)
                && is_between(window.slice(block.end..run));
            if goes_on {
                block.end = end;
                if end - run < block.width || !breaks {
                    self.end_block(window, found);
                }
                return;
            }
            self.end_block(window, found);
        }
        let plain = || !window.slice(run..end).contains(&b'%');
        let width = end - run;
        let fits = (NARROWEST..=LONGEST).contains(&width) && width.is_multiple_of(4);
        if breaks && fits && plain() {
            self.block = Some(Block { from: run, width, gap: None, end });
        } else {
            read(run, end, window, found);
        }
    }

    /// Tells what a block stands for as a whole, or else what its lines do.
    fn end_block(&mut self, window: &Window<'_>, found: &mut Vec<Encoded>) {
        let Some(block) = self.block.take() else { return };
        let text = window.slice(block.from..block.end.saturating_add(SIGNS_MAX));
        let length = block.end - block.from;
        if block.end - block.from > block.width
            && let Some(mut one) = encoded::read_lines(text, length)
        {
            one.span = one.span.start + block.from..one.span.end + block.from;
            found.push(one);
            return;
        }
        let mut at = block.from;
        while at < block.end {
            let end = block.end.min(at + block.width);
            read(at, end, window, found);
            at = end + block.gap.unwrap_or(1);
        }
    }
}

fn read(run: usize, end: usize, window: &Window<'_>, found: &mut Vec<Encoded>) {
    if !is_worth(end - run) {
        return;
    }
    let text = window.slice(run..end.saturating_add(SIGNS_MAX));
    if let Some(mut one) = encoded::read(text, end - run) {
        one.span = one.span.start + run..one.span.end + run;
        found.push(one);
    }
}

/// `rest` begins with what is no digit by itself. Padding behind a run that is worth it has to be at hand.
fn next(rest: &[u8], worth: bool) -> Next {
    let enough = |bytes: usize| rest.len() >= bytes;
    match rest {
        [b'%', a, b, ..] if !(a.is_ascii_hexdigit() && b.is_ascii_hexdigit()) => Next::End(1),
        [b'%', digits @ ..] => match digits {
            [b'2', b'B' | b'b' | b'F' | b'f', ..] => Next::Digit(3),
            [b'3', b'D' | b'd', ..] if worth && !enough(SIGNS_MAX) => Next::More,
            [_, _, ..] => Next::End(3),
            _ => Next::More,
        },
        _ if worth && !enough(2) => Next::More,
        _ => Next::End(1),
    }
}

/// One line break, and blanks.
fn is_between(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"\r").unwrap_or(text);
    text.strip_prefix(b"\n").is_some_and(are_blanks)
}

/// What may become one.
fn is_begun(text: &[u8]) -> bool {
    text.is_empty() || text == b"\r"
}

fn are_blanks(text: &[u8]) -> bool {
    text.len() <= INDENT_MAX && text.iter().all(|byte| matches!(byte, b' ' | b'\t'))
}
