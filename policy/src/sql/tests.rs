use proptest::prelude::*;

use super::SqlEffect::{self, *};
use super::{Dialect, Sql, classify, classify_as, looks_like_sql};

fn effects(text: &str) -> Vec<SqlEffect> {
    classify(text).effects.into_iter().collect()
}

fn has(text: &str, effect: SqlEffect) {
    let sql = classify(text);
    assert!(sql.effects.contains(&effect), "{text}: {sql:?} lacks {effect:?}");
    // `TABLE t` is SQL too, and says no more than a heading.
    assert!(effect == Read || looks_like_sql(text), "{text}");
}

/// Nothing in it needs a decision.
fn harmless(text: &str) {
    harmless_as(text, Dialect::Any);
}

fn harmless_as(text: &str, dialect: Dialect) {
    let Sql { effects, unparsed, .. } = classify_as(text, dialect);
    let plain = [Read, Insert, Update, Delete, Create];
    assert!(
        !unparsed && effects.iter().all(|e| plain.contains(e)),
        "{text}: {effects:?} {unparsed}"
    );
}

#[test]
fn the_classics() {
    has("DROP DATABASE prod", DropDatabase);
    has("dRoP DaTaBaSe prod", DropDatabase);
    has("DROP/**/DATABASE prod", DropDatabase);
    has("DROP -- x\n DATABASE IF EXISTS prod WITH (FORCE)", DropDatabase);
    has("  ;;\n(\u{a0}DROP\u{c}DATABASE prod", DropDatabase);
    has("/*!50000 DROP */ DATABASE prod", DropDatabase);
    has("/*!DROP*//*M!100000 DATABASE*/ prod", DropDatabase);
    has("SELECT 1; DROP DATABASE prod", DropDatabase);
    has("SELECT 1 /* /* */ */; DROP DATABASE x", DropDatabase);
    has("SELECT 1 -- /*\n; DROP DATABASE x -- */", DropDatabase);
    has("-- only a SELECT\rDROP DATABASE x", DropDatabase);
    has("BEGIN; DROP DATABASE x; COMMIT", DropDatabase);
    has("WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d", DeleteWithoutWhere);
    has("EXPLAIN ANALYZE DELETE FROM t", DeleteWithoutWhere);
    has("EXPLAIN (ANALYZE, BUFFERS) DELETE FROM t", DeleteWithoutWhere);
    has("PREPARE p AS DELETE FROM t; EXECUTE p", DeleteWithoutWhere);
    has("DO $$ BEGIN EXECUTE 'DR' || 'OP TABLE t'; END $$", DynamicSql);
    has("DO LANGUAGE plpgsql $x$ BEGIN DROP TABLE t; END $x$", DropTable);
    has("EXEC('DROP DATABASE x')", DropDatabase);
    has("EXECUTE IMMEDIATE 'TRUNCATE TABLE t'", Truncate);
}

