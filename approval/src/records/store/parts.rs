/*! Parts of bodies as a row has them: what a finished record lists, and of an exchange that goes on what came so far. */

use std::collections::{BTreeMap, BTreeSet};

use policy::record::Record;
use policy::record::part::{Part, Side};

use super::super::Line;
use super::super::line::LONGEST_LINE;
use super::super::sieve::Sieve;

/// How much of bodies is read with records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bodies {
    /// What records themselves keep.
    Begin,
    /// And what is behind that.
    All,
}

impl Bodies {
    /// To see whether a text is in them, all; for a list of exchanges no more than the begin.
    pub fn listed_by(sieve: &Sieve) -> Self {
        if sieve.text.is_empty() { Self::Begin } else { Self::All }
    }

    /// In a query.
    pub fn column(self) -> &'static str {
        match self {
            Self::Begin => "CAST(NULL AS TEXT) AS parts",
            Self::All => "parts",
        }
    }
}

/// Those that are kept of a line: of a finished record nothing but what it lists, so that nobody puts something else in
/// its place.
pub fn kept(line: &Line, record: Option<&Record>) -> Vec<String> {
    let Some(record) = record else { return Vec::new() };
    let whole = record.last || line.link.is_some();
    let listed = |part: &Part| {
        let body = match part.of {
            Side::Request => &record.request.body,
            Side::Response => &record.response.body,
        };
        let own = part.told(&record.salt);
        body.parts.contains(&own)
    };
    let mut places = BTreeSet::new();
    let wanted = |text: &&String| {
        let part = serde_json::from_str::<Part>(text);
        part.is_ok_and(|part| (!whole || listed(&part)) && places.insert((part.of, part.n)))
    };
    line.parts.iter().filter(wanted).cloned().collect()
}

/// What came before of the same exchange, and now. The last one of before may have grown.
pub fn merged(before: &[String], now: &[String]) -> Vec<String> {
    let place = |text: &String| {
        let part = serde_json::from_str::<Part>(text).ok()?;
        Some(((part.of, part.n), text.clone()))
    };
    let mut all: BTreeMap<(Side, u32), String> = before.iter().filter_map(place).collect();
    for (place, text) in now.iter().filter_map(place) {
        let known = all.entry(place).or_default();
        if text.len() > known.len() {
            *known = text;
        }
    }
    let bytes: usize = all.values().map(String::len).sum();
    // Nobody's gateway sends as much.
    if bytes as u64 > LONGEST_LINE / 2 {
        return now.to_vec();
    }
    all.into_values().collect()
}

/// As in a column.
pub fn to_column(parts: &[String]) -> Option<String> {
    (!parts.is_empty()).then(|| parts.join(","))
}

/// `Err` if it is none of ours.
pub fn of_column(column: Option<String>) -> Result<Vec<String>, serde_json::Error> {
    let Some(column) = column else { return Ok(Vec::new()) };
    let parts = format!("[{column}]");
    let parts: Vec<&serde_json::value::RawValue> = serde_json::from_str(&parts)?;
    Ok(parts.iter().map(|part| part.get().to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(n: u32, text: &str) -> String {
        serde_json::to_string(&Part { of: Side::Response, n, from: 0, text: text.into() }).unwrap()
    }

    #[test]
    fn what_came_adds_up() {
        let before = [part(0, "a"), part(1, "b")];
        let all = merged(&before, &[part(2, "d"), part(1, "bc")]);
        assert_eq!(all, [part(0, "a"), part(1, "bc"), part(2, "d")]);
        // An older line that comes late takes nothing back.
        assert_eq!(merged(&all, &before), all);
        assert_eq!(of_column(to_column(&all)).unwrap(), all);
        assert_eq!(of_column(to_column(&[])).unwrap(), Vec::<String>::new());
    }
}
