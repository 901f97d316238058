/*!
What SQL text would do, told from its tokens.

A look at the first keyword is fooled by `WITH d AS (DELETE ..) SELECT`, `EXPLAIN ANALYZE DELETE` or
`DROP/**/DATABASE`, a search for words by `SELECT 'DROP DATABASE x'`. So the text is cut into tokens
the way a database does it, and every place where a statement can begin is judged; words in
literals, quoted identifiers and comments count for nothing.

Databases disagree about where a literal or a comment ends. Unless the dialect is known the text is
read in every way one of them would, and the effects of all readings count: text that is harmless
here and a `DROP TABLE` there is a `DROP TABLE`.

The lexer is our own, since a library's decides here what passes: sqlparser's reads one dialect at a
time, ends a hexadecimal literal by other rules than databases do, takes `$1$` for a quote, and makes
all tokens of a text before the first can be looked at. It is the oracle in the tests.
*/

mod condition;
mod constant;
mod expression;
mod form;
mod identifiers;
mod lexer;
mod names;
mod object;
mod opposite;
mod path;
mod position;
mod reading;
mod relations;
mod rules;
mod shape;
mod statement;
mod token;
mod verb;
mod work;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use identifiers::Identifiers;
pub use work::Work;

/// What a statement does when a database runs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SqlEffect {
    Read,
    Insert,
    Update,
    Delete,
    /// Without a condition, or with one that is true of every row.
    UpdateWithoutWhere,
    DeleteWithoutWhere,
    Truncate,
    DropTable,
    /// A view, an index, a function, a type...
    DropObject,
    DropSchema,
    DropDatabase,
    AlterTable,
    /// A type, a view, a function...
    AlterObject,
    Create,
    Grant,
    Revoke,
    /// Roles, users, policies, default privileges, becoming somebody else.
    PrivilegeChange,
    /// A program run by the server.
    CopyProgram,
    /// A file of the server read or written.
    FileAccess,
    /// Settings of the server, its processes and its replication.
    ServerConfig,
    /// Extensions, libraries, functions in languages that leave the database.
    UntrustedCode,
    /// Text run as SQL, which cannot be judged before.
    DynamicSql,
}

/// Whose rules for literals and comments apply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// Unknown: everything that any of them would do counts.
    #[default]
    Any,
    Postgres,
    /// MariaDB too.
    Mysql,
    /// SQL Server.
    Tsql,
    Sqlite,
    Oracle,
}

impl Dialect {
    pub fn is_any(&self) -> bool {
        *self == Self::Any
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sql {
    pub effects: BTreeSet<SqlEffect>,
    /// No dialect would run all of it as it stands: it is not SQL, or SQL that is not known here.
    /// The effects are then those of the parts that were understood.
    pub unparsed: bool,
    /// Judging all of it would have cost more than `Work` allows: it may do anything. `unparsed` too.
    pub over_budget: bool,
    pub statements: usize,
    /// What is named in it. Those of text that is made and run, or `unparsed`, are not all there are.
    pub identifiers: Identifiers,
}

impl Sql {
    /// Whether `identifiers` are all that it names.
    pub fn names_all(&self) -> bool {
        let Self { effects, unparsed, over_budget, identifiers, .. } = self;
        !(*unparsed
            || *over_budget
            || identifiers.hidden
            || effects.contains(&SqlEffect::DynamicSql))
    }
}

/// Text that is meant to be SQL, of an unknown dialect.
pub fn classify(text: &str) -> Sql {
    classify_as(text, Dialect::Any)
}

pub fn classify_as(text: &str, dialect: Dialect) -> Sql {
    reading::classify(text, dialect, &Work::for_bytes(text.len()))
}

/// Like `classify`, with the work shared among several texts.
pub fn classify_within(text: &str, work: &Work) -> Sql {
    reading::classify(text, Dialect::Any, work)
}

/// Like `classify_as`, with the work shared among several texts.
pub fn classify_as_within(text: &str, dialect: Dialect, work: &Work) -> Sql {
    reading::classify(text, dialect, work)
}

/// Text that may be anything; `None`: it does not look like SQL.
pub fn guess(text: &str, work: &Work) -> Option<Sql> {
    shape::looks_like_sql(text, work).then(|| classify_within(text, work))
}

/// Whether text that may be anything is worth judging as SQL: somewhere in it a statement of the
/// right shape can begin. Prose that merely starts with a verb, such as `Delete the old reports`,
/// does not.
pub fn looks_like_sql(text: &str) -> bool {
    shape::looks_like_sql(text, &Work::for_bytes(text.len()))
}

#[cfg(test)]
mod tests;
