/*! Which rows a `DELETE` or `UPDATE` reaches: finding its condition, and whether it restricts anything. */

use super::constant::{Truth, truth};
use super::token::{Token, Tokens};
use super::verb::may_begin;
use super::work::{Judging, Work};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    EveryRow,
    Some,
}

/// Words behind which a condition is over.
const AFTER_CONDITION: &[&str] = &[
    "RETURNING",
    "ORDER",
    "LIMIT",
    "OPTION",
    "GROUP",
    "HAVING",
    "UNION",
    "EXCEPT",
    "INTERSECT",
    "GO",
];

/// Statements that begin behind a complete one without a semicolon.
const NEXT_STATEMENT: &[&str] = &[
    "ALTER", "BEGIN", "COMMIT", "CREATE", "DECLARE", "DELETE", "DROP", "ELSE", "END", "EXEC",
    "EXECUTE", "GRANT", "IF", "INSERT", "MERGE", "PRINT", "RETURN", "REVOKE", "ROLLBACK", "SELECT",
    "TRUNCATE", "UPDATE", "WAITFOR", "WHILE",
];

/// Of the `DELETE` or `UPDATE` at `index`.
pub(super) fn reach(tokens: &[Token<'_>], index: usize, judging: Judging<'_>) -> Reach {
    let end = statement_end(tokens, index, judging.work);
    match find(tokens, index + 1, end, "WHERE", judging.work) {
        Some(at) => restricts(tokens, at + 1, end, AFTER_CONDITION, judging),
        None => Reach::EveryRow,
    }
}

/// Of the `MERGE` at `index`: its `ON`. Rows without a match in the source count as every row.
pub(super) fn merge_reach(tokens: &[Token<'_>], index: usize, judging: Judging<'_>) -> Reach {
    judging.work.spend(2 * tokens.len());
    let unmatched = tokens.windows(3).any(|words| {
        matches!(words, [a, b, c] if a.word == "NOT" && b.word == "MATCHED" && c.word == "BY")
    }) && tokens.iter().any(|token| token.word == "SOURCE");
    match find(tokens, index + 1, tokens.len(), "ON", judging.work) {
        Some(at) if !unmatched => restricts(tokens, at + 1, tokens.len(), &["WHEN"], judging),
        _ => Reach::EveryRow,
    }
}

fn restricts(
    tokens: &[Token<'_>],
    from: usize,
    end: usize,
    stop: &[&str],
    judging: Judging<'_>,
) -> Reach {
    let mut depth = 0usize;
    let mut to = from;
    while to < end {
        let token = tokens.at(to);
        if token.is("(") {
            depth += 1;
        } else if token.is(")") {
            depth = depth.saturating_sub(1);
        } else if depth == 0 && token.is_word(stop) {
            break;
        }
        to += 1;
    }
    judging.work.spend(to.saturating_sub(from));
    if truth(tokens.part(from, to), judging, 0) == Truth::Always {
        Reach::EveryRow
    } else {
        Reach::Some
    }
}

/// Where the statement at `index` is over: at the parenthesis around it, or where the next begins.
fn statement_end(tokens: &[Token<'_>], index: usize, work: &Work) -> usize {
    let (mut depth, mut cases) = (0usize, 0usize);
    for at in index + 1..tokens.len() {
        // Where it may not go on, no condition has been found: every row.
        if !work.spend(0) {
            return index + 1;
        }
        let token = tokens.at(at);
        match token.word {
            "CASE" => cases += 1,
            "END" if cases > 0 => cases -= 1,
            _ if token.is("(") => depth += 1,
            _ if token.is(")") => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return at,
            },
            // `CASE .. ELSE truncate(a, 1) END`: no statement begins in an expression.
            _ if cases > 0 => {}
            _ if depth == 0 && token.is_word(NEXT_STATEMENT) && may_begin(tokens, at) => return at,
            _ => {}
        }
    }
    tokens.len()
}

/// The word outside of parentheses.
fn find(tokens: &[Token<'_>], from: usize, end: usize, word: &str, work: &Work) -> Option<usize> {
    work.spend(end.saturating_sub(from));
    let mut depth = 0usize;
    for at in from..end {
        let token = tokens.at(at);
        if token.is("(") {
            depth += 1;
        } else if token.is(")") {
            depth = depth.saturating_sub(1);
        } else if depth == 0 && token.word == word {
            return Some(at);
        }
    }
    None
}
