/*! What is created, altered or dropped: the words behind the verb. */

use super::SqlEffect;
use super::token::{Kind, Token, Tokens};

/// Kinds of object that matter, and some that keep the search from going on into names.
#[rustfmt::skip]
pub(super) const KINDS: &[&str] = &[
    "ASSEMBLY", "AUTHORIZATION", "CAST", "CATALOG", "COLUMN", "CONFIGURATION", "CONSTRAINT",
    "CREDENTIAL", "DATABASE", "DEFAULT", "DOMAIN", "EXTENSION", "FUNCTION", "GROUP", "INDEX",
    "INSTANCE", "KEY", "LANGUAGE", "LOGIN", "MAPPING", "OWNED", "PARTITION", "POLICY", "PREPARE",
    "PROC", "PROCEDURE", "PROFILE", "ROLE", "RULE", "SCHEMA", "SEQUENCE", "SERVER", "STATISTICS",
    "SYNONYM", "SYSTEM", "TABLE", "TABLES", "TABLESPACE", "TRIGGER", "TYPE", "USER", "VIEW",
];

/// First words of kinds that need no effect of their own.
#[rustfmt::skip]
pub(super) const RARE_KINDS: &[&str] = &[
    "access", "aggregate", "algorithm", "asymmetric", "audit", "availability", "certificate",
    "clustered", "collation", "columnstore", "conversion", "dictionary", "editionable",
    "endpoint", "fulltext", "keyspace", "large", "macro", "nonclustered", "operator", "package",
    "pipe", "procedural", "publication", "queue", "resource", "secret", "spatial", "sql", "stage",
    "stream", "subscription", "symmetric", "task", "text", "transform", "trusted", "warehouse",
    "workload",
];

/// Accounts and what they may do.
const ACCOUNTS: &[&str] =
    &["ROLE", "USER", "GROUP", "LOGIN", "POLICY", "CREDENTIAL", "AUTHORIZATION", "PROFILE"];

/// Languages whose functions stay inside the database.
const TRUSTED: &[&str] = &["sql", "plpgsql", "plperl", "pltcl", "plv8"];

/// What the verb at `index` is about; words such as `UNIQUE` or `DEFINER = 'x'` may come before it.
fn kind(tokens: &[Token<'_>], index: usize) -> Token<'static> {
    let mut words = tokens.get(index + 1..).unwrap_or_default().iter().take(8);
    let word = words
        .by_ref()
        .take_while(|token| !token.is("("))
        .find(|token| token.is_word(KINDS))
        .map_or("", |token| token.word);
    Token { kind: Kind::Word, text: word, word }
}

/// `None`: not a statement (`DROP` of a column, `DROP PREPARE`).
pub(super) fn drop(tokens: &[Token<'_>], index: usize) -> Option<SqlEffect> {
    let kind = kind(tokens, index);
    let inside_alter = index > 0 && tokens.at(0).is_word(&["ALTER"]);
    match kind.word {
        "DATABASE" => Some(SqlEffect::DropDatabase),
        "SCHEMA" => Some(SqlEffect::DropSchema),
        "TABLE" | "TABLES" => Some(SqlEffect::DropTable),
        "PREPARE" => None,
        _ if kind.is_word(ACCOUNTS) && tokens.at(index + 2).word != "MAPPING" => {
            Some(SqlEffect::PrivilegeChange)
        }
        "VIEW" | "FUNCTION" | "PROCEDURE" => Some(SqlEffect::DropObject),
        _ if inside_alter => None,
        _ => tokens.at(index + 1).is_name().then_some(SqlEffect::DropObject),
    }
}

pub(super) fn alter(tokens: &[Token<'_>], index: usize) -> Option<SqlEffect> {
    let (kind, next) = (kind(tokens, index), tokens.at(index + 1));
    if !next.is_name() || next.is_word(&["COLUMN", "CONSTRAINT"]) {
        return None;
    }
    Some(match kind.word {
        "TABLE" => SqlEffect::AlterTable,
        "SYSTEM" | "DATABASE" | "INSTANCE" => SqlEffect::ServerConfig,
        "DEFAULT" => SqlEffect::PrivilegeChange,
        "SERVER" => match tokens.at(index + 2).word {
            "ROLE" => SqlEffect::PrivilegeChange,
            "CONFIGURATION" => SqlEffect::ServerConfig,
            _ => SqlEffect::AlterObject,
        },
        _ if kind.is_word(ACCOUNTS) => SqlEffect::PrivilegeChange,
        _ => SqlEffect::AlterObject,
    })
}

pub(super) fn create(tokens: &[Token<'_>], index: usize) -> Option<SqlEffect> {
    if !tokens.at(index + 1).is_name() {
        return None;
    }
    let kind = kind(tokens, index);
    Some(match kind.word {
        "EXTENSION" | "LANGUAGE" | "ASSEMBLY" => SqlEffect::UntrustedCode,
        "TABLESPACE" => SqlEffect::FileAccess,
        "TABLE" if tokens.at(index + 1).word == "FOREIGN" && has_program(tokens) => {
            SqlEffect::CopyProgram
        }
        "SERVER" if tokens.at(index + 2).word == "ROLE" => SqlEffect::PrivilegeChange,
        _ if kind.is_word(ACCOUNTS) => SqlEffect::PrivilegeChange,
        _ if holds_code(tokens, index) && names_untrusted_language(tokens) => {
            SqlEffect::UntrustedCode
        }
        _ => SqlEffect::Create,
    })
}

/// `OPTIONS (program '..')` of a foreign table.
fn has_program(tokens: &[Token<'_>]) -> bool {
    tokens.windows(2).any(|pair| {
        matches!(pair, [option, value] if option.word == "PROGRAM" && value.kind == Kind::Text)
    })
}

/// What the `CREATE OR REPLACE` at the front drops with all that is in it.
pub(super) fn replaced(tokens: &[Token<'_>]) -> Option<SqlEffect> {
    if tokens.at(1).word != "OR" || tokens.at(2).word != "REPLACE" {
        return None;
    }
    match kind(tokens, 2).word {
        "DATABASE" => Some(SqlEffect::DropDatabase),
        "SCHEMA" => Some(SqlEffect::DropSchema),
        "TABLE" => Some(SqlEffect::DropTable),
        _ => None,
    }
}

/// Also of `DO`. A library (`SONAME`, `EXTERNAL NAME`) is no language at all.
pub(super) fn names_untrusted_language(tokens: &[Token<'_>]) -> bool {
    tokens.windows(2).any(|pair| match pair {
        [word, name] if word.word == "LANGUAGE" => {
            !TRUSTED.iter().any(|trusted| name.text.eq_ignore_ascii_case(trusted))
        }
        [word, name] => {
            word.word == "SONAME"
                || (word.word == "EXTERNAL" && name.text.eq_ignore_ascii_case("name"))
        }
        _ => false,
    })
}

/// Whether a `CREATE` makes something that holds statements to be run later.
pub(super) fn holds_code(tokens: &[Token<'_>], index: usize) -> bool {
    kind(tokens, index).is_word(&["FUNCTION", "PROCEDURE", "PROC"])
}
