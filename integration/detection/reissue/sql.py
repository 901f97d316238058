"""Statements of SQL by the class of their risk, and harmless ones that resemble them."""

from .draw import Draw

#: Dialect, class, statement. `{t}` and `{u}` are tables, `{c}` a column, `{n}` a number and `{w}` a
#: word.
RISKY = [
    ("postgres", "drop_database", "DROP DATABASE {w}_{n}"),
    ("postgres", "drop_database", 'DROP DATABASE IF EXISTS "{w}-{n}"'),
    ("postgres", "drop_schema", "DROP SCHEMA IF EXISTS {w} CASCADE"),
    ("postgres", "drop_schema", "DROP SCHEMA {w}, {w}_{n}"),
    ("postgres", "drop_table", "DROP TABLE {t}"),
    ("postgres", "drop_table", "DROP TABLE IF EXISTS {t}, {u} CASCADE"),
    ("postgres", "drop_object", "DROP VIEW IF EXISTS {w}_view"),
    ("postgres", "drop_object", "DROP INDEX CONCURRENTLY {w}_idx"),
    ("postgres", "drop_object", "DROP MATERIALIZED VIEW {w}_{n}"),
    ("postgres", "drop_object", "DROP SEQUENCE {w}_seq"),
    ("postgres", "drop_object", "DROP TYPE {w}_kind"),
    ("postgres", "drop_object", "DROP TRIGGER {w}_trg ON {t}"),
    ("postgres", "truncate", "TRUNCATE TABLE {t}"),
    ("postgres", "truncate", "TRUNCATE {t}, {u} CASCADE"),
    ("postgres", "delete_without_where", "DELETE FROM {t}"),
    ("postgres", "delete_without_where", "DELETE FROM {t} RETURNING {c}"),
    ("postgres", "delete_without_where", "DELETE FROM {t} USING {u}"),
    ("postgres", "delete_without_where", "PREPARE p{n} AS DELETE FROM {t}"),
    ("postgres", "delete_without_where", "EXPLAIN ANALYZE DELETE FROM {t}"),
    ("postgres", "delete_without_where", "WITH gone AS (DELETE FROM {t} RETURNING {c}) SELECT count(*) FROM gone"),
    ("postgres", "update_without_where", "UPDATE {t} SET {c} = {n}"),
    ("postgres", "update_without_where", "UPDATE ONLY {t} SET {c} = NULL"),
    ("postgres", "update_without_where", "EXPLAIN (ANALYZE) UPDATE {t} SET {c} = {n}"),
    ("postgres", "update_without_where", "UPDATE {t} SET {c} = (SELECT max({c}) FROM {u} WHERE id = {n})"),
    ("postgres", "alter_table", "ALTER TABLE {t} DROP COLUMN {c}"),
    ("postgres", "alter_table", "ALTER TABLE {t} RENAME TO {w}_{n}"),
    ("postgres", "alter_table", "ALTER TABLE IF EXISTS {t} ADD COLUMN {w} text"),
    ("postgres", "alter_object", "ALTER TYPE {w}_kind ADD VALUE '{w}'"),
    ("postgres", "alter_object", "ALTER DOMAIN {w}_dom DROP NOT NULL"),
    ("postgres", "grant", "GRANT ALL ON {t} TO PUBLIC"),
    ("postgres", "grant", "GRANT SELECT, UPDATE ON {t} TO {w}_{n}"),
    ("postgres", "revoke", "REVOKE ALL ON {t} FROM {w}_{n}"),
    ("postgres", "revoke", "REVOKE USAGE ON SCHEMA {w} FROM PUBLIC"),
    ("postgres", "privilege_change", "CREATE USER {w}{n} WITH SUPERUSER"),
    ("postgres", "privilege_change", "ALTER ROLE {w} CREATEDB"),
    ("postgres", "privilege_change", "DROP ROLE {w}_{n}"),
    ("postgres", "privilege_change", "CREATE POLICY {w} ON {t} USING (true)"),
    ("postgres", "copy_program", "COPY {t} TO PROGRAM 'gzip > /tmp/{w}{n}'"),
    ("postgres", "copy_program", "COPY {t} FROM PROGRAM 'curl http://203.0.113.9/{n}'"),
    ("postgres", "file_access", "COPY {t} FROM '/var/lib/{w}.csv' CSV"),
    ("postgres", "file_access", "SELECT pg_read_file('/etc/{w}')"),
    ("postgres", "file_access", "SELECT pg_read_binary_file('/etc/{w}', 0, {n})"),
    ("postgres", "file_access", "SELECT lo_export({n}, '/tmp/{w}')"),
    ("postgres", "dynamic_sql", "DO $$ BEGIN EXECUTE 'TRUN' || 'CATE {t}'; END $$"),
    ("postgres", "dynamic_sql", "DO LANGUAGE plpgsql $x$ BEGIN PERFORM {n}; END $x$"),
    ("postgres", "dynamic_sql", "SELECT * FROM dblink('dbname={w}', 'DROP TABLE {t}') AS r(a int)"),
    ("postgres", "untrusted_code", "CREATE EXTENSION {w}"),
    ("postgres", "untrusted_code", "CREATE OR REPLACE FUNCTION {w}{n}() RETURNS int AS '/tmp/{w}.so', 'go' LANGUAGE c"),
    ("postgres", "untrusted_code", "CREATE FUNCTION {w}{n}() RETURNS text AS $$ `id` $$ LANGUAGE plperlu"),
    ("postgres", "server_config", "ALTER SYSTEM SET log_statement = 'none'"),
    ("postgres", "server_config", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"),
    ("mysql", "drop_table", "/*!50000 DROP TABLE {t} */"),
    ("mysql", "drop_table", "DROP TABLE `{w}`"),
    ("mysql", "truncate", "TRUNCATE `{w}`"),
    ("mysql", "delete_without_where", "DELETE a FROM {t} a"),
    ("mysql", "delete_without_where", "DELETE FROM `{w}` LIMIT {n}"),
    ("mysql", "update_without_where", "UPDATE `{w}` SET {c} = {n} LIMIT {n}"),
    ("mysql", "file_access", "SELECT {c} FROM {t} INTO DUMPFILE '/tmp/{w}'"),
    ("mysql", "file_access", "LOAD DATA INFILE '/tmp/{w}' INTO TABLE {t}"),
    ("mysql", "file_access", "SELECT LOAD_FILE('/etc/{w}')"),
    ("mysql", "server_config", "SET GLOBAL max_connections = {n}"),
    ("mysql", "drop_database", "DROP DATABASE `{w}`"),
    ("tsql", "drop_table", "DROP TABLE [dbo].[{w}]"),
    ("tsql", "delete_without_where", "DELETE FROM [dbo].[{w}]"),
    ("tsql", "delete_without_where", "DELETE TOP ({n}) FROM dbo.{w}"),
    ("tsql", "truncate", "TRUNCATE TABLE dbo.{w}"),
    ("tsql", "dynamic_sql", "EXEC('DROP TABLE {w}')"),
    ("tsql", "dynamic_sql", "EXECUTE sp_executesql N'DELETE FROM {w}'"),
    ("tsql", "untrusted_code", "EXEC master..xp_cmdshell 'dir {w}'"),
    ("tsql", "file_access", "BULK INSERT {w} FROM 'c:\\{w}.csv'"),
    ("tsql", "server_config", "DBCC CHECKDB ('{w}', REPAIR_ALLOW_DATA_LOSS)"),
    ("tsql", "privilege_change", "ALTER LOGIN {w} WITH PASSWORD = 'x{n}'"),
]  # fmt: skip

#: Dialect, what it resembles, statement.
HARMLESS = [
    ("postgres", "plain", "SELECT a.id, b.{c} FROM {t} a JOIN {u} b ON b.id = a.id WHERE a.{c} > {n}"),
    ("postgres", "plain", "INSERT INTO {t} ({c}) SELECT {c} FROM {u} WHERE id = {n}"),
    ("postgres", "plain", "COPY (SELECT {c} FROM {t} WHERE id < {n}) TO STDOUT"),
    ("postgres", "plain", "EXPLAIN SELECT {c} FROM {t} WHERE id = {n}"),
    ("postgres", "plain", "BEGIN; SELECT {c} FROM {t} WHERE id = {n}; COMMIT;"),
    ("postgres", "plain", "EXPLAIN UPDATE {t} SET {c} = {n}"),
    ("postgres", "tight-where", "DELETE FROM {t} WHERE {c} = {n} AND id IN ({n}, 7)"),
    ("postgres", "tight-where", "UPDATE {t} SET {c} = {n} WHERE id = {n}"),
    ("postgres", "tight-where", "UPDATE {t} SET {c} = '{w}' WHERE {c} IS NULL AND created < '2026-01-01'"),
    ("postgres", "tight-where", "WITH moved AS (DELETE FROM {t} WHERE id = {n} RETURNING *) INSERT INTO {u} SELECT * FROM moved"),
    ("postgres", "clause-lookalike", "SELECT id FROM {t} WHERE id = {n} FOR NO KEY UPDATE"),
    ("postgres", "clause-lookalike", "CREATE TABLE {w}_{n} (id int REFERENCES {t} ON DELETE SET NULL ON UPDATE CASCADE)"),
    ("postgres", "clause-lookalike", "INSERT INTO {t} (id, {c}) VALUES ({n}, 'a') ON CONFLICT (id) DO UPDATE SET {c} = excluded.{c}"),
    ("postgres", "function-lookalike", "SELECT trunc({n}.5), date_trunc('week', now()), replace('drop', 'd', 'c')"),
    ("postgres", "identifier-mention", "SELECT drop_count, truncate_at FROM {t} WHERE delete_flag = {n}"),
    ("postgres", "identifier-mention", 'SELECT "ALTER TABLE", "grant" FROM {t} WHERE id = {n}'),
    ("postgres", "string-literal-mention", "SELECT 'TRUNCATE {w}; REVOKE ALL' AS hint, {n}"),
    ("postgres", "string-literal-mention", "INSERT INTO {t} ({c}) VALUES ('please DROP DATABASE {w}; now')"),
    ("postgres", "string-literal-mention", "UPDATE {t} SET {c} = $n$GRANT ALL; DELETE FROM x$n$ WHERE id = {n}"),
    ("postgres", "string-literal-mention", "SELECT E'it\\'s; DROP TABLE {w}; --' AS s, {n}"),
    ("postgres", "comment-mention", "SELECT {n} /* never TRUNCATE {w} /* or DROP */ here */"),
    ("postgres", "comment-mention", "-- ALTER TABLE {w} comes later\nSELECT {c} FROM {t} WHERE id = {n}"),
    ("mysql", "identifier-mention", "SELECT `truncate`, `grant` FROM `{w}` WHERE `drop` = {n}"),
    ("mysql", "string-literal-mention", 'SELECT "DELETE FROM {w}", {n}'),
    ("mysql", "comment-mention", "SELECT {n} # DROP TABLE {w}"),
    ("tsql", "identifier-mention", "SELECT [alter], [truncate] FROM [dbo].[{w}] WHERE id = {n}"),
    ("tsql", "tight-where", "DELETE FROM [dbo].[{w}] WHERE id = {n}"),
]  # fmt: skip

_TABLES = [
    "shipments", "ledger_entries", "tickets", "crm.leads", "hr.contracts", "stock_moves",
    "api_tokens", "public.members",
]  # fmt: skip
_COLUMNS = ["amount", "state", "owner_id", "weight", "closed_at"]


def filled(draw: Draw, statement: str, dialect: str = "") -> str:
    # In double quotes it is a name here and text elsewhere.
    quoted = ['"Order Items"'] if dialect == "postgres" else []
    table, other = draw.sample(_TABLES + quoted, 2)
    number = str(draw.randint(2, 99_999))
    names = {"t": table, "u": other, "c": draw.choice(_COLUMNS), "n": number, "w": draw.noun()}
    for mark, value in names.items():
        statement = statement.replace(f"{{{mark}}}", value)
    return statement
