/*!
An anchor on another host: each checkpoint is an object of its own that is only ever put where none is, in the order of
their numbers. A bucket whose objects nobody can take back, or any server that knows `If-None-Match: *`.
*/

use std::fmt;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, RequestBuilder, StatusCode, Url};

use crate::store::{Signed, Store};

const CONNECT: Duration = Duration::from_secs(5);
const WHOLE: Duration = Duration::from_secs(20);
/// At a time: each may have half a megabyte.
const BATCH: u32 = 10;
/// Of what is there in the place of a checkpoint.
const LONGEST: usize = 8 * 1024 * 1024;
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

/// Without what may be a secret.
pub fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.to_string()
}

/// Of one checkpoint: its number has twenty digits, so that a list is in their order.
pub fn object(anchor: &Url, number: u64) -> Url {
    let mut url = anchor.clone();
    let folder = url.path().trim_end_matches('/').to_owned();
    url.set_path(&format!("{folder}/{number:020}.jws"));
    url
}

/// Why it goes no further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Halt {
    /// The next try may be better.
    Failed(String),
    /// What is there is not what the database has: one of both was changed or rolled back.
    Differs(String),
}

pub struct Remote {
    anchor: HttpAnchor,
    client: Client,
    /// All up to this one are there; `None`: nobody looked yet.
    taken: Option<u64>,
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
                bytes_read += text.len();
                // A host that has a page for whatever it is asked for would never end.
                ensure!(
                    all.last() != Some(&text),
                    "`{place}` says the same of {number} as of the one before: it is no place of checkpoints"
                );
                all.push(text);
            }
            Ok(There::Unknown) => bail!("`{place}` may not be read; its answer was 403 or 405"),
            Err(Halt::Failed(why) | Halt::Differs(why)) => bail!("cannot read `{place}`: {why}"),
        }
    }
}

enum There {
    Nothing,
    These(Vec<u8>),
    /// It may not be read.
    Unknown,
}

impl Remote {
    /// Nothing leads elsewhere: no redirect is followed and no proxy of the environment is used.
    pub fn new(anchor: HttpAnchor) -> anyhow::Result<Self> {
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(CONNECT)
            .timeout(WHOLE);
        let client = anchor_roots(client, anchor.ca.as_deref())?;
        Ok(Self {
            client: client.build().context("the HTTP client cannot be made")?,
            anchor,
            taken: None,
        })
    }

    pub fn taken(&self) -> u64 {
        self.taken.unwrap_or(0)
    }

    /// Puts all that is not there yet.
    pub async fn catch_up(&mut self, store: &dyn Store) -> Result<(), Halt> {
        let mut taken = match self.taken {
            Some(taken) => taken,
            None => self.find(store).await?,
        };
        loop {
            self.taken = Some(taken);
            let next = stored(store, taken, BATCH).await?;
            let Some(last) = next.last().map(|one| one.number) else { return Ok(()) };
            for one in &next {
                self.put(one).await?;
                self.taken = Some(one.number);
            }
            taken = last;
        }
    }

    /// The last that is there, by few looks: they were put in order.
    async fn find(&self, store: &dyn Store) -> Result<u64, Halt> {
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

    async fn put(&self, one: &Signed) -> Result<(), Halt> {
        let request = self.client.put(object(&self.anchor.url, one.number));
        let request = request
            .header(IF_NONE_MATCH, "*")
            .header(CONTENT_TYPE, "application/jose")
            .body(one.jws.clone());
        let status = self.sent(request).await?.status();
        match status {
            _ if status.is_success() => Ok(()),
            // Another replica may have put it, or an answer got lost.
            StatusCode::PRECONDITION_FAILED => match self.get(one.number).await? {
                There::These(bytes) if is_one(&bytes, one) => Ok(()),
                There::These(_) => Err(differs(one.number)),
                There::Unknown => {
                    let number = one.number;
                    tracing::warn!(
                        number,
                        "what the anchor has there may not be read, so nobody compares it"
                    );
                    Ok(())
                }
                There::Nothing => Err(Halt::Failed("it says 412, and nothing is there".to_owned())),
            },
            other => Err(Halt::Failed(format!("its answer was {}", other.as_u16()))),
        }
    }

    async fn get(&self, number: u64) -> Result<There, Halt> {
        let answer = self.sent(self.client.get(object(&self.anchor.url, number))).await?;
        match answer.status() {
            StatusCode::NOT_FOUND => Ok(There::Nothing),
            // Whoever may only write.
            StatusCode::FORBIDDEN | StatusCode::METHOD_NOT_ALLOWED => Ok(There::Unknown),
            status if status.is_success() => Ok(There::These(whole(answer).await?)),
            status => Err(Halt::Failed(format!("its answer was {}", status.as_u16()))),
        }
    }

    async fn sent(&self, request: RequestBuilder) -> Result<reqwest::Response, Halt> {
        let sent = request.headers(self.anchor.headers.clone()).send().await;
        sent.map_err(|error| failed(&error))
    }
}

/// With roots beside the system's.
pub fn anchor_roots(
    mut client: reqwest::ClientBuilder,
    ca: Option<&[u8]>,
) -> anyhow::Result<reqwest::ClientBuilder> {
    for certificate in ca.map(Certificate::from_pem_bundle).transpose()?.into_iter().flatten() {
        client = client.add_root_certificate(certificate);
    }
    Ok(client)
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

async fn whole(mut answer: reqwest::Response) -> Result<Vec<u8>, Halt> {
    let mut bytes = Vec::new();
    while let Some(more) = answer.chunk().await.map_err(|error| failed(&error))? {
        bytes.extend_from_slice(&more);
        if bytes.len() > LONGEST {
            // It is none of ours, whatever it is.
            return Ok(bytes);
        }
    }
    Ok(bytes)
}

/// Without the address, which may have a secret in it.
fn failed(error: &reqwest::Error) -> Halt {
    let why = match (error.is_timeout(), error.is_connect()) {
        (true, _) => "no answer in time",
        (false, true) => "it cannot be reached",
        (false, false) => "the exchange failed",
    };
    Halt::Failed(why.to_owned())
}
