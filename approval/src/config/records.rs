/*! Where records of exchanges are kept, and how long. */

use std::path::Path;

use anyhow::ensure;

use super::{Database, KEEP_DAYS};

/// Beside the file of holds, where nobody says.
const FILE: &str = "records.sqlite";
/// 20 GiB: half a million exchanges with long bodies, or five million with short ones.
const KEEP_BYTES: u64 = 20 * 1024 * 1024 * 1024;

#[derive(Clone, Debug)]
pub struct Records {
    /// May be that of the holds if it is PostgreSQL: the tables have names of their own.
    pub database: Database,
    /// 0: for ever.
    pub keep_days: u32,
    /// Of the text of records, the oldest go first; 0: without a limit.
    pub keep_bytes: u64,
}

impl Records {
    /// With those of the holds.
    pub fn beside(holds: &Database) -> Self {
        let database = match holds {
            Database::Sqlite(file) => Database::Sqlite(file.with_file_name(FILE)),
            Database::Postgres(url) => Database::Postgres(url.clone()),
        };
        Self { database, keep_days: KEEP_DAYS, keep_bytes: KEEP_BYTES }
    }

    pub(super) fn check(&self, holds: &Database) -> anyhow::Result<()> {
        let (Database::Sqlite(file), Database::Sqlite(other)) = (&self.database, holds) else {
            return Ok(());
        };
        let same = |a: &Path, b: &Path| std::path::absolute(a).ok() == std::path::absolute(b).ok();
        ensure!(
            !same(file, other),
            "records need a file of their own, so that no hold waits for them: `{}` has the holds",
            file.display()
        );
        Ok(())
    }
}
