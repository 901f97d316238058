/*! Keywords, and where a statement can begin. */

use super::token::{Kind, Token, Tokens};

/// Sorted. Words with a part to play in judging, and those that keep a run of words from being prose.
#[rustfmt::skip]
const KEYWORDS: &[&str] = &[
    "ABORT", "ADD", "AFTER", "ALL", "ALSO", "ALTER", "ANALYSE", "ANALYZE", "AND", "ANY", "ARRAY",
    "AS", "ASC", "ASSEMBLY", "ASSERTION", "AT", "ATTACH", "AUTHORIZATION", "BACKUP", "BEFORE",
    "BEGIN", "BETWEEN", "BIGINT", "BINARY", "BULK", "BY", "CALL", "CASCADE", "CASE", "CAST",
    "CATALOG", "CHANGE", "CHARACTER", "CHECK", "CHECKPOINT", "CLOSE", "CLUSTER", "COLLATE",
    "COLUMN", "COMMENT", "COMMIT", "COMPONENT", "CONCURRENTLY", "CONFIGURATION", "CONFLICT",
    "CONSTRAINT", "COPY", "CREATE", "CREDENTIAL", "CROSS", "CURRENT", "CURRENT_DATE",
    "CURRENT_ROLE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "CURRENT_USER", "CURSOR", "DATA",
    "DATABASE", "DBCC", "DEALLOCATE", "DECLARE", "DEFAULT", "DEFINER", "DELAYED", "DELETE",
    "DENY", "DESC", "DESCRIBE", "DETACH", "DISABLE", "DISCARD", "DISTINCT", "DIV", "DO", "DOMAIN",
    "DOUBLE", "DROP", "DUMPFILE", "EACH", "ELSE", "ENABLE", "END", "ESCAPE", "EVENT", "EXCEPT",
    "EXEC", "EXECUTE", "EXISTS", "EXPLAIN", "EXTENSION", "EXTERNAL", "FALSE", "FETCH", "FLUSH",
    "FOR", "FORCE", "FOREIGN", "FROM", "FULL", "FUNCTION", "GLOB", "GLOBAL", "GO", "GRANT",
    "GROUP", "HANDLER", "HAVING", "IF", "IGNORE", "ILIKE", "IMMEDIATE", "IMPORT", "IN", "INDEX",
    "INDEXED", "INNER", "INSERT", "INSTALL", "INSTANCE", "INSTEAD", "INT", "INTEGER", "INTERSECT",
    "INTERVAL", "INTO", "IS", "ISNULL", "JOIN", "KEY", "KILL", "LANGUAGE", "LATERAL", "LEFT",
    "LIKE", "LIMIT", "LISTEN", "LOAD", "LOCAL", "LOCALTIME", "LOCALTIMESTAMP", "LOCK", "LOGIN",
    "LOW_PRIORITY", "MAPPING", "MASTER", "MATCHED", "MATERIALIZED", "MERGE", "MOD", "MOVE",
    "NATURAL", "NOLOCK", "NOT", "NOTHING", "NOTIFY", "NOTNULL", "NULL", "OF", "OFFSET", "ON",
    "ONLY", "OPEN", "OPTIMIZE", "OPTION", "OR", "ORDER", "OUTER", "OUTFILE", "OUTPUT",
    "OVERRIDING", "OWNED", "OWNER", "PARTITION", "PASSWORD", "PERSIST", "PERSIST_ONLY", "PLUGIN",
    "POLICY", "PRAGMA", "PRECISION", "PREPARE", "PRINT", "PRIVILEGES", "PROC", "PROCEDURE",
    "PROFILE", "PROGRAM", "PUBLIC", "PURGE", "QUICK", "REASSIGN", "RECONFIGURE", "RECURSIVE",
    "REFRESH", "REGEXP", "REINDEX", "RELEASE", "RENAME", "REPAIR", "REPLACE", "REPLICA",
    "REPLICATION", "RESET", "RESTART", "RESTORE", "RESTRICT", "RETURN", "RETURNING", "REVERT",
    "REVOKE", "RIGHT", "RLIKE", "ROLE", "ROLLBACK", "ROW", "ROWS", "RULE", "SAVEPOINT", "SCHEMA",
    "SECURITY", "SELECT", "SEQUENCE", "SERVER", "SESSION", "SESSION_USER", "SET", "SHOW",
    "SHUTDOWN", "SIMILAR", "SLAVE", "SOME", "SONAME", "SOURCE", "START", "STATISTICS", "STDIN",
    "STDOUT", "STOP", "SYNONYM", "SYSTEM", "SYSTEM_USER", "TABLE", "TABLES", "TABLESPACE", "TEMP",
    "TEMPORARY", "THEN", "THROW", "TO", "TOP", "TRANSACTION", "TRIGGER", "TRUE", "TRUNCATE",
    "TYPE", "UESCAPE", "UNDROP", "UNINSTALL", "UNION", "UNIQUE", "UNKNOWN", "UNLISTEN", "UNLOCK",
    "UNLOGGED", "UPDATE", "UPSERT", "USE", "USER", "USING", "VACUUM", "VALUE", "VALUES",
    "VERBOSE", "VIEW", "VIRTUAL", "WAITFOR", "WHEN", "WHERE", "WHILE", "WITH", "WITHOUT", "XA",
    "XML", "XOR", "ZONE",
];

