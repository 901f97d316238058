/*! The ways in which databases read one text, and what they come to together. */

use std::collections::BTreeSet;

use super::lexer::{Rules, lex};
use super::statement;
use super::token::{Kind, Token};
use super::{Dialect, Sql, SqlEffect};

/// Literals in literals that are run: `EXEC('EXEC(''..'')')`.
pub(super) const MAX_NESTING: u8 = 3;

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
        || bytes.windows(2).any(|pair| matches!(pair, b"/*" | b"--"))
}

pub(super) fn classify(text: &str, dialect: Dialect) -> Sql {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut whole = Sql { unparsed: true, ..Sql::default() };
    let mut doubtful = BTreeSet::new();
    for rules in readings(text, dialect) {
        let reading = read(text, rules, 0);
        whole.statements = whole.statements.max(reading.statements);
        whole.effects.extend(reading.effects);
        doubtful.extend(reading.doubtful);
        whole.unparsed &= !reading.complete;
    }
    if whole.unparsed {
        whole.effects.extend(doubtful);
    }
    whole
}

pub(super) struct Reading {
    pub effects: BTreeSet<SqlEffect>,
    /// Of statements that no database would run in this reading.
    pub doubtful: BTreeSet<SqlEffect>,
    pub statements: usize,
    /// Each statement of it could be run.
    pub complete: bool,
}

pub(super) fn read(text: &str, rules: Rules, nesting: u8) -> Reading {
    let lexed = lex(text, rules);
    let mut reading = Reading {
        effects: BTreeSet::new(),
        doubtful: BTreeSet::new(),
        statements: 0,
        complete: !lexed.broken,
    };
    let mut stopped = false;
    let mut statements = lexed.tokens.split(|token| token.is(";")).peekable();
    while let Some(tokens) = statements.next() {
        if tokens.is_empty() {
            continue;
        }
        reading.statements += 1;
        let cut = lexed.broken && statements.peek().is_none();
        let runs = !cut && !stopped && could_run(tokens);
        stopped |= is_column_from_nowhere(tokens);
        reading.complete &= runs && !stopped;
        let effects = if runs { &mut reading.effects } else { &mut reading.doubtful };
        reading.complete &= statement::judge(tokens, rules, nesting, effects);
    }
    reading
}

/// Necessary, not sufficient: it begins like a statement, and nothing closes that was not open.
fn could_run(tokens: &[Token<'_>]) -> bool {
    let mut open = 0i64;
    for token in tokens {
        if token.is("(") {
            open += 1;
        } else if token.is(")") {
            open -= 1;
        }
        if open < 0 || token.is("*/") {
            return false;
        }
    }
    open == 0 && tokens.iter().find(|token| !token.is("(")).is_some_and(super::verb::is_head)
}

/// `SELECT E'..'` without a table: where `E` is no prefix of the literal it is a column that cannot be
/// found, and the database stops there.
fn is_column_from_nowhere(tokens: &[Token<'_>]) -> bool {
    tokens.iter().all(|token| token.word != "FROM")
        && tokens.windows(2).any(|pair| {
            matches!(pair, [prefix, text] if prefix.kind == Kind::Word
                && prefix.text.eq_ignore_ascii_case("e")
                && text.kind == Kind::Text)
        })
}
