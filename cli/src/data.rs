/*!
The data folder of one gateway: keys, records, holds, and what the running one says of itself.
Everything in it is for its owner alone.
*/

pub mod file;
pub mod keys;
pub mod pki;
pub mod run_file;

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

#[derive(Clone, Debug)]
pub struct DataDir {
    root: PathBuf,
}

impl DataDir {
    /// Made where it is missing.
    pub fn create(path: &Path) -> Result<Self> {
        let data = Self::at(path)?;
        file::create_folder(&data.root)?;
        Ok(data)
    }

    /// Of a gateway that was started before.
    pub fn open(path: &Path) -> Result<Self> {
        let data = Self::at(path)?;
        if !data.root.is_dir() {
            bail!(
                "there is no data folder `{}`; name the one of `gatehouse run` with --data",
                path.display()
            );
        }
        Ok(data)
    }

    fn at(path: &Path) -> Result<Self> {
        let root = std::path::absolute(path)
            .with_context(|| format!("`{}` cannot be a data folder", path.display()))?;
        Ok(Self { root })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }

    /// Envoy's configuration, log and admin socket.
    pub fn envoy(&self) -> PathBuf {
        self.root.join("envoy")
    }

    /// One line of JSON for each exchange.
    pub fn records(&self) -> PathBuf {
        self.root.join("records").join("access.jsonl")
    }

    /// Signed statements of how far the chains of records are, one in a line.
    pub fn checkpoints(&self) -> PathBuf {
        self.root.join("records").join("checkpoints.jws")
    }

    /// How many of these there are, as witnesses cosigned it last.
    pub fn tree_head(&self) -> PathBuf {
        self.root.join("records").join("tree-head")
    }

    pub fn database(&self) -> PathBuf {
        self.root.join("approval.sqlite")
    }

    /// What was read of the records, to be looked up.
    pub fn records_database(&self) -> PathBuf {
        self.root.join("records.sqlite")
    }

    /// Those that were in force, for whoever asks later why a call ended as it did.
    pub fn bundles(&self) -> PathBuf {
        self.root.join("bundles")
    }

    pub fn run_file(&self) -> PathBuf {
        self.root.join("run.json")
    }

    /// Only one gateway at a time. The lock goes when the process does, however it ends.
    pub fn lock(&self) -> Result<File> {
        let path = self.root.join("lock");
        let lock = file::open_private(&path)?;
        match lock.try_lock() {
            Ok(()) => Ok(lock),
            Err(TryLockError::WouldBlock) => bail!(
                "a gateway already runs on `{}`; stop it or choose another folder with --data",
                self.root.display()
            ),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("cannot lock `{}`", path.display()))
            }
        }
    }
}
