/*! Where members of JSON stand in its text, so that they are cut out and all else stays as it came. */

use std::borrow::Cow;
use std::ops::Range;

use super::reader::{Reader, Token};
use super::{JsonError, MAX_DEPTH};

/// One level on the way from the whole value to an object in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// Of an object; decoded.
    Member(Cow<'a, str>),
    /// Any of an array.
    Item,
}

impl Step<'_> {
    pub fn is(&self, member: &str) -> bool {
        matches!(self, Step::Member(name) if name == member)
    }
}

/// What to cut so that the wanted members are gone and the rest is still JSON: each with the comma that
/// would be one too many. Sorted, none overlaps another.
///
/// `wanted` gets the way to the object and the decoded name of its member. It is not asked about what
/// stands in a member that is wanted itself.
///
/// # Errors
///
/// Text that is not JSON, or deeper than [`MAX_DEPTH`]. Members named twice are not refused, but each of
/// them is cut.
pub fn member_spans(
    text: &str,
    wanted: impl Fn(&[Step<'_>], &str) -> bool,
) -> Result<Vec<Range<usize>>, JsonError> {
    let mut reader = Reader::new(text, MAX_DEPTH)?;
    let mut spans = Vec::new();
    // The way to the value that comes next.
    let mut way: Vec<Step<'_>> = Vec::new();
    // The open containers.
    let mut open: Vec<Cuts> = Vec::new();
    // Depth of the object whose member is being cut.
    let mut cutting = None;
    loop {
        let before = reader.offset();
        let Some(token) = reader.next()? else { return Ok(spans) };
        match token {
            Token::ObjectStart => {
                open.push(Cuts::default());
                continue;
            }
            Token::ArrayStart => {
                open.push(Cuts::default());
                way.push(Step::Item);
                continue;
            }
            Token::Key(name) => {
                if cutting.is_none() {
                    // Nothing but white space and a comma is in front of the name.
                    let quote = text.get(before..).and_then(|rest| rest.find('"'));
                    let begin = before + quote.unwrap_or(0);
                    let is_wanted = wanted(&way, &name);
                    if is_wanted {
                        cutting = Some(open.len());
                    }
                    if let Some(cuts) = open.last_mut() {
                        spans.extend(cuts.begin(begin, is_wanted));
                    }
                }
                way.push(Step::Member(name));
                continue;
            }
            Token::ObjectEnd => {
                let cuts = open.pop();
                if cutting.is_none() {
                    spans.extend(cuts.and_then(Cuts::close));
                }
            }
            Token::ArrayEnd => {
                open.pop();
                way.pop();
            }
            Token::Text(_) | Token::Number(_) | Token::True | Token::False | Token::Null => {}
        }
        // A value has ended. One of an array leaves the way as it is.
        if matches!(way.last(), Some(Step::Member(_))) {
            way.pop();
            let ends = cutting == Some(open.len());
            if let Some(cuts) = open.last_mut() {
                spans.extend(cuts.end(reader.offset(), ends));
            }
            if ends {
                cutting = None;
            }
        }
    }
}

/// The text without the spans, which are sorted and overlap nowhere.
pub fn without(text: &str, spans: &[Range<usize>]) -> String {
    let mut rest = String::with_capacity(text.len());
    let mut at = 0;
    for span in spans {
        rest.push_str(text.get(at..span.start).unwrap_or_default());
        at = span.end;
    }
    rest.push_str(text.get(at..).unwrap_or_default());
    rest
}

/// What is cut in one object.
#[derive(Default)]
struct Cuts {
    /// A member stays that stands in front of what comes next.
    kept: bool,
    /// Where the first member begins, if it and all up to here are cut.
    from: Option<usize>,
    /// Where the last member ended.
    end: usize,
}

impl Cuts {
    /// A member begins.
    fn begin(&mut self, at: usize, is_wanted: bool) -> Option<Range<usize>> {
        if is_wanted {
            if !self.kept {
                self.from.get_or_insert(at);
            }
            return None;
        }
        self.kept = true;
        // Those in front of the first that stays go with the comma behind them.
        self.from.take().map(|from| from..at)
    }

    /// It ends.
    fn end(&mut self, at: usize, is_wanted: bool) -> Option<Range<usize>> {
        let before = std::mem::replace(&mut self.end, at);
        // With the comma in front of it.
        (is_wanted && self.kept).then_some(before..at)
    }

    /// No more members come.
    fn close(self) -> Option<Range<usize>> {
        self.from.map(|from| from..self.end)
    }
}

#[cfg(test)]
mod tests;
