mod attacks;
mod conditions;
mod dangerous;
mod differential;
mod effects;
mod identifiers;
mod lexing;
mod oracle;
mod ordinary;
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

/// What the baseline bundle makes of it where nothing says that it is SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Pass,
    Hold,
    Deny,
}

fn verdict(text: &str) -> Verdict {
    let denied = [DropDatabase, DropSchema, CopyProgram, FileAccess, UntrustedCode, ServerConfig];
    let plain = [Read, Insert, Update, Delete, Create];
    match guess(text, &Work::for_bytes(1 << 16)) {
        None => Verdict::Pass,
        Some(sql) if sql.effects.iter().any(|effect| denied.contains(effect)) => Verdict::Deny,
        Some(sql) if sql.unparsed || sql.effects.iter().any(|e| !plain.contains(e)) => {
            Verdict::Hold
        }
        Some(_) => Verdict::Pass,
    }
}
