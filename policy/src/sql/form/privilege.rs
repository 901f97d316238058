/*! Who may do what. */

use super::name;
use super::{Form, Front};
use crate::sql::token::{Kind, Token, Tokens};

/// First words of privileges. Roles are granted by names, of which each is one word.
#[rustfmt::skip]
const PRIVILEGES: &[&str] = &[
    "administer", "advisor", "all", "alter", "analyze", "apply", "audit", "authenticate", "backup",
    "become", "change", "checkpoint", "comment", "connect", "control", "create", "debug", "delete",
    "drop", "event", "execute", "exempt", "export", "external", "file", "flashback", "force",
    "global", "grant", "impersonate", "import", "imported", "index", "inherit", "insert", "keep",
    "kill", "lock", "logmining", "maintain", "manage", "merge", "modify", "monitor", "on",
    "operate", "override", "ownership", "process", "proxy", "purge", "query", "read", "receive",
    "redefine", "references", "refresh", "reload", "replication", "restricted", "resumable", "role",
    "select", "send", "set", "show", "shutdown", "subscribe", "super", "take", "temporary", "temp",
    "text", "translate", "trigger", "truncate", "under", "unlimited", "unmask", "unsafe", "update",
    "usage", "use", "view", "write",
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
            on = true;
        } else if token.word == to && at > 1 {
            return Form::strong_if(
                (on || longest < 2 || is_privilege(tokens))
                    && (longest < 4 || is_privilege(tokens))
                    && is_grantee(tokens, at + 1),
            );
        } else if token.is_word(&["AND", "BY", "FROM", "IN", "IS", "THAT", "TO", "WHEN", "WITH"]) {
            return Form::No;
        }
        longest = if on { longest } else { longest.max(row) };
    }
    Form::No
}

fn is_privilege(tokens: &[Token<'_>]) -> bool {
    let (first, next) = (tokens.at(1), tokens.at(2));
    let option = tokens.at(2).word == "OPTION" || tokens.at(3).word == "FOR";
    let known = PRIVILEGES.iter().any(|word| first.text.eq_ignore_ascii_case(word));
    // `all users access`.
    let all = first.word != "ALL" || next.kind != Kind::Word || next.is_word(&["PRIVILEGES", "ON"]);
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
