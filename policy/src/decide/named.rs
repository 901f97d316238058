/*!
Whether the tables, schemas and columns that SQL names are those of a rule.

A rule that stops calls is compared broadly: the case of names does not matter, and what a name leaves
open is filled in against the caller. A rule that allows is compared as it stands, and all names count.
*/

use std::collections::BTreeSet;

use crate::glob;
use crate::rule::SqlMatch;
use crate::sql::Identifiers;

/// Whether the rule asks for names.
pub(super) fn asks(wanted: &SqlMatch) -> bool {
    !(wanted.table.is_empty() && wanted.schema.is_empty() && wanted.column.is_empty())
}

/// For a rule that stops calls: one of each list that the rule has.
pub(super) fn touches(wanted: &SqlMatch, found: &Identifiers) -> bool {
    let any = |globs: &[String], names: &BTreeSet<String>, fits: Fits| {
        globs.is_empty() || names.iter().any(|name| globs.iter().any(|glob| fits(glob, name)))
    };
    any(&wanted.table, &found.tables, is_table)
        && any(&wanted.schema, &found.schemas, is_alike)
        && any(&wanted.column, &found.columns, |glob, name| name == "*" || is_alike(glob, name))
}

type Fits = fn(&str, &str) -> bool;

fn is_alike(glob: &str, name: &str) -> bool {
    glob::matches(&glob.to_lowercase(), &name.to_lowercase())
}

/// Parts are compared from the last on, as many as both have: `users` of a rule is `hr.users` too, and
/// `users` of a statement may be `hr.users`. To be any table of a schema it has to name that schema, or
/// to make bare names belong to it: what does so is stopped by itself, since a later call on the same
/// connection does not tell it any more.
fn is_table(glob: &str, name: &str) -> bool {
    if is_alike(glob, name) {
        return true;
    }
    let (globs, parts) = (glob.rsplit('.'), name.rsplit('.'));
    let shorter = name.matches('.').count() < glob.matches('.').count();
    let any_table = glob.rsplit('.').next().is_some_and(|last| last.chars().all(|c| c == '*'));
    if let Some(schema) = name.strip_suffix(".*") {
        // Database or schema: which of them is set is a matter of the database.
        return any_table && glob.rsplit('.').skip(1).any(|part| is_alike(part, schema));
    }
    !(shorter && any_table)
        && globs.zip(parts).all(|(glob, part)| part.is_empty() || is_alike(glob, part))
}

/// For a rule that allows: all of each list that the rule has.
pub(super) fn is_within(wanted: &SqlMatch, found: &Identifiers) -> bool {
    let all = |globs: &[String], names: &BTreeSet<String>| {
        globs.is_empty() || names.iter().all(|name| globs.iter().any(|glob| is_exactly(glob, name)))
    };
    !found.dotted
        && all(&wanted.table, &found.tables)
        && all(&wanted.schema, &found.schemas)
        && all(&wanted.column, &found.columns)
}

/// Part by part; a lone `*` is everything.
fn is_exactly(glob: &str, name: &str) -> bool {
    matches!(glob, "*" | "**")
        || (glob.matches('.').count() == name.matches('.').count()
            && glob.split('.').zip(name.split('.')).all(|(glob, part)| glob::matches(glob, part)))
}
