/*! Two conditions of which one always holds. */

use super::expression::{names_column, operand, operator, same, unwrapped};
use super::token::{Kind, Token, Tokens};
use super::work::Work;

/// Disjunctions with more parts are not searched for opposites.
const MAX_PAIRS: usize = 24;

/// `x = 1 OR x <> 1`, `x < 5 OR x >= 5`, `x IS NULL OR x IS NOT NULL`, `x <> 1 OR x <> 2`.
pub(super) fn has_opposites(parts: &[&[Token<'_>]], work: &Work) -> bool {
    if parts.len() > MAX_PAIRS || work.is_over() {
        return false;
    }
    parts.iter().enumerate().any(|(index, one)| {
        parts.iter().skip(index + 1).any(|other| {
            work.spend(2 * (one.len() + other.len()))
                && opposite(unwrapped(one, work), unwrapped(other, work), work)
        })
    })
}

fn opposite(one: &[Token<'_>], other: &[Token<'_>], work: &Work) -> bool {
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
    let (Some(a), Some(b)) = (operator(one, work), operator(other, work)) else { return false };
    let (left, right) = (operand(one.part(0, a), work), operand(one.part(a + 1, one.len()), work));
    let (left_too, right_too) =
        (operand(other.part(0, b), work), operand(other.part(b + 1, other.len()), work));
    if !same(left, left_too) {
        return false;
    }
    let pair = (one.at(a).text, other.at(b).text);
    if matches!(pair, ("<>" | "!=", "<>" | "!=")) {
        return !same(right, right_too)
            && !names_column(right, work)
            && !names_column(right_too, work);
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
