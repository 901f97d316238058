/*!
Has witnesses cosign how long the log of checkpoints is, and keeps the newest tree head that enough of them
cosigned. No checkpoint waits for it.
*/

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::anchoring::{LAST, longer};
use super::health::News;
use super::http::{Halt, Until};
use super::log::{LogState, Witnessed, Witnessing};
use super::witness::{Answer, Client, Witness, read};
use crate::holds::Holds;
use crate::store::{Cosigned, Store};
use crate::tlog::{Signed, TreeHead, Vkey};

/// How often a log that does not grow is cosigned once more, so that nobody takes it for one that was rolled back.
const AGAIN: u64 = 3600;
/// Looks for what is new.
const PACE: Duration = Duration::from_secs(5);

/// What it takes to ask them.
struct Asking {
    made: Witnessing,
    log: Vkey,
    clients: Vec<Client>,
    /// When this replica asked them last, in Unix seconds. Not yet: then they are asked though nothing is new, for the
    /// database may have been put back.
    asked: Option<u64>,
}

impl Holds {
    /// `None`: no witness is asked.
    pub async fn log_state(&self) -> Result<Option<LogState>, crate::store::StoreError> {
        let Some((made, log)) = self.log() else { return Ok(None) };
        let head = self.store.tree_head(&made.origin).await?;
        let mut witnesses = self.chains.witnessed.get().clone();
        if witnesses.is_empty() {
            witnesses = made.witnesses.iter().map(Witnessed::of).collect();
        }
        Ok(Some(LogState { vkey: log, head, witnesses }))
    }

    /// Until the service stops; what is signed then is shown to them by `last_witnessing`.
    pub async fn keep_witnessing(&self) {
        let Some(mut asking) = self.asking(Until::Stop(self.wake.clone())).await else { return };
        let pace = self.checkpointing.as_ref().map_or(PACE, |made| made.every.min(PACE));
        let pace = pace.min(asking.made.every);
        let mut pause = pace;
        loop {
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.wake.stopped() => return,
            }
            pause = match self.witness(&mut asking, false).await {
                Ok(true) => pace,
                Ok(false) => longer(pause),
                Err(Halt::Stopped) => return,
                Err(Halt::Failed(why) | Halt::Differs(why)) => {
                    tracing::error!("the log of checkpoints is shown to no witness: {why}");
                    longer(pause)
                }
            };
        }
    }

    /// Of the last checkpoint, as far as it can be done in little time.
    pub async fn last_witnessing(&self) {
        let until = Until::At(Instant::now() + LAST);
        let Some(mut asking) = self.asking(until).await else { return };
        if let Err(Halt::Failed(why) | Halt::Differs(why)) = self.witness(&mut asking, true).await {
            tracing::error!("the last checkpoint is shown to no witness: {why}");
        }
    }

    fn log(&self) -> Option<(&Witnessing, Vkey)> {
        let made = self.checkpointing.as_ref()?;
        let witnessing = made.witnessing.as_ref()?;
        Some((witnessing, made.key.vkey(&witnessing.origin).ok()?))
    }

    async fn asking(&self, until: Until) -> Option<Asking> {
        let (made, log) = self.log()?;
        let head = self.store.tree_head(&made.origin).await.ok().flatten();
        let size = head.map_or(0, |head| head.size);
        let client = |witness: &Witness| Client::new(witness.clone(), until.clone(), size);
        let clients = made.witnesses.iter().map(client).collect::<anyhow::Result<_>>();
        let mut state = self.chains.witnessed.get();
        if state.is_empty() {
            *state = made.witnesses.iter().map(Witnessed::of).collect();
        }
        match clients {
            Ok(clients) => Some(Asking { made: made.clone(), log, clients, asked: None }),
            Err(error) => {
                tracing::error!("no witness is asked: {error:#}");
                None
            }
        }
    }

    /// Whether enough of them cosigned, or nobody had to be asked. `last`: all that is new counts.
    async fn witness(&self, asking: &mut Asking, last: bool) -> Result<bool, Halt> {
        let store = self.store.as_ref();
        let size = self.grown().await?;
        let Witnessing { origin, every, quorum, file, .. } = &asking.made.clone();
        let kept = store.tree_head(origin).await.map_err(|error| database(&error))?;
        let now = self.clock.now();
        let every = every.as_secs();
        let news = kept.as_ref().and_then(|kept| size_of(kept, &asking.log)) != Some(size);
        let is_due = match last {
            true => news || kept.is_some_and(|kept| now.abs_diff(kept.at) >= AGAIN),
            false => is_due(news, asking.asked, now, every),
        };
        if size == 0 || !is_due {
            return Ok(true);
        }
        let root = read(store, |hashes| hashes.root(size)).await?;
        let head = TreeHead { origin: origin.clone(), size, root };
        let key = self.checkpointing.as_ref().map(|made| &made.key);
        let signed = key.context("no key").and_then(|key| head.signed(key));
        let mut note = signed.map_err(|error| Halt::Failed(format!("{error:#}")))?;
        let mut count = 0;
        for (at, answer) in self.ask(asking, &head, &note).await {
            self.hear(at, size, &answer)?;
            if let Ok(Some(answer)) = answer {
                let cosigned = note.cosign(&asking.made.witnesses[at].key, &answer.lines);
                count += usize::from(cosigned.is_some());
            }
        }
        asking.asked = (count >= *quorum).then_some(now);
        if count < *quorum {
            return Ok(false);
        }
        let kept = Cosigned { size, note: note.to_string(), at: now };
        store.keep_tree_head(origin, &kept).await.map_err(|error| database(&error))?;
        if let Some(file) = file
            && let Err(error) = written(file, &kept.note).await
        {
            tracing::error!("the tree head cannot be written to `{}`: {error:#}", file.display());
        }
        Ok(true)
    }

    /// All at a time: one that does not answer holds up no other.
    async fn ask(
        &self,
        asking: &mut Asking,
        head: &TreeHead,
        note: &Signed,
    ) -> Vec<(usize, Result<Option<Answer>, Halt>)> {
        let mut asked = JoinSet::new();
        for (at, mut client) in std::mem::take(&mut asking.clients).into_iter().enumerate() {
            let (store, clock): (Arc<dyn Store>, _) = (self.store.clone(), self.clock.clone());
            let (head, note, log) = (head.clone(), note.clone(), asking.log.clone());
            asked.spawn(async move {
                let shown = (&head, &note, &log);
                let answer = client.cosign(store.as_ref(), shown, clock.now()).await;
                (at, client, answer)
            });
        }
        let mut answers = asked.join_all().await;
        answers.sort_by_key(|(at, ..)| *at);
        let split = |(at, client, answer)| (client, (at, answer));
        let (clients, answers) = answers.into_iter().map(split).unzip();
        asking.clients = clients;
        answers
    }

    /// Takes all checkpoints into the tree; how many there are.
    async fn grown(&self) -> Result<u64, Halt> {
        loop {
            let (size, all) = self.store.grow_log().await.map_err(|error| database(&error))?;
            if all {
                return Ok(size);
            }
            if self.wake.is_stopped() {
                return Err(Halt::Stopped);
            }
        }
    }

    fn hear(
        &self,
        at: usize,
        size: u64,
        answer: &Result<Option<Answer>, Halt>,
    ) -> Result<(), Halt> {
        if matches!(answer, Err(Halt::Stopped)) {
            return Err(Halt::Stopped);
        }
        let mut state = self.chains.witnessed.get();
        let Some(witness) = state.get_mut(at) else { return Ok(()) };
        if let Ok(Some(answer)) = answer {
            (witness.size, witness.at) = (size, answer.at);
        }
        let news = witness.health.hear(answer, self.clock.now());
        let (name, url) = (&witness.name, &witness.url);
        match news {
            Some(News::Well) => tracing::info!(name, url, size, "the witness cosigns again"),
            Some(News::Failing(why)) => {
                tracing::warn!(name, url, size, "a witness does not cosign: {why}");
            }
            Some(News::Differs(why)) => {
                tracing::error!(name, url, size, "a witness of the checkpoints: {why}");
            }
            None => {}
        }
        Ok(())
    }
}

