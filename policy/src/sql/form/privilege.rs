/*! Who may do what. */

use super::name;
use super::{Form, Front};
use crate::sql::token::{Kind, Token, Tokens};

/// First words of privileges. Roles are granted by names, of which each is one word.
#[rustfmt::skip]
const PRIVILEGES: &[&str] = &[
    "administer", "advisor", "all", "alter", "analyze", "apply", "audit", "authenticate", "backup",
    "become", "change", "checkpoint", "comment", "connect", "control", "create", "debug", "delete",
    "drop", "dump", "enable", "event", "exec", "execute", "exempt", "export", "external", "file",
    "flashback", "force", "generate", "global", "grant", "impersonate", "import", "imported", "index", "inherit", "insert", "keep",
    "kill", "lock", "logmining", "maintain", "manage", "merge", "modify", "monitor", "on",
    "operate", "override", "ownership", "process", "proxy", "purge", "query", "read", "receive",
    "redefine", "references", "refresh", "reload", "replication", "restricted", "resumable", "role",
    "select", "send", "set", "show", "showplan", "shutdown", "subscribe", "super", "take", "temporary", "temp",
    "text", "translate", "trigger", "truncate", "under", "unlimited", "unmask", "unsafe", "update",
    "usage", "use", "view", "write",
];

/// What people grant to each other. Lists of privileges end in none of these, and a role that is
/// called so would have to be there already.
#[rustfmt::skip]
const NO_PRIVILEGES: &[&str] = &[
    "access", "approval", "consent", "entry", "leave", "permission", "permissions", "rights",
];

/// `GRANT a (x, y), b ON t TO r`, `REVOKE r FROM u`, `DENY a TO u`.
pub(super) fn grant(front: &Front<'_, '_>) -> Form {
    let tokens = front.tokens;
    let to = if tokens.at(0).word == "REVOKE" { "FROM" } else { "TO" };
    let mut depth = 0usize;
    // Names in a row in the list of what is granted.
    let (mut row, mut longest, mut on) = (0usize, 0usize, false);
    for (at, token) in tokens.iter().enumerate().skip(1) {
        if !front.work.spend(0) {
            break;
        }
        row = if token.kind == Kind::Word { row + 1 } else { 0 };
        if token.is("(") {
            depth += 1;
        } else if token.is(")") {
            depth = depth.saturating_sub(1);
        } else if depth > 0 {
            continue;
        } else if token.word == "ON" {
            let object = tokens.at(at + 1);
            if is_prose(tokens, at, row) || (name::is_determiner(&object) && object.word != "ALL") {
                return Form::No;
            }
            on = true;
        } else if token.word == to && at > 1 {
            let privilege = is_privilege(tokens);
            let listed = privilege || longest < 2 || (on && longest < 4);
            if !listed || !is_grantee(tokens, at + 1) {
                return Form::No;
            }
            if !on && is_prose(tokens, at, row) {
                return Form::Faint;
            }
            // SQL Server, which needs nothing between two statements, grants privileges, not roles,
            // and nobody else denies.
            let denies = tokens.at(0).word == "DENY" && !on;
            return match (privilege, denies) {
                (true, _) => Form::Strong,
                (false, true) => Form::No,
                (false, false) => Form::if_standing(true, front),
            };
        } else if on && token.word == "IN" && tokens.at(at + 1).is_word(&["DATABASE", "SCHEMA"]) {
            // `ON ALL TABLES IN SCHEMA s`.
            continue;
        } else if token.is_word(&["AND", "BY", "FROM", "IN", "IS", "THAT", "TO", "WHEN", "WITH"]) {
            return Form::No;
        }
        longest = if on { longest } else { longest.max(row) };
    }
    Form::No
}

/// Whether what is granted, up to `at`, is nothing but words (`row` in a row) and none that is.
fn is_prose(tokens: &[Token<'_>], at: usize, row: usize) -> bool {
    let last = tokens.before(at);
    row == at && NO_PRIVILEGES.iter().any(|word| last.text.eq_ignore_ascii_case(word))
}

fn is_privilege(tokens: &[Token<'_>]) -> bool {
    let (first, next) = (tokens.at(1), tokens.at(2));
    let option = tokens.at(2).word == "OPTION" || tokens.at(3).word == "FOR";
    let known = PRIVILEGES.iter().any(|word| first.text.eq_ignore_ascii_case(word));
    // `all users access`.
    let all = first.word != "ALL"
        || next.kind != Kind::Word
        || next.is_word(&["FROM", "ON", "PRIVILEGES", "TO"]);
    (known && all) || option
}

fn is_grantee(tokens: &[Token<'_>], at: usize) -> bool {
    if name::is_determiner(&tokens.at(at)) {
        return false;
    }
    // `TO ROLE r`, `TO USER u`, `FROM GROUP g`.
    let kind = tokens.at(at).is_word(&["GROUP", "ROLE", "USER"]) && tokens.at(at + 1).is_name();
    let at = if kind && !name::is_over(tokens, at + 1) { at + 1 } else { at };
    name::end(tokens, at).is_some_and(|end| {
        let behind = tokens.at(end);
        name::is_over(tokens, end)
            || behind.is(",")
            || behind.is_word(&["AS", "CASCADE", "RESTRICT", "WITH"])
            || ["granted", "identified", "require"]
                .iter()
                .any(|word| behind.text.eq_ignore_ascii_case(word))
    })
}
