use super::*;

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
    has("WITH d AS (DELETE FROM t RETURNING *) SELECT */**/FROM d", DeleteWithoutWhere);
    assert!(!classify("SELECT */**/FROM t").unparsed);
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
