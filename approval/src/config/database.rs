/*! Where holds are kept. */

use std::fmt;
use std::path::PathBuf;

use super::Secret;

#[derive(Clone, Debug)]
pub enum Database {
    /// A file of this replica alone; made if absent.
    Sqlite(PathBuf),
    /// `postgres://USER:PASSWORD@HOST/NAME?sslmode=verify-full`; shared by all replicas.
    Postgres(Secret),
}

/// In messages: the URL has a password in it.
impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(file) => write!(f, "`{}`", file.display()),
            Self::Postgres(_) => f.write_str("the PostgreSQL database"),
        }
    }
}
