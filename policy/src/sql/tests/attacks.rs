//! Texts that passed unjudged once, and their kin: SQL where nothing says that it is SQL.

use super::*;

fn columns(n: usize) -> String {
    (0..n).map(|i| format!("c{i}")).collect::<Vec<_>>().join(", ")
}

/// All that lack their effect at once.
fn all_have(cases: &[(&str, SqlEffect)]) {
    let work = || Work::for_bytes(1 << 20);
    let lacking: Vec<_> = cases
        .iter()
        .map(|(text, effect)| (text, effect, guess(text, &work())))
        .filter(|(_, effect, sql)| sql.as_ref().is_none_or(|sql| !sql.effects.contains(effect)))
        .collect();
    assert!(lacking.is_empty(), "{lacking:#?}");
}

#[test]
fn no_length_hides_a_statement() {
    for n in [1, 12, 40, 150] {
        let list = columns(n);
        let ones = vec!["1"; n].join(",");
        let ands = vec!["1=1"; n].join(" AND ");
        all_have(&[
            (&format!("COPY (SELECT {ones}) TO PROGRAM 'id'"), CopyProgram),
            (&format!("COPY t ({list}) TO PROGRAM 'id'"), CopyProgram),
            (
                &format!(
                    "WITH d({list}) AS (DELETE FROM customers RETURNING {ones}) SELECT * FROM d"
                ),
                DeleteWithoutWhere,
            ),
            (&format!("GRANT SELECT ({list}) ON t TO evil"), Grant),
            (&format!("REVOKE SELECT ({list}) ON t FROM x"), Revoke),
            (&format!("IF {ands} DROP DATABASE customers"), DropDatabase),
            (&format!("UPDATE {list} SET a = 1"), UpdateWithoutWhere),
            (&format!("DELETE {list} FROM c0 JOIN c1"), DeleteWithoutWhere),
            (&format!("SELECT {list}, pg_read_file('/etc/passwd')"), FileAccess),
            (&format!("SELECT {list} FROM t INTO OUTFILE '/tmp/x'"), FileAccess),
            (&format!("DROP TABLE {list}"), DropTable),
            (&format!("TRUNCATE {list}"), Truncate),
            (&format!("INSERT INTO t ({list}) SELECT pg_read_file('/etc/passwd')"), FileAccess),
            (&format!("{}DROP TABLE t", "SELECT 1 ".repeat(n)), DropTable),
        ]);
    }
}

