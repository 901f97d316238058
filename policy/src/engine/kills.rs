/*!
Whom the kill switch stops, as the approval service last said. It stays said until each kill's own end: a service
that is away lifts nothing. A worker that begins anew finds it in a sealed note of Envoy's shared data, where any plugin
with the same `vm_id` can write, and asks the service at once.
*/

use std::collections::HashMap;

use hmac_sha256::HMAC;

use crate::delivery::Board;
use crate::digest::{hex, same};
use crate::exchange::Now;
use crate::kill::{KILLS_EVERY_MS, KILLS_MAX, Kill, Kills, Whom};

const SEAL: usize = 32;
/// Of what the service names its list by.
const LONGEST_ETAG: usize = 128;

/// What came of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Nothing that was not known, or less.
    Nothing,
    /// Somebody more is killed.
    More,
    /// The service did not say; what was said before holds. `first`: it did the last time.
    Unheard { first: bool },
}

pub struct Killed {
    key: [u8; 32],
    note: String,
    /// By the key of whom each is of.
    known: HashMap<String, Kill>,
    /// Of the list that those are.
    etag: Option<String>,
    asked_ms: Option<u64>,
    unheard: bool,
    board: Option<Box<dyn Board>>,
}

impl Killed {
    pub fn new(secret: &[u8]) -> Self {
        let key = HMAC::mac(b"gatehouse kills", secret);
        let name = hex(&HMAC::mac(b"name", key));
        Self {
            key,
            note: format!("gatehouse-kills-{}", name.get(..16).unwrap_or_default()),
            known: HashMap::new(),
            etag: None,
            asked_ms: None,
            unheard: false,
            board: None,
        }
    }

    /// Until then this worker knows only what itself has heard.
    pub fn share(&mut self, board: Box<dyn Board>) {
        let told = board.get(&self.note).0.and_then(|value| self.opened(&value));
        self.board = Some(board);
        self.known = told.map(by_key).unwrap_or_default();
    }

    /// Whether the service is to be asked now.
    pub fn due(&self, now: Now) -> bool {
        self.asked_ms.is_none_or(|asked| now.unix_ms.abs_diff(asked) >= KILLS_EVERY_MS)
    }

    /// Now it is; what it last said has that name, where it was this worker that heard it.
    pub fn asks(&mut self, now: Now) -> Option<&str> {
        self.asked_ms = Some(now.unix_ms);
        let known = self.known.len();
        self.known.retain(|_, kill| kill.until > now.seconds());
        // By the service's clock it may not be over yet: then it is to say so once more.
        if self.known.len() < known {
            self.etag = None;
        }
        self.etag.as_deref()
    }

    pub fn answered(&mut self, status: u32, etag: Option<&str>, body: &[u8]) -> Heard {
        let said = (status == 200).then(|| read(body)).flatten();
        let first = !self.unheard;
        self.unheard = said.is_none() && !(status == 304 && self.etag.is_some());
        if self.unheard {
            return Heard::Unheard { first };
        }
        let Some(said) = said else { return Heard::Nothing };
        self.etag = etag.filter(|etag| etag.len() <= LONGEST_ETAG).map(str::to_owned);
        let said = match said.stale {
            false => by_key(said),
            true => {
                self.etag = None;
                let known = self.known.values().cloned().chain(said.kills).collect();
                by_key(Kills { kills: known, ..Kills::default() })
            }
        };
        if said == self.known {
            return Heard::Nothing;
        }
        let more = said.keys().any(|key| !self.known.contains_key(key));
        self.known = said;
        self.tell();
        if more { Heard::More } else { Heard::Nothing }
    }

    /// What stops a principal or its token, by the keys that both have in records.
    pub fn of(&self, caller: &str, token: &str) -> Option<&Kill> {
        if self.known.is_empty() {
            return None;
        }
        self.known.get(caller).or_else(|| self.known.get(token))
    }

    fn tell(&mut self) {
        let kills = Kills { kills: self.known.values().cloned().collect(), ..Kills::default() };
        let text = serde_json::to_vec(&kills).unwrap_or_default();
        let value = [HMAC::mac(&text, self.key).as_slice(), &text].concat();
        if let Some(board) = &mut self.board {
            board.set(&self.note, &value, None);
        }
    }

    fn opened(&self, value: &[u8]) -> Option<Kills> {
        let (seal, text) = value.split_at_checked(SEAL)?;
        if same(&HMAC::mac(text, self.key), seal) { read(text) } else { None }
    }
}

fn read(text: &[u8]) -> Option<Kills> {
    let kills: Kills = serde_json::from_slice(text).ok()?;
    (kills.kills.len() <= KILLS_MAX).then_some(kills)
}

/// Of two for one the one that ends later. What is no key stops nobody: an empty one is that of all who have none.
fn by_key(Kills { mut kills, .. }: Kills) -> HashMap<String, Kill> {
    kills.retain(|kill| Whom::named(kill.whom.key()).as_ref() == Some(&kill.whom));
    kills.sort_by_key(|kill| kill.until);
    kills.into_iter().map(|kill| (kill.whom.key().to_owned(), kill)).collect()
}

#[cfg(test)]
mod tests;
