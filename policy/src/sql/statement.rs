/*! What one statement does: every place in it where a statement can begin is judged. */

use std::collections::BTreeSet;

use super::condition::{self, Reach};
use super::reading::{MAX_NESTING, read};
use super::rules::Rules;
use super::token::{Kind, Token, Tokens};
use super::verb::{is_head, may_begin};
use super::{SqlEffect, names, object};

/// Statements within one statement that are judged. Each may look at all of it, so the number keeps
/// the work linear.
const MAX_VERBS: usize = 64;

/// Literals that are run as SQL hold more of them, up to `MAX_NESTING` deep. Returns whether all of it
/// was judged.
pub(super) fn judge(
    tokens: &[Token<'_>],
    rules: Rules,
    nesting: u8,
    effects: &mut BTreeSet<SqlEffect>,
) -> bool {
    if tokens.at(0).is_word(&["EXPLAIN", "DESCRIBE", "DESC"]) && !explain_runs(tokens) {
        effects.insert(SqlEffect::Read);
        return true;
    }
    let mut verbs = 0;
    let mut found = BTreeSet::new();
    let mut runs_text = false;
    for (index, token) in tokens.iter().enumerate() {
        if token.is_name() {
            found.extend(names::effect(token.text, tokens.at(index + 1).is("(")));
        }
        if token.word.is_empty() {
            continue;
        }
        anywhere(tokens, index, &mut found);
        if is_head(token) && may_begin(tokens, index) {
            verbs += usize::from(!token.is_word(&["SELECT", "VALUES", "INSERT", "FROM", "FOR"]));
            if verbs <= MAX_VERBS {
                runs_text |= verb(tokens, index, rules, &mut found);
            }
        }
    }
    if nesting < MAX_NESTING && (runs_text || found.contains(&SqlEffect::DynamicSql)) {
        for text in tokens.iter().filter(|token| token.kind == Kind::Text) {
            let inner = read(text.text, rules, nesting + 1);
            found.extend(inner.effects.into_iter().filter(|effect| *effect != SqlEffect::Read));
        }
    }
    effects.extend(found);
    verbs <= MAX_VERBS
}

/// `ANALYZE` among the options in front of the statement makes `EXPLAIN` run it.
fn explain_runs(tokens: &[Token<'_>]) -> bool {
    let explained = |token: &Token<'_>| {
        is_head(token) && !token.is_word(&["ANALYZE", "ANALYSE", "EXPLAIN", "DESCRIBE", "DESC"])
    };
    let end = tokens.iter().position(explained).unwrap_or(tokens.len());
    (1..end).any(|index| {
        let off = tokens.at(index + 1);
        tokens.at(index).is_word(&["ANALYZE", "ANALYSE"])
            && !(off.word == "FALSE" || off.text == "0" || off.text.eq_ignore_ascii_case("off"))
    })
}

/// Clauses that may stand in several statements.
fn anywhere(tokens: &[Token<'_>], index: usize, found: &mut BTreeSet<SqlEffect>) {
    let (token, next) = (tokens.at(index), tokens.at(index + 1));
    match token.word {
        "INTO" if next.is_word(&["OUTFILE", "DUMPFILE"]) => {
            found.insert(SqlEffect::FileAccess);
        }
        // `INSERT INTO` below a `WITH` is the other one.
        "INTO"
            if next.is_name()
                && tokens.at(0).is_word(&["SELECT", "WITH"])
                && !tokens.before(index).is_word(&["INSERT", "MERGE", "REPLACE"]) =>
        {
            found.insert(SqlEffect::Create);
        }
        "DELETE" if next.word == "FROM" && tokens.before(index).is_word(&["ALSO", "INSTEAD"]) => {
            delete(tokens, index, found);
        }
        _ => {}
    }
}

/// A statement that begins at `index`. Returns whether its literals are run as SQL.
fn verb(tokens: &[Token<'_>], index: usize, rules: Rules, found: &mut BTreeSet<SqlEffect>) -> bool {
    use SqlEffect::*;
    let (token, next, head) = (tokens.at(index), tokens.at(index + 1), index == 0);
    let second = tokens.at(index + 2);
    let effect = match token.word {
        "SELECT" | "VALUES" | "SHOW" | "FETCH" => Some(Read),
        "TABLE" if head => Some(Read),
        "WITH" if head => Some(Read),
        "INSERT" if !next.is("(") => Some(Insert),
        "REPLACE" | "UPSERT" if next.is_name() => Some(Insert),
        "UPDATE" => update(tokens, index, rules, found),
        "DELETE" if !is_merge_action(tokens, index) && (next.is_name() || next.word == "TOP") => {
            found.insert(Delete);
            (condition::reach(tokens, index, rules) == Reach::EveryRow)
                .then_some(DeleteWithoutWhere)
        }
        "MERGE" if next.is_name() => merge(tokens, index, rules, found),
        "TRUNCATE" if !next.is("(") && (head || next.is_name()) => Some(Truncate),
        "DROP" => object::drop(tokens, index),
        "UNDROP" => Some(AlterObject),
        "ALTER" => object::alter(tokens, index),
        "CREATE" => {
            let effect = object::create(tokens, index);
            found.extend(effect);
            return effect == Some(Create) && object::holds_code(tokens, index);
        }
        "RENAME" if next.is_word(&["TABLE"]) => Some(AlterTable),
        "RENAME" if next.is_word(&["USER"]) => Some(PrivilegeChange),
        "GRANT" if next.is_name() => Some(Grant),
        "REVOKE" | "DENY" if next.is_name() => Some(Revoke),
        "REASSIGN" | "SECURITY" if head => Some(PrivilegeChange),
        "COPY" => copy(tokens, index),
        "BULK" if next.word == "INSERT" => Some(FileAccess),
        "LOAD" if next.is_word(&["DATA", "XML", "INDEX"]) => Some(FileAccess),
        "LOAD" if head => Some(UntrustedCode),
        "IMPORT" if next.is_word(&["TABLE"]) => Some(FileAccess),
        "BACKUP" if is_backup(&next) => Some(FileAccess),
        "RESTORE" if is_backup(&next) => {
            found.insert(FileAccess);
            Some(ServerConfig)
        }
        "ATTACH" => Some(FileAccess),
        "VACUUM" if tokens.iter().any(|token| token.word == "INTO") => Some(FileAccess),
        "PRAGMA" if tokens.iter().any(|token| token.is("=")) => Some(ServerConfig),
        "PRAGMA" => Some(Read),
        "INSTALL" | "UNINSTALL" => Some(UntrustedCode),
        "SET" => set(tokens, index),
        "RESET" if next.is_word(&["MASTER", "PERSIST"]) || next.is_word(&["SLAVE", "REPLICA"]) => {
            Some(ServerConfig)
        }
        "DBCC" | "RECONFIGURE" | "SHUTDOWN" | "KILL" | "CHANGE" | "FLUSH" if !next.is("(") => {
            (head || next.kind != Kind::Symbol).then_some(ServerConfig)
        }
        "PURGE" | "STOP" | "RESTART" if head => Some(ServerConfig),
        "START" if next.is_word(&["SLAVE", "REPLICA"]) => Some(ServerConfig),
        "DO" if next.kind == Kind::Text || next.word == "LANGUAGE" => {
            if object::names_untrusted_language(tokens) {
                found.insert(UntrustedCode);
            }
            Some(DynamicSql)
        }
        "PREPARE" if second.word == "FROM" => Some(DynamicSql),
        "EXEC" | "EXECUTE" => execute(tokens, index),
        _ => None,
    };
    found.extend(effect);
    false
}

fn is_backup(next: &Token<'_>) -> bool {
    let kinds = ["database", "log", "table", "server", "certificate", "master", "service"];
    kinds.iter().any(|kind| next.text.eq_ignore_ascii_case(kind))
}

fn delete(tokens: &[Token<'_>], index: usize, found: &mut BTreeSet<SqlEffect>) {
    found.insert(SqlEffect::Delete);
    if condition::reach(tokens, index, Rules::default()) == Reach::EveryRow {
        found.insert(SqlEffect::DeleteWithoutWhere);
    }
}

/// `THEN DELETE`, `THEN UPDATE SET` of a `MERGE`, and `DO UPDATE SET` of an `INSERT`: these rows
/// were matched by something else.
fn is_merge_action(tokens: &[Token<'_>], index: usize) -> bool {
    tokens.before(index).word == "THEN" && tokens.iter().any(|token| token.word == "MERGE")
}

fn update(
    tokens: &[Token<'_>],
    index: usize,
    rules: Rules,
    found: &mut BTreeSet<SqlEffect>,
) -> Option<SqlEffect> {
    let next = tokens.at(index + 1);
    if next.word == "SET" {
        return Some(SqlEffect::Update);
    }
    let sets = tokens.get(index..).unwrap_or_default().iter().any(|token| token.word == "SET");
    if !sets || !(next.is_name() || next.is("(")) || next.word == "STATISTICS" {
        return None;
    }
    found.insert(SqlEffect::Update);
    (condition::reach(tokens, index, rules) == Reach::EveryRow)
        .then_some(SqlEffect::UpdateWithoutWhere)
}

fn merge(
    tokens: &[Token<'_>],
    index: usize,
    rules: Rules,
    found: &mut BTreeSet<SqlEffect>,
) -> Option<SqlEffect> {
    use SqlEffect::*;
    let every = condition::merge_reach(tokens, index, rules) == Reach::EveryRow;
    for pair in tokens.get(index..).unwrap_or_default().windows(2) {
        match pair {
            [then, action] if then.word == "THEN" => {
                match action.word {
                    "DELETE" => found
                        .extend([Delete].into_iter().chain(every.then_some(DeleteWithoutWhere))),
                    "UPDATE" => found
                        .extend([Update].into_iter().chain(every.then_some(UpdateWithoutWhere))),
                    "INSERT" => found.extend([Insert]),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    None
}

fn copy(tokens: &[Token<'_>], index: usize) -> Option<SqlEffect> {
    let mut effect = None;
    for at in index + 1..tokens.len() {
        if !tokens.at(at).is_word(&["TO", "FROM", "INTO"]) {
            continue;
        }
        let target = tokens.at(at + 1);
        effect = match (target.kind, target.word) {
            (_, "PROGRAM") if tokens.at(at + 2).kind == Kind::Text => {
                return Some(SqlEffect::CopyProgram);
            }
            (Kind::Text, _) => return Some(SqlEffect::FileAccess),
            (_, "STDOUT") => Some(SqlEffect::Read),
            (_, "STDIN") => Some(SqlEffect::Insert),
            _ => effect,
        };
    }
    effect
}

fn set(tokens: &[Token<'_>], index: usize) -> Option<SqlEffect> {
    let (next, second) = (tokens.at(index + 1), tokens.at(index + 2));
    let is = |name: &str| next.text.eq_ignore_ascii_case(name);
    if next.is_word(&["GLOBAL", "PERSIST", "PERSIST_ONLY"])
        || ["@@global", "@@persist", "@@persist_only", "session_replication_role"]
            .iter()
            .any(|name| is(name))
    {
        return Some(SqlEffect::ServerConfig);
    }
    let becomes = next.is_word(&["ROLE", "PASSWORD"])
        || (next.is_word(&["SESSION", "LOCAL", "DEFAULT"])
            && second.is_word(&["AUTHORIZATION", "ROLE"]))
        || is("row_security");
    becomes.then_some(SqlEffect::PrivilegeChange)
}

/// `EXEC` of a procedure is judged by the procedure's name; text, a variable and what was prepared
/// out of sight are not known.
fn execute(tokens: &[Token<'_>], index: usize) -> Option<SqlEffect> {
    let next = tokens.at(index + 1);
    match next.kind {
        Kind::Text | Kind::Param => Some(SqlEffect::DynamicSql),
        Kind::Symbol => next.is("(").then_some(SqlEffect::DynamicSql),
        Kind::Word if next.word == "IMMEDIATE" => Some(SqlEffect::DynamicSql),
        Kind::Word if next.word == "AS" => Some(SqlEffect::PrivilegeChange),
        Kind::Word if next.is_word(&["FUNCTION", "PROCEDURE"]) => None,
        _ if tokens.at(index).word == "EXECUTE" && next.is_name() => Some(SqlEffect::DynamicSql),
        _ => None,
    }
}
