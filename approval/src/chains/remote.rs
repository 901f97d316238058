/*!
An anchor on another host: each checkpoint is an object of its own that is only ever put where none is, in the order of
their numbers. A bucket whose objects nobody can take back, or any server that knows `If-None-Match: *`.
*/

use std::fmt;

use anyhow::{Context, bail, ensure};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH};
use reqwest::{RequestBuilder, StatusCode, Url};

pub use super::http::{Halt, shown};
use super::http::{Http, Until, below};
use crate::store::{Signed, Store};

/// At a time: each may have half a megabyte.
const BATCH: u32 = 10;
/// Of what is there in the place of a checkpoint.
const LONGEST: usize = 8 * 1024 * 1024;
/// Of a tree head with its cosignatures.
const LONGEST_HEAD: usize = 64 * 1024;
/// Of a signed checkpoint, which has two digests and a signature.
const SHORTEST: usize = 256;
/// Of all checkpoints at one place: those of some years are a tenth of it.
const MOST_READ: usize = 4 * 1024 * 1024 * 1024;

/// Where checkpoints are put, and what is said there of who puts them.
#[derive(Clone)]
pub struct HttpAnchor {
    pub url: Url,
    pub headers: HeaderMap,
    /// Roots beside the system's, in PEM.
    pub ca: Option<Vec<u8>>,
}

impl HttpAnchor {
    /// # Errors
    ///
    /// The URL is none that secrets may be sent to, or something cannot be sent.
    pub fn new<'h>(
        url: &str,
        headers: impl IntoIterator<Item = (&'h str, &'h str)>,
        ca: Option<Vec<u8>>,
    ) -> anyhow::Result<Self> {
        let url = crate::config::url(url).map_err(anyhow::Error::msg)?;
        let headers = headers.into_iter().map(|(name, value)| header(name, value));
        let anchor = Self { url, headers: headers.collect::<anyhow::Result<_>>()?, ca };
        Remote::new(anchor.clone()).context("`ca`")?;
        Ok(anchor)
    }
}

impl fmt::Debug for HttpAnchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpAnchor").field("url", &shown(&self.url)).finish_non_exhaustive()
    }
}

/// Of one checkpoint: its number has twenty digits, so that a list is in their order.
fn object(anchor: &Url, number: u64) -> Url {
    below(anchor, &format!("{number:020}.jws"))
}

pub struct Remote {
    anchor: HttpAnchor,
    http: Http,
    /// All up to this one are there; `None`: nobody looked yet.
    taken: Option<u64>,
    /// That what is there may not be read is told once.
    told: bool,
}

/// All that are there, in order, for whoever verifies.
///
/// # Errors
///
/// It cannot be read.
pub async fn fetched(anchor: HttpAnchor) -> anyhow::Result<Vec<String>> {
    let place = shown(&anchor.url);
    let remote = Remote::new(anchor)?;
    let mut all: Vec<String> = Vec::new();
    let mut bytes_read = 0;
    loop {
        let number = all.len() as u64 + 1;
        ensure!(bytes_read <= MOST_READ, "`{place}` has more than anybody's checkpoints");
        match remote.get(number).await {
            Ok(There::Nothing) => return Ok(all),
            Ok(There::These(bytes)) => {
                let text = String::from_utf8_lossy(bytes.trim_ascii_end()).into_owned();
                // One that is none of ours is a line of its own, too.
                let text = text.replace(['\n', '\r'], " ");
                // A short one is none of ours, and there could be milliards of them.
                bytes_read += text.len().max(SHORTEST);
                // A host that has a page for whatever it is asked for would never end.
                ensure!(
                    all.last() != Some(&text),
                    "`{place}` says the same of {number} as of the one before: it is no place of checkpoints"
                );
                all.push(text);
            }
            Ok(There::Unknown) => bail!("`{place}` may not be read; its answer was 403 or 405"),
            Err(Halt::Failed(why) | Halt::Differs(why)) => bail!("cannot read `{place}`: {why}"),
            Err(Halt::Stopped) => bail!("cut off"),
        }
    }
}

/// The tree head that a service serves, or that somebody keeps, for whoever verifies.
///
/// # Errors
///
/// It cannot be read.
pub async fn tree_head_at(place: HttpAnchor) -> anyhow::Result<String> {
    let shown = shown(&place.url);
    let http = Http::new(place.ca.as_deref())?;
    let request = http.client.get(place.url).headers(place.headers);
    match http.sent(request, LONGEST_HEAD).await {
        Ok((StatusCode::OK, bytes)) => {
            String::from_utf8(bytes).ok().with_context(|| format!("`{shown}` is no text"))
        }
        Ok((status, _)) => bail!("`{shown}` cannot be read: its answer was {}", status.as_u16()),
        Err(Halt::Failed(why) | Halt::Differs(why)) => bail!("cannot read `{shown}`: {why}"),
        Err(Halt::Stopped) => bail!("cut off"),
    }
}

enum There {
    Nothing,
    These(Vec<u8>),
    /// It may not be read.
    Unknown,
}

impl Remote {
    /// # Errors
    ///
    /// The roots cannot be used.
    pub fn new(anchor: HttpAnchor) -> anyhow::Result<Self> {
        let http = Http::new(anchor.ca.as_deref())?;
        Ok(Self { anchor, http, taken: None, told: false })
    }

    /// `taken`: what is known to be there.
    pub fn until(mut self, until: Until, taken: Option<u64>) -> Self {
        self.http.until = until;
        self.taken = taken;
        self
    }

    pub fn taken(&self) -> Option<u64> {
        self.taken
    }

