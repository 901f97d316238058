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
        // `Set password to expire in 30 days` goes on behind its value.
        let ends = value.kind != Kind::Word
            || name::is_over(tokens, end + 2)
            || tokens.at(end + 2).kind == Kind::Symbol;
        let given = assigned || (behind.word == "TO" && ends && !name::is_determiner(&value));
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
        // Only MySQL has these, and it knows no `TO`: `Set global timeout to 30 seconds`.
        let given = assigned || (given && tokens.at(at).word != "GLOBAL");
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
