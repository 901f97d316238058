use super::*;

fn columns(text: &str, expected: &str) {
    let sql = classify(text);
    let found: Vec<&str> = sql.identifiers.columns.iter().map(String::as_str).collect();
    assert_eq!(found, words(expected), "{text}");
}

#[test]
fn columns_by_statement() {
    for (text, expected) in [
        ("SELECT a, t.B, \"C\", hr.t.d FROM t", "C, a, b, d"),
        ("SELECT count(*), 5 * 2, a * b, (a) * 3 FROM t", "a, b"),
        ("SELECT * FROM t", "*"),
        ("SELECT TOP 5 * FROM t", "*"),
        ("SELECT t.*, a FROM t", "*, a"),
        (
            "SELECT a FROM t WHERE b = 1 GROUP BY c HAVING max(d) > 1 ORDER BY e DESC",
            "a, b, c, d, e, max",
        ),
        ("SELECT substr(ssn, 1, 3) FROM t", "ssn"),
        ("SELECT a::text, CAST(b AS varchar) FROM t", "a, b"),
        ("SELECT password, user FROM t", "password, user"),
        ("INSERT INTO t (a, b) VALUES (1, 2)", "a, b"),
        ("INSERT INTO t VALUES (1, 2)", "*"),
        ("INSERT INTO t SELECT a FROM u", "*, a"),
        ("UPDATE t SET a = 1, b = 2 WHERE c = 3 RETURNING d", "a, b, c, d"),
        ("DELETE FROM t WHERE a = 1", "a"),
        ("COPY t (a, b) TO STDOUT", "a, b"),
        ("COPY t TO STDOUT", "*"),
        ("TABLE t", "*"),
        ("CREATE INDEX i ON t (a)", "a, i"),
        ("SELECT a FROM t JOIN u USING (b)", "a, b"),
        ("SELECT a FROM t LIMIT 5 OFFSET 3", "a"),
    ] {
        columns(text, expected);
    }
}

/// Each takes columns that it does not name.
#[test]
fn all_columns_are_seen_however_they_are_taken() {
    for text in [
        "SELECT/**/*/**/FROM users",
        "SELECT DISTINCT * FROM users",
        "SELECT u.* FROM users u",
        "SELECT (u).* FROM users u",
        "SELECT u FROM users u",
        "SELECT users FROM users",
        "SELECT row_to_json(u) FROM users AS u",
        "SELECT u::text FROM users u",
        "SELECT to_jsonb(u) FROM (SELECT 1) x, users u",
        "SELECT c FROM users AS u (a, b, c)",
        "SELECT c FROM users u (a, b, c)",
        "WITH d (a, b, c) AS (SELECT * FROM users) SELECT c FROM d",
        "WITH d (a, b, c) AS (TABLE users) SELECT c FROM d",
        "CREATE VIEW v AS TABLE users",
        "INSERT INTO log TABLE users",
        "INSERT INTO log (SELECT * FROM users)",
        "DELETE FROM users RETURNING *",
        "SELECT COLUMNS(*) FROM users",
        "SELECT json_agg(u) FROM users u",
        "SELECT 1, * FROM users",
        "SELECT TOP (5) * FROM users",
        "SELECT*FROM users",
    ] {
        assert!(classify(text).identifiers.columns.contains("*"), "{text}");
    }
}

#[test]
fn a_column_is_seen_in_any_spelling() {
    for text in [
        "SELECT Ssn FROM t",
        "SELECT t . /**/ ssn FROM t",
        "SELECT [ssn] FROM t",
        "SELECT `ssn` FROM t",
        "SELECT \"ssn\" FROM t",
        "SELECT U&\"\\0073sn\" FROM t",
        "SELECT t.'ssn' FROM t",
        "SELECT ssn(t) FROM t",
        "SELECT 1 FROM t WHERE ssn LIKE '1%'",
        "SELECT 1 FROM t ORDER BY ssn",
        "SELECT CASE WHEN ssn > 1 THEN 1 END FROM t",
        "SELECT max(ssn) FROM t",
        "SELECT 1 FROM t JOIN u ON f(t.x) = ssn",
        "SELECT 1 FROM t JOIN u ON (t.x) = ssn",
        "UPDATE t SET ssn = 1",
        "UPDATE t SET a = 1, ssn = 2",
        "UPDATE t SET 'ssn' = 1",
        "INSERT INTO t (a, ssn) VALUES (1, 2)",
        "INSERT INTO t ('ssn') VALUES (1)",
        "INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 1, ssn = 2",
        "MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN UPDATE SET a = 1, ssn = s.b",
        "DELETE FROM t RETURNING ssn",
        "DELETE t OUTPUT deleted.ssn",
        "ALTER TABLE t DROP COLUMN ssn",
        "ALTER TABLE t DROP ssn",
        "COMMENT ON COLUMN t.ssn IS 'x'",
        "GRANT SELECT (ssn) ON t TO x",
        "CREATE INDEX i ON t (lower(ssn))",
        "SELECT a FROM t GROUP BY ssn",
        "SELECT sum(a) OVER (PARTITION BY ssn) FROM t",
        "SELECT 1 FROM t JOIN u USING (ssn)",
    ] {
        assert!(classify(text).identifiers.columns.contains("ssn"), "{text}");
    }
}
