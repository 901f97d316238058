mod attacks;
mod conditions;
mod effects;
mod lexing;
mod oracle;
mod properties;
mod prose;
mod sentences;
mod work;

use super::SqlEffect::{self, *};
use super::{Dialect, Sql, Work, classify, classify_as, guess, looks_like_sql};

fn has_effect(text: &str, effect: SqlEffect) {
    let sql = classify(text);
    assert!(sql.effects.contains(&effect), "{text}: {sql:?} lacks {effect:?}");
}

fn has(text: &str, effect: SqlEffect) {
    has_effect(text, effect);
    // `TABLE t` is SQL too, and says no more than a heading.
    assert!(effect == Read || looks_like_sql(text), "{text}");
}

/// Nothing in it needs a decision.
fn harmless(text: &str) {
    harmless_as(text, Dialect::Any);
}

fn harmless_as(text: &str, dialect: Dialect) {
    let Sql { effects, unparsed, .. } = classify_as(text, dialect);
    let plain = [Read, Insert, Update, Delete, Create];
    assert!(
        !unparsed && effects.iter().all(|e| plain.contains(e)),
        "{text}: {effects:?} {unparsed}"
    );
}