#[test]
fn words_in_literals_names_and_comments_count_for_nothing() {
    for text in [
        "SELECT 'DROP DATABASE x'",
        "SELECT 'it''s; DROP DATABASE x; --' AS s",
        "-- DROP DATABASE x\nSELECT 1",
        "/* DROP DATABASE x; */ SELECT 1",
        "SELECT 1 /* outer /* DELETE FROM x */ still; DROP TABLE y */ AS n",
        "SELECT \"DROP TABLE\" FROM report",
        "SELECT \"drop\".\"table\" FROM \"delete\"",
        "SELECT [drop], [delete] FROM [update] WHERE id=1",
        "SELECT * FROM `drop` WHERE `delete`=1",
        "# DROP TABLE payments\nSELECT 1",
        "SELECT E'\\'; DROP TABLE y; --' AS s",
        "INSERT INTO notes(body) VALUES ($q$Run: DELETE FROM logs; then ALTER TABLE x$q$), ('4')",
        "UPDATE docs SET title = 'How to TRUNCATE a table' WHERE id = 7",
        "SELECT trunc(1.5), date_trunc('day', now()), TRUNCATE(1.5, 0), REPLACE(a, 'x', 'y') FROM t",
        "SELECT * FROM grants WHERE grantee_id = 5",
        "SELECT id FROM t WHERE id = 1 FOR UPDATE SKIP LOCKED",
        "SELECT t.delete, t.drop FROM t",
        "SELECT count(*) AS delete FROM t",
        "CREATE TABLE t (id int REFERENCES p ON DELETE CASCADE ON UPDATE NO ACTION)",
        "CREATE TRIGGER g AFTER INSERT OR DELETE OR UPDATE OF a ON t FOR EACH ROW EXECUTE FUNCTION f()",
        "INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2",
        "INSERT INTO t (a) VALUES (1) ON DUPLICATE KEY UPDATE a = 2",
        "COPY t TO STDOUT",
        "EXPLAIN DELETE FROM t",
        "EXPLAIN (ANALYZE false) DELETE FROM t",
        "SET search_path TO app",
        "SET statement_timeout = 5",
        "EXEC get_customer 5",
        "CREATE TABLE t (language text, role text)",
        "SELECT user, password FROM accounts WHERE role = 'x'",
        "SELECT a || 'DROP TABLE x' FROM t WHERE b = 1",
        "WITH x AS (SELECT id FROM t WHERE id IS NOT NULL LIMIT 3) SELECT * FROM x",
        "",
        " -- nothing\n ;",
    ] {
        harmless(text);
    }
    harmless_as("SELECT 'it\\'s; DROP TABLE x; -- '", Dialect::Mysql);
    harmless_as("SELECT q'[it's; DROP TABLE x; --]' FROM dual", Dialect::Oracle);
    harmless_as("SELECT $$; DROP TABLE x; $$", Dialect::Postgres);
}

#[test]
fn what_one_database_hides_another_runs() {
    has("SELECT 'a\\'; DROP TABLE x; --'", DropTable);
    has("SELECT $$; DROP TABLE x; SELECT $$", DropTable);
    has("SELECT 1 --1; DROP TABLE y\n; DROP TABLE x", DropTable);
    has("SELECT E'\\' FROM (SELECT 1 AS E) t; DROP TABLE x; --'", DropTable);
    has("SELECT X'\\'; DROP TABLE x; --'", DropTable);
    has("SELECT $1$ FROM t; DROP TABLE x; SELECT $1$", DropTable);
    has("SELECT q'['']' FROM dual; DROP TABLE x; --'", DropTable);
    has("SELECT [a'] FROM t; DROP TABLE x; --']", DropTable);
    has("DELETE FROM t /*!99999 WHERE id = 1 */", DeleteWithoutWhere);
    has("DELETE FROM t /*!00000 WHERE id = 1 */", DeleteWithoutWhere);
    has("DELETE FROM t #WHERE id = 1\n", DeleteWithoutWhere);
    has("DROP TABLE x /* open", DropTable);
}

