/*! Opens either database for records, and brings their tables up to date before anything else is done. */

use sqlx::AnyPool;

use crate::config::Database;
use crate::store::{Dialect, Opening, StoreError};

/// Holds may have their tables in the same schema.
const MIGRATIONS: &str = "_sqlx_migrations_records";

pub async fn connect(database: &Database) -> Result<(AnyPool, Dialect), StoreError> {
    let opening = Opening {
        migrations: &|dialect| {
            let mut migrations = match dialect {
                Dialect::Sqlite => sqlx::migrate!("migrations/records/sqlite"),
                Dialect::Postgres => sqlx::migrate!("migrations/records/postgres"),
            };
            migrations.dangerous_set_table_name(MIGRATIONS);
            migrations
        },
        settings: &settings,
    };
    opening.open(database).await
}

/// What each connection is told first.
fn settings(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Sqlite => &[
            "PRAGMA busy_timeout = 10000",
            "PRAGMA journal_mode = WAL",
            // What a power cut takes is in the file of records, and comes again.
            "PRAGMA synchronous = NORMAL",
            "PRAGMA foreign_keys = ON",
            // What is erased is gone from the file.
            "PRAGMA secure_delete = ON",
        ],
        Dialect::Postgres => &[
            "SET idle_in_transaction_session_timeout = '30s'",
            "SET lock_timeout = '10s'",
            "SET statement_timeout = '60s'",
            "SET client_min_messages = warning",
        ],
    }
}
