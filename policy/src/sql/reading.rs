/*! The ways in which databases read one text, and what they come to together. */

use std::collections::BTreeSet;

use super::lexer::lex;
use super::rules::{Rules, readings};
use super::statement;
use super::token::{Kind, Token};
use super::{Dialect, Sql, SqlEffect};

/// Literals in literals that are run: `EXEC('EXEC(''..'')')`.
pub(super) const MAX_NESTING: u8 = 3;

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