#[test]
fn effects_by_statement() {
    for (text, effect) in [
        ("SELECT 1", Read),
        ("TABLE t", Read),
        ("INSERT INTO t SELECT * FROM u", Insert),
        ("REPLACE INTO t VALUES (1)", Insert),
        ("COPY t FROM STDIN", Insert),
        ("UPDATE t SET a = 1 WHERE id = 2", Update),
        ("DELETE FROM t WHERE id = 2", Delete),
        ("TRUNCATE ONLY t RESTART IDENTITY", Truncate),
        ("truncate t", Truncate),
        ("DROP TABLE IF EXISTS a, b CASCADE", DropTable),
        ("DROP FOREIGN TABLE a", DropTable),
        ("DROP TEMPORARY TABLE a", DropTable),
        ("DROP SCHEMA s CASCADE", DropSchema),
        ("DROP MATERIALIZED VIEW v", DropObject),
        ("DROP FUNCTION f(int)", DropObject),
        ("DROP INDEX CONCURRENTLY i", DropObject),
        ("DROP EXTENSION e", DropObject),
        ("DROP TYPE x", DropObject),
        ("DROP SERVER s", DropObject),
        ("DROP PUBLICATION p", DropObject),
        ("DROP ROLE r", PrivilegeChange),
        ("DROP USER 'u'@'%'", PrivilegeChange),
        ("DROP POLICY p ON t", PrivilegeChange),
        ("ALTER TABLE t DROP COLUMN c", AlterTable),
        ("ALTER TABLE IF EXISTS ONLY t RENAME TO u", AlterTable),
        ("RENAME TABLE a TO b", AlterTable),
        ("EXEC sp_rename 'a', 'b'", AlterTable),
        ("ALTER TYPE x ADD VALUE 'y'", AlterObject),
        ("ALTER DOMAIN d DROP NOT NULL", AlterObject),
        ("ALTER SYSTEM SET archive_command = 'x'", ServerConfig),
        ("ALTER DATABASE d SET x = 1", ServerConfig),
        ("ALTER ROLE a SUPERUSER", PrivilegeChange),
        ("ALTER USER app WITH SUPERUSER", PrivilegeChange),
        ("ALTER LOGIN sa ENABLE", PrivilegeChange),
        ("ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO r", PrivilegeChange),
        ("ALTER SERVER ROLE sysadmin ADD MEMBER x", PrivilegeChange),
        ("ALTER POLICY p ON t USING (true)", PrivilegeChange),
        ("CREATE ROLE r SUPERUSER LOGIN", PrivilegeChange),
        ("CREATE USER u IDENTIFIED BY 'x'", PrivilegeChange),
        ("CREATE POLICY p ON t FOR DELETE USING (true)", PrivilegeChange),
        ("SET ROLE postgres", PrivilegeChange),
        ("SET SESSION AUTHORIZATION x", PrivilegeChange),
        ("EXECUTE AS LOGIN = 'sa'", PrivilegeChange),
        ("REASSIGN OWNED BY a TO b", PrivilegeChange),
        ("CREATE TABLE t (a int)", Create),
        ("CREATE OR REPLACE VIEW v AS SELECT 1", Create),
        ("SELECT * INTO copy FROM t", Create),
        ("GRANT ALL ON t TO public", Grant),
        ("GRANT admin TO agent", Grant),
        ("REVOKE SELECT, DELETE ON t FROM r", Revoke),
        ("COPY t FROM PROGRAM 'id'", CopyProgram),
        ("COPY (SELECT 1) TO PROGRAM $$id$$", CopyProgram),
        ("CREATE FOREIGN TABLE f (a text) SERVER s OPTIONS (program 'id')", CopyProgram),
        ("COPY t TO '/tmp/x' CSV", FileAccess),
        ("SELECT pg_read_file('/etc/passwd')", FileAccess),
        ("SELECT \"pg_read_file\"('/etc/passwd')", FileAccess),
        ("SELECT pg_catalog . pg_read_binary_file /**/ ('x')", FileAccess),
        ("SELECT lo_export(1, '/tmp/x')", FileAccess),
        ("SELECT LOAD_FILE('/etc/passwd')", FileAccess),
        ("SELECT * FROM t INTO OUTFILE '/tmp/x'", FileAccess),
        ("SELECT 'x' INTO DUMPFILE '/tmp/x'", FileAccess),
        ("LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE t", FileAccess),
        ("BULK INSERT t FROM 'c:\\x'", FileAccess),
        ("SELECT * FROM OPENROWSET(BULK 'c:\\x', SINGLE_CLOB) a", FileAccess),
        ("ATTACH DATABASE '/tmp/x' AS y", FileAccess),
        ("VACUUM INTO '/tmp/x'", FileAccess),
        ("BACKUP DATABASE d TO DISK = 'x'", FileAccess),
        ("SET GLOBAL general_log_file = 'x'", ServerConfig),
        ("SET @@GLOBAL.general_log = 1", ServerConfig),
        ("SET PERSIST x = 1", ServerConfig),
        ("SELECT pg_terminate_backend(7)", ServerConfig),
        ("DBCC FREEPROCCACHE", ServerConfig),
        ("KILL 7", ServerConfig),
        ("EXEC sp_configure 'x', 1; RECONFIGURE", ServerConfig),
        ("PRAGMA writable_schema = ON", ServerConfig),
        ("CREATE EXTENSION IF NOT EXISTS plpython3u", UntrustedCode),
        ("CREATE FUNCTION f() RETURNS text AS $$import os$$ LANGUAGE plpython3u", UntrustedCode),
        ("CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE 'c' AS 'x.so', 'f'", UntrustedCode),
        ("CREATE FUNCTION f RETURNS STRING SONAME 'x.so'", UntrustedCode),
        ("CREATE TRUSTED PROCEDURAL LANGUAGE x", UntrustedCode),
        ("EXEC xp_cmdshell 'dir'", UntrustedCode),
        ("EXEC master..xp_cmdshell 'dir'", UntrustedCode),
        ("xp_cmdshell 'dir'", UntrustedCode),
        ("LOAD '/tmp/x.so'", UntrustedCode),
        ("SELECT load_extension('x')", UntrustedCode),
        ("INSTALL PLUGIN p SONAME 'x.so'", UntrustedCode),
        ("DO LANGUAGE plpython3u $$ import os $$", UntrustedCode),
        ("EXEC (@s)", DynamicSql),
        ("EXEC sp_executesql N'SELECT 1'", DynamicSql),
        ("PREPARE s FROM @text", DynamicSql),
        ("SELECT * FROM dblink('x', 'DELETE FROM t')", DynamicSql),
        ("SELECT query_to_xml('DELETE FROM t', true, true, '')", DeleteWithoutWhere),
        ("CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'DROP TABLE t'", DropTable),
        ("CREATE PROCEDURE p AS BEGIN DELETE FROM t END", DeleteWithoutWhere),
        ("CREATE RULE r AS ON INSERT TO t DO ALSO DELETE FROM u", DeleteWithoutWhere),
        ("CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DROP TABLE t", DropTable),
        ("COPY (DELETE FROM t RETURNING *) TO STDOUT", DeleteWithoutWhere),
        ("IF EXISTS (SELECT 1) DROP TABLE t", DropTable),
        ("SELECT 1 DROP TABLE t", DropTable),
        ("BEGIN TRAN DELETE FROM t COMMIT", DeleteWithoutWhere),
        ("DECLARE @s varchar(9)='DROP'+' TABLE c'; EXEC(@s)", DynamicSql),
    ] {
        has(text, effect);
    }
}