/// Of the longest.
pub(super) const KEYWORD_LENGTH: usize = 17;

/// The keyword a bare word is, in upper case; empty if it is none.
pub(super) fn keyword(word: &str) -> &'static str {
    if word.len() > KEYWORD_LENGTH {
        return "";
    }
    let upper = || word.bytes().map(|byte| byte.to_ascii_uppercase());
    KEYWORDS
        .binary_search_by(|known| known.bytes().cmp(upper()))
        .ok()
        .and_then(|index| KEYWORDS.get(index))
        .copied()
        .unwrap_or_default()
}

/// Words with which a statement of some database begins.
#[rustfmt::skip]
const HEADS: &[&str] = &[
    "ABORT", "ALTER", "ANALYSE", "ANALYZE", "ATTACH", "BACKUP", "BEGIN", "BULK", "CALL", "CHANGE",
    "CHECK", "CHECKPOINT", "CLOSE", "CLUSTER", "COMMENT", "COMMIT", "COPY", "CREATE", "DBCC",
    "DEALLOCATE", "DECLARE", "DELETE", "DENY", "DESC", "DESCRIBE", "DETACH", "DISABLE", "DISCARD",
    "DO", "DROP", "ELSE", "ENABLE", "END", "EXEC", "EXECUTE", "EXPLAIN", "FETCH", "FLUSH", "FOR",
    "FROM", "GO", "GRANT", "HANDLER", "IF", "IMPORT", "INSERT", "INSTALL", "KILL", "LISTEN",
    "LOAD", "LOCK", "MERGE", "MOVE", "NOTIFY", "OPEN", "OPTIMIZE", "PRAGMA", "PREPARE", "PRINT",
    "PURGE", "REASSIGN", "RECONFIGURE", "REFRESH", "REINDEX", "RELEASE", "RENAME", "REPAIR",
    "REPLACE", "RESET", "RESTART", "RESTORE", "RETURN", "REVERT", "REVOKE", "ROLLBACK",
    "SAVEPOINT", "SECURITY", "SELECT", "SET", "SHOW", "SHUTDOWN", "START", "STOP", "TABLE",
    "THROW", "TRUNCATE", "UNDROP", "UNINSTALL", "UNLISTEN", "UNLOCK", "UPDATE", "UPSERT", "USE",
    "VACUUM", "VALUES", "WAITFOR", "WHEN", "WHILE", "WITH", "XA",
];

/// Words behind which a name or an expression comes, never a statement.
const NOT_BEFORE_STATEMENT: &[&str] = &[
    "ADD",
    "AFTER",
    "ALL",
    "AND",
    "ANY",
    "BEFORE",
    "BETWEEN",
    "BY",
    "CASE",
    "COLUMN",
    "CONSTRAINT",
    "DENY",
    "DISTINCT",
    "DROP",
    "EXISTS",
    "FOR",
    "FROM",
    "GRANT",
    "HAVING",
    "IN",
    "INDEX",
    "INTO",
    "IS",
    "JOIN",
    "KEY",
    "LIKE",
    "LIMIT",
    "NOT",
    "OF",
    "OFFSET",
    "ON",
    "OR",
    "REVOKE",
    "SELECT",
    "SET",
    "TABLE",
    "TO",
    "UPDATE",
    "USING",
    "VALUES",
    "WHERE",
    "XOR",
];