#[test]
fn every_spelling_of_a_statement_is_one() {
    all_have(&[
        ("SELECT DISTINCT pg_read_file('/etc/passwd')", FileAccess),
        ("SELECT ALL lo_import('/etc/passwd')", FileAccess),
        ("SELECT a, b c, lo_import('/etc/passwd') FROM t", FileAccess),
        ("SELECT SQL_NO_CACHE SQL_CALC_FOUND_ROWS HIGH_PRIORITY load_file('x')", FileAccess),
        ("SELECT TOP (1) PERCENT a b FROM OPENROWSET(BULK 'x', SINGLE_CLOB) q", FileAccess),
        ("SELECT 'a' IS NFC NORMALIZED foo, pg_read_file('/etc/passwd')", FileAccess),
        ("SELECT a MEMBER OF('[1]'), load_file('/etc/passwd')", FileAccess),
        ("SELECT a OR load_file('/etc/passwd')", FileAccess),
        ("VALUES (load_file('/etc/passwd'))", FileAccess),
        ("TABLE t INTO OUTFILE '/tmp/x'", FileAccess),
        ("FROM read_csv('/etc/passwd')", FileAccess),
        ("DO load_file('/etc/passwd')", FileAccess),
        ("CALL p(load_file('/etc/passwd'))", FileAccess),
        ("SET @a = load_file('/etc/passwd')", FileAccess),
        ("DELETE customers", DeleteWithoutWhere),
        ("DELETE dbo.customers", DeleteWithoutWhere),
        ("DELETE [customers]", DeleteWithoutWhere),
        ("DELETE TOP (5) customers", DeleteWithoutWhere),
        ("DELETE customers OUTPUT deleted.*", DeleteWithoutWhere),
        ("DELETE customers WHERE 1 = 1", DeleteWithoutWhere),
        ("DELETE c WHERE 1=1", DeleteWithoutWhere),
        ("DELETE the FROM customers the", DeleteWithoutWhere),
        ("DELETE FROM the USING customers AS the", DeleteWithoutWhere),
        ("DELETE FROM customers the", DeleteWithoutWhere),
        ("DELETE FROM 'customers'", DeleteWithoutWhere),
        ("DELETE LOW_PRIORITY QUICK IGNORE FROM customers", DeleteWithoutWhere),
        ("DELETE FROM customers WHERE CAST(1 AS big old number)", DeleteWithoutWhere),
        ("DELETE FROM customers INDEXED BY i WHERE true", DeleteWithoutWhere),
        ("UPDATE OR ROLLBACK customers SET a = 1", UpdateWithoutWhere),
        ("UPDATE the SET a = 1 FROM customers the", UpdateWithoutWhere),
        ("UPDATE customers SET (a, b) = (1, 2)", UpdateWithoutWhere),
        ("UPDATE a JOIN b ON a.x = b.x AND a.y = b.y SET a.z = 1", UpdateWithoutWhere),
        ("SHUTDOWN WITH NOWAIT", ServerConfig),
        ("SHUTDOWN;", ServerConfig),
        ("SELECT 1; SHUTDOWN", ServerConfig),
        ("USE master SHUTDOWN", ServerConfig),
        ("ATTACH 'x.db'", FileAccess),
        ("ATTACH 'x.db' AS y", FileAccess),
        ("ATTACH char(47) || 'x' AS y", FileAccess),
        ("DROP DATABASE", DropDatabase),
        ("DROP DATABASE customers WITH (FORCE)", DropDatabase),
        ("DROP TABLE customers ON CLUSTER c", DropTable),
        ("DROP TABLE customers CASCADE CONSTRAINTS PURGE", DropTable),
        ("DROP TABLESPACE x INCLUDING CONTENTS AND DATAFILES", DropObject),
        ("DROP DATABASE customers IF 1=1 SELECT 1", DropDatabase),
        ("CREATE OR REPLACE TABLE customers (a int)", DropTable),
        ("CREATE OR REPLACE TABLE customers AS SELECT 1", DropTable),
        ("CREATE OR REPLACE DATABASE customers", DropDatabase),
        ("PRAGMA writable_schema(1)", ServerConfig),
        ("PRAGMA main.writable_schema(1)", ServerConfig),
        ("COPY t TO PROGRAM E'id'", CopyProgram),
        ("COPY t TO PROGRAM U&'id'", CopyProgram),
        ("SET LOCAL session_replication_role = replica", ServerConfig),
        ("SET a = 1, GLOBAL general_log = 1", ServerConfig),
        ("SET \"role\" = postgres", PrivilegeChange),
        ("SET ROLE postgres", PrivilegeChange),
        ("CREATE ROLE r NOLOGIN CREATEDB CREATEROLE", PrivilegeChange),
        ("ALTER ROLE r CREATEDB", PrivilegeChange),
        ("CREATE USER FOR LOGIN x", PrivilegeChange),
        ("GRANT EXEMPT ACCESS POLICY TO x", Grant),
        ("GRANT KEEP DATE TIME TO x", Grant),
        ("GRANT CREATE ANY TABLE TO x", Grant),
        ("GRANT ALL PRIVILEGES ON *.* TO 'u'@'%' WITH GRANT OPTION", Grant),
        ("GRANT ROLE a TO USER b", Grant),
        ("REVOKE GRANT OPTION FOR SELECT ON t FROM r", Revoke),
        ("DENY CONTROL SERVER TO x", Revoke),
    ]);
}

