use super::*;

#[test]
fn a_table_is_seen_in_any_spelling() {
    for text in [
        "SELECT*FROM/**/Users",
        "SELECT 1 FROM -- x\n users",
        "SELECT 1 FROM \"users\"",
        "SELECT 1 FROM`users`",
        "SELECT 1 FROM[users]",
        "SELECT 1 FROM 'users'",
        "SELECT 1 FROM U&\"\\0075sers\"",
        "SELECT 1 FROM u&\"u\\+000073ers\"",
        "SELECT 1 FROM a,users",
        "SELECT 1 FROM (users)",
        "SELECT 1 FROM ((a JOIN users ON true))",
        "SELECT 1 FROM a, LATERAL (SELECT 1 FROM users) x",
        "SELECT 1 FROM ONLY users",
        "SELECT 1 FROM ONLY (users)",
        "SELECT 1 FROM { OJ users LEFT JOIN a ON true }",
        "SELECT 1 FROM a set, users",
        "SELECT 1 FROM a values, users",
        "SELECT 1 FROM a values (x), (users)",
        "SELECT 1 FROM a ON, users",
        "SELECT 1 FROM a limit, users",
        "SELECT 1 FROM a except, users",
        "SELECT 1 revoke FROM users",
        "SELECT 1 copy FROM 'users'",
        "SELECT 1 create FROM a, users",
        "REVOKE SELECT ON a FROM b SELECT 1 FROM users",
        "SELECT 1 FROM a JOIN b ON a.x = references, users",
        "SELECT 1 FROM a JOIN b ON a.x = view, users",
        "SELECT 1 FROM a JOIN b ON a.x = f(1, 2), users",
        "SELECT 1 FROM a JOIN b ON a.x = database, users",
        "SELECT 1 FROM a JOIN b USING (id), users",
        "SELECT 1 FROM a AS x (y), users",
        "SELECT 1 FROM f(1), users",
        "SELECT (TABLE users)",
        "SELECT extract(year FROM (SELECT a FROM users))",
        "SELECT trim((SELECT a FROM users))",
        "SELECT a IS DISTINCT FROM (SELECT b FROM users)",
        "DELETE FROM a USING (b JOIN users ON true)",
        "DELETE FROM a USING (users JOIN b ON true)",
        "DELETE users FROM users",
        "DELETE LOW_PRIORITY QUICK users FROM a JOIN users",
        "INSERT users SELECT 1",
        "INSERT IGNORE users VALUES (1)",
        "INSERT OR REPLACE INTO users VALUES (1)",
        "INSERT ALL INTO a VALUES (1) INTO users VALUES (2) SELECT 1 FROM dual",
        "UPDATE IGNORE users SET a = 1",
        "UPDATE a SET b = (SELECT c FROM users)",
        "UPDATE (SELECT * FROM users) SET a = 1",
        "WITH a AS (DELETE FROM users RETURNING *) SELECT 1",
        "WITH a AS NOT MATERIALIZED (SELECT 1 FROM users) SELECT 1",
        "MERGE INTO a USING ONLY users ON true WHEN MATCHED THEN DELETE",
        "MERGE INTO a USING (SELECT 1 FROM b) b ON EXISTS (SELECT 1 FROM users) WHEN MATCHED THEN DELETE",
        "CREATE VIEW v AS TABLE users",
        "CREATE RULE r AS ON INSERT TO a DO ALSO DELETE FROM users",
        "CREATE RULE r AS ON INSERT TO users DO NOTHING",
        "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'DELETE FROM users'",
        "CREATE SYNONYM s FOR users",
        "CREATE TABLE a () INHERITS (users)",
        "CREATE TABLE a PARTITION OF users DEFAULT",
        "EXEC('SELECT 1 FROM users')",
        "SET IDENTITY_INSERT users ON",
        "DENY SELECT ON OBJECT::users TO x",
        "SELECT 1 FROM /*! users */",
        "SELECT 1 FROM a /*!50000 , users */",
        "BEGIN; SELECT 1 FROM users; COMMIT",
        "VACUUM FULL users",
        "ANALYZE VERBOSE users",
        "HANDLER users OPEN",
        "SHOW CREATE TABLE users",
        "SHOW COLUMNS FROM users",
        "ALTER TABLE a RENAME TO users",
    ] {
        names(text, "users");
    }
}

#[test]
fn what_is_no_table_is_none() {
    for text in [
        "SELECT 'users'",
        "SELECT a AS users FROM b",
        "SELECT users.a FROM b",
        "SELECT a /* FROM users */ FROM b -- users",
        "SELECT a FROM b WHERE c = 'FROM users'",
        "SELECT a FROM b users",
        "SELECT users(a) FROM b",
    ] {
        assert!(!classify(text).identifiers.tables.contains("users"), "{text}");
    }
}

#[test]
fn quoted_names_are_told_from_qualified_ones() {
    let sql = classify("SELECT a FROM \"hr.users\"");
    assert!(sql.identifiers.dotted && sql.identifiers.tables.contains("hr.users"));
    tables("SELECT a FROM \"we\"\"ird\"", "we\"\"ird, we\"ird");
    tables_as("SELECT a FROM `Users`, Orders", Dialect::Mysql, "Users, orders");
    tables("SELECT a FROM hr . /**/ \"Users\"", "hr.Users");
}
