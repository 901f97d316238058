//! The classifier against a full parser, over statements of four dialects that a seed writes.
//!
//! `GATEHOUSE_SQL_SEED` takes the place of the seed, `GATEHOUSE_SQL_STATEMENTS` that of their number.

mod evaluate;
mod expected;
mod grammar;
mod random;
mod stricter;
mod writer;

use std::collections::{BTreeMap, BTreeSet};

use sqlparser::dialect::{
    Dialect as Grammar, MsSqlDialect, MySqlDialect, PostgreSqlDialect, SQLiteDialect,
};
use sqlparser::parser::Parser;

use super::*;
use stricter::Reason;

const SEED: u64 = 20_261_126;
/// Of each dialect.
const STATEMENTS: u64 = 13_000;
/// In per cent of all statements.
const UNREAD_BY_ORACLE: usize = 10;
const STRICTER: usize = 2;
/// Of which a dialect that is not their own makes more: those with a literal that ends elsewhere there.
const MORE_IN_OTHERS: usize = 5;

/// Which name more tables than the oracle sees: it sees none in `EXPLAIN`, `GRANT` or a trigger, and
/// aliases where rows are changed by them count here.
const MORE_TABLES: usize = 25;

#[derive(Default)]
struct Tally {
    statements: usize,
    risky: usize,
    unread: usize,
    stricter: BTreeMap<Reason, usize>,
    /// By all dialects at once, over what its own makes of it.
    others: usize,
    /// With a table that the oracle does not see.
    more_tables: usize,
    failures: Vec<String>,
}

fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn run(dialect: Dialect, grammar: &dyn Grammar) {
    let first = from_environment("GATEHOUSE_SQL_SEED").unwrap_or(SEED);
    let count = from_environment("GATEHOUSE_SQL_STATEMENTS").unwrap_or(STATEMENTS);
    let mut tally = Tally::default();
    for index in 0..count {
        let seed = first.wrapping_mul(1_000_003).wrapping_add(index);
        let text = writer::write(seed, dialect);
        tally.statements += 1;
        match Parser::parse_sql(grammar, &text) {
            Ok(statements) if !statements.is_empty() => {
                let expected = expected::expected(&statements, dialect);
                compare(&mut tally, seed, dialect, &text, &expected);
            }
            Ok(_) => tally.unread += 1,
            Err(error) => {
                if std::env::var("GATEHOUSE_SQL_UNREAD").is_ok() {
                    println!("UNREAD {error} | {text}");
                }
                tally.unread += 1;
            }
        }
    }
    let Tally { statements, risky, unread, stricter, others, more_tables, failures } = tally;
    println!(
        "{dialect:?}: {statements} statements of seed {first}, {risky} risky, {unread} not read by the oracle,"
    );
    println!(
        "stricter {stricter:?}, {others} more in other dialects, {more_tables} with more tables, {} failures",
        failures.len()
    );
    let shown: Vec<&String> = failures.iter().take(40).collect();
    assert!(failures.is_empty(), "seed {first}, {}: {shown:#?}", failures.len());
    assert!(unread * 100 <= statements * UNREAD_BY_ORACLE, "{unread} of {statements} are not SQL");
    let all: usize = stricter.values().sum();
    assert!(all * 100 <= statements * STRICTER, "{all} of {statements}: {stricter:?}");
    assert!(others * 100 <= statements * MORE_IN_OTHERS, "{others} of {statements}");
    assert!(more_tables * 100 <= statements * MORE_TABLES, "{more_tables} of {statements}");
    assert!(risky * 4 >= statements, "{risky} of {statements} are risky");
}

fn compare(
    tally: &mut Tally,
    seed: u64,
    dialect: Dialect,
    text: &str,
    expected: &expected::Expected,
) {
    let mut fail =
        |what: String| tally.failures.push(format!("{what} | seed {seed} {dialect:?} | {text}"));
    let (one, any) = (classify_as(text, dialect), classify(text));
    let plain = [Read, Insert, Update, Delete, Create];
    let risky = expected.effects.iter().any(|effect| !plain.contains(effect));
    for effect in &expected.effects {
        if !one.effects.contains(effect) {
            fail(format!("lacks {effect:?}"));
        }
        if !any.effects.contains(effect) {
            fail(format!("lacks {effect:?} by all dialects"));
        }
    }
    for (what, seen, here, everywhere) in [
        ("table", &expected.named.tables, &one.identifiers.tables, &any.identifiers.tables),
        ("column", &expected.named.columns, &one.identifiers.columns, &any.identifiers.columns),
    ] {
        for name in seen.iter().filter(|name| !here.contains(*name) || !everywhere.contains(*name))
        {
            fail(format!("lacks the {what} {name}"));
        }
    }
    let tables: Vec<&String> = one.identifiers.tables.difference(&expected.named.tables).collect();
    if !tables.is_empty() {
        if std::env::var("GATEHOUSE_SQL_STRICTER").is_ok() {
            println!("TABLES {tables:?} | {text:?}");
        }
        tally.more_tables += 1;
    }
    let prose = expected.notes.contains(&expected::Note::ReadsLikeProse);
    if risky && !prose && !looks_like_sql(text) {
        fail("does not look like SQL".to_owned());
    }
    let extra: BTreeSet<SqlEffect> =
        one.effects.difference(&expected.effects).filter(|e| **e != Read).copied().collect();
    let mut explained = None;
    if one.unparsed || !extra.is_empty() {
        // Each effect for itself: statements that are stacked may be stricter for different reasons.
        let each = extra.iter().map(|one| stricter::reason(text, &[*one].into(), expected));
        let reasons: Option<Vec<Reason>> = each.collect();
        explained = reasons.and_then(|all| all.first().copied()).filter(|_| !one.unparsed);
        if explained.is_none() {
            fail(format!("unexplained {extra:?} unparsed: {}", one.unparsed));
        }
    }
    tally.risky += usize::from(risky);
    tally.others += usize::from(any.effects.len() > one.effects.len() || any.unparsed);
    if let Some(reason) = explained {
        if std::env::var("GATEHOUSE_SQL_STRICTER").is_ok() {
            println!("STRICTER {reason:?} {extra:?} | {text:?}");
        }
        *tally.stricter.entry(reason).or_default() += 1;
    }
}

#[test]
fn postgres_agrees_with_the_oracle() {
    run(Dialect::Postgres, &PostgreSqlDialect {});
}

#[test]
fn mysql_agrees_with_the_oracle() {
    run(Dialect::Mysql, &MySqlDialect {});
}

#[test]
fn tsql_agrees_with_the_oracle() {
    run(Dialect::Tsql, &MsSqlDialect {});
}

#[test]
fn sqlite_agrees_with_the_oracle() {
    run(Dialect::Sqlite, &SQLiteDialect {});
}
