/*!
A body as its reader sees it: JSON is read leaf by leaf, strings without their escapes and again as
JSON where they hold some; anything else is plain text, read as it is and as its view decodes it.

What was found is told in spans of the original bytes, so that only those have to change.
*/

mod form;

use std::ops::Range;

use super::budget::{Budget, OverBudget};
use super::encoded::{Encoded, LAYERS_MAX};
use super::findings::{Findings, Form, Found};
use super::json::{Leaf, LeafKind, Leaves, TOO_DEEP, is_space, leaves};
use super::label::{ByName, may_follow_loosely};
use super::lines::{Lines, preface};
use super::parts::{self, Part, Parts};
use super::search::{Search, Window, sort};
use super::table::Cell;
use super::unescape::{map_back, unescape};
use super::{Finding, Scanner, context, view};
use crate::content_type;

/// Scans a whole body.
pub fn scan_body(
    scanner: &Scanner,
    body: &[u8],
    budget: &mut Budget,
) -> Result<Findings, OverBudget> {
    let mut reader = Reader::new(scanner, budget);
    let depth = reader.budget.depth();
    let found = match lone_number(body) {
        Some(leaf) => reader.leaves(body, Leaves { all: vec![leaf], also: Vec::new() }, depth)?,
        None => reader.text(body, depth)?,
    };
    Ok(Findings::new(found, scanner))
}

/// Scans a whole body that is called something, such as a form; empty for nothing.
pub fn scan_called(
    scanner: &Scanner,
    content_type: &str,
    body: &[u8],
    budget: &mut Budget,
) -> Result<Findings, OverBudget> {
    let findings = scan_body(scanner, body, budget)?;
    if !content_type::is_form(content_type) {
        return Ok(findings);
    }
    let mut reader = Reader::new(scanner, budget);
    let depth = reader.budget.depth();
    // `curl -d` calls JSON a form, too, and an edit of a number in it has to be one.
    if lone_number(body).is_some() {
        return Ok(findings);
    }
    let mut found = findings.found;
    match reader.numbers(body, depth)? {
        None => form::add(&mut reader, body, depth, &mut found)?,
        Some(numbers) => form::add_in_json(&mut reader, body, &numbers, depth, &mut found)?,
    }
    Ok(Findings::new(found, scanner))
}

/// Scans a URL, or the path and query of one: a form stands behind its `?`, and tokens in fragments, too.
pub(crate) fn scan_url(
    scanner: &Scanner,
    url: &str,
    budget: &mut Budget,
) -> Result<Findings, OverBudget> {
    let mut reader = Reader::new(scanner, budget);
    let depth = reader.budget.depth();
    let mut found = reader.text(url.as_bytes(), depth)?;
    let mut at = url.find(['?', '#']).map_or(url.len(), |sign| sign + 1);
    for part in url.get(at..).unwrap_or_default().split('#') {
        let mut more = Vec::new();
        form::add(&mut reader, part.as_bytes(), depth, &mut more)?;
        more.iter_mut().for_each(|one| one.shift(at));
        found.append(&mut more);
        at += part.len() + 1;
    }
    found.sort_by_key(order);
    found.dedup();
    Ok(Findings::new(found, scanner))
}

/// Scans a part of text that flows; `text` is what its spans count in, from `base` on.
pub(super) fn scan_part(
    scanner: &Scanner,
    part: Part,
    window: &Window<'_>,
) -> Result<Vec<Found>, OverBudget> {
    let mut budget = Budget::for_body(match &part {
        Part::Cell(cell) => cell.span.len(),
        Part::Encoded(run) => run.span.len(),
    });
    let depth = budget.depth();
    Reader::new(scanner, &mut budget).part(part, window, depth)
}

struct Reader<'a> {
    scanner: &'a Scanner,
    search: Search,
    budget: &'a mut Budget,
    /// The name of the member whose value is read, as context.
    member: Vec<u8>,
    /// How many encodings the text at hand is within.
    layers: usize,
}

impl<'a> Reader<'a> {
    fn new(scanner: &'a Scanner, budget: &'a mut Budget) -> Self {
        Self { scanner, search: Search::new(), budget, member: Vec::new(), layers: 0 }
    }

    /// Findings in `text`, which is read as JSON if it is.
    fn text(&mut self, text: &[u8], depth: u32) -> Result<Vec<Found>, OverBudget> {
        let from = preface(text);
        let json = text.get(from..).unwrap_or_default();
        if !opens_container(json) {
            return self.prose(text, depth);
        }
        match self.leaves_of(json, depth)? {
            Some(leaves) => {
                let mut found = self.leaves(json, leaves, depth)?;
                found.iter_mut().for_each(|one| one.shift(from));
                Ok(found)
            }
            None => self.lines(text, from, depth),
        }
    }

