/*! Two conditions of which one always holds. */

use super::expression::{names_column, operand, operator, same, unwrapped};
use super::token::{Token, Tokens};
use super::work::Work;

/// Disjunctions with more parts are not searched for opposites.
const MAX_PAIRS: usize = 24;

/// One part, taken apart once: there are many more pairs than parts.
struct Part<'t, 'a> {
    tokens: &'t [Token<'a>],
    nots: usize,
    comparison: Option<Comparison<'t, 'a>>,
}

struct Comparison<'t, 'a> {
    left: &'t [Token<'a>],
    operator: &'a str,
    right: &'t [Token<'a>],
}

impl<'t, 'a> Part<'t, 'a> {
    fn new(tokens: &'t [Token<'a>], work: &Work) -> Self {
        let tokens = unwrapped(tokens, work);
        work.spend(tokens.len());
        let comparison = operator(tokens, work).map(|at| Comparison {
            left: operand(tokens.part(0, at), work),
            operator: tokens.at(at).text,
            right: operand(tokens.part(at + 1, tokens.len()), work),
        });
        let nots = tokens.iter().filter(|token| token.word == "NOT").count();
        Self { tokens, nots, comparison }
    }
}

/// `x = 1 OR x <> 1`, `x < 5 OR x >= 5`, `x IS NULL OR x IS NOT NULL`, `x <> 1 OR x <> 2`. Taken to
/// be there where searching on would cost too much.
pub(super) fn has_opposites(parts: &[&[Token<'_>]], work: &Work) -> bool {
    if parts.len() > MAX_PAIRS {
        return false;
    }
    let parts: Vec<Part<'_, '_>> = parts.iter().map(|part| Part::new(part, work)).collect();
    parts.iter().enumerate().any(|(index, one)| {
        parts.iter().skip(index + 1).any(|other| !work.spend(0) || opposite(one, other, work))
    })
}

fn opposite(one: &Part<'_, '_>, other: &Part<'_, '_>, work: &Work) -> bool {
    if one.nots + other.nots == 1 && differ_in_not(one.tokens, other.tokens, work) {
        return true;
    }
    let (Some(a), Some(b)) = (&one.comparison, &other.comparison) else { return false };
    let unequal = |operator: &str| matches!(operator, "<>" | "!=");
    let exclude = matches!(
        (a.operator, b.operator),
        ("=", "<>" | "!=")
            | ("<>" | "!=", "=")
            | ("<", ">=")
            | (">=", "<")
            | (">", "<=")
            | ("<=", ">")
    );
    let two_unequal = unequal(a.operator) && unequal(b.operator);
    if !exclude && !two_unequal {
        return false;
    }
    work.spend(a.left.len().min(b.left.len()) + a.right.len().min(b.right.len()));
    if !same(a.left, b.left) {
        return false;
    }
    if two_unequal {
        return !same(a.right, b.right)
            && !names_column(a.right, work)
            && !names_column(b.right, work);
    }
    same(a.right, b.right)
}

fn differ_in_not(one: &[Token<'_>], other: &[Token<'_>], work: &Work) -> bool {
    work.spend(one.len() + other.len());
    fn kept<'t, 'a>(tokens: &'t [Token<'a>]) -> impl Iterator<Item = &'t Token<'a>> {
        tokens.iter().filter(|token| token.word != "NOT" && !token.is("(") && !token.is(")"))
    }
    let alike =
        |(a, b): (&Token<'_>, &Token<'_>)| a.kind == b.kind && a.text.eq_ignore_ascii_case(b.text);
    kept(one).count() == kept(other).count() && kept(one).zip(kept(other)).all(alike)
}
