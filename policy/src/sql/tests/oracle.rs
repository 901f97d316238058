//! A full parser (too large for the filter) says what statements are; our tokens have to agree.

use proptest::prelude::*;
use sqlparser::ast::{CopyTarget, ObjectType, Query, SetExpr, Statement};
use sqlparser::dialect::{
    Dialect as Grammar, MsSqlDialect, MySqlDialect, PostgreSqlDialect, SQLiteDialect,
};
use sqlparser::parser::Parser;

use super::*;

/// The effects a parsed statement must have; none for what this oracle does not know.
fn expected(statement: &Statement) -> Vec<SqlEffect> {
    match statement {
        Statement::Query(query) => in_query(query),
        Statement::Explain { analyze: true, statement, .. } => expected(statement),
        Statement::Prepare { statement, .. } => expected(statement),
        Statement::Insert(_) => vec![Insert],
        Statement::Delete(delete) if delete.selection.is_none() => vec![Delete, DeleteWithoutWhere],
        Statement::Delete(_) => vec![Delete],
        Statement::Update(update) if update.selection.is_none() => vec![Update, UpdateWithoutWhere],
        Statement::Update(_) => vec![Update],
        Statement::Truncate(_) => vec![Truncate],
        Statement::AlterTable(_) => vec![AlterTable],
        Statement::Grant(_) => vec![Grant],
        Statement::Revoke(_) | Statement::Deny(_) => vec![Revoke],
        Statement::CreateTable(_) => vec![Create],
        Statement::CreateRole(_) | Statement::AlterRole { .. } => vec![PrivilegeChange],
        Statement::CreateExtension(_) => vec![UntrustedCode],
        Statement::Copy { target: CopyTarget::Program { .. }, .. } => vec![CopyProgram],
        Statement::Copy { target: CopyTarget::File { .. }, .. } => vec![FileAccess],
        Statement::Drop { object_type, .. } => vec![match object_type {
            ObjectType::Database => DropDatabase,
            ObjectType::Schema => DropSchema,
            ObjectType::Table => DropTable,
            ObjectType::Role | ObjectType::User => PrivilegeChange,
            _ => DropObject,
        }],
        _ => Vec::new(),
    }
}

fn in_query(query: &Query) -> Vec<SqlEffect> {
    let with = query.with.iter().flat_map(|with| &with.cte_tables);
    let mut effects: Vec<SqlEffect> = with.flat_map(|table| in_query(&table.query)).collect();
    match query.body.as_ref() {
        SetExpr::Insert(s) | SetExpr::Update(s) | SetExpr::Delete(s) => effects.extend(expected(s)),
        SetExpr::Select(_) => effects.push(Read),
        SetExpr::Query(query) => effects.extend(in_query(query)),
        _ => {}
    }
    effects
}

const GRAMMARS: &[(&dyn Grammar, Dialect)] = &[
    (&PostgreSqlDialect {}, Dialect::Postgres),
    (&MySqlDialect {}, Dialect::Mysql),
    (&MsSqlDialect {}, Dialect::Tsql),
    (&SQLiteDialect {}, Dialect::Sqlite),
];

/// Whether some grammar parses it; panics where we see less in it than the parser does.
fn agrees(text: &str) -> bool {
    let mut parsed = false;
    for (grammar, dialect) in GRAMMARS {
        // The oracle takes dollars for quotes in every grammar, and runs what follows a column that
        // no table has.
        if (text.contains('$') || text.contains("E'")) && *dialect != Dialect::Postgres {
            continue;
        }
        let Ok(statements) = Parser::parse_sql(*grammar, text) else { continue };
        parsed |= !statements.is_empty();
        let one = classify_as(text, *dialect);
        let any = classify(text);
        assert!(statements.len() <= one.statements, "{dialect:?}: {text}");
        for effect in statements.iter().flat_map(expected) {
            assert!(one.effects.contains(&effect), "{dialect:?} {effect:?}: {text} {one:?}");
            assert!(any.effects.contains(&effect), "any {effect:?}: {text} {any:?}");
            // Nobody has to say that it is SQL.
            let plain = [Read, Insert, Update, Delete, Create].contains(&effect);
            assert!(plain || looks_like_sql(text), "{effect:?}: {text}");
        }
    }
    parsed
}

fn gap() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![" ", "\n", "\t ", "/**/", " /* DROP TABLE x; */ ", " -- ; '\n"])
}

fn literal() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "1",
        "'a'",
        "'it''s'",
        "''",
        "'; DROP TABLE x; --'",
        "E'\\'; DROP TABLE x; --'",
        "$$; DROP TABLE x$$",
        "\"a;b\"",
        "`c;d`",
        "[e;f]",
        "N'x'",
        "1.5e3",
        "now()",
        "'/*'",
        "'--'",
        "'\\'",
        "'\\\\'",
        "$q$'$q$",
    ])
}

fn statement() -> impl Strategy<Value = String> {
    let shape = prop::sample::select(vec![
        "SELECT # FROM t",
        "SELECT # FROM t WHERE a = #",
        "INSERT INTO t ( a ) VALUES ( # )",
        "DELETE FROM t",
        "DELETE FROM t WHERE a = #",
        "DELETE FROM t WHERE a IN ( # , # ) AND b = #",
        "UPDATE t SET a = #",
        "UPDATE t SET a = # , b = # WHERE c = #",
        "WITH d AS ( DELETE FROM t RETURNING * ) SELECT # FROM d",
        "WITH d AS ( UPDATE t SET a = # RETURNING * ) SELECT * FROM d WHERE a = #",
        "EXPLAIN ANALYZE DELETE FROM t",
        "PREPARE p AS DELETE FROM t",
        "DROP TABLE IF EXISTS t , u CASCADE",
        "DROP DATABASE d",
        "DROP SCHEMA s",
        "DROP VIEW v",
        "DROP INDEX i",
        "DROP ROLE r",
        "TRUNCATE TABLE t",
        "ALTER TABLE t ADD COLUMN c int",
        "GRANT SELECT , DELETE ON t TO r",
        "REVOKE ALL ON t FROM r",
        "CREATE TABLE t ( a int DEFAULT # )",
        "CREATE ROLE r SUPERUSER",
        "CREATE EXTENSION x",
        "COPY t TO PROGRAM 'id'",
        "COPY t FROM '/tmp/x'",
    ]);
    (shape, prop::collection::vec((gap(), literal(), any::<bool>()), 24)).prop_map(
        |(shape, noise)| {
            let words = shape.split(' ').zip(noise.iter().cycle());
            words
                .map(|(word, (gap, literal, upper))| match (word, upper) {
                    ("#", _) => format!("{literal}{gap}"),
                    (word, true) => format!("{word}{gap}"),
                    (word, false) => format!("{}{gap}", word.to_lowercase()),
                })
                .collect()
        },
    )
}

#[test]
fn the_oracle_reads_what_is_written_here() {
    for text in [
        "WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d",
        "DROP/**/DATABASE x; SELECT 1",
        "SELECT [drop;] FROM t",
        "COPY t TO PROGRAM 'id'",
    ] {
        assert!(agrees(text), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn sees_at_least_what_the_oracle_sees(statements in prop::collection::vec(statement(), 1..3)) {
        agrees(&statements.join(";"));
    }
}
