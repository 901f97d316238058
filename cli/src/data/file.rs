/*! Files for the owner alone (0600, folders 0700), each there whole or not at all. */

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// With its parents, which are made for the owner alone too.
pub fn create_folder(path: &Path) -> Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .with_context(|| format!("cannot make the folder `{}`", path.display()))
}

/// For appending; its content stays.
pub fn open_private(path: &Path) -> Result<File> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("cannot open `{}`", path.display()))
}

/// A new one: what is there already is left alone.
pub fn create_private(path: &Path) -> Result<File> {
    OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("cannot make `{}`", path.display()))
}

/// Makes sure it is there, for those who would make it readable for all.
pub fn private(path: PathBuf) -> Result<PathBuf> {
    open_private(&path)?;
    Ok(path)
}

/// Takes the place of what was there in one step.
pub fn replace(path: &Path, content: &[u8]) -> Result<()> {
    let temporary = write_beside(path, content)?;
    std::fs::rename(&temporary, path).with_context(|| format!("cannot write `{}`", path.display()))
}

/// What the file holds, after filling it by `make` if it was not there. Whoever comes second of
/// two at once gets what the first one made.
pub fn create_once(path: &Path, make: impl FnOnce() -> Result<Vec<u8>>) -> Result<Vec<u8>> {
    match std::fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        read => return read.with_context(|| format!("cannot read `{}`", path.display())),
    }
    let content = make()?;
    let temporary = write_beside(path, &content)?;
    // Unlike a rename, a link does not replace.
    let linked = std::fs::hard_link(&temporary, path);
    std::fs::remove_file(&temporary)
        .with_context(|| format!("cannot remove `{}`", temporary.display()))?;
    match linked {
        Ok(()) => Ok(content),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))
        }
        Err(error) => Err(error).with_context(|| format!("cannot write `{}`", path.display())),
    }
}

/// No error if it is not there.
pub fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove `{}`", path.display()))
        }
        _ => Ok(()),
    }
}

fn write_beside(path: &Path, content: &[u8]) -> Result<PathBuf> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}.{}", crate::random::hex::<8>()?));
    let mut file = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(&temporary)
        .with_context(|| format!("cannot write `{}`", temporary.display()))?;
    file.write_all(content)
        .and_then(|()| file.sync_all())
        .with_context(|| format!("cannot write `{}`", temporary.display()))?;
    Ok(temporary)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::{create_folder, create_once, replace};

    #[test]
    fn files_are_the_owners_and_made_once() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("a/b");
        create_folder(&folder).unwrap();
        let path = folder.join("key");
        assert_eq!(create_once(&path, || Ok(b"first".to_vec())).unwrap(), b"first");
        assert_eq!(create_once(&path, || Ok(b"second".to_vec())).unwrap(), b"first");
        replace(&path, b"third").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"third");

        let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&path)), (0o700, 0o600));
        let left: Vec<_> = std::fs::read_dir(&folder).unwrap().collect();
        assert_eq!(left.len(), 1, "temporary files are gone");
    }

    #[test]
    fn of_many_at_once_all_get_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let make = |n: u8| create_once(&path, || Ok(vec![n])).unwrap();
        let made: Vec<Vec<u8>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|n| scope.spawn(move || make(n))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(made.iter().all(|one| *one == made[0]), "{made:?}");
    }
}