#[test]
fn conditions_that_restrict_nothing() {
    for condition in [
        "1=1",
        "1 = 1 AND true",
        "true",
        "TRUE OR id = 1",
        "id = id",
        "t.id = id",
        "\"id\"=ID",
        "id = 7 OR 1=1",
        "id = 7 OR 'a' = 'a'",
        "id = 7 OR (1)",
        "(id = 7) OR NOT (1 = 2)",
        "NOT false",
        "1",
        "'1'",
        "2 > 1",
        "1 <> 2",
        "1 < 2 OR id = 7",
        "id >= id",
        "id <= id",
        "id LIKE '%'",
        "name ~ '.*'",
        "NOT id <> id",
        "id = id + 0",
        "id = (id)",
        "id = (SELECT id)",
        "id::text = id::text",
        "id IN (id)",
        "1 IN (1, 2)",
        "5 BETWEEN 1 AND 9",
        "id BETWEEN id AND id",
        "EXISTS (SELECT 1)",
        "now() = now()",
        "length('a') = 1",
        "coalesce(null, 1) = 1",
        "id = 1 OR id <> 1",
        "id < 5 OR id >= 5",
        "id IS NULL OR id IS NOT NULL",
        "id <> 1 OR id <> 2",
        "NULL IS NULL",
        "(id = id) IS TRUE",
        "id IS NOT DISTINCT FROM id",
        "CASE WHEN 1=1 THEN true ELSE false END",
        "id = 7 /* AND */ OR 1=1 -- x",
        "((((1=1))))",
        "1=1 LIMIT 5",
        "1=1 ORDER BY id",
        "1=1 RETURNING *",
        "@x = 1",
        "0x1 = 0x1",
    ] {
        has(&format!("DELETE FROM t WHERE {condition}"), DeleteWithoutWhere);
        has(&format!("UPDATE t SET a = 1 WHERE {condition}"), UpdateWithoutWhere);
    }
    has("DELETE FROM t WHERE id = 7 || 1=1", DeleteWithoutWhere);
    has(
        &format!("DELETE FROM t WHERE {}1=1{}", "(".repeat(500), ")".repeat(500)),
        DeleteWithoutWhere,
    );
}

