/*! How far files of records were read, kept by the transaction that keeps their lines. */

use sqlx::{AnyConnection, Row as _};

use super::row::{column, integer};
use super::sql::SqlRecords;
use crate::store::StoreError;

/// A file by what stays when it is renamed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tail {
    /// Names the tail, not the file.
    pub name: String,
    pub device: u64,
    pub inode: u64,
    /// Digest of its begin, of what was taken: another file may have got the inode of one that somebody removed. Empty:
    /// nobody knows.
    pub begin: String,
    /// Bytes of whole lines that were taken.
    pub offset: u64,
    /// Lines that cannot be read, of this file and those before it.
    pub unreadable: u64,
}

pub async fn note(connection: &mut AnyConnection, tail: &Tail) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO record_tails (name, device, inode, offset_at, unreadable, file_begin) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (name) DO UPDATE SET device = excluded.device, \
         inode = excluded.inode, offset_at = excluded.offset_at, unreadable = excluded.unreadable, file_begin = excluded.file_begin",
    )
    .bind(column(&tail.name))
    .bind(tail.device.to_string())
    .bind(tail.inode.to_string())
    .bind(integer(tail.offset))
    .bind(integer(tail.unreadable))
    .bind(column(&tail.begin))
    .execute(connection)
    .await?;
    Ok(())
}

pub async fn read(store: &SqlRecords, name: &str) -> Result<Option<Tail>, StoreError> {
    let row = sqlx::query("SELECT * FROM record_tails WHERE name = $1")
        .bind(column(name))
        .fetch_optional(&store.pool)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let number = |name: &str| -> Result<u64, sqlx::Error> {
        Ok(row.try_get::<String, _>(name)?.parse().unwrap_or(0))
    };
    Ok(Some(Tail {
        name: name.to_owned(),
        device: number("device")?,
        inode: number("inode")?,
        begin: row.try_get("file_begin")?,
        offset: row.try_get::<i64, _>("offset_at")?.unsigned_abs(),
        unreadable: row.try_get::<i64, _>("unreadable")?.unsigned_abs(),
    }))
}
