/*!
A witness of the log of checkpoints, whom its owner does not run: it cosigns a tree head only if that begins with
all that it cosigned before. Asked by the protocol of c2sp.org/tlog-witness.
*/

use std::fmt;

use anyhow::{Context, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::{StatusCode, Url};

use super::http::{Halt, Http, Until, below, shown};
use crate::store::Store;
use crate::tlog::tree::{Asked, Hashes};
use crate::tlog::{Purpose, Signed, TreeHead, Vkey};

/// Of an answer.
const LONGEST: usize = 64 * 1024;
/// How often it may know another size than it said: it hears of this log from all replicas.
const TRIES: usize = 5;
/// How far its clock may be from ours, in seconds.
const APART: u64 = 300;

/// Where it is, and by what it is known.
#[derive(Clone)]
pub struct Witness {
    pub url: Url,
    pub key: Vkey,
    /// Roots beside the system's, in PEM.
    pub ca: Option<Vec<u8>>,
}

impl Witness {
    /// # Errors
    ///
    /// The URL, the key or the roots cannot be used.
    pub fn new(url: &str, key: &str, ca: Option<Vec<u8>>) -> anyhow::Result<Self> {
        let url = crate::config::url(url).map_err(anyhow::Error::msg)?;
        let key: Vkey = key.parse()?;
        ensure!(key.purpose == Purpose::Witness, "`{key}` is the key of a log and of no witness");
        Http::new(ca.as_deref()).context("`ca`")?;
        Ok(Self { url, key, ca })
    }
}

impl fmt::Debug for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Witness({}, {})", self.key, shown(&self.url))
    }
}

pub struct Client {
    pub witness: Witness,
    http: Http,
    /// Of the log, as far as it is known to have seen it.
    size: u64,
}

/// A cosignature, as it came.
pub struct Answer {
    pub lines: String,
    /// By the witness' clock, in Unix seconds.
    pub at: u64,
}

impl Client {
    pub fn new(witness: Witness, until: Until, size: u64) -> anyhow::Result<Self> {
        let http = Http { until, ..Http::new(witness.ca.as_deref())? };
        Ok(Self { witness, http, size })
    }

    /// `None`: it has cosigned a newer one meanwhile, which another replica showed it.
    pub async fn cosign(
        &mut self,
        store: &dyn Store,
        (head, note, log): (&TreeHead, &Signed, &Vkey),
        now: u64,
    ) -> Result<Option<Answer>, Halt> {
        for _ in 0..TRIES {
            let old = self.size.min(head.size);
            let (status, body) = self.ask(store, head, note, old).await?;
            match status {
                StatusCode::OK => return self.taken(head, note, body, now).map(Some),
                StatusCode::CONFLICT => {
                    let has = size(&body).ok_or_else(|| unclear(status))?;
                    if has == old {
                        // It says so of a tree as long as its own, and of none that is longer.
                        return Err(if old == head.size { other(old) } else { unclear(status) });
                    }
                    if has > head.size {
                        return match is_known(store, has).await? {
                            true => Ok(None),
                            false => Err(rolled_back(has)),
                        };
                    }
                    self.size = has;
                }
                StatusCode::UNPROCESSABLE_ENTITY => return Err(other(old)),
                StatusCode::NOT_FOUND => {
                    return Err(Halt::Failed(format!(
                        "it does not know this log: give its operator the key {log}"
                    )));
                }
                StatusCode::FORBIDDEN => {
                    return Err(Halt::Failed(format!(
                        "it does not know this key of the log: give its operator {log}"
                    )));
                }
                status => return Err(unclear(status)),
            }
        }
        Err(Halt::Failed("it says another size each time".to_owned()))
    }

    async fn ask(
        &self,
        store: &dyn Store,
        head: &TreeHead,
        note: &Signed,
        old: u64,
    ) -> Result<(StatusCode, Vec<u8>), Halt> {
        let proof = match old > 0 {
            true => read(store, |hashes| hashes.consistency(head.size, old)).await?,
            false => Vec::new(),
        };
        let mut body = format!("old {old}\n");
        for hash in proof {
            body += &STANDARD.encode(hash.0);
            body.push('\n');
        }
        body += &format!("\n{note}");
        let request = self.http.client.post(below(&self.witness.url, "add-checkpoint")).body(body);
        self.http.sent(request, LONGEST).await
    }

    fn taken(
        &mut self,
        head: &TreeHead,
        note: &Signed,
        body: Vec<u8>,
        now: u64,
    ) -> Result<Answer, Halt> {
        let key = &self.witness.key;
        let lines = String::from_utf8(body).unwrap_or_default();
        let at = note
            .clone()
            .cosign(key, &lines)
            .ok_or_else(|| Halt::Failed(format!("its answer has no cosignature by {key}")))?;
        if at.abs_diff(now) > APART {
            return Err(Halt::Failed(format!("its clock says {at}, and ours {now}")));
        }
        self.size = head.size;
        Ok(Answer { lines, at })
    }
}

/// What is asked of the tree, with the hashes that the database has of it.
pub async fn read<T>(store: &dyn Store, ask: impl Fn(&Hashes) -> Asked<T>) -> Result<T, Halt> {
    let mut hashes = Hashes::default();
    let wanted = match ask(&hashes) {
        Ok(said) => return Ok(said),
        Err(wanted) => wanted,
    };
    let read = store.log_hashes(&wanted).await;
    hashes.know(read.map_err(|error| Halt::Failed(format!("the database: {error}")))?);
    ask(&hashes).map_err(|_| Halt::Failed("the database lacks hashes of the tree".to_owned()))
}

async fn is_known(store: &dyn Store, number: u64) -> Result<bool, Halt> {
    let found = store.checkpoints(number - 1, 1).await;
    let found = found.map_err(|error| Halt::Failed(format!("the database: {error}")))?;
    Ok(found.first().is_some_and(|one| one.number == number))
}

fn size(body: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(body).ok()?;
    text.strip_suffix('\n').unwrap_or(text).parse().ok()
}

fn other(size: u64) -> Halt {
    Halt::Differs(format!(
        "it cosigned another tree of {size} checkpoints: the database was changed or rolled back"
    ))
}

fn rolled_back(size: u64) -> Halt {
    Halt::Differs(format!(
        "it cosigned {size} checkpoints, and the database has less: the database was rolled back"
    ))
}

fn unclear(status: StatusCode) -> Halt {
    Halt::Failed(format!("its answer was {}", status.as_u16()))
}
