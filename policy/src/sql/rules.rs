/*! The rules of each database for literals and comments. */

use super::Dialect;

/// Where databases differ about literals and comments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rules {
    /// A backslash escapes in every literal.
    pub backslash: bool,
    /// A backslash escapes in `E'..'`.
    pub escape_strings: bool,
    /// `$tag$ .. $tag$`.
    pub dollar_quotes: bool,
    /// `q'[ .. ]'`.
    pub q_quotes: bool,
    /// Double quotes make a literal.
    pub double_quoted_text: bool,
    pub backticks: bool,
    pub brackets: bool,
    pub hash_comments: bool,
    /// `--` begins a comment only before white space.
    pub dash_needs_space: bool,
    pub nested_comments: bool,
    /// `/*! .. */` is run.
    pub version_comments: bool,
    /// A comment may end with the text.
    pub open_comment_at_end: bool,
    /// A carriage return ends a line.
    pub return_ends_line: bool,
    /// `@` begins a variable.
    pub variables: bool,
    /// `||` is a disjunction.
    pub pipes_are_or: bool,
}

const POSTGRES: Rules = Rules {
    escape_strings: true,
    dollar_quotes: true,
    nested_comments: true,
    return_ends_line: true,
    ..PLAIN
};
const MYSQL: Rules = Rules {
    backslash: true,
    double_quoted_text: true,
    backticks: true,
    hash_comments: true,
    dash_needs_space: true,
    version_comments: true,
    variables: true,
    pipes_are_or: true,
    ..PLAIN
};
/// A server older than the version a comment asks for.
const MYSQL_OLDER: Rules = Rules { version_comments: false, ..MYSQL };
const TSQL: Rules = Rules { brackets: true, nested_comments: true, variables: true, ..PLAIN };
const SQLITE: Rules =
    Rules { backticks: true, brackets: true, open_comment_at_end: true, variables: true, ..PLAIN };
const ORACLE: Rules = Rules { q_quotes: true, ..PLAIN };
const PLAIN: Rules = Rules {
    backslash: false,
    escape_strings: false,
    dollar_quotes: false,
    q_quotes: false,
    double_quoted_text: false,
    backticks: false,
    brackets: false,
    hash_comments: false,
    dash_needs_space: false,
    nested_comments: false,
    version_comments: false,
    open_comment_at_end: false,
    return_ends_line: false,
    variables: false,
    pipes_are_or: false,
};

pub(super) fn readings(text: &str, dialect: Dialect) -> Vec<Rules> {
    let version = text.contains("/*!") || text.contains("/*M!") || text.contains("/*m!");
    let mut readings = match dialect {
        Dialect::Any if !is_ambiguous(text) => vec![SQLITE],
        Dialect::Any => vec![POSTGRES, MYSQL, TSQL, SQLITE],
        Dialect::Postgres => vec![POSTGRES],
        Dialect::Mysql => vec![MYSQL],
        Dialect::Tsql => vec![TSQL],
        Dialect::Sqlite => vec![SQLITE],
        Dialect::Oracle => vec![ORACLE],
    };
    if version && readings.contains(&MYSQL) {
        readings.push(MYSQL_OLDER);
    }
    if dialect == Dialect::Any && (text.contains("q'") || text.contains("Q'")) {
        readings.push(ORACLE);
    }
    readings
}

/// Whether anything is in it about which databases disagree.
fn is_ambiguous(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes
        .iter()
        .any(|byte| matches!(byte, b'\\' | b'`' | b'[' | b'#' | b'$' | b'@' | b'\r' | b'"' | b'|'))
        // `E'..'` is one literal in PostgreSQL, and a name before one elsewhere.
        || bytes.windows(2).any(|pair| matches!(pair, b"/*" | b"--" | b"E'" | b"e'"))
}
