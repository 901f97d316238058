//! What a database would destroy or give away, where nothing says that the text is SQL.

mod disguises;
mod mysql;
mod others;
mod postgres;

use super::*;

fn all_at_least(least: Verdict, texts: &[&str]) {
    let let_by: Vec<_> = texts
        .iter()
        .map(|text| (verdict(text), text))
        .filter(|(found, _)| *found < least)
        .collect();
    assert!(let_by.is_empty(), "{} of {}: {let_by:#?}", let_by.len(), texts.len());
}
