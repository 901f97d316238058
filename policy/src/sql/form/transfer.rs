/*! Files and programs of the server. */

use super::name;
use super::{Form, Front};
use crate::sql::token::{Kind, Token, Tokens};

fn is_one_of(token: &Token<'_>, words: &[&str]) -> bool {
    words.iter().any(|word| token.text.eq_ignore_ascii_case(word))
}

/// Words with which a sentence goes on behind what is copied to, and no statement does.
const GOES_ON: &[&str] =
    &["AND", "AT", "BEFORE", "BY", "FROM", "IF", "IN", "INTO", "OR", "THEN", "TO"];

/// Whether words of prose come behind the file at `at`: `from 'prod' to 'dev'`.
fn is_prose_behind(tokens: &[Token<'_>], at: usize) -> bool {
    let behind = tokens.at(at + 1);
    behind.is_word(GOES_ON)
        || name::is_determiner(&behind)
        || matches!(behind.text, "," | "." | "!")
}

/// Something is written to or read from what is no table. Double quotes, which are a literal for
/// MySQL, name no file where there is a `COPY`, but behind `INTO`.
pub(super) fn copy(front: &Front<'_, '_>) -> Form {
    let tokens = front.tokens;
    let what = tokens.at(1);
    let words = (1..4).all(|at| name::is_plain(&tokens.at(at)));
    let possible = name::is_possible(&what) || what.is_word(&["FROM", "INTO"]);
    if words || !possible || name::is_determiner(&what) {
        return Form::No;
    }
    let mut depth = 0usize;
    for (at, token) in tokens.iter().enumerate().skip(1) {
        if !front.work.spend(0) {
            return Form::Strong;
        }
        if token.is("(") {
            depth += 1;
        } else if token.is(")") {
            depth = depth.saturating_sub(1);
        }
        if depth > 0 || !token.is_word(&["TO", "FROM", "INTO"]) {
            continue;
        }
        let target = tokens.at(at + 1);
        if target.word == "PROGRAM" && tokens.at(at + 2).kind == Kind::Text {
            return Form::Strong;
        }
        let file = matches!(target.kind, Kind::Text | Kind::Param);
        // Snowflake's goes on with `FROM`: `COPY INTO 's3://x' FROM t`.
        if file && what.word != "INTO" && is_prose_behind(tokens, at + 1) {
            return Form::No;
        }
        let file = file && (!front.mysql || what.word == "INTO");
        if file || target.is("@") || target.is_word(&["STDIN", "STDOUT"]) {
            return Form::if_standing(true, front);
        }
    }
    Form::No
}

pub(super) fn load(front: &Front<'_, '_>) -> Form {
    let tokens = front.tokens;
    let (next, second) = (tokens.at(1), tokens.at(2));
    Form::strong_if(match next.word {
        "DATA" | "XML" => {
            (2..5).any(|at| is_one_of(&tokens.at(at), &["infile", "inpath"]))
                || (second.word == "INTO"
                    && name::is_possible(&tokens.at(3))
                    && (4..24).any(|at| {
                        is_one_of(&tokens.at(at), &["files"]) && tokens.at(at + 1).is("(")
                    }))
        }
        "INDEX" => second.word == "INTO" && is_one_of(&tokens.at(3), &["cache"]),
        _ => false,
    })
}

/// Options with which SQL Server backs up or restores where no device is named.
#[rustfmt::skip]
const OPTIONS: &[&str] = &[
    "blocksize", "buffercount", "checksum", "compression", "continue_after_error", "copy_only",
    "differential", "enable_broker", "error_broker_conversations", "file", "format", "init",
    "keep_replication", "loadhistory", "maxtransfersize", "media", "move", "new_broker", "no_log",
    "no_truncate", "noformat", "noinit", "norecovery", "partial", "password", "recovery", "replace",
    "restart", "restricted_user", "snapshot", "standby", "stats", "stopat", "stopatmark",
    "stopbeforemark", "truncate_only",
];

pub(super) fn backup(front: &Front<'_, '_>) -> Form {
    let tokens = front.tokens;
    let kinds = ["database", "log", "table", "server", "certificate", "master", "service"];
    if !is_one_of(&tokens.at(1), &kinds) {
        return Form::No;
    }
    let at = if tokens.at(2).word == "KEY" { 2 } else { 1 };
    let Some(end) = name::end(tokens, at + 1) else { return Form::No };
    let (behind, target) = (tokens.at(end), tokens.at(end + 1));
    // `BACKUP DATABASE d TO DISK = 'x'`. Without any of it, `Restore database backup` is a heading.
    let files = ["page", "file", "filegroup", "read_write_filegroups"];
    let option = behind.word == "WITH" && is_one_of(&target, OPTIONS);
    let how = is_one_of(&behind, &files) || option || behind.is(",");
    let device = behind.is_word(&["TO", "FROM"])
        && (matches!(target.kind, Kind::Text | Kind::Param | Kind::Quoted)
            || is_one_of(&target, &["disk", "file", "tape", "url", "virtual_device"])
            || target.word == "DATABASE"
            || name::end(tokens, end + 1).is_some_and(|end| name::is_over(tokens, end)));
    Form::strong_if((how || device) && !name::is_determiner(&target))
}

/// `ATTACH DATABASE '/tmp/x' AS y` of SQLite, and `ATTACH '/tmp/x'` of DuckDB, for which as for
/// PostgreSQL double quotes name no file.
pub(super) fn attach(front: &Front<'_, '_>) -> Form {
    let tokens = front.tokens;
    let database = tokens.at(1).word == "DATABASE";
    let at = if database { 2 } else { 1 };
    let file = tokens.at(at);
    let quoted = matches!(file.kind, Kind::Text | Kind::Param | Kind::Quoted);
    // No name is known there, so that `file(s)` in `Attach file(s) as evidence` could not run.
    let plural = name::is_plain(&tokens.at(at + 2)) && tokens.at(at + 3).is(")");
    let computed = file.is("(") || (file.is_name() && tokens.at(at + 1).is("(") && !plural);
    let named = database && file.is_name();
    if (quoted || computed || named) && is_given_name(front, at) {
        return if database { Form::Strong } else { Form::if_standing(true, front) };
    }
    let end = name::past_literal(tokens, at);
    let alone = name::is_end(tokens, end) || tokens.at(end).is("(");
    Form::if_standing(!front.mysql && file.kind == Kind::Text && alone, front)
}

const NO_OPERATORS: &[&str] =
    &["AT", "BEFORE", "BY", "FOR", "FROM", "IF", "ON", "THEN", "TO", "WHEN", "WITH"];

/// Whether `AS y` comes behind the file at `at`, and nothing that makes a sentence of it.
fn is_given_name(front: &Front<'_, '_>, at: usize) -> bool {
    let tokens = front.tokens;
    let mut rest = tokens.iter().enumerate().skip(at + 1);
    let given = rest.find(|(_, token)| !front.work.spend(0) || token.word == "AS");
    given.is_some_and(|(at, _)| {
        let behind = tokens.at(at + 2);
        // Any word names it, and the name is an expression, which may go on: `AS y COLLATE nocase`.
        let goes_on = match behind.kind {
            Kind::Word => !behind.word.is_empty() && !behind.is_word(NO_OPERATORS),
            Kind::Symbol => !matches!(behind.text, "," | "." | "!"),
            _ => true,
        };
        tokens.at(at + 1).kind != Kind::End && goes_on
    })
}

pub(super) fn vacuum(front: &Front<'_, '_>) -> Form {
    let tokens = front.tokens;
    let at = if tokens.at(1).word == "INTO" { 2 } else { 3 };
    let file = tokens.at(at);
    Form::strong_if(
        tokens.at(at - 1).word == "INTO"
            && (file.kind != Kind::Word
                || name::is_over(tokens, at + 1)
                || tokens.at(at + 1).is("(")),
    )
}
