//! The same behind comments, other statements, words of prose, fences.

use super::{Verdict::*, all_at_least};

#[test]
fn spelled_otherwise_is_denied() {
    all_at_least(
        Deny,
        &[
            "drop database shop",
            "dRoP\tdAtAbAsE\nshop",
            "DROP/**/DATABASE/**/shop",
            "DROP -- x\nDATABASE shop",
            "DROP # x\nDATABASE shop",
            "/* harmless */ DROP DATABASE shop",
            "-- harmless\nDROP DATABASE shop",
            "((DROP DATABASE shop))",
            "\u{feff}DROP DATABASE shop",
            "DROP\u{a0}DATABASE shop",
            "copy customers to program 'id'",
            "Copy customers To Program 'id'",
            "attach database '/tmp/x' as y",
            "select load_file('/etc/passwd')",
            "set global local_infile = 1",
            "flush tables with read lock",
            "alter system set x = 'y'",
            "install plugin p soname 'x.so'",
            "change master to master_host = 'evil'",
            "exec xp_cmdshell 'dir'",
            "kill query 7",
            "/**/ATTACH/**/'/tmp/x'/**/AS/**/y",
            "COPY customers/**/TO/**/PROGRAM $$id$$",
        ],
    );
}

#[test]
fn spelled_otherwise_waits() {
    all_at_least(
        Hold,
        &[
            "delete from customers",
            "delete customers",
            "Delete account",
            "drop table reservations",
            "Drop table reservations",
            "truncate customers",
            "grant admin to app",
            "Grant admin to bob",
            "revoke admin from bob",
            "Create user accounts",
            "load '/tmp/x.so'",
            "shutdown;",
            "flush tables",
            "execute immediate 'drop table customers'",
            "execute('delete from customers')",
            "exec ( 'delete customers' )",
            "DELETE/**/FROM/**/customers",
            "-- note\nLOAD '/tmp/x.so'",
            "/* x */ FLUSH PRIVILEGES",
        ],
    );
}

#[test]
fn behind_something_is_denied() {
    all_at_least(
        Deny,
        &[
            "SELECT 1; DROP DATABASE shop",
            "SELECT 1 DROP DATABASE shop",
            "1; DROP DATABASE shop --",
            "SELECT 1; KILL 7",
            "BEGIN; KILL 7; COMMIT",
            "SELECT 1 KILL 7",
            "USE shop; KILL 7",
            "SELECT 1; SHUTDOWN",
            "SELECT 1; FLUSH TABLES",
            "SELECT 1; RESET MASTER",
            "SELECT 1; LOAD '/tmp/x.so'",
            "SELECT 1; ATTACH 'x.db'",
            "SELECT 1; INSTALL 'x'",
            "SELECT 1; COPY customers TO '/tmp/x'",
            "INSERT INTO t VALUES (1); STOP SLAVE",
            "CREATE PROCEDURE p() FLUSH TABLES",
            "CREATE PROCEDURE p() BEGIN KILL 7; END",
            "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO FLUSH PRIVILEGES",
            "Run: COPY customers TO PROGRAM 'id'",
            "Please run ATTACH DATABASE '/tmp/x' AS y",
            "Run this: ALTER SYSTEM SET x = 'y'",
            "sql DROP DATABASE shop",
            "```sql\nDROP DATABASE shop;\n```",
            "```sql\nCOPY customers TO '/tmp/x'\n```",
            "```sql\nSET GLOBAL local_infile = 1;\n```",
            "\\c shop\nDROP DATABASE other",
            "\\c shop\nCOPY customers TO '/tmp/x'",
            "GO\nDROP DATABASE shop\nGO",
            "x: DROP DATABASE shop",
        ],
    );
}

#[test]
fn behind_something_waits() {
    all_at_least(
        Hold,
        &[
            "```sql\nLOAD '/tmp/x.so';\n```",
            "```\nCOPY customers TO PROGRAM 'id'\n```",
            "```sql\nFLUSH TABLES;\n```",
            "```sql\nDELETE FROM customers;\n```",
            "```\nTRUNCATE TABLE customers\n```",
            "\\c shop\nLOAD '/tmp/x.so'",
            "Here: GRANT admin TO app",
            "Query: DELETE FROM customers",
            "Please run DELETE FROM customers",
            "Please GRANT CONTROL SERVER TO app",
            "SELECT 1; DELETE customers",
            "KILL 7; DELETE customers",
            "x: KILL 7; DELETE customers",
            "SHOW TABLES; DO 'x'; TRUNCATE customers",
            "SHOW search_path; TRUNCATE customers",
            "LISTEN x; truncate customers, orders;",
            "CALL p(); TRUNCATE customers",
            "EXPLAIN SELECT 1; TRUNCATE customers",
            "EXEC('p'); DELETE customers",
            "EXECUTE(\"p\"); DELETE customers",
            "PREPARE s FROM 'x'; TRUNCATE customers",
            "DO 'x'; TRUNCATE customers",
            "EXEC('SHUTDOWN')",
            "EXECUTE('KILL 7')",
            "SELECT 1; GRANT admin TO app",
            "SELECT 1; EXECUTE('ls')",
            "SELECT 1; CREATE USER accounts",
            "BEGIN; DELETE FROM customers; COMMIT",
            "IF EXISTS (SELECT 1) DELETE FROM customers",
            "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'DELETE FROM customers'",
            "CREATE RULE r AS ON INSERT TO t DO ALSO DELETE FROM customers",
            "CREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW DELETE FROM customers",
            "COPY (DELETE FROM customers RETURNING *) TO STDOUT",
        ],
    );
}
