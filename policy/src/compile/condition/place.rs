/*! From a character of a condition to its place in the file, whatever style of YAML it is written in. */

use super::super::Source;
use super::super::diagnostic::Place;
use super::super::document::path_of;

/// `scalar` is where the text begins in the file; the file is one of `sources`.
pub(super) fn of(scalar: &Place, text: &str, at: usize, sources: &[Source]) -> Place {
    let files =
        sources.iter().flat_map(|source| source.files.iter().map(move |file| (source, file)));
    let mut files = files.filter(|(source, file)| path_of(source, file) == scalar.file);
    files
        .find_map(|(_, file)| within(&file.text, scalar, text, at))
        .unwrap_or_else(|| scalar.clone())
}

/// Walks through what is written and what it means side by side. Blanks may have become others:
/// lines are folded and indented. `None`: it is written in a way that is not followed.
fn within(file: &str, scalar: &Place, text: &str, at: usize) -> Option<Place> {
    let mut written = Written::at(file, scalar)?;
    written.skip_header();
    let mut last = written.place(scalar);
    for (number, character) in text.chars().enumerate() {
        if character.is_whitespace() {
            if number == at {
                return Some(written.place(scalar));
            }
            written.skip_blanks();
            continue;
        }
        written.skip_blanks();
        written.skip_escape(character)?;
        last = written.place(scalar);
        if number == at {
            return Some(last);
        }
        written.next();
    }
    // Behind the end of the text.
    last.column += u32::from(!text.is_empty());
    Some(last)
}

struct Written<'f> {
    lines: Vec<&'f str>,
    /// Counted from 0, in characters.
    line: usize,
    column: usize,
    quote: Option<char>,
}

impl<'f> Written<'f> {
    fn at(file: &'f str, place: &Place) -> Option<Self> {
        let (line, column) = (place.line.checked_sub(1)?, place.column.checked_sub(1)?);
        let lines = file.lines().collect();
        Some(Self { lines, line: line as usize, column: column as usize, quote: None })
    }

    fn peek(&self) -> Option<char> {
        self.lines.get(self.line)?.chars().nth(self.column)
    }

    fn next(&mut self) {
        self.column += 1;
    }

    fn skip_header(&mut self) {
        match self.peek() {
            Some('|' | '>') => {
                self.line += 1;
                self.column = 0;
                self.skip_blanks();
            }
            Some(quote @ ('\'' | '"')) => {
                self.quote = Some(quote);
                self.next();
            }
            _ => {}
        }
    }

    fn skip_blanks(&mut self) {
        while self.line < self.lines.len() {
            match self.peek() {
                Some(character) if character.is_whitespace() => self.column += 1,
                Some(_) => break,
                None => {
                    self.line += 1;
                    self.column = 0;
                }
            }
        }
    }

    /// Stands at the character that is meant, then.
    fn skip_escape(&mut self, meant: char) -> Option<()> {
        match (self.quote, self.peek()?) {
            (Some('\''), '\'') | (Some('"'), '\\') => self.next(),
            _ => {}
        }
        (self.peek()? == meant).then_some(())
    }

    fn place(&self, scalar: &Place) -> Place {
        Place {
            file: scalar.file.clone(),
            line: self.line as u32 + 1,
            column: self.column as u32 + 1,
            excerpt: self.lines.get(self.line).copied().unwrap_or_default().to_owned(),
        }
    }
}
