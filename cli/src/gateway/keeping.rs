/*! Keeps records while the gateway runs: takes them into the store as Envoy writes them, puts a file away that is
long enough, and removes what is old. */

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use approval::records::store::RecordStore;
use policy::record::checkpoint::{Note, OutOf};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::data::file::open_private;
use crate::process::admin;
use crate::records::files::{self, Identity};
use crate::records::follow::Follower;
use crate::records::removing::{self, Keep, Removed};

const LOOK_EVERY: Duration = Duration::from_millis(200);
const REMOVE_EVERY: Duration = Duration::from_secs(60);

/// How files of records are put away, and how long they stay.
#[derive(Clone, Copy, Debug)]
pub struct Rotation {
    /// A file of so many bytes is put away; 0: never.
    pub bytes: u64,
    pub keep: Keep,
}

pub struct Keeper {
    /// 0 while no Envoy runs.
    envoy: Arc<AtomicU32>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Keeping>,
}

struct Keeping {
    current: PathBuf,
    admin: PathBuf,
    rotation: Rotation,
    follower: Follower,
    envoy: Arc<AtomicU32>,
    /// Hears what was removed.
    noting: Box<dyn Fn(Vec<Note>) + Send>,
    /// Envoy was not told yet that its file was put away.
    untold: bool,
    /// Said once and not five times a second.
    told: Option<String>,
}

impl Keeper {
    pub async fn start(
        current: &Path,
        admin: &Path,
        store: Arc<dyn RecordStore>,
        rotation: Rotation,
        noting: impl Fn(Vec<Note>) + Send + 'static,
    ) -> Result<Self> {
        let envoy: Arc<AtomicU32> = Arc::default();
        let follower = Follower::new(current, store).await.context("the store of records")?;
        let mut keeping = Keeping {
            current: current.to_owned(),
            admin: admin.to_owned(),
            rotation,
            follower,
            envoy: envoy.clone(),
            noting: Box::new(noting),
            untold: false,
            told: None,
        };
        let (stop, mut stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            let mut removed = Instant::now();
            loop {
                let all = removed.elapsed() >= REMOVE_EVERY;
                if all {
                    removed = Instant::now();
                }
                let looked = keeping.look(all).await;
                keeping.tell(looked);
                tokio::select! {
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                    _ = &mut stopped => return keeping,
                }
            }
        });
        Ok(Self { envoy, stop, task })
    }

    pub fn envoy(&self, pid: u32) {
        self.envoy.store(pid, Ordering::SeqCst);
    }

    /// After Envoy ended: takes all that it left.
    pub async fn end(self) -> Result<()> {
        let _ = self.stop.send(());
        let mut keeping = self.task.await.context("records were not kept")?;
        keeping.follower.catch_up(None).await
    }
}

impl Keeping {
    async fn look(&mut self, all: bool) -> Result<()> {
        // Under load there is always more to take: no file grows for that.
        loop {
            self.rotate().await?;
            let envoy = self.envoy.load(Ordering::SeqCst);
            if !self.follower.step((envoy != 0).then_some(envoy)).await? {
                break;
            }
        }
        if all {
            let taken = self.follower.taken()?;
            let mut removed = Removed::new();
            let done = removing::remove(&self.current, &taken, self.rotation.keep, &mut removed);
            let at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
            let note = |(chain, pruned_to)| Note {
                chain,
                pruned_to,
                out_of: OutOf::Files,
                at,
                ..Note::default()
            };
            (self.noting)(removed.into_iter().map(note).collect());
            done?;
        }
        Ok(())
    }

    /// Renamed, so that nothing is lost whoever ends when: Envoy goes on in it until it was told.
    async fn rotate(&mut self) -> Result<()> {
        if self.envoy.load(Ordering::SeqCst) == 0 {
            return Ok(());
        }
        let long = std::fs::metadata(&self.current).map_or(0, |file| file.len());
        if !self.untold && self.rotation.bytes > 0 && long >= self.rotation.bytes {
            put_away(&self.current)?;
            self.untold = true;
        }
        // Put away by an erasure that could not wait for Envoy.
        let envoy = self.envoy.load(Ordering::SeqCst);
        self.untold |= long == 0 && writes_the_last(&self.current, envoy)?;
        if self.untold {
            admin::reopen_logs(&self.admin).await.context("Envoy keeps its old file")?;
            self.untold = false;
        }
        Ok(())
    }

    fn tell(&mut self, looked: Result<()>) {
        match looked {
            Ok(()) => self.told = None,
            Err(error) => {
                let text = format!("{error:#}");
                if self.told.as_ref() != Some(&text) {
                    eprintln!("warning: records are not kept for now: {text}");
                }
                self.told = Some(text);
            }
        }
    }
}

/// Whether Envoy still writes what was put away last.
fn writes_the_last(current: &Path, envoy: u32) -> Result<bool> {
    let away = files::put_away(current).context("cannot list the files of records")?;
    let last = away.last().and_then(|(_, path)| Identity::of(path));
    Ok(last.is_some_and(|last| files::has_open(envoy, last)))
}

/// It is begun anew; whoever writes to it goes on in the old one until it is told.
pub fn put_away(current: &Path) -> Result<()> {
    let next = files::next(current)?;
    ensure!(!next.exists(), "`{}` is there already", next.display());
    let away = || format!("cannot put `{}` away", current.display());
    std::fs::rename(current, &next).with_context(away)?;
    // Envoy would make it readable for all.
    open_private(current)?;
    Ok(())
}

/// How far the records are.
#[derive(Clone, Copy, Debug)]
pub struct Mark(Option<(Identity, u64)>);

impl Mark {
    pub fn now(current: &Path) -> Self {
        let file = std::fs::metadata(current).ok();
        Self(file.map(|file| (Identity::from(&file), file.len())))
    }

    /// What was written since: files, and from where on.
    pub fn since(&self, current: &Path) -> std::io::Result<Vec<(PathBuf, u64)>> {
        let all = files::all(current)?;
        let Some((identity, long)) = self.0 else {
            return Ok(all.into_iter().map(|path| (path, 0)).collect());
        };
        let begin = all.iter().position(|path| Identity::of(path) == Some(identity));
        let files = all.into_iter().skip(begin.unwrap_or(0)).enumerate();
        Ok(files
            .map(|(at, path)| (path, if at == 0 && begin.is_some() { long } else { 0 }))
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_writes_what_was_put_away_was_not_told() {
        let folder = tempfile::tempdir().unwrap();
        let current = folder.path().join("access.jsonl");
        let written = open_private(&current).unwrap();
        let own = std::process::id();
        assert!(!writes_the_last(&current, own).unwrap());
        put_away(&current).unwrap();
        assert!(writes_the_last(&current, own).unwrap());
        drop(written);
        assert!(!writes_the_last(&current, own).unwrap());
    }
}
