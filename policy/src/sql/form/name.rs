/*! Names of objects, and what can stand behind them. */

use super::starts_unseparated;
use crate::sql::token::{Kind, Token, Tokens};
use crate::sql::work::Work;

/// Words that no object is called by, since databases want them quoted or nobody would.
#[rustfmt::skip]
const NO_NAMES: &[&str] = &[
    "AND", "AS", "AT", "BY", "FOR", "FROM", "IN", "INTO", "IS", "NOT", "NULL", "OF", "ON", "OR",
    "SELECT", "SET", "THEN", "TO", "USING", "VALUES", "WHEN", "WHERE", "WITH",
];

/// Words of prose that could be names, and are not. Aliases they can be, so they count for nothing
/// where an alias can stand.
#[rustfmt::skip]
const DETERMINERS: &[&str] = &[
    "all", "an", "any", "anything", "both", "each", "either", "every", "everything", "her", "him",
    "his", "it", "its", "me", "my", "no", "one", "our", "several", "some", "something", "that",
    "the", "their", "them", "these", "this", "those", "us", "what", "whatever", "which", "your",
];

/// Words that follow a table in some statement.
#[rustfmt::skip]
const AFTER_TABLE: &[&str] = &[
    "AS", "CROSS", "FORCE", "FROM", "FULL", "GLOBAL", "GROUP", "IGNORE", "INDEXED", "INNER", "JOIN",
    "LATERAL", "LEFT", "LIMIT", "NATURAL", "NOT", "OPTION", "ORDER", "OUTER", "OUTPUT",
    "PARTITION", "RETURNING", "RIGHT", "SET", "USE", "USING", "WHERE", "WITH",
];

/// No database has names of more parts.
const MAX_PARTS: usize = 12;

pub(in crate::sql) fn is_determiner(token: &Token<'_>) -> bool {
    token.kind == Kind::Word && DETERMINERS.iter().any(|word| token.text.eq_ignore_ascii_case(word))
}

/// A bare word that is no keyword.
pub(super) fn is_plain(token: &Token<'_>) -> bool {
    token.kind == Kind::Word && token.word.is_empty()
}

pub(super) fn is_possible(token: &Token<'_>) -> bool {
    match token.kind {
        Kind::Word => !token.is_word(NO_NAMES),
        Kind::Quoted | Kind::Text | Kind::Param => true,
        Kind::Number | Kind::Symbol | Kind::End => token.is("("),
    }
}

/// Behind the name at `at`, with what it belongs to: `a.b..c`, `'u'@'%'`, `LOGIN::x`. A name does not
/// end in a point, but sentences do.
pub(super) fn end(tokens: &[Token<'_>], at: usize) -> Option<usize> {
    let mut at = if tokens.at(at).is(".") { at + 1 } else { at };
    if !is_possible(&tokens.at(at)) || tokens.at(at).is("(") {
        return None;
    }
    for _ in 0..MAX_PARTS {
        at += 1;
        let token = tokens.at(at);
        if token.is(".") {
            at += 1;
            at += usize::from(tokens.at(at).is("."));
            if !tokens.at(at).is_name() && !tokens.at(at).is("*") {
                return None;
            }
        } else if token.is("::") || token.is("@") || (token.text == "@") {
            at += 1;
        } else {
            return Some(at);
        }
    }
    None
}

/// Whether a statement can be over before `at`: its end, a parenthesis or delimiter, a label or (SQL
/// Server needs no semicolon) the next statement.
pub(super) fn is_over(tokens: &[Token<'_>], at: usize) -> bool {
    let (token, next, second) = (tokens.at(at), tokens.at(at + 1), tokens.at(at + 2));
    match token.kind {
        Kind::End => true,
        Kind::Symbol => matches!(token.text, ")" | "}" | "/" | "\\" | "`"),
        Kind::Param => token.text.starts_with('$'),
        Kind::Word if next.is(":") || (next.kind == Kind::Param && next.text.starts_with(':')) => {
            token.word.is_empty()
        }
        // A condition does not begin with two names: `if it rains`.
        Kind::Word if token.is_word(&["IF", "WHILE"]) => !is_plain(&next) || !is_plain(&second),
        Kind::Word => starts_unseparated(&token),
        _ => false,
    }
}

/// Behind the literal at `at` and the pieces that belong to it: PostgreSQL joins what line ends part,
/// and lets `UESCAPE '!'` come behind it.
pub(super) fn past_literal(tokens: &[Token<'_>], at: usize) -> usize {
    let more = |token: &&Token<'_>| token.kind == Kind::Text || token.word == "UESCAPE";
    at + 1 + tokens.iter().skip(at + 1).take_while(more).count()
}

/// Whether a statement of a database that wants something between two can be over before `at`.
pub(super) fn is_end(tokens: &[Token<'_>], at: usize) -> bool {
    tokens.at(at).kind != Kind::Word && is_over(tokens, at)
}

/// Whether `at` can stand behind a table in a statement that changes rows, an alias in front of it or
/// not.
pub(super) fn follows_table(tokens: &[Token<'_>], at: usize) -> bool {
    let follows = |at: usize| {
        let token = tokens.at(at);
        match token.word {
            // `WITH (NOLOCK)`. `Delete from contacts with no email` is none.
            "WITH" => tokens.at(at + 1).is("("),
            _ => is_over(tokens, at) || token.is(",") || token.is_word(AFTER_TABLE),
        }
    };
    follows(at)
        || tokens.at(at).is("(")
        || tokens.at(at).is("*")
        || (is_possible(&tokens.at(at)) && is_plain_or_quoted(&tokens.at(at)) && follows(at + 1))
}

fn is_plain_or_quoted(token: &Token<'_>) -> bool {
    is_plain(token) || token.kind == Kind::Quoted
}

/// Behind the parenthesis that closes the one at `at`; `at` where there is none.
pub(super) fn past_parentheses(tokens: &[Token<'_>], at: usize, work: &Work) -> usize {
    if !tokens.at(at).is("(") {
        return at;
    }
    let mut depth = 0usize;
    let close = tokens.iter().enumerate().skip(at).find_map(|(index, token)| {
        if token.is("(") {
            depth += 1;
        } else if token.is(")") {
            depth = depth.saturating_sub(1);
        }
        (depth == 0 || !work.spend(0)).then_some(index + 1)
    });
    close.unwrap_or(tokens.len())
}
