/*!
SQL for the eye: coloured, and one clause a line.

Only white space between tokens changes, so what is read is what would run. A lexer is enough for
that and cannot fail; what a statement does is `policy::sql`'s to say.
*/

mod lexer;

pub use lexer::{Class, Token, tokens};

/// Begin a line of their own at the statement's level.
const CLAUSES: &[&str] = &[
    "SELECT",
    "FROM",
    "WHERE",
    "GROUP",
    "ORDER",
    "HAVING",
    "LIMIT",
    "OFFSET",
    "FETCH",
    "UNION",
    "INTERSECT",
    "EXCEPT",
    "VALUES",
    "SET",
    "RETURNING",
    "JOIN",
    "LEFT",
    "RIGHT",
    "INNER",
    "FULL",
    "CROSS",
    "WINDOW",
];
/// Begin an indented line.
const JUNCTIONS: &[&str] = &["AND", "OR"];
/// A clause does not break the line after one of these: `DELETE FROM`, `LEFT JOIN`, `UNION SELECT`.
const LEADS: &[&str] = &[
    "DELETE", "LEFT", "RIGHT", "INNER", "FULL", "OUTER", "CROSS", "NATURAL", "IS", "DISTINCT",
    "EXPLAIN", "ANALYZE", "FOR", "TRIM", "EXTRACT", "REVOKE",
];

/// Begin a statement: in parentheses they are laid out like one.
const STATEMENTS: &[&str] = &["SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "VALUES"];

/// White space outside literals and comments is set anew; everything else stays byte for byte.
pub fn lay_out(text: &str) -> String {
    let mut layout = Layout::default();
    let mut tokens = tokens(text).peekable();
    let mut gap = false;
    while let Some(token) = tokens.next() {
        if token.class == Class::Space {
            gap = true;
            continue;
        }
        while token.text == "(" && tokens.next_if(|next| next.class == Class::Space).is_some() {}
        let next = tokens.peek().map(|next| next.text.to_ascii_uppercase()).unwrap_or_default();
        layout.push(token, gap, STATEMENTS.contains(&next.as_str()));
        gap = false;
    }
    layout.out
}

#[derive(Default)]
struct Layout {
    out: String,
    /// Open parentheses; true for those around a statement.
    open: Vec<bool>,
    previous: String,
    /// Between `BETWEEN` and its `AND`.
    between: bool,
}

impl Layout {
    /// `gap`: white space stood before it; `statement`: one begins behind it.
    fn push(&mut self, token: Token<'_>, gap: bool, statement: bool) {
        let word = token.text.to_ascii_uppercase();
        let closes = token.text == ")" && self.open.pop() == Some(true);
        let in_statement = self.open.last().is_none_or(|statement| *statement);
        let after = |words: &[&str]| words.contains(&self.previous.as_str());
        let fresh = self.out.trim_end_matches(' ').ends_with('\n') || self.out.is_empty();
        if fresh {
        } else if closes || after(&[";"]) {
            self.line(0);
        } else if !in_statement || after(LEADS) || (word == "AND" && self.between) {
            self.space(gap);
        } else if CLAUSES.contains(&word.as_str()) {
            self.line(0);
        } else if JUNCTIONS.contains(&word.as_str()) {
            self.line(2);
        } else {
            self.space(gap);
        }
        self.out.push_str(token.text);
        self.between = word == "BETWEEN" || (self.between && word != "AND" && word != ";");
        self.previous = word;
        match token.text {
            "(" => {
                self.open.push(statement);
                if statement {
                    self.line(0);
                }
            }
            ";" => self.open.clear(),
            _ => {}
        }
    }

    fn space(&mut self, gap: bool) {
        if gap && !self.out.ends_with(' ') {
            self.out.push(' ');
        }
    }

    fn line(&mut self, more: usize) {
        let levels = self.open.iter().filter(|statement| **statement).count();
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n(' ', levels * 2 + more));
    }
}

#[cfg(test)]
mod tests;
