/*! Reads the parts of a call for a view: masks, shortens, and counts what it took out. */

use std::collections::BTreeMap;

use policy::sql::looks_like_sql;

use super::{SqlText, TEXT_LIMIT, percent, sql, visible, visible_line};
use crate::mask::Mask;

/// SQL texts that are shown by themselves; the rest is in the body.
const SQL_TEXTS: usize = 16;
const LINE_LIMIT: usize = 4096;

/// A header whose name has one of these in it keeps its value to itself.
const SECRETIVE: &[&str] =
    &["auth", "cookie", "credential", "key", "passw", "secret", "session", "signature", "token"];

pub struct Reading<'a> {
    mask: &'a dyn Mask,
    counts: BTreeMap<String, u32>,
    pub cut: bool,
}

impl<'a> Reading<'a> {
    pub fn new(mask: &'a dyn Mask) -> Self {
        Self { mask, counts: BTreeMap::new(), cut: false }
    }

    pub fn masked(&mut self, text: &str) -> String {
        let masked = self.mask.mask(text);
        self.cut |= masked.withheld;
        for (kind, count) in masked.findings {
            *self.counts.entry(kind).or_default() += count;
        }
        masked.text
    }

    pub fn line(&mut self, text: &str) -> String {
        let masked = self.masked(text);
        self.shortened(visible_line(&masked), LINE_LIMIT)
    }

    /// A line of text that is masked already.
    pub fn name(&mut self, text: &str) -> String {
        self.shortened(visible_line(text), LINE_LIMIT)
    }

    /// Shown as it is sent, unless only its decoded form gives away what has to be masked.
    pub fn path(&mut self, path: &str) -> String {
        let revealing =
            percent::decoded(path).filter(|decoded| !self.mask.mask(decoded).findings.is_empty());
        self.line(revealing.as_deref().unwrap_or(path))
    }

    pub fn header(&mut self, name: &str, value: &str) -> (String, String) {
        let shown = if SECRETIVE.iter().any(|part| name.contains(part)) {
            format!("[not shown: {} bytes]", value.len())
        } else {
            self.line(value)
        };
        (visible_line(name), shown)
    }

    /// Text that is masked already.
    pub fn text(&mut self, text: String) -> String {
        self.shortened(visible(&text), TEXT_LIMIT)
    }

    /// SQL in the strings of a masked body, or a masked body that is SQL.
    pub fn sql(&mut self, body: &str) -> Vec<SqlText> {
        let mut found = Vec::new();
        match serde_json::from_str::<serde_json::Value>(body) {
            Ok(value) => policy::json::strings(&value, |at, text| {
                if looks_like_sql(text) {
                    found.push((at.to_owned(), text.to_owned()));
                }
            }),
            Err(_) if looks_like_sql(body) => found.push((String::new(), body.to_owned())),
            Err(_) => {}
        }
        let texts = found.into_iter().take(SQL_TEXTS);
        texts.map(|(at, text)| self.statement(&at, &text)).collect()
    }

    fn statement(&mut self, at: &str, text: &str) -> SqlText {
        let laid_out = sql::lay_out(&visible(text));
        SqlText { at: self.name(at), text: self.shortened(laid_out, TEXT_LIMIT) }
    }

    pub fn findings(self) -> Vec<(String, u32)> {
        self.counts.into_iter().collect()
    }

    fn shortened(&mut self, text: String, limit: usize) -> String {
        self.cut |= text.len() > limit;
        shorten(&text, limit)
    }
}

/// At most `limit` bytes and an ellipsis.
pub fn shorten(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let end = (0..=limit).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    format!("{}…", text.get(..end).unwrap_or_default())
}
