/*!
Takes the lines of a data folder's records into its store as they come: whole lines only, file by file, and how
far it came is kept by the transaction that keeps the lines. So whoever ends in between, and however, goes on where
it was.
*/

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use approval::records::line::LONGEST_LINE;
use approval::records::store::{BYTES_AT_ONCE, ROWS_AT_ONCE, RecordStore, Tail};
use approval::records::{Alike, Line};

use super::files::{self, Identity};
use crate::random;

/// Names the tail in the store.
const NAME: &str = "access.jsonl";

/// Nobody who is told to stop waits for a store for ever; what was not taken is taken at the next start.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Follower {
    current: PathBuf,
    store: Arc<dyn RecordStore>,
    /// None before the first file was there.
    at: Option<Tail>,
    alike: Alike,
}

/// Lines that are whole, and how many bytes they and what is none of ours take.
#[derive(Debug, Default, PartialEq)]
struct Chunk {
    lines: Vec<Line>,
    bytes: u64,
    unreadable: u64,
    /// Bytes of a line without an end behind them.
    rest: u64,
}

impl Follower {
    /// `current`: the file that Envoy writes.
    pub async fn new(current: &Path, store: Arc<dyn RecordStore>) -> Result<Self> {
        let at = store.tail(NAME).await?;
        Ok(Self { current: current.to_owned(), store, at, alike: Alike::default() })
    }

    /// Lines that cannot be read, so far.
    pub fn unreadable(&self) -> u64 {
        self.at.as_ref().map_or(0, |at| at.unreadable)
    }

    /// Takes all that is there. `writer`: the Envoy that may still write into a file that was put away.
    pub async fn catch_up(&mut self, writer: Option<u32>) -> Result<()> {
        while self.step(writer).await? {}
        Ok(())
    }

    /// Takes some. `false`: there is nothing more now.
    pub async fn step(&mut self, writer: Option<u32>) -> Result<bool> {
        let files = files::all(&self.current).context("cannot list the files of records")?;
        let place = |at: &Tail| {
            let wanted = Some(Identity { device: at.device, inode: at.inode });
            files.iter().position(|file| Identity::of(file) == wanted)
        };
        let found = self.at.as_ref().and_then(place);
        // Another folder than it was, or the first time: what is known is none.
        let Some(path) = files.get(found.unwrap_or(0)) else { return Ok(false) };
        let next = files.get(found.unwrap_or(0) + 1);
        let shown = || format!("cannot read the records in `{}`", path.display());
        // Looked at before it is read: what comes in between is read.
        let named = std::fs::metadata(path).with_context(shown)?;
        let is_open = |pid| files::has_open(pid, Identity::from(&named));
        let is_whole = next.is_some() && !writer.is_some_and(is_open);
        let mut file = File::open(path).with_context(shown)?;
        let metadata = file.metadata().with_context(shown)?;
        let identity = Identity::from(&metadata);
        let mut at = self.at.clone().unwrap_or_default();
        let known = Identity { device: at.device, inode: at.inode };
        if identity != Identity::from(&named) || (found.is_some() && identity != known) {
            // Put away between two looks.
            return Ok(true);
        }
        if found.is_none() || !is_the_same(&file, &at).with_context(shown)? {
            at.offset = 0;
        }
        // Of what is not taken in the end the numbers are forgotten: rather one too few than one twice.
        let mut alike = std::mem::take(&mut self.alike);
        if at.offset == 0 {
            alike = Alike::default();
        }
        at.name = NAME.to_owned();
        (at.device, at.inode) = (identity.device, identity.inode);
        file.seek(SeekFrom::Start(at.offset)).with_context(shown)?;
        let mut chunk = tokio::task::block_in_place(|| chunk(&mut file)).with_context(shown)?;
        chunk.lines.iter_mut().for_each(|line| alike.number(line));
        if chunk.bytes == 0 {
            let (Some(next), true) = (next.and_then(|next| Identity::of(next)), is_whole) else {
                self.at = Some(at);
                self.alike = alike;
                return Ok(false);
            };
            // The half line that somebody who was killed left.
            at.unreadable += u64::from(chunk.rest > 0);
            (at.device, at.inode, at.offset) = (next.device, next.inode, 0);
        }
        at.offset += chunk.bytes;
        at.begin = begin(&file, at.offset).with_context(shown)?;
        at.unreadable += chunk.unreadable;
        let taking = self.store.take_read(&chunk.lines, &at);
        let taken = tokio::time::timeout(PATIENCE, taking).await;
        let taken = taken.context("the store does not answer")??;
        at.unreadable += taken.refused;
        self.at = Some(at);
        self.alike = alike;
        Ok(true)
    }

    /// Of the files that were put away, those of which all is in the store.
    pub fn taken(&self) -> Result<Vec<PathBuf>> {
        let Some(at) = &self.at else { return Ok(Vec::new()) };
        let wanted = Some(Identity { device: at.device, inode: at.inode });
        let all = files::all(&self.current)?;
        let place = all.iter().position(|file| Identity::of(file) == wanted).unwrap_or(0);
        Ok(all.into_iter().take(place).collect())
    }
}

/// Bytes of a file's begin that tell it from others: of its first record, which has a random salt.
const BEGIN: u64 = 4096;

/// Another file may have got the inode of one that somebody removed, and be longer than that was.
fn is_the_same(file: &File, at: &Tail) -> std::io::Result<bool> {
    let known = at.begin.is_empty() || at.begin == begin(file, at.offset)?;
    Ok(known && ends_line(file, at.offset)?)
}

/// Of what was taken of it; empty of nothing.
fn begin(file: &File, offset: u64) -> std::io::Result<String> {
    let mut bytes = vec![0; usize::try_from(offset.min(BEGIN)).unwrap_or_default()];
    let mut read = 0;
    while let Some(rest) = bytes.get_mut(read..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, read as u64)? {
            0 => break,
            some => read += some,
        }
    }
    bytes.truncate(read);
    let digest = hmac_sha256::Hash::hash(&bytes);
    Ok(if bytes.is_empty() { String::new() } else { random::to_hex(&digest[..16]) })
}

fn ends_line(file: &File, offset: u64) -> std::io::Result<bool> {
    let Some(before) = offset.checked_sub(1) else { return Ok(true) };
    let mut byte = [0];
    Ok(file.read_at(&mut byte, before)? == 1 && byte == *b"\n")
}

fn chunk(file: &mut File) -> std::io::Result<Chunk> {
    let start = file.stream_position()?;
    let mut bytes = Vec::new();
    file.take(LONGEST_LINE).read_to_end(&mut bytes)?;
    let mut chunk = Chunk::default();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let size = u64::try_from(line.len()).unwrap_or(u64::MAX);
        if !line.ends_with(b"\n") {
            chunk.rest = size;
            if size == LONGEST_LINE {
                let rest = BufReader::new(&mut *file).skip_until(b'\n')?;
                let rest = u64::try_from(rest).unwrap_or(u64::MAX);
                if ends_line(file, start + size + rest)? {
                    (chunk.bytes, chunk.unreadable, chunk.rest) = (size + rest, 1, 0);
                }
            }
            break;
        }
        let full = chunk.bytes + size > BYTES_AT_ONCE as u64 && !chunk.lines.is_empty();
        if chunk.lines.len() >= ROWS_AT_ONCE || full {
            break;
        }
        chunk.bytes += size;
        match Line::parse(line) {
            Some(line) => chunk.lines.push(line),
            None => chunk.unreadable += 1,
        }
    }
    Ok(chunk)
}

#[cfg(test)]
mod tests;
