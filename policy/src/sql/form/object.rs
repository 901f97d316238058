/*! Objects that are made, changed and dropped. */

use super::name;
use super::{Form, Front};
use crate::sql::object::{KINDS, RARE_KINDS};
use crate::sql::token::{Kind, Token, Tokens};

/// Words between the verb and the kind that are no keywords.
#[rustfmt::skip]
const MODIFIERS: &[&str] = &[
    "algorithm", "application", "audit", "bigfile", "bitmap", "clustered", "columnstore", "context",
    "dynamic", "editionable", "encryption", "engine", "flashback", "fulltext", "hybrid", "iceberg",
    "link", "lifecycle", "local", "merge", "noneditionable", "nonclustered", "permanent", "private",
    "procedural", "scoped", "search", "shared", "spatial", "sql", "temptable", "transient",
    "trusted", "undefined", "undo", "unified", "workload",
];

/// Words behind what is dropped.
#[rustfmt::skip]
const AFTER_DROPPED: &[&str] = &[
    "cascade", "contents", "force", "immediate", "including", "keep", "no", "nowait", "online",
    "permanently", "purge", "restrict", "sync", "wait",
];

/// Kinds of which one is dropped `ON` a table, and kinds that are about one.
const ON_TABLE: &[&str] =
    &["CAST", "CONSTRAINT", "INDEX", "KEY", "POLICY", "RULE", "STATISTICS", "TRIGGER"];

/// Accounts and others of which a name is all that is needed.
#[rustfmt::skip]
const BARE: &[&str] = &[
    "CATALOG", "DATABASE", "EXTENSION", "GROUP", "LANGUAGE", "ROLE", "SCHEMA",
    "SEQUENCE", "SYNONYM", "TABLESPACE", "TYPE", "USER",
];

/// Words behind the name of an account.
#[rustfmt::skip]
const AFTER_ACCOUNT: &[&str] = &[
    "account", "admin", "authorization", "bypassrls", "character", "comment", "connection",
    "createdb", "createrole", "default", "encrypted", "externally", "from", "identified", "in",
    "inherit", "limit", "login", "nocreatedb", "nocreaterole", "noinherit", "nologin", "nosuperuser",
    "not", "owner", "password", "profile", "quota", "replication", "require", "role", "schema",
    "superuser", "sysid", "template", "user", "valid", "version", "with", "without",
];

/// Words behind the name of what is made.
#[rustfmt::skip]
const AFTER_MADE: &[&str] = &[
    "after", "aggregate", "as", "authorization", "before", "begin", "clone", "deterministic",
    "engine", "external", "for", "foreign", "from", "handler", "identity", "instead", "is",
    "language", "like", "location", "no", "of", "on", "options", "partition", "returns", "return",
    "select", "server", "soname", "to", "type", "using", "with",
];

/// Words with which a change of an object begins.
#[rustfmt::skip]
const ACTIONS: &[&str] = &[
    "account", "add", "algorithm", "alter", "attach", "authorization", "auto_increment", "begin",
    "bypassrls", "cache", "change", "character", "check", "checksum", "coalesce", "collate",
    "comment", "compile", "connection", "convert", "createdb", "createrole", "default", "depends",
    "deterministic", "disable", "discard", "drop", "enable", "encrypted", "end", "engine",
    "exchange", "failover", "flashback", "for", "force", "identified", "import", "increment",
    "inherit", "limit", "location", "lock", "logging", "login", "minvalue", "modify", "mount",
    "move", "nocheck", "nocreatedb", "nocreaterole", "noinherit", "nologin", "nosuperuser", "no",
    "on", "open", "options", "order", "owner", "partition", "password", "quota", "read", "rebuild",
    "recover", "refresh", "remove", "rename", "reorganize", "replica", "reset", "resize", "restart",
    "resume", "row", "schema", "secondary_load", "set", "shrink", "snapshot", "split", "start",
    "stop", "superuser", "suspend", "switch", "truncate", "update", "upgrade", "using", "valid",
    "validate", "version", "with", "without",
];

