/*!
What comes from outside (records, approvers' text, logs) on a terminal or in JSON. None of it may
move the cursor, change colours, or show text in another order than it is in.
*/

use std::io::{ErrorKind, Write};

use anyhow::Context;
use clap::ValueEnum;
use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text.
    Human,
    /// JSON in ASCII.
    #[value(alias = "jsonl")]
    Json,
}

/// To standard output, with a line end.
pub fn out(text: &str) -> anyhow::Result<()> {
    write_line(std::io::stdout().lock(), text).map(drop)
}

/// As `out`, of many: `false` once nobody reads any more.
pub fn out_one(text: &str) -> anyhow::Result<bool> {
    write_line(std::io::stdout().lock(), text)
}

/// A reader that had enough, as `head` has, is no error.
fn write_line(mut to: impl Write, text: &str) -> anyhow::Result<bool> {
    match writeln!(to, "{text}").and_then(|()| to.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        written => written.map(|()| true).context("cannot write the output"),
    }
}

/// To standard error, whatever the format: what goes well and may not be meant.
pub fn warn(warnings: &[String]) {
    warnings.iter().for_each(|warning| eprintln!("warning: {}", clean(warning)));
}

/// `1 rule`, `2 rules`.
pub fn count(number: impl TryInto<u64>, thing: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    let end = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{end}")
}

/// One line for a terminal.
pub fn clean(text: &str) -> String {
    text.chars().map(|c| if is_safe(c) { c } else { '\u{fffd}' }).collect()
}

/// Control characters, and the invisible ones that reorder or hide text: bidirectional marks and
/// overrides, zero-width characters, separators, tags.
fn is_safe(c: char) -> bool {
    !c.is_control()
        && !matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Pretty JSON, all ASCII: what a reader is not safe from is escaped.
pub fn json(value: &impl Serialize) -> anyhow::Result<String> {
    Ok(escaped(&serde_json::to_string_pretty(value)?))
}

fn escaped(text: &str) -> String {
    let mut ascii = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '\n' || (c.is_ascii() && !c.is_ascii_control()) {
            ascii.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                ascii.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    ascii
}

/// As `json`, in one line.
pub fn json_line(value: &impl Serialize) -> anyhow::Result<String> {
    Ok(escaped(&serde_json::to_string(value)?))
}

/// Columns as wide as their longest cell; the last one runs on. Cells are cleaned.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut lines: Vec<Vec<String>> = vec![head.iter().map(|&cell| cell.to_owned()).collect()];
    lines.extend(rows.iter().map(|row| row.iter().map(|cell| clean(cell)).collect()));
    let width = |column: usize| {
        lines.iter().map(|line| line.get(column).map_or(0, |cell| cell.chars().count())).max()
    };
    let widths: Vec<usize> = (0..head.len()).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for line in &lines {
        let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Write};

    use super::{clean, json, table, write_line};

    struct Closed(ErrorKind);

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Err(self.0.into())
        }
    }

    #[test]
    fn a_reader_that_went_away_is_no_error_and_a_full_disk_is() {
        assert!(!write_line(Closed(ErrorKind::BrokenPipe), "x").unwrap());
        let full = write_line(Closed(ErrorKind::StorageFull), "x").unwrap_err();
        assert_eq!(full.to_string(), "cannot write the output");
    }

    const EVIL: &str = "a\u{1b}[31m\u{9b}b\u{202e}c\r\n\u{7f}\u{200b}d\u{e0041}é";

    #[test]
    fn nothing_moves_the_cursor() {
        let shown = clean(EVIL);
        assert_eq!(shown.matches('\u{fffd}').count(), 8);
        assert!(shown.starts_with('a') && shown.ends_with('é'));
    }

    #[test]
    fn json_is_ascii_and_reads_back() {
        let text = json(&[EVIL]).unwrap();
        assert!(text.chars().all(|c| c == '\n' || (' '..='~').contains(&c)), "{text:?}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&text).unwrap(), [EVIL]);
    }

    #[test]
    fn columns_line_up() {
        let rows =
            [vec!["a".to_owned(), "b\n".to_owned()], vec!["long".to_owned(), "c".to_owned()]];
        assert_eq!(table(&["X", "Y"], &rows), "X     Y\na     b\u{fffd}\nlong  c\n");
    }
}