    /// Findings in a text that begins like JSON but is not: the lines that are JSON by themselves
    /// are read as such, so that a record that was cut off does not spoil those before it.
    fn lines(&mut self, text: &[u8], from: usize, depth: u32) -> Result<Vec<Found>, OverBudget> {
        let all = self.prose(text, depth)?;
        let mut lines = Lines::default();
        for line in Lines::of(text, from) {
            let json = text.get(line.clone()).unwrap_or_default();
            if !opens_container(json) {
                continue;
            }
            let Some(leaves) = self.leaves_of(json, depth)? else { continue };
            let mut found = self.leaves(json, leaves, depth)?;
            found.iter_mut().for_each(|one| one.shift(line.start));
            lines.add(line, found, &all);
        }
        Ok(lines.instead_of(all))
    }

    /// Where numbers stand in JSON; `None`: it is none.
    fn numbers(&self, text: &[u8], depth: u32) -> Result<Option<Vec<Range<usize>>>, OverBudget> {
        let from = preface(text);
        let json = text.get(from..).unwrap_or_default();
        if !opens_container(json) {
            return Ok(None);
        }
        let leaves = self.leaves_of(json, depth)?;
        let number = |leaf: Leaf| {
            let Range { start, end } = leaf.span;
            (leaf.kind == LeafKind::Number).then_some(start + from..end + from)
        };
        Ok(leaves.map(|leaves| leaves.all.into_iter().filter_map(number).collect()))
    }

    fn leaves_of(&self, json: &[u8], depth: u32) -> Result<Option<Leaves>, OverBudget> {
        leaves(json, self.scanner.0.shortest, depth, &self.scanner.0.columns)
    }

    fn leaves(
        &mut self,
        text: &[u8],
        leaves: Leaves,
        depth: u32,
    ) -> Result<Vec<Found>, OverBudget> {
        let mut all = Vec::new();
        let outer = std::mem::take(&mut self.member);
        let mut last = None;
        for leaf in &leaves.all {
            if self.scanner.0.contextual && last.replace(leaf.member) != Some(leaf.member) {
                let name = leaf.member.of(text);
                self.member = if name.is_empty() { outer.clone() } else { context::member(name) };
            }
            let raw = text.get(leaf.span.clone()).unwrap_or_default();
            let mut found = match leaf.kind {
                LeafKind::Number => self.number(raw)?,
                LeafKind::Text { escaped, name } => self.string(raw, escaped, name, depth)?,
            };
            found.iter_mut().for_each(|one| one.shift(leaf.span.start));
            all.append(&mut found);
        }
        for (number, name) in &leaves.also {
            let Some(leaf) = leaves.all.get(*number) else { continue };
            self.member = context::member(name.of(text));
            let mut found =
                self.again(text.get(leaf.span.clone()).unwrap_or_default(), leaf.kind)?;
            found.iter_mut().for_each(|one| one.shift(leaf.span.start));
            all.append(&mut found);
        }
        if !leaves.also.is_empty() {
            all.sort_by_key(order);
            all.dedup();
        }
        self.member = outer;
        Ok(all)
    }

    /// Findings in a leaf that is called otherwise than by its member. What is packed in it has names
    /// of its own.
    fn again(&mut self, raw: &[u8], kind: LeafKind) -> Result<Vec<Found>, OverBudget> {
        let LeafKind::Text { escaped, .. } = kind else { return self.number(raw) };
        if !escaped {
            return if opens_container(raw) { Ok(Vec::new()) } else { self.plain(raw, Form::Text) };
        }
        self.budget.decode(raw.len())?;
        let text = unescape(raw);
        if opens_container(&text) {
            return Ok(Vec::new());
        }
        let mut found = self.plain(&text, Form::Text)?;
        map_back(raw, found.iter_mut().map(|one| &mut one.span));
        Ok(found)
    }

    fn number(&mut self, raw: &[u8]) -> Result<Vec<Found>, OverBudget> {
        let mut found = self.plain(raw, Form::Number)?;
        found.truncate(1);
        found.iter_mut().for_each(|one| one.span = 0..raw.len());
        Ok(found)
    }

    fn string(
        &mut self,
        raw: &[u8],
        escaped: bool,
        name: bool,
        depth: u32,
    ) -> Result<Vec<Found>, OverBudget> {
        let decoded;
        let text = if escaped {
            self.budget.decode(raw.len())?;
            decoded = unescape(raw);
            decoded.as_slice()
        } else {
            raw
        };
        let mut found = if name {
            self.plain(text, Form::Name)?
        } else {
            self.text(text, depth.checked_sub(1).ok_or(TOO_DEEP)?)?
        };
        if escaped && !found.is_empty() {
            map_back(raw, found.iter_mut().map(|one| &mut one.span));
        }
        Ok(found)
    }