/// What Oracle's and PostgreSQL's `ALTER SYSTEM` and the like can do.
#[rustfmt::skip]
const SYSTEM_ACTIONS: &[&str] = &[
    "archive", "cancel", "checkpoint", "check", "disable", "disconnect", "enable", "flush", "kill",
    "quiesce", "register", "reset", "resume", "set", "shutdown", "start", "stop", "suspend",
    "switch", "unquiesce",
];

fn is_one_of(token: &Token<'_>, words: &[&str]) -> bool {
    token.kind == Kind::Word && words.iter().any(|word| token.text.eq_ignore_ascii_case(word))
}

/// The kind of object, and where its name should begin.
fn kind(front: &Front<'_, '_>) -> Option<(Token<'static>, usize)> {
    let tokens = front.tokens;
    // `DEFINER = 'a'@'b'` is the longest.
    for at in 1..16 {
        let token = tokens.at(at);
        let rare = is_one_of(&token, RARE_KINDS) && !is_one_of(&token, MODIFIERS);
        let next_kind = tokens.at(at + 1).is_word(KINDS);
        if (token.is_word(KINDS) && !(token.word == "DEFAULT" && next_kind))
            || token.word == "EVENT"
            || (rare && !next_kind)
        {
            let mut name = at + 1;
            while is_one_of(
                &tokens.at(name),
                &["if", "not", "exists", "concurrently", "by", "mapping", "scoped", "audit"],
            ) || (tokens.at(name).word == "FOR" && tokens.before(name).word == "MAPPING")
            {
                name += 1;
            }
            let kind = Token { kind: Kind::Word, text: token.word, word: token.word };
            return Some((kind, name));
        }
        let between = token.is_name() && (!token.word.is_empty() || is_one_of(&token, MODIFIERS))
            || token.is("=")
            || tokens.before(at).is("=")
            || token.is("@")
            || tokens.before(at).is("@")
            || matches!(token.kind, Kind::Param | Kind::Text);
        if !between || token.is_word(&["AND", "AS", "BY", "FROM", "IN", "OF", "ON", "TO", "WITH"]) {
            return None;
        }
    }
    None
}

pub(super) fn drop(front: &Front<'_, '_>) -> Form {
    let tokens = front.tokens;
    let Some((kind, mut at)) = kind(front) else { return Form::No };
    // Parts of a table, which `ALTER TABLE t DROP COLUMN c` drops.
    let part = ["COLUMN", "CONSTRAINT", "KEY"].contains(&tokens.at(1).word);
    // Oracle's has no name.
    if kind.word == "DATABASE" && name::is_over(tokens, at) {
        return Form::Strong;
    }
    if tokens.at(at).is("(") {
        return Form::strong_if(kind.is_word(&["CAST", "TABLE"]));
    }
    if part || name::is_determiner(&tokens.at(at)) {
        return Form::No;
    }
    loop {
        let Some(mut end) = name::end(tokens, at) else { return Form::No };
        if kind.is_word(&["AGGREGATE", "FUNCTION", "PROCEDURE", "PROC"]) || kind.word.is_empty() {
            end = name::past_parentheses(tokens, end, front.work);
        }
        if !front.work.spend(0) || !tokens.at(end).is(",") {
            let (behind, next) = (tokens.at(end), tokens.at(end + 1));
            // The same policy may be on several tables.
            let on_table = tokens.at(1).word == "POLICY";
            return Form::strong_if(
                (name::is_over(tokens, end) && !on_table)
                    || is_one_of(&behind, AFTER_DROPPED)
                    || (behind.word == "WITH" && (next.is("(") || next.word == "FORCE"))
                    || (behind.word == "ON"
                        && (is_one_of(&next, &["cluster"])
                            || (kind.is_word(ON_TABLE) && !name::is_determiner(&next))))
                    || (behind.is("*") || behind.word == "FROM" && kind.word == "CREDENTIAL"),
            );
        }
        at = end + 1;
    }
}

