//! Which tables, schemas and columns are seen, in any disguise.

mod columns;
mod disguises;

use super::*;

fn words(text: &str) -> Vec<&str> {
    text.split(", ").filter(|word| !word.is_empty()).collect()
}

/// Exactly these.
fn tables(text: &str, expected: &str) {
    tables_as(text, Dialect::Any, expected);
}

fn tables_as(text: &str, dialect: Dialect, expected: &str) {
    let sql = classify_as(text, dialect);
    let found: Vec<&str> = sql.identifiers.tables.iter().map(String::as_str).collect();
    assert_eq!(found, words(expected), "{text}");
    assert!(sql.names_all(), "{text}: {sql:?}");
}

/// These at least.
fn names(text: &str, expected: &str) {
    let found = classify(text).identifiers.tables;
    assert!(words(expected).iter().all(|table| found.contains(*table)), "{text}: {found:?}");
}

#[test]
fn tables_by_statement() {
    for (text, expected) in [
        ("SELECT 1", ""),
        ("SELECT a FROM Users", "users"),
        (
            "SELECT a FROM users u, orders AS o, \"Items\" i WHERE u.id = o.id",
            "Items, orders, users",
        ),
        (
            "SELECT * FROM a JOIN b ON a.x = b.x, c LEFT JOIN d USING (id) CROSS JOIN e",
            "a, b, c, d, e",
        ),
        ("SELECT * FROM (a JOIN b ON a.x = b.x), (c)", "a, b, c"),
        ("SELECT a FROM hr.users, shop.hr.orders", "hr.users, shop.hr.orders"),
        (
            "SELECT (SELECT max(a) FROM b) FROM c WHERE EXISTS (SELECT 1 FROM d) AND x IN (TABLE e)",
            "b, c, d, e",
        ),
        ("WITH d AS (SELECT * FROM users) SELECT * FROM d", "d, users"),
        ("WITH users AS (SELECT 1) SELECT * FROM users", "users"),
        ("SELECT a FROM b UNION ALL SELECT a FROM c EXCEPT SELECT a FROM d", "b, c, d"),
        ("SELECT extract(year FROM created_at), trim(both 'x' FROM name) FROM t", "t"),
        ("SELECT a IS DISTINCT FROM b, a IS NOT DISTINCT FROM c FROM t", "t"),
        ("SELECT a FROM t FOR UPDATE", "t"),
        ("SELECT a FROM t ORDER BY a, b LIMIT 5, 7", "t"),
        ("INSERT INTO t (a, b) SELECT a, b FROM u", "t, u"),
        ("INSERT INTO t VALUES (a, now()), (b, lower(c))", "t"),
        ("INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2, b = 3", "t"),
        ("REPLACE INTO t VALUES (1)", "t"),
        ("UPDATE t SET a = 1, b = 2, c = f(x, y) FROM u, v WHERE t.id = u.id", "t, u, v"),
        ("UPDATE ONLY t SET a = 1", "t"),
        ("UPDATE a, b SET a.x = b.x", "a, b"),
        ("UPDATE a JOIN b ON a.x = b.x SET a.y = 1, b.y = 2", "a, b"),
        ("UPDATE u SET a = 1 FROM users u JOIN orders o ON o.id = u.id", "orders, u, users"),
        ("DELETE FROM t USING a, b WHERE x = 1", "a, b, t"),
        ("DELETE a, b FROM users a JOIN orders b ON a.id = b.id", "a, b, orders, users"),
        ("DELETE TOP (5) FROM t", "t"),
        ("DELETE t WHERE a = 1", "t"),
        ("MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET a = 1, b = 2", "s, t"),
        (
            "MERGE t USING (SELECT a FROM s, r) x ON t.a = x.a WHEN NOT MATCHED THEN INSERT (a, b) VALUES (1, c)",
            "r, s, t",
        ),
        ("COPY t TO STDOUT", "t"),
        ("COPY hr.t (a, b) FROM '/tmp/x'", "hr.t"),
        ("COPY (SELECT a FROM t) TO STDOUT", "t"),
        ("TRUNCATE a, b CASCADE", "a, b"),
        ("TRUNCATE TABLE ONLY a", "a"),
        ("TABLE users", "users"),
        ("LOCK TABLE a, b IN EXCLUSIVE MODE", "a, b"),
        ("LOCK TABLES a READ, b WRITE", "a, b"),
        ("DROP TABLE IF EXISTS a, hr.b CASCADE", "a, hr.b"),
        ("ALTER TABLE IF EXISTS ONLY t ADD COLUMN c int, DROP COLUMN d", "t"),
        ("ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u (b)", "t, u"),
        ("CREATE TABLE t (a int REFERENCES u (b), c int)", "t, u"),
        ("CREATE TABLE t AS SELECT a FROM u", "t, u"),
        ("CREATE TABLE t (LIKE u INCLUDING ALL)", "t, u"),
        ("CREATE TABLE t LIKE u", "t, u"),
        ("CREATE INDEX i ON t (a, b)", "t"),
        ("CREATE TRIGGER g AFTER UPDATE OF a, b ON t FOR EACH ROW EXECUTE FUNCTION f()", "t"),
        ("CREATE POLICY p ON t USING (a = b)", "t"),
        ("GRANT SELECT, UPDATE (a) ON a, b TO x, y", "a, b"),
        ("REVOKE ALL ON TABLE a FROM x, y", "a"),
        ("COMMENT ON COLUMN hr.t.a IS 'x'", "hr.t"),
        ("EXPLAIN ANALYZE SELECT a FROM t", "t"),
        ("EXPLAIN (ANALYZE, VERBOSE) DELETE FROM t", "t"),
        ("DESCRIBE users", "users"),
        ("PREPARE p AS SELECT a FROM t", "t"),
        ("DECLARE c CURSOR FOR SELECT a FROM t", "t"),
        ("RENAME TABLE a TO b, c TO d", "a, b, c, d"),
        ("PRAGMA table_info(users)", "users"),
        ("SELECT a FROM t CROSS APPLY (SELECT b FROM u) x", "t, u"),
        ("SELECT a FROM t STRAIGHT_JOIN u", "t, u"),
        ("SELECT a FROM t WITH (NOLOCK), u WITH (NOLOCK)", "t, u"),
        ("SELECT a INTO t FROM u", "t, u"),
        ("SELECT 1; SELECT a FROM t; DELETE FROM u WHERE a = 1", "t, u"),
        ("IF EXISTS (SELECT 1 FROM t) DROP TABLE u", "t, u"),
        ("SELECT 1 CREATE INDEX i ON t (a)", "t"),
        ("SELECT a FROM generate_series(1, 9) AS g", "generate_series"),
    ] {
        tables(text, expected);
    }
}

