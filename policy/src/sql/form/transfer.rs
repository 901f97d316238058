/*! Files and programs of the server. */

use super::name;
use super::{Form, Front};
use crate::sql::token::{Kind, Token, Tokens};

fn is_one_of(token: &Token<'_>, words: &[&str]) -> bool {
    words.iter().any(|word| token.text.eq_ignore_ascii_case(word))
}

/// Something is written to or read from what is no table.
pub(super) fn copy(front: &Front<'_, '_>) -> Form {
    let tokens = front.tokens;
    let mut depth = 0usize;
    let found = tokens.iter().enumerate().skip(1).any(|(at, token)| {
        if !front.work.spend(0) {
            return true;
        }
        if token.is("(") {
            depth += 1;
        } else if token.is(")") {
            depth = depth.saturating_sub(1);
        }
        let target = tokens.at(at + 1);
        depth == 0
            && token.is_word(&["TO", "FROM", "INTO"])
            && (matches!(target.kind, Kind::Text | Kind::Param)
                || target.is("@")
                || target.is_word(&["STDIN", "STDOUT"])
                || (target.word == "PROGRAM" && tokens.at(at + 2).kind == Kind::Text))
    });
    let words = (1..4).all(|at| name::is_plain(&tokens.at(at)));
    let what = tokens.at(1);
    let possible = name::is_possible(&what) || what.is_word(&["FROM", "INTO"]);
    Form::strong_if(found && !words && possible && !name::is_determiner(&what))
}

pub(super) fn load(front: &Front<'_, '_>) -> Form {
    let tokens = front.tokens;
    let (next, second) = (tokens.at(1), tokens.at(2));
    Form::strong_if(match next.word {
        "DATA" | "XML" => {
            (2..5).any(|at| is_one_of(&tokens.at(at), &["infile", "inpath"]))
                || (second.word == "INTO"
                    && name::is_possible(&tokens.at(3))
                    && tokens.iter().take(24).any(|token| is_one_of(token, &["files"])))
        }
        "INDEX" => second.word == "INTO",
        _ => next.kind == Kind::Text,
    })
}

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
    let how = is_one_of(&behind, &files) || behind.word == "WITH" || behind.is(",");
    let device = behind.is_word(&["TO", "FROM"])
        && (matches!(target.kind, Kind::Text | Kind::Param | Kind::Quoted)
            || is_one_of(&target, &["disk", "file", "tape", "url", "virtual_device"])
            || target.word == "DATABASE"
            || name::end(tokens, end + 1).is_some_and(|end| name::is_over(tokens, end)));
    Form::strong_if((how || device) && !name::is_determiner(&target))
}

/// `ATTACH DATABASE '/tmp/x' AS y`, and without what is optional.
pub(super) fn attach(front: &Front<'_, '_>) -> Form {
    let tokens = front.tokens;
    let database = tokens.at(1).word == "DATABASE";
    let at = if database { 2 } else { 1 };
    let file = tokens.at(at);
    let computed = file.is("(") || (file.is_name() && tokens.at(at + 1).is("("));
    let named = database && file.is_name() && tokens.at(at + 1).word == "AS";
    Form::strong_if(
        matches!(file.kind, Kind::Text | Kind::Param | Kind::Quoted) || computed || named,
    )
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