pub(super) fn alter(front: &Front<'_, '_>) -> Form {
    let tokens = front.tokens;
    if tokens.at(1).is_word(&["SYSTEM", "SESSION", "INSTANCE"]) {
        return Form::strong_if(is_one_of(&tokens.at(2), SYSTEM_ACTIONS));
    }
    let Some((kind, at)) = kind(front) else { return Form::No };
    match kind.word {
        "DEFAULT" => return Form::strong_if(tokens.at(at).word == "PRIVILEGES"),
        "AUTHORIZATION" => return Form::strong_if(tokens.at(at).word == "ON"),
        "SERVER" if tokens.at(at).is_word(&["ROLE", "CONFIGURATION"]) => return Form::Strong,
        "DATABASE" if is_one_of(&tokens.at(at), ACTIONS) => return Form::Strong,
        _ if name::is_determiner(&tokens.at(at)) => return Form::No,
        _ => {}
    }
    let at = if tokens.at(at).word == "ONLY" { at + 1 } else { at };
    let Some(end) = name::end(tokens, at) else { return Form::No };
    let end = match name::past_parentheses(tokens, end, front.work) {
        end if tokens.at(end).is("*") => end + 1,
        end => end,
    };
    let (behind, next) = (tokens.at(end), tokens.at(end + 1));
    // `ALTER VIEW v AS SELECT 1`, `ALTER PROCEDURE p @a int AS ..`.
    let holds_code = kind.is_word(&["FUNCTION", "PROC", "PROCEDURE", "TRIGGER", "VIEW"]);
    let made_anew = (behind.word == "AS" && (super::starts(&next) || next.is("(")))
        || is_one_of(&behind, &["returns"])
        || (behind.kind == Kind::Param && behind.text.starts_with('@'));
    Form::strong_if(
        (is_one_of(&behind, ACTIONS) || (holds_code && made_anew)) && !name::is_determiner(&next),
    )
}

pub(super) fn create(front: &Front<'_, '_>) -> Form {
    let tokens = front.tokens;
    let Some((kind, at)) = kind(front) else { return Form::No };
    if kind.is_word(&["INDEX", "USER"]) && tokens.at(at).is_word(&["ON", "FOR"]) {
        return Form::strong_if(!name::is_determiner(&tokens.at(at + 1)));
    }
    if kind.word == "CAST" {
        return Form::strong_if(tokens.at(at).is("("));
    }
    if name::is_determiner(&tokens.at(at)) {
        return Form::No;
    }
    let Some(end) = name::end(tokens, at) else { return Form::No };
    let (behind, next) = (tokens.at(end), tokens.at(end + 1));
    let more = match kind.word {
        "POLICY" => behind.word == "ON",
        // Neither is made without terms: `Create login page`.
        "LOGIN" => behind.word == "FROM" || (behind.word == "WITH" && next.word == "PASSWORD"),
        "PROFILE" => behind.word == "LIMIT",
        "TABLE" => {
            behind.is("(")
                || is_one_of(&behind, &["clone", "like", "select", "using", "engine", "location"])
                || (behind.is_word(&["OF", "PARTITION", "SERVER", "WITH"]) && next.is_name())
                || (behind.word == "AS" && (super::starts(&next) || next.is("(")))
        }
        _ if kind.is_word(BARE) => {
            name::is_over(tokens, end)
                || behind.is("=")
                || behind.is("@")
                || is_one_of(&behind, AFTER_ACCOUNT)
                || (is_one_of(&behind, AFTER_MADE) && !next.is_word(&["IN", "OF"]))
        }
        _ => behind.is("(") || behind.kind == Kind::Param || is_one_of(&behind, AFTER_MADE),
    };
    Form::strong_if(more && !name::is_determiner(&next))
}

pub(super) fn rename(front: &Front<'_, '_>) -> Form {
    let tokens = front.tokens;
    if !tokens.at(1).is_word(&["TABLE", "TABLES", "USER"]) {
        return Form::No;
    }
    let Some(end) = name::end(tokens, 2) else { return Form::No };
    let renamed = (tokens.at(end).word == "TO").then(|| name::end(tokens, end + 1)).flatten();
    Form::strong_if(renamed.is_some_and(|end| tokens.at(end).is(",") || name::is_over(tokens, end)))
}