/// By this replica's own memory: whoever writes the database could put the time of the last one off for ever.
fn is_due(news: bool, asked: Option<u64>, now: u64, every: u64) -> bool {
    asked.is_none_or(|asked| {
        let since = now.abs_diff(asked);
        news && since >= every || since >= AGAIN
    })
}

/// What the log signed, whatever stands beside it.
fn size_of(kept: &Cosigned, log: &Vkey) -> Option<u64> {
    let note = Signed::read(&kept.note).ok().filter(|note| note.is_signed_by(log))?;
    TreeHead::read(&note.text).map(|head| head.size)
}

fn database(error: &crate::store::StoreError) -> Halt {
    Halt::Failed(format!("the database: {error}"))
}

/// In the place of the one before; whoever reads has one of both.
async fn written(file: &Path, note: &str) -> anyhow::Result<()> {
    let (file, note) = (file.to_owned(), note.to_owned());
    let write = move || {
        let new = file.with_extension("new");
        std::fs::write(&new, note)?;
        std::fs::rename(new, file)
    };
    Ok(tokio::task::spawn_blocking(write).await.context("cut off")??)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_asked_for_what_is_new_and_now_and_then() {
        let due = |news, asked| is_due(news, asked, 10_000, 60);
        assert!(due(false, None) && due(true, None));
        assert!(!due(true, Some(9_950)) && due(true, Some(9_940)));
        assert!(!due(false, Some(9_000)) && due(false, Some(10_000 - AGAIN)));
        // A clock that was set back.
        assert!(due(true, Some(10_060)));
    }
}