#[test]
fn schemas_are_what_tables_belong_to() {
    for (text, expected) in [
        ("SELECT a FROM hr.users, Shop.Sales.orders", "hr, sales, shop"),
        ("SELECT a FROM db..users", "db"),
        ("CREATE SCHEMA IF NOT EXISTS hr", "hr"),
        ("USE shop", "shop"),
        ("SET search_path = hr, \"Sales\"", "Sales, hr"),
        ("GRANT USAGE ON SCHEMA hr TO x", "hr"),
    ] {
        let found = classify(text).identifiers.schemas;
        assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), words(expected), "{text}");
    }
}

/// Whatever cannot be read could name anything.
#[test]
fn names_that_cannot_be_read_are_said_to_be_hidden() {
    for text in [
        "EXEC ('SELECT * FROM ' + @t)",
        "EXECUTE p(1)",
        "SELECT * FROM dblink('x', 'SELECT 1')",
        "DO $$ BEGIN EXECUTE 'x' || y; END $$",
        "SELECT * FROM $1",
        "SELECT * FROM :table",
        "SELECT * FROM U&\"d!0061ta\" UESCAPE '!'",
        "SELECT * FROM identifier('users')",
        "SELECT set_config('search_path', 'hr', false)",
        "GRANT SELECT ON ALL TABLES IN SCHEMA hr TO x",
        "DROP SCHEMA hr CASCADE",
        "DROP DATABASE shop",
        "SELECT 'unfinished",
        "SELECT (1",
    ] {
        assert!(!classify(text).names_all(), "{text}");
    }
    let many: String = (0..10_001).map(|i| format!(", t{i}")).collect();
    assert!(!classify(&format!("SELECT 1 FROM a{many}")).names_all());
}
