//! Why the classifier may see more in a statement than the oracle does. What no reason explains fails.

use std::collections::BTreeSet;

use super::expected::{Expected, Note};
use super::{Dialect, SqlEffect, SqlEffect::*, Work};
use crate::sql::lexer::lex;
use crate::sql::rules;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reason {
    /// A condition that names no column, or that the oracle does not evaluate.
    TautologyUnknownToTheOracle,
    /// `MERGE .. NOT MATCHED BY SOURCE`: every action of it counts as one on all rows.
    MergeOfUnmatchedRows,
    /// `EXECUTE name` runs what was prepared out of sight.
    ExecutedName,
    /// Literals of what is run as SQL, or of a procedure, are read as SQL.
    TextThatMayRun,
    /// A server older than the version that a comment asks for runs the rest.
    VersionComment,
    /// What comes behind `COPY .. FROM STDIN` is data to the oracle.
    DataOfCopy,
    /// `CREATE VIEW v AS SELECT a AS delete`: behind `AS` of such a statement another one may begin.
    KeywordAsName,
    /// `WITH s AS (SELECT 1) MERGE INTO t`, where `merge` could be the name of a column.
    MergeBehindSelect,
    /// `SHOW CREATE TABLE t` tells how it was made.
    ShowCreate,
}

/// `extra`: effects that only the classifier sees, but reading.
pub(super) fn reason(
    text: &str,
    extra: &BTreeSet<SqlEffect>,
    expected: &Expected,
) -> Option<Reason> {
    let only = |effects: &[SqlEffect]| extra.iter().all(|effect| effects.contains(effect));
    let every_row = only(&[UpdateWithoutWhere, DeleteWithoutWhere]);
    let upper = text.to_uppercase();
    let has = |word: &str| upper.contains(word);
    if text.contains("/*!") {
        Some(Reason::VersionComment)
    } else if every_row && expected.notes.contains(&Note::MergeBySource) {
        Some(Reason::MergeOfUnmatchedRows)
    } else if every_row && expected.notes.contains(&Note::UnjudgedCondition) {
        Some(Reason::TautologyUnknownToTheOracle)
    } else if only(&[DynamicSql]) && expected.notes.contains(&Note::ExecutedName) {
        Some(Reason::ExecutedName)
    } else if expected.notes.contains(&Note::Body) || expected.effects.contains(&DynamicSql) {
        Some(Reason::TextThatMayRun)
    } else if only(&[Create]) && has("MERGE") {
        Some(Reason::MergeBehindSelect)
    } else if expected.notes.contains(&Note::KeywordAsName)
        && aliased(text, expected.dialect, extra)
    {
        Some(Reason::KeywordAsName)
    } else if has("STDIN") && text.contains(';') {
        Some(Reason::DataOfCopy)
    } else if only(&[Create]) && has("SHOW") {
        Some(Reason::ShowCreate)
    } else {
        None
    }
}

/// Whether each effect is that of a verb which stands in the text as the name of a column.
fn aliased(text: &str, dialect: Dialect, extra: &BTreeSet<SqlEffect>) -> bool {
    let lexed = lex(text, rules::readings(text, dialect)[0], &Work::for_bytes(text.len()));
    let names: BTreeSet<&str> = lexed
        .tokens
        .windows(2)
        .filter(|pair| pair[0].word == "AS")
        .map(|pair| pair[1].word)
        .collect();
    extra.iter().all(|effect| {
        names.contains(match effect {
            Delete | DeleteWithoutWhere => "DELETE",
            Update | UpdateWithoutWhere => "UPDATE",
            DropObject => "DROP",
            Truncate => "TRUNCATE",
            SqlEffect::Create => "CREATE",
            Grant => "GRANT",
            _ => return false,
        })
    })
}
