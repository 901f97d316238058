/*! Taking expressions apart: operators, operands, and which of them are the same. */

use super::token::{Kind, Token, Tokens};
use super::work::Work;

pub(super) const EQUAL: &[&str] = &["=", "==", "<=", ">=", "<=>"];
pub(super) const UNEQUAL: &[&str] = &["<>", "!=", "<", ">"];
pub(super) const COMPARING: &[&str] = &[
    "IS", "IN", "LIKE", "ILIKE", "RLIKE", "REGEXP", "GLOB", "SIMILAR", "BETWEEN", "ISNULL",
    "NOTNULL",
];

/// The first comparison outside of parentheses and `CASE`.
pub(super) fn operator(tokens: &[Token<'_>], work: &Work) -> Option<usize> {
    work.spend(tokens.len());
    let mut nested = 0usize;
    tokens.iter().position(|token| {
        if token.is("(") || token.word == "CASE" {
            nested += 1;
        } else if token.is(")") || token.word == "END" {
            nested = nested.saturating_sub(1);
        }
        nested == 0
            && (token.is_word(COMPARING)
                || (token.kind == Kind::Symbol
                    && (EQUAL.contains(&token.text)
                        || UNEQUAL.contains(&token.text)
                        || matches!(token.text, "~" | "~*"))))
    })
}

/// Without parentheses, casts, `(SELECT x)`, and what adds nothing (`+ 0`, `* 1`, `|| ''`).
pub(super) fn operand<'t, 'a>(tokens: &'t [Token<'a>], work: &Work) -> &'t [Token<'a>] {
    let mut tokens = unwrapped(tokens, work);
    // Each round takes something off.
    for _ in 0..8 {
        let before = tokens.len();
        tokens = match tokens {
            [rest @ .., cast, _] if cast.is("::") && !rest.is_empty() => rest,
            [rest @ .., operator, value] if is_neutral(operator, value) && !rest.is_empty() => rest,
            [value, operator, rest @ ..]
                if (operator.is("+") || operator.is("*")) && is_neutral(operator, value) =>
            {
                rest
            }
            [select, rest @ ..]
                if select.word == "SELECT" && !rest.iter().any(|token| token.word == "FROM") =>
            {
                rest
            }
            [plus, rest @ ..] if plus.is("+") && !rest.is_empty() => rest,
            all => all,
        };
        tokens = unwrapped(tokens, work);
        if tokens.len() == before {
            break;
        }
    }
    tokens
}

fn is_neutral(operator: &Token<'_>, value: &Token<'_>) -> bool {
    match operator.text {
        "+" | "-" => value.text == "0",
        "*" | "/" => value.text == "1",
        "||" => value.kind == Kind::Text && value.text.is_empty(),
        _ => false,
    }
}

/// The same expression; `t.id` is the same as `id`.
pub(super) fn same(one: &[Token<'_>], other: &[Token<'_>]) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let extra = long.len() - short.len();
    let alike = |a: &[Token<'_>], b: &[Token<'_>]| a.iter().zip(b).all(|(a, b)| a.same(b));
    !short.is_empty()
        && alike(short, long.part(extra, long.len()))
        && (extra == 0 || (is_column(short) && is_column(long)))
}

/// A name with or without what it belongs to.
fn is_column(tokens: &[Token<'_>]) -> bool {
    tokens.len() % 2 == 1
        && tokens.iter().enumerate().all(|(i, t)| if i % 2 == 0 { t.is_name() } else { t.is(".") })
}

pub(super) fn number(token: &Token<'_>) -> Option<f64> {
    match token.kind {
        Kind::Number | Kind::Text => token.text.trim().parse().ok().filter(|n: &f64| n.is_finite()),
        _ => None,
    }
}

/// Words in expressions that are no columns.
#[rustfmt::skip]
const NO_COLUMN: &[&str] = &[
    "ALL", "AND", "ANY", "ARRAY", "AS", "ASC", "AT", "BETWEEN", "BINARY", "BY", "CASE", "CAST",
    "CURRENT_DATE", "CURRENT_ROLE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "CURRENT_USER", "DESC",
    "DISTINCT", "DIV", "ELSE", "END", "ESCAPE", "EXCEPT", "EXISTS", "FALSE", "FROM", "GLOB",
    "GROUP", "HAVING", "ILIKE", "IN", "INT", "INTEGER", "INTERSECT", "INTERVAL", "IS", "LIKE",
    "LIMIT", "LOCALTIME", "LOCALTIMESTAMP", "MOD", "NOT", "NULL", "OFFSET", "OR", "ORDER",
    "REGEXP", "RLIKE", "ROW", "SELECT", "SESSION_USER", "SIMILAR", "SOME", "SYSTEM_USER", "THEN",
    "TO", "TRUE", "UNION", "UNKNOWN", "VALUES", "WHEN", "WHERE", "XOR",
];

pub(super) fn names_column(tokens: &[Token<'_>], work: &Work) -> bool {
    work.spend(tokens.len());
    // A type may be of several words: `CAST(1 AS big old number)`.
    let mut typed = false;
    tokens.iter().enumerate().any(|(index, token)| {
        let next = tokens.at(index + 1);
        let column = token.is_name()
            && !typed
            && !token.is_word(NO_COLUMN)
            && !next.is("(")
            && next.kind != Kind::Text
            && token.word != "COLLATE";
        typed = token.is("::")
            || token.is_word(&["AS", "COLLATE"])
            || (typed && token.kind == Kind::Word && !token.is_word(NO_COLUMN));
        column
    })
}

/// Without the parentheses around all of it.
pub(super) fn unwrapped<'t, 'a>(tokens: &'t [Token<'a>], work: &Work) -> &'t [Token<'a>] {
    work.spend(tokens.len());
    let opening = tokens.iter().take_while(|token| token.is("(")).count();
    let closing = tokens.iter().rev().take_while(|token| token.is(")")).count();
    let (mut depth, mut least) = (0usize, opening.min(closing));
    for token in tokens.part(0, tokens.len() - closing) {
        if token.is("(") {
            depth += 1;
            continue;
        }
        if token.is(")") {
            let Some(less) = depth.checked_sub(1) else { return tokens };
            depth = less;
        }
        least = least.min(depth);
    }
    tokens.part(least, tokens.len() - least)
}

/// At each separator outside of parentheses and `CASE`.
pub(super) fn split<'t, 'a>(
    tokens: &'t [Token<'a>],
    work: &Work,
    separates: impl Fn(&Token<'a>) -> bool,
) -> Vec<&'t [Token<'a>]> {
    work.spend(tokens.len());
    let mut nested = 0usize;
    tokens
        .split(|token| {
            if token.is("(") || token.word == "CASE" {
                nested += 1;
            } else if token.is(")") || token.word == "END" {
                nested = nested.saturating_sub(1);
            }
            nested == 0 && separates(token)
        })
        .collect()
}

/// At each `AND` that does not belong to a `BETWEEN`.
pub(super) fn split_and<'t, 'a>(tokens: &'t [Token<'a>], work: &Work) -> Vec<&'t [Token<'a>]> {
    let betweens = std::cell::Cell::new(0usize);
    split(tokens, work, |token| {
        if token.word == "BETWEEN" {
            betweens.set(betweens.get() + 1);
        }
        if token.word != "AND" && !token.is("&&") {
            return false;
        }
        match betweens.get().checked_sub(1) {
            Some(less) => {
                betweens.set(less);
                false
            }
            None => true,
        }
    })
}
