/*!
SQL for the eye: coloured, and one clause a line.

Only white space between tokens changes, so what is read is what would run. A lexer is enough for
that and cannot fail; what a statement does is `policy::sql`'s to say.
*/

mod lexer;

pub use lexer::{Class, Token, tokens};

/// Begin a line of their own at the statement's level.
const CLAUSES: &[&str] = &[
    "SELECT", "FROM", "WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "OFFSET", "FETCH", "UNION",
    "INTERSECT", "EXCEPT", "VALUES", "SET", "RETURNING", "JOIN", "LEFT", "RIGHT", "INNER", "FULL",
    "CROSS", "WINDOW",
];
/// Begin an indented line.
const JUNCTIONS: &[&str] = &["AND", "OR"];
/// A clause does not break the line after one of these: `DELETE FROM`, `LEFT JOIN`, `UNION SELECT`.
const LEADS: &[&str] = &[
    "DELETE", "LEFT", "RIGHT", "INNER", "FULL", "OUTER", "CROSS", "NATURAL", "IS", "DISTINCT",
    "EXPLAIN", "ANALYZE", "FOR", "TRIM", "EXTRACT", "REVOKE",
];

/// White space outside literals and comments is set anew; everything else stays byte for byte.
pub fn lay_out(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut depth = 0usize;
    let mut previous = String::new();
    let mut gap = false;
    let mut broken = true;
    let mut between = false;
    for token in tokens(text) {
        if token.class == Class::Space {
            gap = true;
            continue;
        }
        let word = token.text.to_ascii_uppercase();
        let break_with = match () {
            () if out.is_empty() || broken => None,
            () if previous == ";" => Some("\n"),
            () if depth > 0 || LEADS.contains(&previous.as_str()) => None,
            () if word == "AND" && between => None,
            () if CLAUSES.contains(&word.as_str()) => Some("\n"),
            () if JUNCTIONS.contains(&word.as_str()) => Some("\n  "),
            () => None,
        };
        match break_with {
            Some(break_with) => out.push_str(break_with),
            None if gap && !out.is_empty() && !broken => out.push(' '),
            None => {}
        }
        out.push_str(token.text);
        between = word == "BETWEEN" || (between && word != "AND");
        match token.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            ";" => (depth, between) = (0, false),
            _ => {}
        }
        broken = token.text.ends_with('\n');
        gap = false;
        previous = word;
    }
    out
}

#[cfg(test)]
mod tests;
