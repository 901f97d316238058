/*!
Forms: a plus is a blank in them, and each name says what its value is. Names and values are taken apart in every
reading, as `query` does for what rules compare, and each is read by itself: a value may be JSON.

This only adds to what is found in the body as text: not everything that is called a form is read as one.
*/

use std::borrow::Cow;
use std::ops::Range;

use super::{Reader, order};
use crate::query::{in_php, readings_at};
use crate::scan::budget::OverBudget;
use crate::scan::findings::{Form, Found};
use crate::scan::unit::{self, Spelled, Unit};
use crate::scan::{context, view};

/// Adds what is found in the names and values of a form to what was found in its text.
pub(super) fn add(
    reader: &mut Reader<'_>,
    form: &[u8],
    depth: u32,
    found: &mut Vec<Found>,
) -> Result<(), OverBudget> {
    let shortest = reader.scanner.0.shortest;
    for (name, value) in pairs(form) {
        add_word(reader, form, name.clone(), depth, found)?;
        if value.len() < shortest {
            continue;
        }
        reader.budget.decode(name.len())?;
        let outer = std::mem::take(&mut reader.member);
        for member in members(form.get(name).unwrap_or_default()) {
            reader.member = member;
            add_word(reader, form, value.clone(), depth, found)?;
        }
        reader.member = outer;
    }
    found.sort_by_key(order);
    found.dedup();
    Ok(())
}

/// As `add`, of a form that is JSON as well: JSON it stays, whatever is put in the place of a finding.
pub(super) fn add_in_json(
    reader: &mut Reader<'_>,
    form: &[u8],
    numbers: &[Range<usize>],
    depth: u32,
    found: &mut Vec<Found>,
) -> Result<(), OverBudget> {
    let mut more = Vec::new();
    add(reader, form, depth, &mut more)?;
    for one in &mut more {
        let there = form.get(one.span.clone()).unwrap_or_default();
        if let Some(at) = there.iter().position(|byte| *byte == b'"') {
            // A quote within a string has a backslash, which stays with it.
            let before = there.get(..at).unwrap_or_default();
            let kept = before.iter().rposition(|byte| *byte != b'\\').map_or(0, |last| last + 1);
            one.span.end = one.span.start + kept;
            one.form = Form::Text;
        }
    }
    // Numbers were read with the names of their members; a text in the place of one would be none.
    more.retain(|one| {
        let next = numbers.partition_point(|number| number.end <= one.span.start);
        let apart = numbers.get(next).is_none_or(|number| number.start >= one.span.end);
        apart && !one.span.is_empty()
    });
    found.append(&mut more);
    found.sort_by_key(order);
    found.dedup();
    Ok(())
}

/// Adds what is found in one name or value.
fn add_word(
    reader: &mut Reader<'_>,
    form: &[u8],
    word: Range<usize>,
    depth: u32,
    found: &mut Vec<Found>,
) -> Result<(), OverBudget> {
    if word.len() < reader.scanner.0.shortest {
        return Ok(());
    }
    let raw = form.get(word.clone()).unwrap_or_default();
    reader.budget.decode(raw.len())?;
    let mut more = reader.text(&decoded(raw), depth)?;
    unit::map_back(units(raw), more.iter_mut().map(|one| &mut one.span));
    for one in &mut more {
        let there = raw.get(one.span.clone()).unwrap_or_default();
        // As a digit of a run it would be read for another one: then all of it goes.
        if matches!(one.form, Form::Encoded(..)) && there.contains(&b'+') {
            one.form = Form::Text;
        }
        one.shift(word.start);
    }
    found.append(&mut more);
    Ok(())
}

/// Where names and values stand. A pair without a `=` is all name.
fn pairs(form: &[u8]) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
    readings_at(form).filter(|pair| !pair.is_empty()).map(|pair| {
        let text = form.get(pair.clone()).unwrap_or_default();
        match text.iter().position(|byte| *byte == b'=') {
            Some(at) => (pair.start..pair.start + at, pair.start + at + 1..pair.end),
            None => (pair.clone(), pair.end..pair.end),
        }
    })
}

/// What a value is called: PHP hears other names than most.
fn members(name: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let name = String::from_utf8_lossy(&decoded(name)).into_owned();
    let most = context::member(name.as_bytes());
    let php = Some(context::member(in_php(&name).as_bytes())).filter(|php| *php != most);
    std::iter::once(most).chain(php)
}

/// As a form's reader has it, and whoever decodes that once more.
fn decoded(raw: &[u8]) -> Cow<'_, [u8]> {
    match raw.contains(&b'+') || view::differs(raw) {
        true => unit::decode(units(raw), raw.len()).into(),
        false => raw.into(),
    }
}

/// Cut at the pluses first: who looked for the next spelling at each of them would read the rest as often.
fn units(text: &[u8]) -> impl Iterator<Item = Unit<'_>> {
    let blank = || Unit::Spelled(Spelled::byte(b' ', 1));
    let pieces = text.split(|byte| *byte == b'+').enumerate();
    pieces.flat_map(move |(n, piece)| (n > 0).then(blank).into_iter().chain(view::units(piece)))
}