#[test]
fn a_statement_needs_no_semicolon_and_no_known_word_in_front() {
    all_have(&[
        ("USE master DROP DATABASE customers", DropDatabase),
        ("PRINT 1 DROP DATABASE customers", DropDatabase),
        ("PRINT 'a' DELETE customers", DeleteWithoutWhere),
        ("USE master DELETE customers", DeleteWithoutWhere),
        ("RAISERROR('x',0,1); DROP DATABASE customers", DropDatabase),
        ("RAISERROR('x',0,1) DROP DATABASE customers", DropDatabase),
        ("CHECKSUM TABLE t; DROP DATABASE customers", DropDatabase),
        ("sp_help; DROP DATABASE customers", DropDatabase),
        ("sp_help; DELETE customers", DeleteWithoutWhere),
        ("sp_help 'x' DROP DATABASE customers", DropDatabase),
        ("sp_who active DROP DATABASE customers", DropDatabase),
        ("dbo.p @a = 1 DROP DATABASE customers", DropDatabase),
        ("x: DROP DATABASE customers", DropDatabase),
        ("x: DELETE FROM customers", DeleteWithoutWhere),
        ("x: SELECT * FROM OPENROWSET(BULK 'x', SINGLE_CLOB) a", FileAccess),
        ("SELECT 1; x: DROP DATABASE customers", DropDatabase),
        ("nonsense here and there; DROP DATABASE customers", DropDatabase),
        ("we know that this fails\nGO\nDROP DATABASE customers\nGO", DropDatabase),
        ("SET NOCOUNT ON DROP DATABASE customers", DropDatabase),
        ("SET NOCOUNT ON DELETE customers", DeleteWithoutWhere),
        ("SET NOCOUNT ON UPDATE customers SET a = 1", UpdateWithoutWhere),
        ("SET IDENTITY_INSERT dbo.t ON DELETE FROM customers", DeleteWithoutWhere),
        ("SET TRANSACTION ISOLATION LEVEL READ COMMITTED DROP DATABASE customers", DropDatabase),
        ("ALTER TABLE t NOCHECK CONSTRAINT ALL DELETE FROM customers", DeleteWithoutWhere),
        ("ALTER TABLE t ADD c int PRIMARY KEY DROP DATABASE customers", DropDatabase),
        ("INSERT INTO t DEFAULT VALUES DROP DATABASE customers", DropDatabase),
        ("DECLARE c CURSOR FOR SELECT a FROM t FOR UPDATE DROP DATABASE customers", DropDatabase),
        ("DELETE t OUTPUT deleted.* DROP DATABASE customers", DropDatabase),
        ("SELECT {fn now()} DROP DATABASE customers", DropDatabase),
        ("DECLARE @x national char varying DROP DATABASE customers", DropDatabase),
        ("BEGIN utl_file.fremove('D','f'); END;", FileAccess),
        ("DECLARE v varchar2(99) := 'x'; BEGIN EXECUTE IMMEDIATE v; END;", DynamicSql),
        ("BEGIN EXECUTE IMMEDIATE v; END;", DynamicSql),
        ("EXECUTE IMMEDIATE a || b", DynamicSql),
        ("PRINT 0xfGRANT a TO b", Grant),
        ("\\c db\nDROP DATABASE customers", DropDatabase),
        ("```sql\nDROP TABLE customers;\n```", DropTable),
        ("DELIMITER //\nDROP DATABASE customers//", DropDatabase),
    ]);
}

/// One database's reading is whole and harmless, another's begins with what no statement begins with.
#[test]
fn a_harmless_reading_excuses_no_other() {
    has("/* /* */ SELECT 1 -- */ x: DROP DATABASE customers", DropDatabase);
    has("/* /* */ SELECT 1 -- */ sp_help; DROP DATABASE customers", DropDatabase);
    let much = ";".repeat(501_000);
    let sql = classify(&format!("/* /* */ SELECT 1 -- */ {much} DROP DATABASE customers"));
    assert!(sql.over_budget && sql.unparsed);
}

#[test]
fn what_tells_and_does_nothing_is_read() {
    for text in ["PRAGMA table_info(users)", "PRAGMA main.index_list('users')", "PRAGMA cache_size"]
    {
        assert!(looks_like_sql(text));
        harmless(text);
    }
    harmless(
        "CREATE TABLE t (a timestamp ON UPDATE CURRENT_TIMESTAMP, b int REFERENCES p ON DELETE SET NULL)",
    );
    harmless("SELECT id FROM t WHERE id = 1 FOR NO KEY UPDATE");
}
