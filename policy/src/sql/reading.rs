/*! The ways in which databases read one text, and what they come to together. */

use std::collections::BTreeSet;

use super::lexer::lex;
use super::rules::readings;
use super::statement;
use super::token::{Kind, Token};
use super::work::{Judging, Work};
use super::{Dialect, Identifiers, Sql, SqlEffect};

/// Literals in literals that are run: `EXEC('EXEC(''..'')')`.
pub(super) const MAX_NESTING: u8 = 3;

pub(super) fn classify(text: &str, dialect: Dialect, work: &Work) -> Sql {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut whole = Sql { unparsed: true, ..Sql::default() };
    let mut doubtful = BTreeSet::new();
    for rules in readings(text, dialect) {
        let reading = read(text, Judging { rules, work }, 0);
        whole.statements = whole.statements.max(reading.statements);
        whole.effects.extend(reading.effects);
        doubtful.extend(reading.doubtful);
        whole.identifiers.extend(reading.identifiers);
        whole.unparsed &= !reading.complete;
        whole.over_budget |= reading.cut;
    }
    whole.identifiers.settle();
    whole.over_budget |= work.is_over();
    whole.unparsed |= whole.over_budget;
    if whole.unparsed {
        whole.effects.extend(doubtful);
    }
    whole
}

pub(super) struct Reading {
    pub effects: BTreeSet<SqlEffect>,
    /// Of statements that no database would run in this reading.
    pub doubtful: BTreeSet<SqlEffect>,
    pub identifiers: Identifiers,
    pub statements: usize,
    /// Each statement of it could be run.
    pub complete: bool,
    /// There is more of it than was looked at.
    pub cut: bool,
}

pub(super) fn read(text: &str, judging: Judging<'_>, nesting: u8) -> Reading {
    let lexed = lex(text, judging.rules, judging.work);
    let mut reading = Reading {
        effects: BTreeSet::new(),
        doubtful: BTreeSet::new(),
        identifiers: Identifiers::default(),
        statements: 0,
        complete: !lexed.broken && !lexed.cut,
        cut: lexed.cut,
    };
    let mut stopped = false;
    let mut statements = lexed.tokens.split(|token| token.is(";")).peekable();
    while let Some(tokens) = statements.next() {
        if tokens.is_empty() {
            continue;
        }
        reading.statements += 1;
        judging.work.spend(tokens.len());
        let broken = lexed.broken && statements.peek().is_none();
        let runs = !broken && !stopped && is_balanced(tokens);
        stopped |= is_column_from_nowhere(tokens);
        reading.complete &= runs && !stopped && begins_like_one(tokens);
        let effects = if runs { &mut reading.effects } else { &mut reading.doubtful };
        reading.cut |=
            statement::judge(tokens, judging, nesting, (effects, &mut reading.identifiers));
    }
    reading
}

/// Necessary for being run, not sufficient: nothing closes that was not open.
fn is_balanced(tokens: &[Token<'_>]) -> bool {
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
    open == 0
}

/// What begins otherwise is not taken for SQL, but it may be run all the same: SQL Server lets a text
/// begin with the name of a procedure, and a statement with a label.
fn begins_like_one(tokens: &[Token<'_>]) -> bool {
    tokens.iter().find(|token| !token.is("(")).is_some_and(super::verb::is_head)
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
