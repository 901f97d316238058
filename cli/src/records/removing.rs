/*!
Removes files of records that were put away long ago, and notes how far that took each chain, so that `verify`
tells what was removed on purpose from what is missing.
*/

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use approval::records::line::LONGEST_LINE;

use super::heads::link;
use crate::data::file::{remove as remove_file, replace};

/// How long files that were put away stay.
#[derive(Clone, Copy, Debug)]
pub struct Keep {
    pub files: usize,
    /// Zero: for ever.
    pub age: Duration,
}

/// Of each chain, up to which number its records were removed.
pub type Removed = BTreeMap<String, u64>;

fn note(current: &Path) -> PathBuf {
    current.with_file_name("removed.json")
}

pub fn removed(current: &Path) -> Result<Removed> {
    let path = note(current);
    match std::fs::read(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Removed::new()),
        read => {
            let shown = || format!("cannot read `{}`", path.display());
            serde_json::from_slice(&read.with_context(shown)?).with_context(shown)
        }
    }
}

/// `taken`: those that were put away and that the store has, the oldest first.
pub fn remove(current: &Path, taken: &[PathBuf], keep: Keep) -> Result<()> {
    let kept_for_ever = keep.age.is_zero();
    let many = taken.len().saturating_sub(keep.files);
    let old = |path: &PathBuf| {
        let changed = std::fs::metadata(path).and_then(|file| file.modified());
        changed.is_ok_and(|at| SystemTime::now().duration_since(at).is_ok_and(|age| age > keep.age))
    };
    let too_old = taken.iter().take_while(|path| !kept_for_ever && old(path)).count();
    let gone = taken.get(..many.max(too_old)).unwrap_or_default();
    if gone.is_empty() {
        return Ok(());
    }
    let mut removed = removed(current)?;
    for path in gone {
        tokio::task::block_in_place(|| reached(path, &mut removed))
            .with_context(|| format!("cannot read the records in `{}`", path.display()))?;
    }
    // Noted first: what is noted and still there is no harm.
    replace(&note(current), &serde_json::to_vec_pretty(&removed)?)?;
    gone.iter().try_for_each(|path| remove_file(path))
}

fn reached(path: &Path, removed: &mut Removed) -> std::io::Result<()> {
    let mut lines = BufReader::with_capacity(1 << 20, File::open(path)?);
    let mut line = Vec::new();
    while lines.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? > 0 {
        if let Some(link) = link(&line) {
            let to = removed.entry(link.chain).or_default();
            *to = link.sequence.max(*to);
        }
        line.clear();
    }
    Ok(())
}