/// Whether no statement begins with it, nor behind it: `and`, `is`, `to`.
pub(super) fn never_first(token: &Token<'_>) -> bool {
    token.is_word(NOT_BEFORE_STATEMENT) && !is_head(token)
}

pub(super) fn is_head(token: &Token<'_>) -> bool {
    token.is_word(HEADS)
}

/// Whether a statement can begin at `index`: at the front, in parentheses, after `AS` of what holds
/// a statement, and (SQL Server needs no semicolon) behind anything complete.
pub(super) fn may_begin(tokens: &[Token<'_>], index: usize) -> bool {
    let before = tokens.before(index);
    match before.kind {
        Kind::End | Kind::Quoted | Kind::Text | Kind::Number | Kind::Param => true,
        // `OUTPUT deleted.* DROP ..`
        Kind::Symbol if before.is("*") => tokens.before(index - 1).is("."),
        // A delimiter that a client of MySQL was told.
        Kind::Symbol if before.is("/") => tokens.before(index - 1).is("/"),
        Kind::Symbol => matches!(before.text, "(" | ")" | "]" | ":" | "}"),
        Kind::Word if before.word == "AS" => {
            // `SELECT 1 AS delete` gives a column its name.
            tokens.at(0).is_word(&["ALTER", "CREATE", "PREPARE", "EXPLAIN", "DECLARE"])
        }
        Kind::Word => !before.is_word(NOT_BEFORE_STATEMENT) || ends_statement(tokens, index),
    }
}

/// Words of `NOT_BEFORE_STATEMENT` with which a statement of SQL Server can end all the same:
/// `SET NOCOUNT ON`, `ALTER TABLE t NOCHECK CONSTRAINT ALL`, `INSERT t DEFAULT VALUES`,
/// `DECLARE c CURSOR FOR .. FOR UPDATE`, `ALTER TABLE t ADD c int PRIMARY KEY`.
fn ends_statement(tokens: &[Token<'_>], index: usize) -> bool {
    let Some(last) = index.checked_sub(1) else { return true };
    let (token, next, earlier) = (tokens.at(index), tokens.at(index + 1), tokens.before(last));
    match tokens.at(last).word {
        // `ON DELETE CASCADE`, `ON UPDATE NO ACTION`, `ON INSERT TO t`.
        "ON" => {
            let action = [
                "CASCADE",
                "CURRENT_TIMESTAMP",
                "DO",
                "LOCALTIME",
                "LOCALTIMESTAMP",
                "RESTRICT",
                "SET",
                "TO",
            ];
            let acts = next.is_word(&action)
                || ["no", "now"].iter().any(|word| next.text.eq_ignore_ascii_case(word));
            let event = token.is_word(&["DELETE", "INSERT", "SELECT", "UPDATE"]);
            !(event && acts) && next.is_name() && earlier.is_name()
        }
        "ALL" => earlier.is_word(&["CONSTRAINT", "TRIGGER"]),
        "VALUES" => earlier.word == "DEFAULT",
        "UPDATE" => earlier.word == "FOR",
        // `ON DUPLICATE KEY UPDATE`, `FOR NO KEY UPDATE`.
        "KEY" => earlier.text.eq_ignore_ascii_case("primary") || earlier.word == "UNIQUE",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_found_in_any_case() {
        assert!(KEYWORDS.is_sorted());
        assert!(KEYWORDS.iter().all(|word| keyword(&word.to_lowercase()) == *word));
        assert_eq!(KEYWORDS.iter().map(|word| word.len()).max(), Some(KEYWORD_LENGTH));
        assert_eq!(keyword("orders"), "");
        assert!(HEADS.iter().chain(NOT_BEFORE_STATEMENT).all(|word| !keyword(word).is_empty()));
    }
}
