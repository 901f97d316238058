/*!
Whether a condition is true of every row whatever it holds.

`id = 7 OR 1=1`, `id = id` and `'a' LIKE '%'` are; so is, to be careful, whatever names no column
and is not plainly false. Comparing a column with anything else is a restriction.
*/

use super::expression::{
    EQUAL, UNEQUAL, names_column, number, operand, operator, same, split, split_and, unwrapped,
};
use super::opposite::has_opposites;
use super::token::{Kind, Token, Tokens};
use super::work::{Judging, Work};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Truth {
    Always,
    Never,
    Depends,
}

/// Parentheses deeper than this are not followed: taken for true, as is what would cost too much.
const MAX_DEPTH: u8 = 12;

pub(super) fn truth(tokens: &[Token<'_>], judging: Judging<'_>, depth: u8) -> Truth {
    let Judging { rules, work } = judging;
    if depth > MAX_DEPTH || work.is_over() {
        return Truth::Always;
    }
    let tokens = unwrapped(tokens, work);
    let pipes = rules.pipes_are_or;
    let or = |t: &Token<'_>| t.word == "OR" || (pipes && t.is("||"));
    let parts = split(tokens, work, or);
    if parts.len() > 1 {
        let mut all_never = true;
        for part in &parts {
            match truth(part, judging, depth + 1) {
                Truth::Always => return Truth::Always,
                Truth::Depends => all_never = false,
                Truth::Never => {}
            }
        }
        if has_opposites(&parts, work) {
            return Truth::Always;
        }
        return if all_never { Truth::Never } else { Truth::Depends };
    }
    let parts = split_and(tokens, work);
    if parts.len() > 1 {
        let truths: Vec<Truth> = parts.iter().map(|part| truth(part, judging, depth + 1)).collect();
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
        return match truth(tokens.part(1, tokens.len()), judging, depth + 1) {
            Truth::Always => Truth::Never,
            Truth::Never => Truth::Always,
            Truth::Depends => Truth::Depends,
        };
    }
    atom(tokens, judging, depth)
}

fn atom(tokens: &[Token<'_>], judging: Judging<'_>, depth: u8) -> Truth {
    let work = judging.work;
    let Some(at) = operator(tokens, work) else { return single(tokens, work) };
    let negated = tokens.before(at).word == "NOT";
    let left = operand(tokens.part(0, if negated { at - 1 } else { at }), work);
    let right = operand(tokens.part(at + 1, tokens.len()), work);
    let found = match tokens.at(at).word {
        "IS" => is(left, right, judging, depth),
        "IN" => within(left, right, work),
        "BETWEEN" => between(left, right, work),
        "ISNULL" | "NOTNULL" => Truth::Depends,
        "LIKE" | "ILIKE" | "RLIKE" | "REGEXP" | "GLOB" | "SIMILAR" => like(left, right),
        _ => compare(left, tokens.at(at).text, right),
    };
    let found = match (found, negated) {
        (Truth::Always, true) => Truth::Never,
        (Truth::Never, true) => Truth::Always,
        (found, _) => found,
    };
    if found == Truth::Depends && !names_column(tokens, work) { Truth::Always } else { found }
}

fn single(tokens: &[Token<'_>], work: &Work) -> Truth {
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
        _ if !names_column(tokens, work) => Truth::Always,
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

fn is(left: &[Token<'_>], right: &[Token<'_>], judging: Judging<'_>, depth: u8) -> Truth {
    let (negated, right) = match right {
        [not, rest @ ..] if not.word == "NOT" => (true, rest),
        _ => (false, right),
    };
    let truth = match right {
        [distinct, from, other @ ..] if distinct.word == "DISTINCT" && from.word == "FROM" => {
            if same(left, operand(other, judging.work)) {
                Truth::Never
            } else {
                Truth::Depends
            }
        }
        [value] if value.word == "TRUE" => truth(left, judging, depth + 1),
        [value] if value.word == "FALSE" => match truth(left, judging, depth + 1) {
            Truth::Always => Truth::Never,
            Truth::Never => Truth::Always,
            Truth::Depends => Truth::Depends,
        },
        [value] if value.word == "NULL" => match left {
            [token] if token.word == "NULL" => Truth::Always,
            _ if !names_column(left, judging.work) => Truth::Never,
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

fn within(left: &[Token<'_>], list: &[Token<'_>], work: &Work) -> Truth {
    let items = split(list, work, |token| token.is(","));
    let truths = items.iter().map(|item| compare(left, "=", operand(item, work)));
    if truths.into_iter().any(|truth| truth == Truth::Always) {
        Truth::Always
    } else {
        Truth::Depends
    }
}

fn between(left: &[Token<'_>], bounds: &[Token<'_>], work: &Work) -> Truth {
    match split(bounds, work, |token| token.word == "AND").as_slice() {
        [low, high] => {
            let (low, high) = (operand(low, work), operand(high, work));
            match (compare(left, ">=", low), compare(left, "<=", high)) {
                (Truth::Always, Truth::Always) => Truth::Always,
                (Truth::Never, _) | (_, Truth::Never) => Truth::Never,
                _ => Truth::Depends,
            }
        }
        _ => Truth::Depends,
    }
}
