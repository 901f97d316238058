/*! Statements that change rows. */

use super::name;
use super::{Form, Front};
use crate::sql::token::{Kind, Token, Tokens};

/// Words between the verb and the table.
const MODIFIERS: &[&str] = &["low_priority", "quick", "ignore", "delayed", "only", "high_priority"];

/// Behind the words between the verb and the table.
fn past_modifiers(front: &Front<'_, '_>) -> usize {
    let tokens = front.tokens;
    let mut at = 1;
    loop {
        let token = tokens.at(at);
        let modifies = token.kind == Kind::Word
            && MODIFIERS.iter().any(|word| token.text.eq_ignore_ascii_case(word));
        if modifies {
            at += 1;
        } else if token.word == "OR" {
            // `UPDATE OR ROLLBACK t`.
            at += 2;
        } else if token.word == "TOP" {
            at = if tokens.at(at + 1).is("(") {
                name::past_parentheses(tokens, at + 1, front.work)
            } else {
                at + 2
            };
            at += usize::from(tokens.at(at).text.eq_ignore_ascii_case("percent"));
        } else {
            return at;
        }
    }
}

pub(super) fn delete(front: &Front<'_, '_>) -> Form {
    let tokens = front.tokens;
    let at = past_modifiers(front);
    if tokens.at(at).word == "FROM" {
        return Form::strong_if(is_table(tokens, at + 1));
    }
    // Tables or their aliases, which are told `FROM` what.
    let mut last = at;
    let end = loop {
        let Some(end) = name::end(tokens, last) else { return Form::No };
        if !tokens.at(end).is(",") || !front.work.spend(0) {
            break end;
        }
        last = end + 1;
    };
    let target = tokens.at(at);
    match tokens.at(end).word {
        "FROM" if name::is_determiner(&target) => {
            front.work.spend(tokens.len());
            let mut rest = tokens.part(end + 1, tokens.len()).iter();
            Form::strong_if(rest.any(|token| token.same(&target)))
        }
        "FROM" => Form::strong_if(is_table(tokens, end + 1)),
        _ if name::is_determiner(&target) => Form::No,
        // `DELETE t` is all SQL Server and Oracle need, and no more than a heading: `Delete account`.
        // With two names (`Delete unused imports`) it would be Oracle's with an alias.
        "WHERE" => Form::Weak,
        // `WITH (TABLOCK)`. `Delete contacts with no email` is none.
        "OPTION" | "WITH" => Form::strong_if(tokens.at(end + 1).is("(")),
        // Oracle's goes into variables, and the others want a `FROM`.
        "RETURNING" => {
            front.work.spend(tokens.len());
            Form::strong_if(tokens.iter().skip(end).any(|token| token.word == "INTO"))
        }
        "OUTPUT" => {
            let prose = ["AND", "AT", "BY", "FOR", "FROM", "IN", "ON", "TO", "WHEN", "WITH"];
            Form::strong_if(!tokens.at(end + 1).is_word(&prose))
        }
        _ if name::is_over(tokens, end) && last == at => Form::Weak,
        _ if name::is_plain(&tokens.at(end)) && tokens.at(end + 1).word == "WHERE" => Form::Weak,
        _ => Form::No,
    }
}

