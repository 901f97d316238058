/*!
Commands to the server of a word or two, which prose and shells have too.

But for SQL Server's they need something between them and what comes before, so that they count where
one stands; in `git reset master` none does.
*/

use super::{Form, Front, library, name};
use crate::sql::token::{Kind, Token, Tokens};

fn is_one_of(token: &Token<'_>, words: &[&str]) -> bool {
    words.iter().any(|word| token.text.eq_ignore_ascii_case(word))
}

pub(super) fn command(front: &Front<'_, '_>) -> Form {
    let tokens = front.tokens;
    let (next, second) = (tokens.at(1), tokens.at(2));
    if tokens.at(0).is_word(&["SHUTDOWN", "RESTART"]) && name::is_over(tokens, 1) {
        // A lone word is a word in a text more often than it stops a server. Who writes a semicolon
        // behind it, or other statements around it, means it.
        return if front.closed { Form::Strong } else { Form::Weak };
    }
    match tokens.at(0).word {
        "SHUTDOWN" => Form::strong_if(next.word == "WITH" && is_one_of(&second, &["nowait"])),
        "RECONFIGURE" => Form::strong_if(next.word == "WITH" && is_one_of(&second, &["override"])),
        "DBCC" => Form::strong_if(next.kind == Kind::Word),
        "PRAGMA" => Form::strong_if(name::end(tokens, 1).is_some_and(|end| {
            name::is_over(tokens, end) || tokens.at(end).is("=") || tokens.at(end).is("(")
        })),
        "KILL" => kill(front),
        "FLUSH" => flush(front),
        "RESET" => reset(front),
        "START" | "STOP" => replicate(front),
        "PURGE" => purge(front),
        "CHANGE" => Form::strong_if(changes_source(tokens)),
        "INSTALL" | "UNINSTALL" => library::install(front),
        _ => Form::No,
    }
}

/// `KILL 7` is what shells and people write, and alone it ends a session and destroys nothing.
/// Spelled out, as `KILL QUERY 7`, it is SQL.
fn kill(front: &Front<'_, '_>) -> Form {
    let tokens = front.tokens;
    let words = ["hard", "soft", "connection", "query", "id", "user", "stats", "job"];
    let at = (1..5).find(|at| !is_one_of(&tokens.at(*at), &words)).unwrap_or(1);
    let whom = matches!(tokens.at(at).kind, Kind::Number | Kind::Text | Kind::Param)
        && (name::is_over(tokens, at + 1) || tokens.at(at + 1).word == "WITH");
    match (whom, at > 1 && !is_one_of(&tokens.at(1), &["job", "id"])) {
        (true, true) => Form::if_standing(true, front),
        (true, false) => Form::Faint,
        _ => Form::No,
    }
}

fn flush(front: &Front<'_, '_>) -> Form {
    let tokens = front.tokens;
    let at = if is_one_of(&tokens.at(1), &["local", "no_write_to_binlog"]) { 2 } else { 1 };
    let (what, behind) = (tokens.at(at), tokens.at(at + 1));
    let read = |at: usize| {
        tokens.at(at).is_word(&["WITH", "FOR"])
            && is_one_of(&tokens.at(at + 1), &["read", "export"])
    };
    let ends = |at: usize| {
        let channel = tokens.at(at).word == "FOR" && is_one_of(&tokens.at(at + 1), &["channel"]);
        name::is_end(tokens, at) || tokens.at(at).is(",") || channel
    };
    let logs = ["binary", "engine", "error", "general", "relay", "slow"];
    let logs = is_one_of(&what, &logs) && is_one_of(&behind, &["logs"]);
    let known = ["hosts", "logs", "optimizer_costs", "privileges", "status", "tables"];
    let mut tables = false;
    if what.is_word(&["TABLE", "TABLES"]) {
        let named = name::end(tokens, at + 1);
        if read(at + 1) || named.is_some_and(read) {
            return Form::Strong;
        }
        tables = named.is_some_and(ends);
    }
    Form::if_standing(
        (logs && ends(at + 2)) || tables || (is_one_of(&what, &known) && ends(at + 1)),
        front,
    )
}

fn reset(front: &Front<'_, '_>) -> Form {
    let tokens = front.tokens;
    let (next, second, third) = (tokens.at(1), tokens.at(2), tokens.at(3));
    let more = match next.word {
        "SLAVE" | "REPLICA" => {
            second.word == "ALL" || (second.word == "FOR" && is_one_of(&third, &["channel"]))
        }
        "MASTER" => second.word == "TO" && third.kind == Kind::Number,
        "PERSIST" => {
            second.word == "IF" || name::end(tokens, 2).is_some_and(|end| name::is_end(tokens, end))
        }
        _ => next.word == "BINARY" && is_one_of(&second, &["logs"]),
    };
    let bare = next.is_word(&["MASTER", "SLAVE", "REPLICA", "PERSIST"])
        && (name::is_end(tokens, 2) || second.is(","));
    Form::if_standing(more || bare, front)
}

fn replicate(front: &Front<'_, '_>) -> Form {
    let tokens = front.tokens;
    let (second, third) = (tokens.at(2), tokens.at(3));
    let assigned = |at: usize| tokens.at(at).is_name() && tokens.at(at + 1).is("=");
    let replica = tokens.at(1).is_word(&["SLAVE", "REPLICA"])
        && (name::is_end(tokens, 2)
            || is_one_of(&second, &["io_thread", "sql_thread"])
            || (is_one_of(&second, &["until"]) && (assigned(3) || third.text.contains('_')))
            || (second.word == "FOR" && is_one_of(&third, &["channel"]))
            || assigned(2));
    let group = is_one_of(&tokens.at(1), &["group_replication"]);
    Form::if_standing(replica || group, front)
}

fn purge(front: &Front<'_, '_>) -> Form {
    let tokens = front.tokens;
    let (next, second, third) = (tokens.at(1), tokens.at(2), tokens.at(3));
    let limit = tokens.at(4);
    // A lone word is a time only as `UTC_TIMESTAMP` is.
    let computed =
        !name::is_plain(&limit) || limit.text.contains('_') || tokens.at(5).kind != Kind::End;
    let logs = next.is_word(&["BINARY", "MASTER"])
        && is_one_of(&second, &["logs"])
        && third.is_word(&["TO", "BEFORE"])
        && !name::is_determiner(&limit)
        && computed;
    let object = next.is_word(&["TABLE", "INDEX", "TABLESPACE"])
        && name::end(tokens, 2).is_some_and(|end| name::is_end(tokens, end));
    Form::if_standing(logs || object, front)
}

/// `CHANGE MASTER TO a = 1`, `CHANGE MASTER 'x' TO a = 1`, `CHANGE REPLICATION FILTER a = (b)`.
fn changes_source(tokens: &[Token<'_>]) -> bool {
    let replication =
        tokens.at(1).word == "REPLICATION" && is_one_of(&tokens.at(2), &["filter", "source"]);
    (tokens.at(1).word == "MASTER" || replication)
        && (3..6).any(|at| tokens.at(at).is_name() && tokens.at(at + 1).is("="))
}
