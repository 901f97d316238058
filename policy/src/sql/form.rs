/*!
What every statement of a verb has at its front, whatever the database.

A form asks for enough that a sentence with the same verb lacks something, and for nothing that a
database does without. Where one word could be both (`delete everything`), what tells is whether there
can be such an object.
*/

mod command;
mod library;
pub(super) mod name;
mod object;
mod privilege;
pub(super) mod procedure;
mod query;
mod rows;
mod server;
mod transfer;

use super::token::{Kind, Token, Tokens};
use super::verb::is_head;
use super::work::Work;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
    /// No statement, or one that cannot be told from prose and does nothing.
    No,
    /// A statement that alone is let be, but others may come behind it: `KILL 7`, `EXECUTE('p')`.
    Faint,
    /// A statement if there are others around it.
    Weak,
    /// A statement wherever one can begin.
    Strong,
}

impl Form {
    pub fn strong_if(holds: bool) -> Self {
        if holds { Self::Strong } else { Self::No }
    }

    fn weak_if(holds: bool) -> Self {
        if holds { Self::Weak } else { Self::No }
    }

    fn faint_if(holds: bool) -> Self {
        if holds { Self::Faint } else { Self::No }
    }

    /// Of a database that wants something between two statements.
    fn if_standing(holds: bool, front: &Front<'_, '_>) -> Self {
        match (holds, front.stands) {
            (true, true) => Self::Strong,
            (true, false) => Self::Weak,
            _ => Self::No,
        }
    }
}

/// A verb and all that is behind it up to the semicolon.
pub(super) struct Front<'t, 'a> {
    pub tokens: &'t [Token<'a>],
    /// Something behind the verb does more than reading.
    pub hit: bool,
    /// All there is beside it is the semicolon behind it.
    pub closed: bool,
    /// A statement can begin here in a database that wants something between two: not right behind
    /// a word, as in `npm install 'x'`.
    pub stands: bool,
    /// Double quotes make a literal: by these rules only MySQL reads.
    pub mysql: bool,
    pub work: &'t Work,
}

impl Front<'_, '_> {
    pub fn form(&self) -> Form {
        let (tokens, next) = (self.tokens, self.tokens.at(1));
        match tokens.at(0).word {
            "SELECT" => query::select(self),
            "DO" if procedure::is_block(self) => Form::Strong,
            "VALUES" | "TABLE" | "DO" if self.hit && name::is_possible(&next) => Form::Strong,
            // MySQL's computes something.
            "DO" => Form::faint_if(
                next.kind == Kind::Text && name::is_end(tokens, name::past_literal(tokens, 1)),
            ),
            "VALUES" | "TABLE" => Form::No,
            "FROM" => {
                Form::strong_if(self.hit && !next.is_word(&["IMPORT"]) && tokens.at(2).is("("))
            }
            "WITH" => query::with(self),
            "INSERT" | "REPLACE" | "UPSERT" => rows::insert(self),
            "UPDATE" => rows::update(self),
            "DELETE" => rows::delete(self),
            "MERGE" => rows::merge(self),
            "TRUNCATE" => rows::truncate(self),
            "DROP" | "UNDROP" => object::drop(self),
            "ALTER" => object::alter(self),
            "CREATE" => object::create(self),
            "RENAME" => object::rename(self),
            "GRANT" | "REVOKE" | "DENY" => privilege::grant(self),
            "REASSIGN" => Form::strong_if(next.word == "OWNED" && tokens.at(2).word == "BY"),
            "SECURITY" => Form::strong_if(
                next.text.eq_ignore_ascii_case("label") && !name::is_determiner(&tokens.at(3)),
            ),
            "SET" => server::set(self),
            "COPY" => transfer::copy(self),
            "LOAD" if next.kind == Kind::Text => library::load(self),
            "LOAD" => transfer::load(self),
            "BULK" => Form::strong_if(next.word == "INSERT" && name::is_possible(&tokens.at(2))),
            "IMPORT" => Form::strong_if(next.word == "TABLE" && tokens.at(2).word == "FROM"),
            "BACKUP" | "RESTORE" => transfer::backup(self),
            "ATTACH" => transfer::attach(self),
            "VACUUM" => transfer::vacuum(self),
            "EXEC" | "EXECUTE" => procedure::execute(self),
            "CALL" => procedure::call(self),
            "PREPARE" => procedure::prepare(self),
            "DECLARE" => procedure::declare(self),
            _ => command::command(self),
        }
    }
}

/// Statements of SQL Server and MySQL that do nothing here, but before which another one ends.
#[rustfmt::skip]
const OTHER_STARTS: &[&str] = &[
    "break", "checksum", "continue", "delimiter", "force", "get", "goto", "raiserror", "readtext",
    "receive", "resignal", "save", "send", "setuser", "signal", "updatetext", "writetext",
];

/// Statements of SQL Server, which need no semicolon in front.
#[rustfmt::skip]
const UNSEPARATED: &[&str] = &[
    "ALTER", "BACKUP", "BEGIN", "BULK", "CHECKPOINT", "CLOSE", "COMMIT", "CREATE", "DBCC",
    "DEALLOCATE", "DECLARE", "DELETE", "DENY", "DISABLE", "DROP", "ELSE", "ENABLE", "END", "EXEC",
    "EXECUTE", "FETCH", "GO", "GRANT", "IF", "INSERT", "KILL", "MERGE", "MOVE", "OPEN", "PRINT",
    "RECONFIGURE", "RESTORE", "RETURN", "REVERT", "REVOKE", "ROLLBACK", "SELECT", "SET", "SHUTDOWN",
    "THROW", "TRUNCATE", "UPDATE", "USE", "WAITFOR", "WHILE",
];

/// Whether a statement can begin with it behind another one, with nothing between them.
fn starts_unseparated(token: &Token<'_>) -> bool {
    token.is_word(UNSEPARATED) || (token.word.is_empty() && starts(token))
}

/// Whether a statement of some database begins with it.
pub(super) fn starts(token: &Token<'_>) -> bool {
    is_head(token)
        || (token.kind == Kind::Word
            && OTHER_STARTS.iter().any(|word| token.text.eq_ignore_ascii_case(word)))
}
