/*! The server itself: its settings, its processes, its replication. */

use super::name;
use super::{Form, Front};
use crate::sql::SqlEffect;
use crate::sql::statement::sets;
use crate::sql::token::{Kind, Token, Tokens};

fn is_one_of(token: &Token<'_>, words: &[&str]) -> bool {
    words.iter().any(|word| token.text.eq_ignore_ascii_case(word))
}

/// Settings that matter count everywhere, others (`SET NOCOUNT ON`) where statements are.
pub(super) fn set(front: &Front<'_, '_>) -> Form {
    let tokens = front.tokens;
    let mut at = 1;
    let mut weak = false;
    loop {
        let effect = sets(tokens, at);
        let scoped = tokens.at(at).is_word(&["SESSION", "LOCAL", "GLOBAL", "PERSIST", "DEFAULT"])
            || is_one_of(&tokens.at(at), &["persist_only"]);
        let named = if scoped && !tokens.at(at + 1).is("=") { at + 1 } else { at };
        let Some(end) = name::end(tokens, named) else { break };
        let (behind, value) = (tokens.at(end), tokens.at(end + 1));
        let assigned = behind.is("=") || behind.is(":=");
        let given = assigned || (behind.word == "TO" && !name::is_determiner(&value));
        let name = tokens.at(named);
        let becomes = match effect {
            // `SET ROLE a`, `SET SESSION AUTHORIZATION a`, `SET PASSWORD FOR a = 'x'`.
            Some(SqlEffect::PrivilegeChange) if name.word == "PASSWORD" => {
                assigned || (behind.word == "FOR" && tokens.iter().take(12).any(|t| t.is("=")))
            }
            Some(SqlEffect::PrivilegeChange) => {
                given
                    || matches!(behind.kind, Kind::Text | Kind::Quoted | Kind::Param)
                    || (name::is_possible(&behind)
                        && !name::is_determiner(&behind)
                        && name::is_over(tokens, end + 1))
            }
            Some(_) => given && (assigned || !scoped || tokens.at(at).word != "GLOBAL"),
            None => false,
        };
        if becomes {
            return Form::Strong;
        }
        weak |= given || (name::is_plain(&name) && is_one_of(&behind, &["on", "off"]));
        // `SET a = 1, GLOBAL b = 2`.
        let next = tokens.iter().enumerate().skip(end).find(|(_, token)| {
            front.work.spend(0);
            token.is(",")
        });
        match next {
            Some((comma, _)) if assigned => at = comma + 1,
            _ => break,
        }
    }
    if front.hit && weak {
        return Form::Strong;
    }
    Form::weak_if(weak || tokens.at(1).word == "TRANSACTION")
}

/// Commands of a word or two.
pub(super) fn command(front: &Front<'_, '_>) -> Form {
    let tokens = front.tokens;
    let (next, second) = (tokens.at(1), tokens.at(2));
    let over = |at: usize| name::is_over(tokens, at);
    if tokens.at(0).is_word(&["SHUTDOWN", "RESTART"]) && over(1) {
        // A lone word is a word in a text more often than it stops a server. Who writes a semicolon
        // behind it, or other statements around it, means it.
        return if front.closed { Form::Strong } else { Form::Weak };
    }
    Form::strong_if(match tokens.at(0).word {
        "SHUTDOWN" => next.word == "WITH" && is_one_of(&second, &["nowait"]),
        "RECONFIGURE" => next.word == "WITH" && is_one_of(&second, &["override"]),
        "DBCC" => next.kind == Kind::Word,
        "PRAGMA" => name::end(tokens, 1)
            .is_some_and(|end| over(end) || tokens.at(end).is("=") || tokens.at(end).is("(")),
        "KILL" => {
            let words = ["hard", "soft", "connection", "query", "id", "user", "stats", "job"];
            let at = (1..5).find(|at| !is_one_of(&tokens.at(*at), &words)).unwrap_or(1);
            matches!(tokens.at(at).kind, Kind::Number | Kind::Text | Kind::Param)
                && (over(at + 1) || tokens.at(at + 1).word == "WITH")
        }
        "FLUSH" => {
            let at = if is_one_of(&next, &["local", "no_write_to_binlog"]) { 2 } else { 1 };
            let what = tokens.at(at);
            let logs = ["binary", "engine", "error", "general", "relay", "slow"];
            let logs = is_one_of(&what, &logs) && is_one_of(&tokens.at(at + 1), &["logs"]);
            let known = ["hosts", "logs", "optimizer_costs", "privileges", "status", "tables"];
            let behind = tokens.at(at + 1);
            let read = |at: usize| {
                tokens.at(at).is_word(&["WITH", "FOR"])
                    && is_one_of(&tokens.at(at + 1), &["read", "export"])
            };
            let tables = what.is_word(&["TABLE", "TABLES"])
                && (read(at + 1)
                    || name::end(tokens, at + 1)
                        .is_some_and(|at| over(at) || tokens.at(at).is(",") || read(at)));
            logs || tables || (is_one_of(&what, &known) && (over(at + 1) || behind.is(",")))
        }
        "RESET" => {
            next.is_word(&["MASTER", "SLAVE", "REPLICA", "PERSIST"])
                && (over(2) || second.is_word(&["ALL", "TO", "FOR", "IF"]) || second.is(","))
                || (next.word == "BINARY" && is_one_of(&second, &["logs"]))
        }
        "START" | "STOP" => {
            next.is_word(&["SLAVE", "REPLICA"])
                && (over(2)
                    || is_one_of(&second, &["io_thread", "sql_thread", "until", "for", "user"]))
                || is_one_of(&next, &["group_replication"])
        }
        "PURGE" => {
            (next.is_word(&["BINARY", "MASTER"]) && is_one_of(&second, &["logs"]))
                || (next.is_word(&["TABLE", "INDEX", "TABLESPACE"])
                    && name::end(tokens, 2).is_some_and(over))
        }
        "CHANGE" => {
            (next.word == "MASTER" && second.word == "TO")
                || (next.word == "REPLICATION" && is_one_of(&second, &["filter", "source"]))
        }
        "INSTALL" | "UNINSTALL" => {
            next.kind == Kind::Text
                || is_one_of(&next, &["soname"])
                || (next.is_word(&["PLUGIN", "COMPONENT"])
                    && (second.kind == Kind::Text
                        || tokens.at(3).word == "SONAME"
                        || (tokens.at(0).word == "UNINSTALL"
                            && name::end(tokens, 2).is_some_and(over))))
                || (next.is_name() && second.word == "FROM" && tokens.at(3).kind == Kind::Text)
        }
        _ => false,
    })
}
