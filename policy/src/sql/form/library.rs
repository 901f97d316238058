/*! Code that the server loads. */

use super::name;
use super::{Form, Front};
use crate::sql::token::{Kind, Token, Tokens};

fn is_one_of(token: &Token<'_>, words: &[&str]) -> bool {
    words.iter().any(|word| token.text.eq_ignore_ascii_case(word))
}

/// `INSTALL PLUGIN p SONAME 'x.so'`, `INSTALL COMPONENT 'file://x'` of MySQL, and DuckDB's
/// `INSTALL 'x'`, which `npm install "x"` is not: no word comes before it, nor double quotes behind.
pub(super) fn install(front: &Front<'_, '_>) -> Form {
    let tokens = front.tokens;
    let (next, second) = (tokens.at(1), tokens.at(2));
    let ends = |at: usize| name::is_end(tokens, name::past_literal(tokens, at));
    if next.kind == Kind::Text {
        let from = second.word == "FROM" && tokens.at(3).kind == Kind::Text;
        return Form::if_standing(!front.mysql && (ends(1) || from), front);
    }
    if is_one_of(&next, &["soname"]) {
        return Form::strong_if(matches!(second.kind, Kind::Text | Kind::Quoted));
    }
    let library = (2..8).any(|at| tokens.at(at).word == "SONAME");
    // An URN, and an escape could spell one.
    let urn =
        second.kind == Kind::Text && (second.text.contains(':') || second.text.contains('\\'));
    match next.word {
        "PLUGIN" if library => Form::Strong,
        "PLUGIN" => {
            let ends = name::end(tokens, 2).is_some_and(|end| name::is_end(tokens, end));
            Form::if_standing(tokens.at(0).word == "UNINSTALL" && ends, front)
        }
        "COMPONENT" => Form::strong_if(urn),
        _ => {
            let from = next.is_name() && second.word == "FROM";
            let from = from && tokens.at(3).kind == Kind::Text && ends(3);
            Form::if_standing(from && !front.mysql, front)
        }
    }
}

/// A library of PostgreSQL, for which double quotes make names only: `Load "app.py"`.
pub(super) fn load(front: &Front<'_, '_>) -> Form {
    let tokens = front.tokens;
    let file = tokens.at(1).kind == Kind::Text && !front.mysql;
    Form::if_standing(file && name::is_end(tokens, name::past_literal(tokens, 1)), front)
}
