/*! A lexer for colours: every byte of the text is in exactly one token. */

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Space,
    Comment,
    /// Single-quoted or dollar-quoted text.
    Literal,
    /// Double-quoted, back-quoted or plain names.
    Name,
    Number,
    Keyword,
    /// Words that destroy or give away.
    Danger,
    Other,
}

impl Class {
    /// The CSS class; empty where the text's own colour will do.
    pub fn css(self) -> &'static str {
        match self {
            Class::Comment => "sql-comment",
            Class::Literal => "sql-literal",
            Class::Number => "sql-number",
            Class::Keyword => "sql-keyword",
            Class::Danger => "sql-danger",
            Class::Space | Class::Name | Class::Other => "",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    pub class: Class,
    pub text: &'a str,
}

const DANGER: &[&str] =
    &["DELETE", "DROP", "TRUNCATE", "ALTER", "GRANT", "REVOKE", "UPDATE", "EXECUTE", "COPY"];

const KEYWORDS: &[&str] = &[
    "ALL",
    "ANALYZE",
    "AND",
    "AS",
    "ASC",
    "BEGIN",
    "BETWEEN",
    "BY",
    "CALL",
    "CASCADE",
    "CASE",
    "COLUMN",
    "COMMIT",
    "CREATE",
    "CROSS",
    "DATABASE",
    "DESC",
    "DISTINCT",
    "DO",
    "ELSE",
    "END",
    "EXCEPT",
    "EXISTS",
    "EXPLAIN",
    "FROM",
    "FULL",
    "FUNCTION",
    "GROUP",
    "HAVING",
    "IF",
    "IN",
    "INDEX",
    "INNER",
    "INSERT",
    "INTERSECT",
    "INTO",
    "IS",
    "JOIN",
    "LEFT",
    "LIKE",
    "LIMIT",
    "MERGE",
    "NOT",
    "NULL",
    "OFFSET",
    "ON",
    "OR",
    "ORDER",
    "OUTER",
    "PREPARE",
    "RETURNING",
    "RIGHT",
    "ROLE",
    "ROLLBACK",
    "SCHEMA",
    "SELECT",
    "SET",
    "TABLE",
    "THEN",
    "TO",
    "UNION",
    "USING",
    "VALUES",
    "VIEW",
    "WHEN",
    "WHERE",
    "WITH",
];

pub fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let (class, length) = token(rest, first);
        let (text, tail) = rest.split_at_checked(length).unwrap_or((rest, ""));
        rest = tail;
        Some(Token { class, text })
    })
}

/// The class of the token the text begins with, and its bytes (at least those of `first`).
fn token(text: &str, first: char) -> (Class, usize) {
    match first {
        _ if first.is_whitespace() => (Class::Space, run(text, char::is_whitespace)),
        '-' if text.starts_with("--") => (Class::Comment, through(text, 2, "\n")),
        '/' if text.starts_with("/*") => (Class::Comment, through(text, 2, "*/")),
        '\'' => (Class::Literal, quoted(text, '\'')),
        '"' | '`' => (Class::Name, quoted(text, first)),
        '$' => match dollar(text) {
            Some(length) => (Class::Literal, length),
            None => (Class::Other, 1),
        },
        _ if first.is_ascii_digit() => {
            (Class::Number, run(text, |c| c.is_ascii_alphanumeric() || c == '.'))
        }
        _ if first.is_alphabetic() || first == '_' => {
            let length = run(text, |c| c.is_alphanumeric() || c == '_' || c == '$');
            let word = text.get(..length).unwrap_or_default().to_ascii_uppercase();
            let class = match () {
                () if DANGER.contains(&word.as_str()) => Class::Danger,
                () if KEYWORDS.contains(&word.as_str()) => Class::Keyword,
                () => Class::Name,
            };
            (class, length)
        }
        _ => (Class::Other, first.len_utf8()),
    }
}

fn run(text: &str, inside: impl Fn(char) -> bool) -> usize {
    text.find(|character| !inside(character)).unwrap_or(text.len())
}

/// Through the first `end` that starts at `from` or later; all of the text if there is none.
fn through(text: &str, from: usize, end: &str) -> usize {
    let found = text.get(from..).and_then(|rest| rest.find(end));
    found.map_or(text.len(), |at| from + at + end.len())
}

/// A doubled quote is two tokens of the same class: the colour is right all the same.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|&(_, character)| {
        let ends = character == quote && !escaped;
        escaped = character == '\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |(at, quote)| at + quote.len_utf8())
}

/// `$tag$ … $tag$`.
fn dollar(text: &str) -> Option<usize> {
    let tag = run(text.get(1..)?, |c| c.is_ascii_alphanumeric() || c == '_') + 2;
    let opening = text.get(..tag).filter(|opening| opening.ends_with('$'))?;
    Some(through(text, tag, opening))
}
