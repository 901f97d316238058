/*!
How rules redact: that a rule says all it needs and no more, that no way of redacting gives away what
it hides, and that nothing a pattern looks for is left behind.
*/

use std::collections::BTreeMap;

use regex_syntax::hir::Hir;
use serde_json::Value as Json;

use super::diagnostic::{Diagnostics, Place};
use super::document::Part;
use super::guessable;
use super::pattern::Compiled;
use super::shape::{Field, Shape, optional, required};
use super::yaml::Node;
use crate::bundle::Bundle;
use crate::digest;
use crate::redact::{FIXED_MAX, KEEP_MAX, KEEP_SHARE, Redaction, is_plain};
use crate::rule::{Effect, Mode, Rule};
use crate::scan::{ByteSet, Validator};

/// Shorter values show so much of them by a part that `partial` is refused.
const PARTIAL_MIN: usize = 12;

pub(super) const REDACT: &[Field] = &[
    required(
        "as",
        Shape::OneOf(names),
        "`token`: `[REDACTED:kind]`, as if nothing were said. `fixed`: a text. `hash`: a pseudonym, the same for the same value within one principal's session. `partial`: the last letters and digits stay. Of several rules the strongest wins, in this order.",
    ),
    optional("text", Shape::Text, "With `fixed`: the text."),
    optional(
        "keep_last",
        Shape::Count,
        "With `partial`: how many letters and digits stay, 1 to 4 and never more than a quarter of the value.",
    ),
];

fn names() -> &'static [&'static str] {
    &["token", "fixed", "hash", "partial"]
}

/// The rule's way of redacting; mistakes are told.
pub(super) fn lower(part: &Part, rule: &Rule, diagnostics: &mut Diagnostics) -> Option<Redaction> {
    let written = part.json.get("redact")?;
    let node = part.node.get("redact")?;
    let way = written.get("as").and_then(Json::as_str).unwrap_or_default();
    let mut refuse = |code, place: &Place, message: &str, help: &str| {
        diagnostics.add_with_help(code, place, message, help);
    };
    if rule.effect != Effect::Redact {
        let place = part.node.place_of("redact");
        let help = "remove `redact` or change the effect";
        refuse("GH113", place, "`redact` needs `effect: redact`", help);
    }
    for (field, needs) in [("text", "fixed"), ("keep_last", "partial")] {
        if (written.get(field).is_some()) != (way == needs) {
            let message = format!("`{field}` and `as: {needs}` need each other");
            refuse("GH113", node.place_of(field), &message, "say both of them or none");
            return None;
        }
    }
    match way {
        "fixed" => {
            let text = written.get("text").and_then(Json::as_str).unwrap_or_default().to_owned();
            if !is_plain(&text) {
                let message = format!("`{}` cannot stand everywhere", text.escape_debug());
                let help = format!(
                    "write up to {FIXED_MAX} letters, digits, spaces and `_.:*()[]-`, without `--` or a space at an end: in a string, a form or a query nothing else means itself"
                );
                refuse("GH132", node.place_of("text"), &message, &help);
                return None;
            }
            Some(Redaction::Fixed { text })
        }
        "partial" => {
            let keep_last = written.get("keep_last").and_then(Json::as_u64).unwrap_or_default();
            let keep_last = u8::try_from(keep_last).ok().filter(|n| (1..=KEEP_MAX).contains(n));
            if keep_last.is_none() {
                let message = format!("`keep_last` is 1 to {KEEP_MAX}");
                refuse("GH130", node.place_of("keep_last"), &message, "keep fewer characters");
            }
            Some(Redaction::Partial { keep_last: keep_last? })
        }
        "hash" => Some(Redaction::Hash),
        _ => Some(Redaction::Token),
    }
}

/// Whether each kind may be redacted so.
pub(super) fn check_kinds(
    rule: &Rule,
    part: &Part,
    patterns: &[Compiled],
    diagnostics: &mut Diagnostics,
) {
    let Some(redaction) = &rule.redact else { return };
    let Some(place) = part.node.get("redact").map(|node: &Node| node.place_of("as")) else {
        return;
    };
    for kind in &rule.matches.findings {
        let own = || patterns.iter().filter(|pattern| pattern.spec.kind == *kind);
        match redaction {
            Redaction::Hash if own().any(|pattern| pattern.guessable) => diagnostics.add_with_help(
                "GH131",
                place,
                format!("`{kind}` has too few values for `hash`: who can ask tries them all"),
                "use `token`, or `partial` where the value is long enough",
            ),
            Redaction::Partial { .. } => {
                let shortest = own().map(|pattern| pattern.spec.min_length as usize).min();
                if shortest.is_some_and(|shortest| shortest < PARTIAL_MIN) {
                    diagnostics.add_with_help(
                        "GH130",
                        place,
                        format!("`{kind}` is too short for `partial`: a part tells too much of it"),
                        format!(
                            "use `token`; `partial` needs {PARTIAL_MIN} characters and shows one in {KEEP_SHARE} at most"
                        ),
                    );
                }
            }
            Redaction::Hash | Redaction::Fixed { .. } | Redaction::Token => {}
        }
    }
}

