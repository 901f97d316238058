/*! A file of all checkpoints, one signed one in a line, that only ever grows. */

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use policy::record::checkpoint::Checkpoint;

use crate::store::{Signed, Store};

/// At a time: each may have half a megabyte.
const BATCH: u32 = 10;
/// In which the last checkpoint ends, and the one before begins.
const TAIL: u64 = 4 * 1024 * 1024;

/// Writes what the file lacks. A file that has something else than the store is left as it is: then one of
/// both is not what it was.
pub async fn catch_up(file: &Path, store: &dyn Store) -> Result<()> {
    loop {
        let last = blocking(file, |file| last(&mut opened(file)?)).await?;
        let known = last.as_ref().map_or(0, |last| last.number);
        if let Some(last) = last {
            let stored = store.checkpoints(known.saturating_sub(1), 1).await?.pop();
            ensure!(
                stored.is_some_and(|stored| stored == last),
                "its checkpoint {known} is not that of the database; one of both was changed or rolled back"
            );
        }
        let next = store.checkpoints(known, BATCH).await?;
        if next.is_empty() {
            return Ok(());
        }
        blocking(file, move |file| append(file, known, &next)).await?;
    }
}

async fn blocking<T: Send + 'static>(
    file: &Path,
    work: impl FnOnce(&Path) -> Result<T> + Send + 'static,
) -> Result<T> {
    let file: PathBuf = file.to_owned();
    tokio::task::spawn_blocking(move || work(&file)).await.context("cut off")?
}

/// As a file that can only be appended to lets itself be opened. Another kind of thing in its place could hold us up,
/// or be somebody else's.
fn opened(file: &Path) -> Result<File> {
    if let Ok(found) = std::fs::symlink_metadata(file) {
        ensure!(found.is_file(), "it is no file");
    }
    Ok(OpenOptions::new().create(true).append(true).read(true).open(file)?)
}

/// The last whole line.
fn last(file: &mut File) -> Result<Option<Signed>> {
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut tail = Vec::new();
    file.take(TAIL).read_to_end(&mut tail)?;
    let text = String::from_utf8_lossy(&tail);
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let Some(jws) = whole.lines().rfind(|line| !line.is_empty()) else { return Ok(None) };
    let payload = jws.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let read = payload.and_then(|bytes| serde_json::from_slice::<Checkpoint>(&bytes).ok());
    let Checkpoint { number, .. } = read.context("its last line is no checkpoint")?;
    Ok(Some(Signed { number, jws: jws.to_owned() }))
}

/// Behind the checkpoint `known`, if nobody else did meanwhile.
fn append(file: &Path, known: u64, signed: &[Signed]) -> Result<()> {
    let mut to = opened(file)?;
    // Replicas may share the file.
    to.lock()?;
    if last(&mut to)?.map_or(0, |last| last.number) != known {
        return Ok(());
    }
    let length = to.metadata()?.len();
    let mut torn = false;
    if length > 0 {
        to.seek(SeekFrom::Start(length - 1))?;
        let mut end = [0];
        to.read_exact(&mut end)?;
        torn = end != *b"\n";
    }
    // What a crash cut off stays, as a line that is none.
    let mut lines = if torn { "\n".to_owned() } else { String::new() };
    lines.extend(signed.iter().flat_map(|one| [one.jws.as_str(), "\n"]));
    to.write_all(lines.as_bytes())?;
    to.sync_all()?;
    Ok(())
}
