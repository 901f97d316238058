/*! Telling SQL from prose by the shape of its first words. */

use super::lexer::lex;
use super::rules::readings;
use super::token::{Kind, Token, Tokens};
use super::verb::is_head;
use super::{Dialect, names, object};

/// No verb or procedure is longer.
const MAX_WORD: usize = 64;

/// Tokens at the front of a statement that are looked at.
const WINDOW: usize = 24;

pub(super) fn looks_like_sql(text: &str) -> bool {
    if !may_start(text) {
        return false;
    }
    readings(text, Dialect::Any).into_iter().any(|rules| {
        let tokens = lex(text, rules).tokens;
        let mut statements =
            tokens.split(|token| token.is(";")).filter(|tokens| !tokens.is_empty());
        let mut weak = false;
        statements.any(|statement| {
            // What stands behind something that is no statement is not run either.
            let known = !weak || first(statement).is_some_and(is_head);
            weak = true;
            known && has_shape(statement)
        })
    })
}

/// Cheap, since most text ends here: the first word is one with which statements begin, or a comment
/// hides it.
fn may_start(text: &str) -> bool {
    let head = text.trim_start_matches(|c: char| !c.is_alphanumeric() && !"/-#".contains(c));
    if head.starts_with(['/', '-', '#']) {
        return true;
    }
    let end = head.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(head.len());
    let first = Token::new(Kind::Word, head.get(..end.min(MAX_WORD)).unwrap_or_default());
    is_head(&first) || names::effect(first.text, false).is_some()
}

fn first<'t, 'a>(statement: &'t [Token<'a>]) -> Option<&'t Token<'a>> {
    statement.iter().find(|token| !token.is("("))
}

fn has_shape(statement: &[Token<'_>]) -> bool {
    let start = statement.iter().position(|token| !token.is("(")).unwrap_or(0);
    let tokens = statement.part(start, start + WINDOW);
    let (head, next, second) = (tokens.at(0), tokens.at(1), tokens.at(2));
    let rest = tokens.part(1, WINDOW);
    let has = |words: &[&str]| rest.iter().any(|token| token.is_word(words));
    if names::effect(head.text, false).is_some() {
        return true;
    }
    let shape = match head.word {
        "SELECT" => {
            has(&["FROM"])
                || next.kind != Kind::Word
                || second.kind == Kind::Symbol
                || rest.len() == 1
        }
        "WITH" => has(&["AS", "RECURSIVE"]) && rest.iter().any(|token| token.is("(")),
        "INSERT" | "REPLACE" | "UPSERT" | "MERGE" => has(&["INTO", "VALUES", "SELECT", "USING"]),
        "UPDATE" => has(&["SET"]),
        "DELETE" => has(&["FROM", "WHERE"]),
        "TRUNCATE" => {
            next.word == "TABLE" || next.word == "ONLY" || (next.is_name() && rest.len() <= 6)
        }
        "DROP" | "ALTER" | "CREATE" | "UNDROP" => object::is_about_object(tokens, 0),
        "GRANT" => has(&["TO"]),
        "REVOKE" => has(&["FROM"]),
        "DENY" => has(&["TO"]) && has(&["ON"]),
        "COPY" => has(&["TO", "FROM", "INTO"]),
        "EXPLAIN" | "DESCRIBE" | "DESC" => rest.iter().any(is_head) || rest.len() == 1,
        "DO" => next.kind == Kind::Text || next.word == "LANGUAGE",
        "EXEC" | "EXECUTE" => {
            next.is("(")
                || matches!(next.kind, Kind::Text | Kind::Param)
                || next.is_word(&["IMMEDIATE", "AS"])
                || rest.iter().any(|token| names::effect(token.text, false).is_some())
                || (head.word == "EXEC" && next.is_name())
        }
        "CALL" => next.is_name() && rest.iter().any(|token| token.is("(")),
        "PREPARE" => has(&["AS", "FROM"]),
        "DECLARE" => next.kind == Kind::Param || has(&["CURSOR"]),
        "SET" => {
            rest.iter().any(|token| token.is("=") || token.is_word(&["TO", "ROLE", "SESSION"]))
        }
        "LOAD" => next.is_word(&["DATA", "XML"]) || next.kind == Kind::Text,
        "BULK" => next.word == "INSERT",
        "BACKUP" | "RESTORE" | "ATTACH" => next.is_word(&["DATABASE", "TABLE"]) || has(&["AS"]),
        "PRAGMA" | "DBCC" | "RECONFIGURE" => true,
        "KILL" => next.kind == Kind::Number || next.kind == Kind::Text,
        "FLUSH" => next.is_word(&["TABLES", "PRIVILEGES"]),
        "RESET" | "START" | "STOP" | "PURGE" | "CHANGE" => {
            next.is_word(&["MASTER", "SLAVE", "REPLICA", "REPLICATION", "BINARY", "PERSIST"])
        }
        "INSTALL" | "UNINSTALL" => next.is_word(&["PLUGIN", "COMPONENT"]),
        "REASSIGN" => next.word == "OWNED",
        "SECURITY" => second.word == "ON" || second.word == "FOR",
        "RENAME" => next.is_word(&["TABLE", "USER"]),
        "VACUUM" => has(&["INTO"]),
        "BEGIN" | "IF" | "WHILE" => rest.iter().enumerate().any(|(at, token)| {
            is_head(token)
                && !token.is_word(&["BEGIN", "FOR", "FROM", "IF", "WHILE"])
                && has_shape(rest.part(at, WINDOW))
        }),
        _ => false,
    };
    shape && !is_prose(tokens)
}

/// Three names in a row stand in no statement that begins with one of these, but in most sentences.
fn is_prose(tokens: &[Token<'_>]) -> bool {
    let wordy = [
        "SELECT", "INSERT", "UPDATE", "DELETE", "DROP", "TRUNCATE", "COPY", "MERGE", "CALL", "SET",
    ];
    tokens.at(0).is_word(&wordy)
        && tokens
            .windows(3)
            .any(|run| run.iter().all(|token| token.kind == Kind::Word && token.word.is_empty()))
}
