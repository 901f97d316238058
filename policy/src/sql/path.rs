/*!
Statements after which a bare name belongs to another schema: `SET search_path`, `USE`, `CURRENT_SCHEMA`,
`SET ROLE` (PostgreSQL looks in the schema of that name first), `ATTACH`.
*/

use super::identifiers::{Chain, Identifiers};
use super::token::{Kind, Token, Tokens};
use super::verb::may_begin;
use super::work::Work;

/// The schemas that are set are names of the text; what cannot be read hides all names.
pub(super) fn collect(tokens: &[Token<'_>], work: &Work, found: &mut Identifiers) {
    for at in 0..tokens.len() {
        if !work.spend(0) {
            return;
        }
        if let Some(start) = set_at(tokens, at) {
            names(tokens, start, found);
        }
    }
    // `UPDATE pg_settings SET setting = 'hr' WHERE name = 'search_path'`.
    let named = |token: &Token<'_>| {
        token.kind == Kind::Text && token.text.eq_ignore_ascii_case("search_path")
    };
    found.hidden |= tokens.at(0).word == "UPDATE" && tokens.iter().any(named);
}

/// Where the names begin, if a path is set by what is at `at`.
fn set_at(tokens: &[Token<'_>], at: usize) -> Option<usize> {
    let (token, before, next) = (tokens.at(at), tokens.before(at), tokens.at(at + 1));
    let is = |name: &str| token.is_name() && token.text.eq_ignore_ascii_case(name);
    let given = next.is("=") || next.is(":=") || next.word == "TO";
    let earlier = at.checked_sub(2).map_or(Token::END, |at| tokens.at(at));
    let sets =
        before.word == "SET" || (before.is_word(&["SESSION", "LOCAL"]) && earlier.word == "SET");
    let listed = before.is(",") || before.word == "WITH";
    if is("search_path") {
        return given.then_some(at + 2);
    }
    if (is("current_schema") && sets) || (is("default_schema") && listed) {
        return given.then_some(at + 2);
    }
    match token.word {
        "USE" if may_begin(tokens, at) && !next.is_word(&["INDEX", "KEY"]) => {
            let kind = next.is_word(&["SCHEMA", "DATABASE", "CATALOG", "ROLE"])
                && tokens.at(at + 2).is_name();
            Some(at + 1 + usize::from(kind))
        }
        "SCHEMA" if sets || (earlier.word == "SET" && before.word == "CURRENT") => {
            Some(at + 1 + usize::from(given))
        }
        // Of an `UPDATE` it is a column.
        "ROLE"
            if sets && !(given && tokens.at(0).is_word(&["UPDATE", "INSERT", "MERGE", "WITH"])) =>
        {
            Some(at + 1 + usize::from(given))
        }
        "AUTHORIZATION" if before.word == "SESSION" => Some(at + 1 + usize::from(given)),
        "AS" if tokens.at(0).word == "ATTACH" => Some(at + 1),
        _ => None,
    }
}

/// One or several with commas between.
fn names(tokens: &[Token<'_>], start: usize, found: &mut Identifiers) {
    let mut at = start;
    loop {
        let name = tokens.at(at);
        let bare = |word: &str| name.kind == Kind::Word && name.text.eq_ignore_ascii_case(word);
        // Back to what it was before.
        if bare("default") || bare("none") {
            return;
        }
        let chain = Chain::at(tokens, at);
        let behind = tokens.at(chain.end);
        if name.kind == Kind::Param || behind.is("(") {
            found.hidden = true;
            return;
        }
        // In a reading in which no database runs it.
        if !(name.is_name() || name.kind == Kind::Text) {
            return;
        }
        found.path(&chain);
        if !behind.is(",") {
            return;
        }
        at = chain.end + 1;
    }
}
