/*! A file of all checkpoints, one signed one in a line, that only ever grows. */

use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::store::{Signed, Store};

const BATCH: u32 = 100;

/// Writes what the file lacks. A file that has something else than the store is left as it is: then one of
/// both is not what it was.
pub async fn catch_up(file: &Path, store: &dyn Store) -> Result<()> {
    let known = blocking(file, |file| Ok(lines(file)?.len() as u64)).await?;
    if let Some(last) = known.checked_sub(1) {
        let stored = store.checkpoints(last, 1).await?.pop();
        let written = blocking(file, |file| Ok(lines(file)?.pop())).await?;
        ensure!(
            stored.map(|one| one.jws) == written,
            "its checkpoint {known} is not that of the database; one of both was changed or rolled back"
        );
    }
    let mut after = known;
    loop {
        let next = store.checkpoints(after, BATCH).await?;
        let Some(last) = next.last() else { return Ok(()) };
        after = last.number;
        blocking(file, move |file| append(file, &next)).await?;
    }
}

async fn blocking<T: Send + 'static>(
    file: &Path,
    work: impl FnOnce(&Path) -> Result<T> + Send + 'static,
) -> Result<T> {
    let file: PathBuf = file.to_owned();
    tokio::task::spawn_blocking(move || work(&file)).await.context("cut off")?
}

/// Whole ones.
fn lines(file: &Path) -> Result<Vec<String>> {
    match std::fs::read_to_string(file) {
        Ok(text) => {
            let end = text.rfind('\n').map_or(0, |end| end + 1);
            Ok(text[..end].lines().map(str::to_owned).collect())
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

fn append(file: &Path, signed: &[Signed]) -> Result<()> {
    let mut to = std::fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(file)?;
    // A line that a crash cut off.
    let mut text = String::new();
    to.read_to_string(&mut text)?;
    let whole = text.rfind('\n').map_or(0, |end| end + 1);
    if whole < text.len() {
        to.set_len(whole as u64)?;
    }
    to.seek(SeekFrom::Start(whole as u64))?;
    let lines: String = signed.iter().flat_map(|one| [one.jws.as_str(), "\n"]).collect();
    to.write_all(lines.as_bytes())?;
    to.sync_all()?;
    Ok(())
}
