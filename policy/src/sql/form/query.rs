/*! Statements that read. */

use super::name;
use super::{Form, Front};
use crate::sql::token::{Kind, Token, Tokens};

/// Words between `SELECT` and what is selected. Those of MySQL that begin with `SQL_` too.
#[rustfmt::skip]
const MODIFIERS: &[&str] = &[
    "all", "as", "binary", "connect_by_root", "distinct", "distinctrow", "high_priority", "percent",
    "prior", "straight_join", "stream", "struct", "ties", "top", "unique", "value", "variadic",
    "with",
];

/// Words that begin no expression, and with which a sentence goes on.
const NO_EXPRESSION: &[&str] = &["AND", "AT", "BY", "IN", "IS", "OF", "OR", "THEN", "TO", "WHEN"];

/// Words behind an expression that is selected.
#[rustfmt::skip]
const AFTER_ITEM: &[&str] = &[
    "AS", "EXCEPT", "FROM", "GROUP", "HAVING", "INTERSECT", "INTO", "LIMIT", "ORDER", "UNION",
    "WHERE",
];

/// What only reads is a statement where others are; what does more, everywhere.
pub(super) fn select(front: &Front<'_, '_>) -> Form {
    let tokens = front.tokens;
    let mut at = 1;
    while is_modifier(&tokens.at(at)) || (at > 1 && tokens.at(at - 1).word == "TOP") {
        at = match tokens.at(at) {
            open if open.is("(") => name::past_parentheses(tokens, at, front.work),
            _ => at + 1,
        };
        if at >= tokens.len() || !front.work.spend(0) {
            break;
        }
    }
    let words = (at..at + 3).all(|at| name::is_plain(&tokens.at(at)));
    if (words && !tokens.at(at + 3).is("(")) || tokens.at(at).is_word(NO_EXPRESSION) {
        return Form::No;
    }
    if front.hit {
        return Form::Strong;
    }
    front.work.spend(tokens.len());
    Form::weak_if(selects(tokens, at))
}

fn is_modifier(token: &Token<'_>) -> bool {
    token.kind == Kind::Word
        && (MODIFIERS.iter().any(|word| token.text.eq_ignore_ascii_case(word))
            || token.text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("sql_")))
}

/// Whether an expression can stand at `at`, and go on as expressions do.
fn selects(tokens: &[Token<'_>], at: usize) -> bool {
    let (token, next, second) = (tokens.at(at), tokens.at(at + 1), tokens.at(at + 2));
    match token.kind {
        Kind::End => false,
        // `Select (a) or (b`.
        Kind::Symbol if token.is("(") => {
            let count = |symbol: &str| tokens.iter().filter(|token| token.is(symbol)).count();
            count("(") <= count(")")
        }
        Kind::Symbol => {
            matches!(token.text, "*" | "-" | "+" | "~" | "!" | "@" | "{" | "[" | "`")
        }
        Kind::Quoted | Kind::Param => true,
        Kind::Word if token.word == "FROM" => !is_prose_table(tokens, at + 1),
        Kind::Word | Kind::Number | Kind::Text => match next.kind {
            Kind::End => true,
            Kind::Symbol => match next.text {
                "," => !second.is_word(NO_EXPRESSION) && second.kind != Kind::End,
                "." => second.is_name() || second.is("*"),
                ":" | "?" | "!" => false,
                _ => true,
            },
            Kind::Word if next.word == "FROM" => !is_prose_table(tokens, at + 2),
            Kind::Word if next.is_word(NO_EXPRESSION) || name::is_determiner(&token) => false,
            Kind::Word if !next.word.is_empty() => true,
            // A name for it.
            _ if second.word == "FROM" => !is_prose_table(tokens, at + 3),
            _ => {
                second.kind == Kind::End
                    || second.is(",")
                    || second.is(")")
                    || second.is_word(AFTER_ITEM)
                    || !matches!(second.kind, Kind::Word | Kind::Symbol)
            }
        },
    }
}

/// `from the list`, `from left to right`.
fn is_prose_table(tokens: &[Token<'_>], at: usize) -> bool {
    let words = (at..at + 3).all(|at| name::is_plain(&tokens.at(at)));
    name::is_determiner(&tokens.at(at))
        || !name::is_possible(&tokens.at(at))
        || (words && !tokens.at(at + 3).is("("))
}

/// `WITH d (a, b) AS (..)`.
pub(super) fn with(front: &Front<'_, '_>) -> Form {
    let tokens = front.tokens;
    let at = if tokens.at(1).word == "RECURSIVE" { 2 } else { 1 };
    if !tokens.at(at).is_name() {
        return Form::No;
    }
    let at = name::past_parentheses(tokens, at + 1, front.work);
    let as_what = (at + 1..at + 4).find(|at| !tokens.at(*at).is_word(&["NOT", "MATERIALIZED"]));
    let is_table = tokens.at(at).word == "AS" && as_what.is_some_and(|at| tokens.at(at).is("("));
    match (is_table, front.hit) {
        (true, true) => Form::Strong,
        (true, false) => Form::Weak,
        _ => Form::No,
    }
}