    /// Puts all that is not there yet.
    pub async fn catch_up(&mut self, store: &dyn Store) -> Result<(), Halt> {
        let mut taken = match self.taken {
            Some(taken) => taken,
            None => self.find(store).await?,
        };
        self.taken = Some(taken);
        loop {
            let next = stored(store, taken, BATCH).await?;
            let Some(last) = next.last().map(|one| one.number) else { return Ok(()) };
            let put = self.put_all(&next).await;
            if self.taken > Some(taken) {
                let anchor = shown(&self.anchor.url);
                let kept = store.keep_anchored(&anchor, self.taken.unwrap_or(0)).await;
                kept.map_err(|error| Halt::Failed(format!("the database: {error}")))?;
            }
            put?;
            taken = last;
        }
    }

    async fn put_all(&mut self, all: &[Signed]) -> Result<(), Halt> {
        for one in all {
            self.put(one).await?;
            self.taken = Some(one.number);
        }
        Ok(())
    }

    /// The last that is there, by few looks: they were put in order.
    async fn find(&self, store: &dyn Store) -> Result<u64, Halt> {
        if matches!(self.get(1).await?, There::Unknown) {
            return self.noted(store).await;
        }
        let (mut there, mut step) = (0_u64, 1_u64);
        while self.is_there(store, there + step).await? {
            there += step;
            step *= 2;
        }
        while step > 1 {
            step /= 2;
            if self.is_there(store, there + step).await? {
                there += step;
            }
        }
        Ok(there)
    }

    /// Nobody can look: as far as was noted, if the database has as many.
    async fn noted(&self, store: &dyn Store) -> Result<u64, Halt> {
        let noted = store.anchored(&shown(&self.anchor.url)).await;
        let noted = noted.map_err(|error| Halt::Failed(format!("the database: {error}")))?;
        let own = stored(store, noted.saturating_sub(1), 1).await?.pop();
        Ok(own.filter(|own| own.number == noted).map_or(0, |own| own.number))
    }

    /// The very one that the database has.
    async fn is_there(&self, store: &dyn Store, number: u64) -> Result<bool, Halt> {
        let own = stored(store, number - 1, 1).await?.pop().filter(|own| own.number == number);
        match (self.get(number).await?, own) {
            (There::Nothing | There::Unknown, _) => Ok(false),
            (There::These(bytes), Some(own)) if is_one(&bytes, &own) => Ok(true),
            (There::These(_), Some(_)) => Err(differs(number)),
            (There::These(_), None) => Err(Halt::Differs(format!(
                "it has checkpoint {number}, which the database has not: the database was rolled back"
            ))),
        }
    }

    async fn put(&mut self, one: &Signed) -> Result<(), Halt> {
        let request = self.http.client.put(object(&self.anchor.url, one.number));
        let request = request
            .header(IF_NONE_MATCH, "*")
            .header(CONTENT_TYPE, "application/jose")
            .body(one.jws.clone());
        let status = self.sent(request).await?.0;
        match status {
            _ if status.is_success() => Ok(()),
            // Another replica may have put it, or an answer got lost.
            StatusCode::PRECONDITION_FAILED => match self.get(one.number).await? {
                There::These(bytes) if is_one(&bytes, one) => Ok(()),
                There::These(_) => Err(differs(one.number)),
                There::Unknown => {
                    if !std::mem::replace(&mut self.told, true) {
                        let number = one.number;
                        tracing::warn!(
                            number,
                            "what the anchor has there may not be read, so nobody compares it"
                        );
                    }
                    Ok(())
                }
                There::Nothing => Err(Halt::Failed("it says 412, and nothing is there".to_owned())),
            },
            other => Err(Halt::Failed(format!("its answer was {}", other.as_u16()))),
        }
    }

    async fn get(&self, number: u64) -> Result<There, Halt> {
        let (status, bytes) =
            self.sent(self.http.client.get(object(&self.anchor.url, number))).await?;
        match status {
            StatusCode::NOT_FOUND => Ok(There::Nothing),
            // Whoever may only write.
            StatusCode::FORBIDDEN | StatusCode::METHOD_NOT_ALLOWED => Ok(There::Unknown),
            // One that is too long is none of ours, whatever it is.
            status if status.is_success() => Ok(There::These(bytes)),
            status => Err(Halt::Failed(format!("its answer was {}", status.as_u16()))),
        }
    }

    async fn sent(&self, request: RequestBuilder) -> Result<(StatusCode, Vec<u8>), Halt> {
        self.http.sent(request.headers(self.anchor.headers.clone()), LONGEST).await
    }
}

/// As `NAME: VALUE` is sent; the value is a secret, and no error has it.
pub fn header(name: &str, value: &str) -> anyhow::Result<(HeaderName, HeaderValue)> {
    let shown: String = name.chars().take(100).flat_map(char::escape_debug).collect();
    let parsed = HeaderName::from_bytes(name.as_bytes());
    let parsed = parsed.ok().with_context(|| format!("`{shown}` is no name of a header"))?;
    ensure!(
        ![IF_NONE_MATCH, CONTENT_TYPE].contains(&parsed),
        "the header `{shown}` is the program's own"
    );
    let value = HeaderValue::from_str(value).ok();
    let mut value = value.with_context(|| format!("the header `{shown}` cannot be sent"))?;
    value.set_sensitive(true);
    Ok((parsed, value))
}

/// A server may end it with a line end.
fn is_one(bytes: &[u8], own: &Signed) -> bool {
    bytes.trim_ascii_end() == own.jws.as_bytes()
}

fn differs(number: u64) -> Halt {
    Halt::Differs(format!(
        "its checkpoint {number} is not that of the database: one of both was changed or rolled back"
    ))
}

async fn stored(store: &dyn Store, after: u64, limit: u32) -> Result<Vec<Signed>, Halt> {
    let stored = store.checkpoints(after, limit).await;
    stored.map_err(|error| Halt::Failed(format!("the database: {error}")))
}
