/*! Opens either database and brings its tables up to date. */

use std::path::Path;
use std::sync::Once;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AnyPool, ConnectOptions, Connection, Executor};

use super::StoreError;
use super::dialect::Dialect;
use crate::config::Database;

/// Reads go on while one of them writes; more writers than one at a time there are not.
const CONNECTIONS: u32 = 8;
/// For a connection that is free. A filter waits no longer, and asks again.
const WITHIN: Duration = Duration::from_secs(5);

/// What one of the stores over a database begins with.
pub struct Opening<'a> {
    pub migrations: &'a (dyn Fn(Dialect) -> Migrator + Send + Sync),
    /// What each connection is told first.
    pub settings: &'a (dyn Fn(Dialect) -> &'static [&'static str] + Send + Sync),
}

pub async fn connect(database: &Database) -> Result<(AnyPool, Dialect), StoreError> {
    let migrations = |dialect| match dialect {
        Dialect::Sqlite => sqlx::migrate!("migrations/sqlite"),
        Dialect::Postgres => sqlx::migrate!("migrations/postgres"),
    };
    Opening { migrations: &migrations, settings: &Dialect::settings }.open(database).await
}

impl Opening<'_> {
    pub async fn open(&self, database: &Database) -> Result<(AnyPool, Dialect), StoreError> {
        static DRIVERS: Once = Once::new();
        DRIVERS.call_once(sqlx::any::install_default_drivers);
        let (dialect, options) = match database {
            Database::Sqlite(file) => (Dialect::Sqlite, sqlite(file)?),
            Database::Postgres(url) => (Dialect::Postgres, url.reveal().parse()?),
        };
        up_to_date(&(self.migrations)(dialect), &options).await?;
        let settings = (self.settings)(dialect);
        let pool = AnyPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(WITHIN)
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    for setting in settings {
                        connection.execute(*setting).await?;
                    }
                    Ok(())
                })
            })
            .connect_with(options)
            .await?;
        Ok((pool, dialect))
    }
}

/// On a connection without the time limits of the others: a step over many rows takes what it takes, and a
/// replica that starts at the same time waits for it.
async fn up_to_date(migrations: &Migrator, options: &AnyConnectOptions) -> Result<(), StoreError> {
    let mut connection = options.connect().await?;
    let run = migrations.run(&mut connection).await;
    connection.close().await?;
    run.map_err(|error| match error {
        MigrateError::VersionMissing(version) => StoreError::Newer(version),
        error => StoreError::Migration(error),
    })
}

fn sqlite(file: &Path) -> Result<AnyConnectOptions, sqlx::Error> {
    // Made absolute, so that no part of a name is read as a host.
    let file = std::path::absolute(file)?;
    let url = SqliteConnectOptions::new().filename(file).create_if_missing(true).to_url_lossy();
    AnyConnectOptions::from_url(&url)
}
