/*! What one statement does: every place in it where a statement can begin is judged. */

use std::collections::BTreeSet;

use super::condition::{self, Reach};
use super::reading::{MAX_NESTING, read};
use super::token::{Kind, Token, Tokens};
use super::verb::{is_head, may_begin};
use super::work::Judging;
use super::{Identifiers, SqlEffect, names, object, path, relations};

/// Literals that are run as SQL hold more of them, up to `MAX_NESTING` deep. Returns whether some of
/// it was left unread.
pub(super) fn judge(
    tokens: &[Token<'_>],
    judging: Judging<'_>,
    nesting: u8,
    (effects, identifiers): (&mut BTreeSet<SqlEffect>, &mut Identifiers),
) -> bool {
    judging.work.spend(tokens.len());
    relations::collect(tokens, judging.work, identifiers);
    path::collect(tokens, judging.work, identifiers);
    if tokens.at(0).is_word(&["EXPLAIN", "DESCRIBE", "DESC"]) && !explain_runs(tokens) {
        effects.insert(SqlEffect::Read);
        return false;
    }
    let mut found = BTreeSet::new();
    let (mut runs_text, mut selects) = (false, false);
    for (index, token) in tokens.iter().enumerate() {
        if judging.work.is_over() {
            break;
        }
        if token.is_name() {
            found.extend(names::effect(token.text, tokens.at(index + 1).is("(")));
        }
        if token.word.is_empty() {
            continue;
        }
        selects |= token.is_word(&["SELECT", "WITH"]);
        anywhere(tokens, index, selects, judging, &mut found);
        if is_head(token) && may_begin(tokens, index) {
            runs_text |= verb(tokens, index, judging, &mut found);
        }
    }
    let mut cut = false;
    if nesting < MAX_NESTING && (runs_text || found.contains(&SqlEffect::DynamicSql)) {
        for text in tokens.iter().filter(|token| token.kind == Kind::Text) {
            let inner = read(text.text, judging, nesting + 1);
            identifiers.extend(inner.identifiers);
            found.extend(inner.effects.into_iter().filter(|effect| *effect != SqlEffect::Read));
            cut |= inner.cut;
        }
    }
    effects.extend(found);
    cut
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

/// Clauses that may stand in several statements. `selects`: behind a `SELECT`.
fn anywhere(
    tokens: &[Token<'_>],
    index: usize,
    selects: bool,
    judging: Judging<'_>,
    found: &mut BTreeSet<SqlEffect>,
) {
    let (token, next) = (tokens.at(index), tokens.at(index + 1));
    match token.word {
        "INTO" if next.is_word(&["OUTFILE", "DUMPFILE"]) => {
            found.insert(SqlEffect::FileAccess);
        }
        // `INSERT INTO` below a `WITH` is the other one, `SELECT a AS insert INTO t` is not.
        "INTO"
            if next.is_name()
                && selects
                && !(tokens.before(index).is_word(&["INSERT", "REPLACE"])
                    && may_begin(tokens, index - 1)) =>
        {
            found.insert(SqlEffect::Create);
        }
        "DELETE" if next.word == "FROM" && tokens.before(index).is_word(&["ALSO", "INSTEAD"]) => {
            delete(tokens, index, judging, found);
        }
        // `ON DUPLICATE KEY UPDATE a = 1`.
        "UPDATE"
            if tokens.before(index).word == "KEY"
                && tokens
                    .before(index.saturating_sub(1))
                    .text
                    .eq_ignore_ascii_case("duplicate") =>
        {
            found.insert(SqlEffect::Update);
        }
        // `DECLARE c CURSOR FOR SELECT 1`.
        "SELECT" if tokens.before(index).word == "FOR" => {
            found.insert(SqlEffect::Read);
        }
        _ => {}
    }
}

/// A statement that begins at `index`. Returns whether its literals are run as SQL.
fn verb(
    tokens: &[Token<'_>],
    index: usize,
    judging: Judging<'_>,
    found: &mut BTreeSet<SqlEffect>,
) -> bool {
    use SqlEffect::*;
    let (token, next, head) = (tokens.at(index), tokens.at(index + 1), index == 0);
    let second = tokens.at(index + 2);
    let effect = match token.word {
        "SELECT" | "VALUES" | "SHOW" | "FETCH" => Some(Read),
        "TABLE" if head => Some(Read),
        "WITH" if head => Some(Read),
        "INSERT" if !next.is("(") => Some(Insert),
        "REPLACE" | "UPSERT" if next.is_name() => Some(Insert),
        "UPDATE" => update(tokens, index, judging, found),
        "DELETE"
            if !is_merge_action(tokens, index, judging)
                && (next.is_name() || next.word == "TOP") =>
        {
            found.insert(Delete);
            (condition::reach(tokens, index, judging) == Reach::EveryRow)
                .then_some(DeleteWithoutWhere)
        }
        "MERGE" if next.is_name() => merge(tokens, index, judging, found),
        "TRUNCATE" if !next.is("(") && (head || next.is_name()) => Some(Truncate),
        "DROP" => object::drop(tokens, index),
        "UNDROP" => Some(AlterObject),
        "ALTER" => object::alter(tokens, index),
        "CREATE" => {
            let own = own_part(tokens, index, judging);
            let effect = object::create(own, 0);
            found.extend(effect);
            found.extend(object::replaced(own));
            return effect == Some(Create) && object::holds_code(own, 0);
        }
        "RENAME" if next.is_word(&["TABLE"]) => Some(AlterTable),
        "RENAME" if next.is_word(&["USER"]) => Some(PrivilegeChange),
        "GRANT" if next.is_name() => Some(Grant),
        "REVOKE" | "DENY" if next.is_name() => Some(Revoke),
        "REASSIGN" | "SECURITY" if head => Some(PrivilegeChange),
        "COPY" => copy(tokens, index, judging),
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
        "VACUUM" if head && tokens.iter().any(|token| token.word == "INTO") => Some(FileAccess),
        "PRAGMA" if head => Some(if pragma_writes(tokens) { ServerConfig } else { Read }),
        "INSTALL" | "UNINSTALL" => Some(UntrustedCode),
        "SET" => set(tokens, index, judging),
        "RESET" if next.is_word(&["MASTER", "PERSIST"]) || next.is_word(&["SLAVE", "REPLICA"]) => {
            Some(ServerConfig)
        }
        "DBCC" | "RECONFIGURE" | "SHUTDOWN" | "KILL" | "CHANGE" | "FLUSH" if !next.is("(") => {
            (head || next.kind != Kind::Symbol).then_some(ServerConfig)
        }
        "PURGE" | "STOP" | "RESTART" if head => Some(ServerConfig),
        "START" if next.is_word(&["SLAVE", "REPLICA"]) => Some(ServerConfig),
        "DO" if next.kind == Kind::Text || next.word == "LANGUAGE" => {
            if object::names_untrusted_language(own_part(tokens, index, judging)) {
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

fn delete(
    tokens: &[Token<'_>],
    index: usize,
    judging: Judging<'_>,
    found: &mut BTreeSet<SqlEffect>,
) {
    found.insert(SqlEffect::Delete);
    if condition::reach(tokens, index, judging) == Reach::EveryRow {
        found.insert(SqlEffect::DeleteWithoutWhere);
    }
}

/// `THEN DELETE`, `THEN UPDATE SET` of a `MERGE`, and `DO UPDATE SET` of an `INSERT`: these rows
/// were matched by something else.
fn is_merge_action(tokens: &[Token<'_>], index: usize, judging: Judging<'_>) -> bool {
    tokens.before(index).word == "THEN"
        && judging.work.spend(tokens.len())
        && tokens.iter().any(|token| token.word == "MERGE")
}

/// From the verb at `index` to where the next object is created: scripts make hundreds.
fn own_part<'t, 'a>(
    tokens: &'t [Token<'a>],
    index: usize,
    judging: Judging<'_>,
) -> &'t [Token<'a>] {
    let own = tokens.part(index, tokens.len());
    let length = own.iter().skip(1).position(|token| token.word == "CREATE");
    let own = own.part(0, length.map_or(own.len(), |length| length + 1));
    judging.work.spend(2 * own.len());
    own
}

/// Pragmas of SQLite that take an argument and only tell something.
const TELLING: &[&str] = &[
    "foreign_key_check",
    "foreign_key_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "quick_check",
    "table_info",
    "table_list",
    "table_xinfo",
];

/// `PRAGMA name = value` and `PRAGMA name(value)` are the same.
fn pragma_writes(tokens: &[Token<'_>]) -> bool {
    let at = tokens.iter().position(|token| token.is("=") || token.is("("));
    at.is_some_and(|at| {
        let name = tokens.before(at).text;
        !TELLING.iter().any(|telling| name.eq_ignore_ascii_case(telling))
    })
}

fn update(
    tokens: &[Token<'_>],
    index: usize,
    judging: Judging<'_>,
    found: &mut BTreeSet<SqlEffect>,
) -> Option<SqlEffect> {
    let next = tokens.at(index + 1);
    if next.word == "SET" {
        return Some(SqlEffect::Update);
    }
    let rest = tokens.get(index..).unwrap_or_default();
    let set = rest.iter().position(|token| token.word == "SET");
    judging.work.spend(set.unwrap_or(rest.len()));
    let sets = set.is_some();
    if !sets || !(next.is_name() || next.is("(")) || next.word == "STATISTICS" {
        return None;
    }
    found.insert(SqlEffect::Update);
    (condition::reach(tokens, index, judging) == Reach::EveryRow)
        .then_some(SqlEffect::UpdateWithoutWhere)
}

fn merge(
    tokens: &[Token<'_>],
    index: usize,
    judging: Judging<'_>,
    found: &mut BTreeSet<SqlEffect>,
) -> Option<SqlEffect> {
    use SqlEffect::*;
    let every = condition::merge_reach(tokens, index, judging) == Reach::EveryRow;
    judging.work.spend(tokens.len());
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

fn copy(tokens: &[Token<'_>], index: usize, judging: Judging<'_>) -> Option<SqlEffect> {
    let mut effect = None;
    for at in index + 1..tokens.len() {
        if !judging.work.spend(0) {
            break;
        }
        if !tokens.at(at).is_word(&["TO", "FROM", "INTO"]) {
            continue;
        }
        // `a IS DISTINCT FROM 'b'` in a query that is copied.
        let earlier = at.checked_sub(2).map_or(Token::END, |at| tokens.at(at));
        if tokens.before(at).word == "DISTINCT" && earlier.is_word(&["IS", "NOT"]) {
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

/// Also the second of `SET a = 1, GLOBAL b = 2`.
fn set(tokens: &[Token<'_>], index: usize, judging: Judging<'_>) -> Option<SqlEffect> {
    let first = sets(tokens, index + 1);
    if first.is_some() {
        return first;
    }
    let rest = tokens.get(index + 1..).unwrap_or_default().iter();
    let own = rest.take_while(|token| judging.work.spend(0) && !is_head(token));
    let mut commas = own.enumerate().filter(|(_, token)| token.is(","));
    commas.find_map(|(at, _)| match sets(tokens, index + at + 2) {
        Some(SqlEffect::ServerConfig) => Some(SqlEffect::ServerConfig),
        _ => None,
    })
}

/// What setting the thing at `at` does.
pub(super) fn sets(tokens: &[Token<'_>], at: usize) -> Option<SqlEffect> {
    let scoped = tokens.at(at).is_word(&["SESSION", "LOCAL"]);
    let (next, second) = (tokens.at(at), tokens.at(at + 1));
    let name = if scoped { second } else { next };
    let is = |wanted: &str| name.text.eq_ignore_ascii_case(wanted);
    if next.is_word(&["GLOBAL", "PERSIST", "PERSIST_ONLY"])
        || ["@@global", "@@persist", "@@persist_only", "session_replication_role"]
            .iter()
            .any(|name| is(name))
    {
        return Some(SqlEffect::ServerConfig);
    }
    let becomes = is("role")
        || next.word == "PASSWORD"
        || (next.is_word(&["SESSION", "LOCAL", "DEFAULT"])
            && second.is_word(&["AUTHORIZATION", "ROLE"]))
        || is("session_authorization")
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