#[test]
fn conditions_that_restrict() {
    for condition in [
        "id = 1",
        "id = 1 OR id = 2",
        "id = $1",
        "id IN (1, 2)",
        "id IN (SELECT id FROM u WHERE a = 1)",
        "name LIKE 'a%'",
        "id BETWEEN 1 AND 9",
        "id IS NULL",
        "active",
        "NOT active",
        "false",
        "1 = 0",
        "id = 1 AND 1=1",
        "a = b",
        "deleted_at < now() - interval '30 days'",
        "status IN ('a','b') AND user = 'x'",
        "lower(email) = 'a'",
        "EXISTS (SELECT 1 FROM u WHERE u.id = t.id)",
        "id <> 1",
        "id > 0 AND id < 9",
        "code = 'A' || 'B'",
        "date = DATE '2020-01-01'",
        "type = 'x'",
        "key = 'k'",
        "data->>'a' = 'b'",
        "CURRENT OF c",
        "tags @> ARRAY['x']",
        "(a, b) = (1, 2)",
        "id = ANY($1)",
        "x = 'a' COLLATE \"C\"",
        "id = 7 RETURNING id",
        "CASE WHEN a = 1 THEN b = 2 ELSE false END",
    ] {
        harmless(&format!("DELETE FROM t WHERE {condition}"));
        harmless(&format!("UPDATE t SET a = 1, b = now() WHERE {condition}"));
    }
}

#[test]
fn the_condition_has_to_be_the_statements_own() {
    for text in [
        "DELETE FROM t",
        "DELETE t1 FROM orders t1",
        "DELETE FROM t USING u",
        "DELETE FROM t LIMIT 10",
        "DELETE FROM ONLY t RETURNING *",
        "DELETE FROM t /* WHERE id = 1 */",
        "DELETE FROM t -- WHERE id = 1",
        "DELETE FROM t; SELECT 1 WHERE id = 1",
        "DELETE FROM t SELECT * FROM u WHERE id = 1",
        "WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d WHERE id = 1",
        "DELETE FROM t USING (SELECT * FROM u WHERE id = 1) x",
        "MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE",
        "MERGE INTO t USING s ON t.id = s.id WHEN NOT MATCHED BY SOURCE THEN DELETE",
    ] {
        has(text, DeleteWithoutWhere);
    }
    has("UPDATE t SET a = (SELECT 1 FROM u WHERE id = 1)", UpdateWithoutWhere);
    has("UPDATE t SET a = 'x', n = n + 1 RETURNING n", UpdateWithoutWhere);
    harmless(
        "MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET a = 1 WHEN NOT MATCHED THEN INSERT VALUES (1)",
    );
    harmless("WITH d AS (DELETE FROM t WHERE id = 7 RETURNING *) SELECT * FROM d");
    harmless("DELETE FROM t WHERE id = 1; DELETE FROM u WHERE id = 2");
}

#[test]
fn what_is_not_sql_is_unparsed() {
    for text in [
        "please delete everything",
        "SELECT 'open",
        "SELECT 1)",
        "foo(",
        "SELECT U&\"pg\\005fread\\005ffile\"('x')",
        "SELECT 1; nonsense here",
    ] {
        assert!(classify(text).unparsed, "{text}");
    }
    assert_eq!(effects("nonsense; DROP TABLE t"), [DropTable]);
    assert_eq!(classify("SELECT 1;; SELECT 2;").statements, 2);
}

