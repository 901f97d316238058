/*!
Whether a condition is true of every row whatever it holds.

`id = 7 OR 1=1`, `id = id` and `'a' LIKE '%'` are; so is, to be careful, whatever names no column
and is not plainly false. Comparing a column with anything else is a restriction.
*/

use super::lexer::Rules;
use super::token::{Kind, Token, Tokens};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Truth {
    Always,
    Never,
    Depends,
}

/// Parentheses deeper than this are not followed: taken for true.
const MAX_DEPTH: u8 = 12;

/// Disjunctions with more parts are not searched for opposites.
const MAX_PAIRS: usize = 24;

const EQUAL: &[&str] = &["=", "==", "<=", ">=", "<=>"];
const UNEQUAL: &[&str] = &["<>", "!=", "<", ">"];
const COMPARING: &[&str] = &[
    "IS", "IN", "LIKE", "ILIKE", "RLIKE", "REGEXP", "GLOB", "SIMILAR", "BETWEEN", "ISNULL",
    "NOTNULL",
];

pub(super) fn truth(tokens: &[Token<'_>], rules: Rules, depth: u8) -> Truth {
    if depth > MAX_DEPTH {
        return Truth::Always;
    }
    let tokens = unwrapped(tokens);
    let pipes = rules.pipes_are_or;
    let or = |t: &Token<'_>| t.word == "OR" || (pipes && t.is("||"));
    let parts = split(tokens, or);
    if parts.len() > 1 {
        let mut all_never = true;
        for part in &parts {
            match truth(part, rules, depth + 1) {
                Truth::Always => return Truth::Always,
                Truth::Depends => all_never = false,
                Truth::Never => {}
            }
        }
        if has_opposites(&parts) {
            return Truth::Always;
        }
        return if all_never { Truth::Never } else { Truth::Depends };
    }
    let parts = split_and(tokens);
    if parts.len() > 1 {
        let truths: Vec<Truth> = parts.iter().map(|part| truth(part, rules, depth + 1)).collect();
        return if truths.contains(&Truth::Never) {
            Truth::Never
        } else if truths.iter().all(|truth| *truth == Truth::Always) {
            Truth::Always
        } else {
            Truth::Depends
        };
    }
    let first = tokens.at(0);
    if first.word == "NOT" || (first.is("!") && tokens.len() > 1) {
        return match truth(tokens.part(1, tokens.len()), rules, depth + 1) {
            Truth::Always => Truth::Never,
            Truth::Never => Truth::Always,
            Truth::Depends => Truth::Depends,
        };
    }
    atom(tokens, rules, depth)
}

fn atom(tokens: &[Token<'_>], rules: Rules, depth: u8) -> Truth {
    let Some(at) = operator(tokens) else { return single(tokens) };
    let negated = tokens.before(at).word == "NOT";
    let left = operand(tokens.part(0, if negated { at - 1 } else { at }));
    let right = operand(tokens.part(at + 1, tokens.len()));
    let found = match tokens.at(at).word {
        "IS" => is(left, right, rules, depth),
        "IN" => within(left, right),
        "BETWEEN" => between(left, right),
        "ISNULL" | "NOTNULL" => Truth::Depends,
        "LIKE" | "ILIKE" | "RLIKE" | "REGEXP" | "GLOB" | "SIMILAR" => like(left, right),
        _ => compare(left, tokens.at(at).text, right),
    };
    let found = match (found, negated) {
        (Truth::Always, true) => Truth::Never,
        (Truth::Never, true) => Truth::Always,
        (found, _) => found,
    };
    if found == Truth::Depends && !names_column(tokens) { Truth::Always } else { found }
}

fn single(tokens: &[Token<'_>]) -> Truth {
    match tokens {
        [] => Truth::Always,
        [token] if token.is_word(&["FALSE", "NULL"]) => Truth::Never,
        [token] if matches!(token.kind, Kind::Number | Kind::Text) => match number(token) {
            Some(0.0) => Truth::Never,
            Some(_) => Truth::Always,
            None => match token.text.trim().to_ascii_lowercase().as_str() {
                "f" | "false" | "n" | "no" | "off" => Truth::Never,
                "t" | "true" | "y" | "yes" | "on" => Truth::Always,
                // A number to MySQL, namely 0, and an error elsewhere.
                _ => Truth::Never,
            },
        },
        _ if !names_column(tokens) => Truth::Always,
        _ => Truth::Depends,
    }
}

fn compare(left: &[Token<'_>], operator: &str, right: &[Token<'_>]) -> Truth {
    let (equal, unequal) = (EQUAL.contains(&operator), UNEQUAL.contains(&operator));
    if same(left, right) {
        return if equal {
            Truth::Always
        } else if unequal {
            Truth::Never
        } else {
            like(left, right)
        };
    }
    let ordering = match (left, right) {
        ([a], [b]) => match (number(a), number(b)) {
            (Some(a), Some(b)) => a.partial_cmp(&b),
            _ if a.kind == Kind::Text && b.kind == Kind::Text => Some(a.text.cmp(b.text)),
            _ => None,
        },
        _ => None,
    };
    let Some(ordering) = ordering else {
        return if equal || unequal { Truth::Depends } else { like(left, right) };
    };
    let holds = match operator {
        "=" | "==" | "<=>" => ordering.is_eq(),
        "<>" | "!=" => ordering.is_ne(),
        "<" => ordering.is_lt(),
        "<=" => ordering.is_le(),
        ">" => ordering.is_gt(),
        ">=" => ordering.is_ge(),
        _ => return Truth::Depends,
    };
    if holds { Truth::Always } else { Truth::Never }
}

/// Also regular expressions: patterns that match every text.
fn like(left: &[Token<'_>], right: &[Token<'_>]) -> Truth {
    let every = match right {
        [pattern] if pattern.kind == Kind::Text => {
            matches!(pattern.text, "" | "^" | "$" | ".*" | "^.*" | ".*$" | "^.*$" | "*" | "%%")
                || pattern.text.chars().all(|c| c == '%')
        }
        _ => false,
    };
    if every || same(left, right) { Truth::Always } else { Truth::Depends }
}

fn is(left: &[Token<'_>], right: &[Token<'_>], rules: Rules, depth: u8) -> Truth {
    let (negated, right) = match right {
        [not, rest @ ..] if not.word == "NOT" => (true, rest),
        _ => (false, right),
    };
    let truth = match right {
        [distinct, from, other @ ..] if distinct.word == "DISTINCT" && from.word == "FROM" => {
            if same(left, operand(other)) {
                Truth::Never
            } else {
                Truth::Depends
            }
        }
        [value] if value.word == "TRUE" => truth(left, rules, depth + 1),
        [value] if value.word == "FALSE" => match truth(left, rules, depth + 1) {
            Truth::Always => Truth::Never,
            Truth::Never => Truth::Always,
            Truth::Depends => Truth::Depends,
        },
        [value] if value.word == "NULL" => match left {
            [token] if token.word == "NULL" => Truth::Always,
            _ if !names_column(left) => Truth::Never,
            _ => Truth::Depends,
        },
        _ => Truth::Depends,
    };
    match (truth, negated) {
        (Truth::Always, true) => Truth::Never,
        (Truth::Never, true) => Truth::Always,
        (truth, _) => truth,
    }
}

fn within(left: &[Token<'_>], list: &[Token<'_>]) -> Truth {
    let items = split(list, |token| token.is(","));
    let truths = items.iter().map(|item| compare(left, "=", operand(item)));
    if truths.into_iter().any(|truth| truth == Truth::Always) {
        Truth::Always
    } else {
        Truth::Depends
    }
}

fn between(left: &[Token<'_>], bounds: &[Token<'_>]) -> Truth {
    match split(bounds, |token| token.word == "AND").as_slice() {
        [low, high] => {
            let (low, high) = (operand(low), operand(high));
            match (compare(left, ">=", low), compare(left, "<=", high)) {
                (Truth::Always, Truth::Always) => Truth::Always,
                (Truth::Never, _) | (_, Truth::Never) => Truth::Never,
                _ => Truth::Depends,
            }
        }
        _ => Truth::Depends,
    }
}

/// `x = 1 OR x <> 1`, `x < 5 OR x >= 5`, `x IS NULL OR x IS NOT NULL`, `x <> 1 OR x <> 2`.
fn has_opposites(parts: &[&[Token<'_>]]) -> bool {
    if parts.len() > MAX_PAIRS {
        return false;
    }
    parts.iter().enumerate().any(|(index, one)| {
        parts.iter().skip(index + 1).any(|other| opposite(unwrapped(one), unwrapped(other)))
    })
}

fn opposite(one: &[Token<'_>], other: &[Token<'_>]) -> bool {
    let without_not = |tokens: &[Token<'_>]| tokens.iter().filter(|t| t.word != "NOT").count();
    let nots = |tokens: &[Token<'_>]| tokens.len() - without_not(tokens);
    if nots(one) + nots(other) == 1 {
        let strip = |tokens: &'_ [Token<'_>]| -> Vec<(Kind, String)> {
            let kept = tokens.iter().filter(|t| t.word != "NOT" && !t.is("(") && !t.is(")"));
            kept.map(|t| (t.kind, t.text.to_ascii_lowercase())).collect()
        };
        if strip(one) == strip(other) {
            return true;
        }
    }
    let (Some(a), Some(b)) = (operator(one), operator(other)) else { return false };
    let (left, right) = (operand(one.part(0, a)), operand(one.part(a + 1, one.len())));
    let (left_too, right_too) =
        (operand(other.part(0, b)), operand(other.part(b + 1, other.len())));
    if !same(left, left_too) {
        return false;
    }
    let pair = (one.at(a).text, other.at(b).text);
    if matches!(pair, ("<>" | "!=", "<>" | "!=")) {
        return !same(right, right_too) && !names_column(right) && !names_column(right_too);
    }
    same(right, right_too)
        && matches!(
            pair,
            ("=", "<>" | "!=")
                | ("<>" | "!=", "=")
                | ("<", ">=")
                | (">=", "<")
                | (">", "<=")
                | ("<=", ">")
        )
}

/// The first comparison outside of parentheses and `CASE`.
fn operator(tokens: &[Token<'_>]) -> Option<usize> {
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
fn operand<'t, 'a>(tokens: &'t [Token<'a>]) -> &'t [Token<'a>] {
    let mut tokens = unwrapped(tokens);
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
        tokens = unwrapped(tokens);
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
fn same(one: &[Token<'_>], other: &[Token<'_>]) -> bool {
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

fn number(token: &Token<'_>) -> Option<f64> {
    match token.kind {
        Kind::Number | Kind::Text => token.text.trim().parse().ok().filter(|n: &f64| n.is_finite()),
        _ => None,
    }
}

/// Words in expressions that are no columns.
const NO_COLUMN: &[&str] = &[
    "ALL",
    "AND",
    "ANY",
    "ARRAY",
    "AS",
    "AT",
    "BETWEEN",
    "BINARY",
    "CASE",
    "CAST",
    "CURRENT_DATE",
    "CURRENT_ROLE",
    "CURRENT_TIME",
    "CURRENT_TIMESTAMP",
    "CURRENT_USER",
    "DISTINCT",
    "DIV",
    "ELSE",
    "END",
    "ESCAPE",
    "EXISTS",
    "FALSE",
    "FROM",
    "GLOB",
    "ILIKE",
    "IN",
    "INT",
    "INTEGER",
    "INTERVAL",
    "IS",
    "LIKE",
    "LOCALTIME",
    "LOCALTIMESTAMP",
    "MOD",
    "NOT",
    "NULL",
    "OR",
    "REGEXP",
    "RLIKE",
    "ROW",
    "SELECT",
    "SESSION_USER",
    "SIMILAR",
    "SOME",
    "SYSTEM_USER",
    "THEN",
    "TO",
    "TRUE",
    "UNKNOWN",
    "WHEN",
    "XOR",
];

fn names_column(tokens: &[Token<'_>]) -> bool {
    tokens.iter().enumerate().any(|(index, token)| {
        let (before, next) = (tokens.before(index), tokens.at(index + 1));
        token.is_name()
            && !token.is_word(NO_COLUMN)
            && !next.is("(")
            && next.kind != Kind::Text
            && !before.is("::")
            && !before.is_word(&["AS", "COLLATE"])
            && token.word != "COLLATE"
    })
}

/// Without the parentheses around all of it.
fn unwrapped<'t, 'a>(tokens: &'t [Token<'a>]) -> &'t [Token<'a>] {
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
fn split<'t, 'a>(
    tokens: &'t [Token<'a>],
    separates: impl Fn(&Token<'a>) -> bool,
) -> Vec<&'t [Token<'a>]> {
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
fn split_and<'t, 'a>(tokens: &'t [Token<'a>]) -> Vec<&'t [Token<'a>]> {
    let betweens = std::cell::Cell::new(0usize);
    split(tokens, |token| {
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
