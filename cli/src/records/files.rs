/*! The files of a data folder's records: the one that Envoy writes, and those that were put away, with rising
numbers, of before it. */

use std::fs::Metadata;
use std::io::{ErrorKind, Result};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A file by what stays when it is renamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    pub device: u64,
    pub inode: u64,
}

impl From<&Metadata> for Identity {
    fn from(file: &Metadata) -> Self {
        Self { device: file.dev(), inode: file.ino() }
    }
}

impl Identity {
    pub fn of(path: &Path) -> Option<Self> {
        std::fs::metadata(path).ok().map(|file| Self::from(&file))
    }
}

/// In the order in which they were written; `current` is the last, if it is there.
pub fn all(current: &Path) -> Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = put_away(current)?.into_iter().map(|(_, path)| path).collect();
    if current.exists() {
        files.push(current.to_owned());
    }
    Ok(files)
}

/// `access-000001.jsonl` beside `access.jsonl`, by number.
pub fn put_away(current: &Path) -> Result<Vec<(u64, PathBuf)>> {
    let folder = current.parent().unwrap_or(Path::new("."));
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if let Some(number) = number(current, &path) {
            found.push((number, path));
        }
    }
    found.sort();
    Ok(found)
}

fn number(current: &Path, path: &Path) -> Option<u64> {
    let stem = current.file_stem()?.to_str()?;
    if path.extension() != current.extension() {
        return None;
    }
    let digits = path.file_stem()?.to_str()?.strip_prefix(stem)?.strip_prefix('-')?;
    let known = digits.len() >= 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| known)
}

/// Where the current one goes when it is put away.
pub fn next(current: &Path) -> Result<PathBuf> {
    let last = put_away(current)?.last().map_or(0, |(number, _)| *number);
    let stem = current.file_stem().unwrap_or_default().to_string_lossy();
    let extension = current.extension().unwrap_or_default().to_string_lossy();
    Ok(current.with_file_name(format!("{stem}-{:06}.{extension}", last + 1)))
}

/// Whether that program has the file open. Of one that cannot be looked at nobody knows, so it has.
pub fn has_open(pid: u32, file: Identity) -> bool {
    let Ok(open) = std::fs::read_dir(format!("/proc/{pid}/fd")) else {
        return Path::new(&format!("/proc/{pid}")).exists();
    };
    open.flatten().any(|entry| Identity::of(&entry.path()) == Some(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_in_the_order_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        let current = folder.path().join("access.jsonl");
        assert_eq!(all(&current).unwrap(), Vec::<PathBuf>::new());
        assert_eq!(next(&current).unwrap(), folder.path().join("access-000001.jsonl"));
        let names = [
            "access-1000000.jsonl",
            "access-000010.jsonl",
            "access-000009.jsonl",
            "access.jsonl",
            "access-00009.jsonl",
            "access-00000a.jsonl",
            "access-000011.jws",
            "checkpoints.jws",
        ];
        for name in names {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let found = all(&current).unwrap();
        let found: Vec<_> = found.iter().map(|one| one.file_name().unwrap()).collect();
        assert_eq!(found, [names[2], names[1], names[0], names[3]]);
        assert_eq!(next(&current).unwrap(), folder.path().join("access-1000001.jsonl"));
    }

    #[test]
    fn an_open_file_is_known_by_what_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let file = std::fs::File::create(&path).unwrap();
        let identity = Identity::of(&path).unwrap();
        std::fs::rename(&path, folder.path().join("b")).unwrap();
        assert!(has_open(std::process::id(), identity));
        drop(file);
        assert!(!has_open(std::process::id(), identity));
        assert!(!has_open(u32::MAX, identity));
    }
}