/// Two different parts of one value join to more of it than either shows. In one bundle that is a
/// mistake.
pub(super) fn check_parts(rules: &[(&Rule, &Part)], diagnostics: &mut Diagnostics) {
    let mut kept = BTreeMap::<&str, (u8, &Place)>::new();
    for (rule, part) in rules {
        let Some(Redaction::Partial { keep_last }) = rule.redact else { continue };
        let place =
            part.node.get("redact").map_or(&part.node.place, |node| node.place_of("keep_last"));
        for kind in &rule.matches.findings {
            let (first, at) = *kept.entry(kind).or_insert((keep_last, place));
            if first != keep_last {
                diagnostics.add_with_help(
                    "GH133",
                    place,
                    format!(
                        "`{kind}` keeps its last {keep_last} here and its last {first} elsewhere"
                    ),
                    format!("give it one form; the other is at {}:{}", at.file, at.line),
                );
            }
        }
    }
}

/// Across bundles the stronger form is taken, for all that a rule redacts.
pub(super) fn settle(rules: &mut [Rule]) {
    let mut kept = BTreeMap::<String, u8>::new();
    // A rule that gives way takes its other kinds along, so until nothing changes.
    loop {
        let mut changed = false;
        for rule in rules.iter_mut().filter(|rule| rule.mode == Mode::Enforce) {
            let Some(Redaction::Partial { keep_last }) = &mut rule.redact else { continue };
            for kind in &rule.matches.findings {
                let known = kept.entry(kind.clone()).or_insert(*keep_last);
                changed |= known != keep_last;
                *keep_last = (*keep_last).min(*known);
                *known = *keep_last;
            }
        }
        if !changed {
            return;
        }
    }
}

/// What is left behind must not be found again, nor begin what a pattern looks for: with what follows
/// it in a body it could be.
pub(super) fn check_remains(parts: &[Part], bundle: &Bundle, diagnostics: &mut Diagnostics) {
    for rule in &bundle.rules {
        let Some(redaction) = &rule.redact else { continue };
        // A bundle's rules stand in the order in which they speak, its parts as they are written.
        let written =
            parts.iter().find(|part| part.json.get("name").is_some_and(|name| *name == *rule.name));
        let Some(node) = written.and_then(|part| part.node.get("redact")) else { continue };
        for kind in &rule.matches.findings {
            let Some(found) = remains(redaction, kind)
                .iter()
                .find_map(|remains| bundle.scanner.may_begin_in(remains))
            else {
                continue;
            };
            diagnostics.add_with_help(
                "GH304",
                node.place_of("as"),
                format!("what is left of `{kind}` may be what the pattern `{found}` looks for"),
                "redact it as `token`, or by another text",
            );
        }
    }
}

/// The texts a way of redacting may leave behind, byte by byte.
fn remains(redaction: &Redaction, kind: &str) -> Vec<Vec<ByteSet>> {
    let one = |byte: u8| ByteSet::from_iter([(byte, byte)]);
    let text = |text: &str| text.bytes().map(one).collect::<Vec<_>>();
    let around = |begin: &str, set: ByteSet, count: usize| {
        [text(&format!("[{kind}:{begin}")), vec![set; count], text("]")].concat()
    };
    match redaction {
        Redaction::Token => Vec::new(),
        Redaction::Fixed { text: fixed } => vec![text(fixed)],
        Redaction::Hash => {
            let letters = digest::ALPHABET.iter().map(|letter| (*letter, *letter));
            vec![around("", ByteSet::from_iter(letters), digest::LENGTH)]
        }
        Redaction::Partial { keep_last } => {
            let any = ByteSet::from_iter([(b'0', b'9'), (b'A', b'Z'), (b'a', b'z')]);
            (1..=usize::from(*keep_last)).map(|count| around("*", any, count)).collect()
        }
    }
}

/// Whether values of a pattern are few enough to try them all.
pub(super) fn is_guessable(hir: &Hir, validate: Option<Validator>) -> bool {
    validate.is_some_and(Validator::is_guessable) || guessable::bits(hir) < guessable::ENOUGH
}

#[cfg(test)]
mod tests;
