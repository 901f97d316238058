/*! Words that tell where a table or a column can stand. */

use super::token::{Kind, Token};

/// Words behind which a list of tables is over, reserved in every database.
pub(super) const ENDS_LIST: &[&str] = &["SELECT", "WHERE", "GROUP", "ORDER", "HAVING", "UNION"];

/// Words that are no name unless they are quoted.
#[rustfmt::skip]
pub(super) const NEVER_NAMES: &[&str] = &[
    "ALL", "AND", "ANY", "AS", "ASC", "BETWEEN", "BY", "CASE", "CAST", "CREATE", "CROSS", "DEFAULT",
    "DESC", "DISTINCT", "ELSE", "END", "EXCEPT", "EXISTS", "FALSE", "FOR", "FROM", "FULL", "GROUP", "HAVING", "IN",
    "INNER", "INTERSECT", "INTO", "IS", "JOIN", "LEFT", "LIKE", "NATURAL", "NOT", "NULL", "ON", "OR", "ORDER",
    "OUTER", "RIGHT", "SELECT", "SET", "TABLE", "THEN", "TO", "TRUE", "UNION", "USING", "VALUES", "WHEN", "WHERE", "WITH",
];

/// Words of the grammar that are names, too, and often of columns.
#[rustfmt::skip]
const NAMES_TOO: &[&str] = &[
    "CATALOG", "CHANGE", "CHARACTER", "COMMENT", "COMPONENT", "CONFIGURATION", "COPY", "CREDENTIAL", "DATA",
    "DATABASE", "DELETE", "DOMAIN", "DROP", "EVENT", "EXEC", "GRANT", "INSTANCE", "KEY", "LANGUAGE", "LOGIN", "MASTER", "MERGE", "OWNER",
    "PARTITION", "PASSWORD", "PLUGIN", "POLICY", "PRIVILEGES", "PROFILE", "PROGRAM", "PUBLIC", "ROLE", "RULE", "SCHEMA",
    "SECURITY", "SEQUENCE", "SERVER", "SESSION", "SOURCE", "STATISTICS", "SYSTEM", "TRUNCATE", "TYPE", "UPDATE", "USER", "VALUE", "ZONE",
];

/// Words that may stand between the verb and its table.
#[rustfmt::skip]
pub(super) const LIST_MODIFIERS: &[&str] = &[
    "abort", "all", "analyze", "concurrently", "delayed", "fail", "first", "freeze", "full", "high_priority",
    "ignore", "index", "low_priority", "overwrite", "quick", "replace", "rollback", "statistics", "temporary",
    "unlogged", "verbose",
];

/// Functions that have a `FROM` among their arguments.
pub(super) const FROM_OPERANDS: &[&str] =
    &["extract", "overlay", "position", "substr", "substring", "trim"];

/// A name that is quoted, or no word of the grammar that could be meant as such.
pub(super) fn is_plain_name(token: &Token<'_>) -> bool {
    match token.kind {
        Kind::Quoted => true,
        Kind::Word => token.word.is_empty() || token.is_word(NAMES_TOO),
        _ => false,
    }
}

/// What a product can be of.
pub(super) fn is_operand(token: &Token<'_>) -> bool {
    is_plain_name(token)
        || matches!(token.kind, Kind::Number | Kind::Text | Kind::Param)
        || token.is_word(&["CASE", "CAST", "LEFT", "RIGHT", "IF", "NULL", "END"])
}