/// A table and what can stand behind it.
fn is_table(tokens: &[Token<'_>], at: usize) -> bool {
    let at = if tokens.at(at).word == "ONLY" { at + 1 } else { at };
    if tokens.at(at).is("(") {
        return true;
    }
    let Some(end) = name::end(tokens, at) else { return false };
    // The alias of a table that is named further on.
    let alias = tokens.at(end).word == "USING" || tokens.at(end).is(",");
    (alias || !name::is_determiner(&tokens.at(at))) && name::follows_table(tokens, end)
}

pub(super) fn update(front: &Front<'_, '_>) -> Form {
    let tokens = front.tokens;
    let at = past_modifiers(front);
    if !tokens.at(at).is("(") {
        let Some(end) = name::end(tokens, at) else { return Form::No };
        if !name::follows_table(tokens, end) {
            return Form::No;
        }
    }
    let mut sets = tokens.iter().enumerate().skip(at);
    Form::strong_if(
        sets.any(|(at, token)| {
            front.work.spend(0) && token.word == "SET" && assigns(tokens, at + 1)
        }),
    )
}

/// `a = 1`, `t.a += 1`, `(a, b) = ..`, `@a = 1`, `a[1] = ..`, `a.write(..)`.
fn assigns(tokens: &[Token<'_>], at: usize) -> bool {
    if tokens.at(at).is("(") {
        return true;
    }
    name::end(tokens, at).is_some_and(|end| {
        matches!(tokens.at(end).kind, Kind::Symbol | Kind::Quoted)
            && !matches!(tokens.at(end).text, "," | ")" | ":" | "?" | "!")
    })
}

/// A table that is filled from another one when rows match.
pub(super) fn merge(front: &Front<'_, '_>) -> Form {
    let tokens = front.tokens;
    let at = past_modifiers(front);
    let at = if tokens.at(at).word == "INTO" { at + 1 } else { at };
    let mut wanted = ["USING", "ON", "WHEN", "THEN"].iter();
    let mut next = wanted.next();
    if !name::is_possible(&tokens.at(at)) {
        return Form::No;
    }
    for token in tokens {
        front.work.spend(0);
        if next.is_some_and(|word| token.word == *word) {
            next = wanted.next();
        }
    }
    Form::strong_if(next.is_none())
}

pub(super) fn insert(front: &Front<'_, '_>) -> Form {
    let tokens = front.tokens;
    let at = past_modifiers(front);
    let into = ["INTO", "ALL"].contains(&tokens.at(at).word);
    let at = if into { at + 1 } else { at };
    let Some(end) = name::end(tokens, at) else { return Form::No };
    let columns = name::past_parentheses(tokens, end, front.work);
    let filled = |at: usize| {
        tokens.at(at).is_word(&[
            "DEFAULT",
            "EXEC",
            "EXECUTE",
            "OUTPUT",
            "SELECT",
            "SET",
            "TABLE",
            "VALUE",
            "VALUES",
            "WITH",
            "OVERRIDING",
            "PARTITION",
        ])
    };
    let is_insert =
        filled(columns) || (into && (columns > end || filled(columns + 1) || filled(columns + 2)));
    match (is_insert && !name::is_determiner(&tokens.at(at)), front.hit) {
        (true, true) => Form::Strong,
        (true, false) => Form::Weak,
        _ => Form::No,
    }
}

pub(super) fn truncate(front: &Front<'_, '_>) -> Form {
    let tokens = front.tokens;
    let table = tokens.at(1).word == "TABLE";
    let mut at = if table { 2 } else { 1 };
    at += if tokens.at(at).word == "IF" { 2 } else { 0 };
    at += usize::from(tokens.at(at).word == "ONLY");
    if name::is_determiner(&tokens.at(at)) {
        return Form::No;
    }
    loop {
        let Some(end) = name::end(tokens, at) else { return Form::No };
        if !tokens.at(end).is(",") || !front.work.spend(0) {
            let more = ["cascade", "continue", "drop", "immediate", "nowait", "on", "partition"];
            let more =
                more.iter().chain(&["purge", "restart", "restrict", "reuse", "wait", "with"]);
            let goes_on = tokens.at(end).is("*")
                || more.into_iter().any(|word| tokens.at(end).text.eq_ignore_ascii_case(word));
            let over = goes_on || name::is_over(tokens, end);
            return match (over, table || goes_on) {
                (true, true) => Form::Strong,
                (true, false) => Form::Weak,
                _ => Form::No,
            };
        }
        at = end + 1;
    }
}
