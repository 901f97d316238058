/*! Procedures, and text that is run. */

use super::name;
use super::{Form, Front};
use crate::sql::names;
use crate::sql::shape::would_run;
use crate::sql::token::{Kind, Token, Tokens};
use crate::sql::verb::{is_head, never_first};

/// Whether the procedure at `index`, which needs no verb, is called there. Only what it does counts:
/// nothing for one that is not known.
pub(in crate::sql) fn is_called(tokens: &[Token<'_>], index: usize, first: bool) -> bool {
    let before = tokens.before(index);
    let stands = first
        || matches!(before.kind, Kind::Symbol)
        || before.is_word(&["BEGIN", "CALL", "ELSE", "EXEC", "EXECUTE", "THEN"]);
    stands
        && names::effect(tokens.at(index).text, true).is_some()
        && name::end(tokens, index).is_some_and(|end| takes_arguments(tokens, end))
}

/// `'a', @b = 1`, `(x)`, a word that is taken for text, or none.
fn takes_arguments(tokens: &[Token<'_>], at: usize) -> bool {
    let (token, next) = (tokens.at(at), tokens.at(at + 1));
    match token.kind {
        Kind::Symbol => token.is("(") || name::is_over(tokens, at) || token.is("-"),
        Kind::Word => {
            name::is_over(tokens, at)
                || (!never_first(&token) && (next.is(",") || name::is_over(tokens, at + 1)))
        }
        _ => true,
    }
}

pub(super) fn execute(front: &Front<'_, '_>) -> Form {
    let tokens = front.tokens;
    let next = tokens.at(1);
    if next.is("(") || matches!(next.kind, Kind::Text | Kind::Param) {
        // Behind a comma come values for its parameters.
        let whole = next.is("(") && (tokens.at(3).is(")") || tokens.at(3).is(","));
        let text = tokens.at(if whole { 2 } else { 1 });
        // No database's variable begins with a dollar where this is run: `exec $SHELL`.
        let shell = next.kind == Kind::Param && next.text.starts_with('$');
        return match (shell, literal(&text) && runs_nothing(&text, front)) {
            (true, _) => Form::No,
            (_, true) => Form::Faint,
            _ => Form::Strong,
        };
    }
    if next.word == "IMMEDIATE" {
        // `Execute immediate action` could be a variable, which needs a block around it.
        let (text, behind) = (tokens.at(2), tokens.at(3));
        let computed = !matches!(text.kind, Kind::Word | Kind::End)
            || behind.kind == Kind::Symbol
            || behind.is_word(&["INTO", "USING"]);
        let variable = text.is_name() && name::is_over(tokens, 3);
        return if computed { Form::Strong } else { Form::weak_if(variable) };
    }
    if next.word == "AS" {
        // `AS USER = 'x'`, `AS CALLER`.
        let who = ["caller", "login", "owner", "self", "user"];
        return Form::strong_if(
            who.iter().any(|word| tokens.at(2).text.eq_ignore_ascii_case(word)),
        );
    }
    let Some(end) = name::end(tokens, 1) else { return Form::No };
    let known = (1..end).any(|at| names::effect(tokens.at(at).text, true).is_some());
    if known {
        return Form::strong_if(takes_arguments(tokens, end));
    }
    Form::weak_if(tokens.at(0).word == "EXEC" && takes_arguments(tokens, end))
}

pub(super) fn call(front: &Front<'_, '_>) -> Form {
    let tokens = front.tokens;
    let Some(end) = name::end(tokens, 1) else { return Form::No };
    let past = name::past_parentheses(tokens, end, front.work);
    let known = (1..end).any(|at| names::effect(tokens.at(at).text, true).is_some());
    match (name::is_over(tokens, past), front.hit || known) {
        (true, true) => Form::Strong,
        (true, false) => Form::weak_if(past > end),
        _ => Form::No,
    }
}

/// Longer ones are not looked into.
const LITERAL: usize = 256;

/// In double quotes too: SQL Server's clients may ask for that.
fn literal(token: &Token<'_>) -> bool {
    matches!(token.kind, Kind::Text | Kind::Quoted)
}

/// A literal that would do nothing as SQL, so that what runs it is no SQL either: `execute("ls")`.
/// Escapes could spell anything.
fn runs_nothing(text: &Token<'_>, front: &Front<'_, '_>) -> bool {
    let text = text.text;
    text.len() <= LITERAL
        && !text.contains('\\')
        && !["''", "\"\""].iter().any(|quote| text.contains(quote))
        && !would_run(text, front.work)
}

/// `DO 'begin .. end'`, with the language in front or behind. Without one it is PL/pgSQL, of which
/// every block has a `begin`: `Do 'git pull' first` has none.
pub(super) fn is_block(front: &Front<'_, '_>) -> bool {
    let tokens = front.tokens;
    let (code, behind) = (tokens.at(1), tokens.at(2));
    if code.word == "LANGUAGE" {
        return true;
    }
    let begins = || {
        let mut words = code.text.split(|c: char| !c.is_ascii_alphabetic());
        code.text.contains('\\') || words.any(|word| word.eq_ignore_ascii_case("begin"))
    };
    let goes_on = behind.kind == Kind::Text || behind.is_word(&["LANGUAGE", "UESCAPE"]);
    !front.mysql && code.kind == Kind::Text && (goes_on || (name::is_over(tokens, 2) && begins()))
}

/// `PREPARE s FROM '..'`, `PREPARE s (int) AS SELECT ..`.
pub(super) fn prepare(front: &Front<'_, '_>) -> Form {
    let tokens = front.tokens;
    if !name::is_possible(&tokens.at(1)) {
        return Form::No;
    }
    let at = name::past_parentheses(tokens, 2, front.work);
    let next = tokens.at(at + 1);
    Form::strong_if(match tokens.at(at).word {
        "AS" => is_head(&next),
        "FROM" if literal(&next) && runs_nothing(&next, front) => return Form::Faint,
        "FROM" => next.kind != Kind::Word || tokens.at(at + 2).is("("),
        _ => false,
    })
}

/// `DECLARE @a int`, `DECLARE c CURSOR FOR ..`, and `DECLARE a text := ..` in front of a block.
pub(super) fn declare(front: &Front<'_, '_>) -> Form {
    let tokens = front.tokens;
    let cursor = (2..7).any(|at| tokens.at(at).word == "CURSOR");
    if tokens.at(1).kind == Kind::Param || (tokens.at(1).is_name() && cursor) {
        return Form::Strong;
    }
    let typed = tokens.at(1).is_name() && tokens.at(2).is_name();
    Form::weak_if(typed && matches!(tokens.at(3).kind, Kind::Symbol | Kind::End))
}