    /// Findings in plain text, and in the parts of it that are read again.
    fn prose(&mut self, text: &[u8], depth: u32) -> Result<Vec<Found>, OverBudget> {
        let mut found = self.plain(text, Form::Text)?;
        if !parts::may_hold(text) {
            return Ok(found);
        }
        let window = Window { bytes: text, base: 0, last: true, member: &[], value: false };
        let parts = Parts::default().advance(&window, &self.scanner.0.columns);
        if parts.is_empty() {
            return Ok(found);
        }
        for part in parts {
            found.append(&mut self.part(part, &window, depth)?);
        }
        found.sort_by_key(order);
        Ok(found)
    }

    fn part(
        &mut self,
        part: Part,
        window: &Window<'_>,
        depth: u32,
    ) -> Result<Vec<Found>, OverBudget> {
        match part {
            Part::Cell(Cell { span, column, loose }) => {
                let outer = std::mem::replace(&mut self.member, column);
                let text = window.slice(span.clone());
                let mut found = self.plain(text, Form::Text)?;
                self.member = outer;
                let value = |one: &Found| text.get(one.span.clone()).unwrap_or_default();
                found.retain(|one| !loose || may_follow_loosely(value(one)));
                found.iter_mut().for_each(|one| one.shift(span.start));
                Ok(found)
            }
            Part::Encoded(_) if self.layers >= LAYERS_MAX => Ok(Vec::new()),
            Part::Encoded(Encoded { span, layer, text }) => {
                self.budget.decode(text.len())?;
                self.layers += 1;
                let found = self.text(&text, depth.checked_sub(1).ok_or(TOO_DEEP)?)?;
                self.layers -= 1;
                let whole = |found: Found| Found {
                    pattern: found.pattern,
                    span: span.clone(),
                    form: Form::Encoded(layer, Box::new(found)),
                };
                Ok(found.into_iter().map(whole).collect())
            }
        }
    }

    /// Findings in the text and in its view, which may be the same ones twice.
    fn plain(&mut self, text: &[u8], form: Form) -> Result<Vec<Found>, OverBudget> {
        if text.len() < self.scanner.0.shortest {
            return Ok(Vec::new());
        }
        let value = form != Form::Name && !self.member.is_empty();
        let mut found = self.search(text, value)?;
        if view::differs(text) {
            self.budget.decode(text.len())?;
            let mut seen = self.search(&view::decode(text), value)?;
            view::map_back(text, seen.iter_mut().map(|one| &mut one.span));
            view::widen(text, found.iter_mut().map(|one| &mut one.span));
            found.append(&mut seen);
            sort(&mut found);
        }
        let whole = |f: Finding| Found { pattern: f.pattern, span: f.span, form: form.clone() };
        Ok(found.into_iter().map(whole).collect())
    }

    /// `value`: the text is all of the value of the member at hand.
    fn search(&mut self, text: &[u8], value: bool) -> Result<Vec<Finding>, OverBudget> {
        self.search.reset();
        let window = Window { bytes: text, base: 0, last: true, member: &self.member, value };
        self.search.advance(self.scanner, &window, self.budget)?;
        Ok(self.search.take())
    }
}

/// By where they begin, the longer first.
fn order(one: &Found) -> (usize, std::cmp::Reverse<usize>, u16) {
    (one.span.start, std::cmp::Reverse(one.span.end), one.pattern)
}

/// The number, if the body is one and nothing else: it may be JSON.
fn lone_number(body: &[u8]) -> Option<Leaf> {
    let first = body.trim_ascii_start().first()?;
    if !matches!(first, b'-' | b'0'..=b'9') {
        return None;
    }
    let mut leaves = leaves(body, 0, 0, &ByName::default()).ok()??.all;
    leaves.pop().filter(|leaf| leaves.is_empty() && leaf.kind == LeafKind::Number)
}

/// Whether a text may be read as JSON that is packed in it.
pub(crate) fn holds_json(text: &[u8]) -> bool {
    opens_container(text.get(preface(text)..).unwrap_or_default())
}

/// Whether it is worth reading as JSON: only objects, lists and strings hold anything else.
fn opens_container(text: &[u8]) -> bool {
    let first = text.iter().find(|byte| !is_space(**byte));
    matches!(first, Some(b'{' | b'[' | b'"'))
}