#[test]
fn prose_needs_no_decision() {
    for text in [
        "Please delete the old reports from the archive",
        "Delete the old reports from the archive",
        "Update the customer record and set the name",
        "Select the best option from the list",
        "Insert coin",
        "Drop me a line when the table is free",
        "Drop the old user table from the backup plan",
        "Create a user for Bob",
        "Copy the file to my home",
        "Execute the plan",
        "Do it now",
        "Call me maybe",
        "Set the table",
        "Show me the customers",
        "With kind regards",
        "Table for two",
        "Explain how DROP works",
        "Use the force",
        "Kill the process",
        "Load the data",
        "Grant us peace",
        "Begin with the end",
        "If you drop the ball",
        "shutdown",
        "truncate",
        "DELETE /v1/customers/92362",
        "https://example.com/drop/table",
        "{\"a\": 1}",
        "2024-01-01",
        "docs/delete-guide.md",
        "",
        "   ",
        "---",
        "# Heading\n\nDrop by any time",
    ] {
        if looks_like_sql(text) {
            harmless(text);
        }
    }
}

#[test]
fn it_is_linear() {
    // Any step that looks at everything for each token would be felt here.
    for piece in [
        "(",
        ")",
        "'",
        "\"",
        "/*",
        "*/",
        "$a$",
        "$",
        "--",
        "--\n",
        "a ",
        "a,",
        ";",
        "DELETE ",
        "OR ",
        "AND ",
        "NOT ",
        "q'[",
        "E'\\'",
        "/*!5",
        "[",
        "`",
        "WITH a AS (",
        "SELECT ",
        "CASE ",
        "END ",
        "EXPLAIN ",
        "UPDATE a SET ",
        "MERGE ",
        "THEN DELETE ",
        "BEGIN ",
        "1=1 OR ",
        "x<>1 OR ",
        "CREATE ",
        "EXEC('",
        "é",
        "\0",
    ] {
        let text = piece.repeat(12_000 / piece.len());
        for text in [text.clone(), format!("DELETE FROM t WHERE {text}"), format!("SELECT {text}")]
        {
            classify(&text);
            looks_like_sql(&text);
        }
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in any::<String>()) {
        classify(&text);
        looks_like_sql(&text);
    }

    #[test]
    fn no_tokens_panic(pieces in prop::collection::vec(prop::sample::select(vec![
        "SELECT", "DELETE", "FROM", "WHERE", "DROP", "TABLE", "UPDATE", "SET", "MERGE", "ON", "WHEN", "THEN",
        "(", ")", ";", ",", "=", "<>", "'", "\"", "$$", "$x$", "E'", "q'[", "\\", "/*", "*/", "/*!5", "--", "\n", "#",
        "[", "]", "`", "1", "a", "é", "CASE", "END", "OR", "AND", "NOT", "BETWEEN", "IN", "IS", "NULL", "LIKE", "U&\"",
        "EXEC", "DO", "CREATE", "FUNCTION", "AS", "LANGUAGE", "COPY", "TO", "PROGRAM", "WITH", "EXPLAIN", "@", ":", "?",
    ]), 0..40), glue in prop::sample::select(vec![" ", "", "\t"])) {
        let text = pieces.join(glue);
        classify(&text);
        looks_like_sql(&text);
    }

    /// White space and comments between words, and the case of words, change nothing.
    #[test]
    fn spelling_changes_nothing(
        upper in prop::collection::vec(any::<bool>(), 12),
        gaps in prop::collection::vec(prop::sample::select(vec![" ", "\t\n", "/**/", " -- x\n", "/* DROP */"]), 12),
    ) {
        for (text, effect) in [("drop database prod", DropDatabase), ("delete from t where 1 = 1", DeleteWithoutWhere)] {
            let words = text.split(' ').enumerate().map(|(i, word)| {
                let word = if upper[i] { word.to_uppercase() } else { word.to_owned() };
                format!("{word}{}", gaps[i])
            });
            let text: String = words.collect();
            prop_assert!(classify(&text).effects.contains(&effect), "{}", text);
        }
    }
}
