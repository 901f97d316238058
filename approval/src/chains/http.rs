/*! Exchanges with a host that keeps or witnesses checkpoints. A stop ends these, and no use of the database. */

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, RequestBuilder, StatusCode, Url};
use tokio::time::Instant;

use crate::wake::Wake;

const CONNECT: Duration = Duration::from_secs(5);
const WHOLE: Duration = Duration::from_secs(20);

/// Why it goes no further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Halt {
    /// The next try may be better.
    Failed(String),
    /// What is there is not what the database has: one of both was changed or rolled back.
    Differs(String),
    /// The service stops.
    Stopped,
}

/// When an exchange that is under way is given up.
#[derive(Clone, Default)]
pub enum Until {
    /// It has as long as it takes.
    #[default]
    Done,
    Stop(Arc<Wake>),
    At(Instant),
}

impl Until {
    async fn over(&self) -> Halt {
        match self {
            Self::Done => std::future::pending().await,
            Self::Stop(wake) => {
                wake.stopped().await;
                Halt::Stopped
            }
            Self::At(end) => {
                tokio::time::sleep_until(*end).await;
                Halt::Failed("no answer in time".to_owned())
            }
        }
    }
}

#[derive(Clone)]
pub struct Http {
    pub client: Client,
    pub until: Until,
}

impl Http {
    /// Nothing leads elsewhere: no redirect is followed and no proxy of the environment is used. `ca`: roots beside
    /// the system's, in PEM.
    ///
    /// # Errors
    ///
    /// The roots cannot be used.
    pub fn new(ca: Option<&[u8]>) -> anyhow::Result<Self> {
        let mut client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(CONNECT)
            .timeout(WHOLE);
        for certificate in ca.map(Certificate::from_pem_bundle).transpose()?.into_iter().flatten() {
            client = client.add_root_certificate(certificate);
        }
        let client = client.build().context("the HTTP client cannot be made")?;
        Ok(Self { client, until: Until::Done })
    }

    /// Of the body so much that it shows that it is longer than `longest`.
    pub async fn sent(
        &self,
        request: RequestBuilder,
        longest: usize,
    ) -> Result<(StatusCode, Vec<u8>), Halt> {
        tokio::select! {
            answer = whole(request, longest) => answer,
            halt = self.until.over() => Err(halt),
        }
    }
}

async fn whole(request: RequestBuilder, longest: usize) -> Result<(StatusCode, Vec<u8>), Halt> {
    let mut answer = request.send().await.map_err(|error| failed(&error))?;
    let mut bytes = Vec::new();
    while let Some(more) = answer.chunk().await.map_err(|error| failed(&error))? {
        bytes.extend_from_slice(&more);
        if bytes.len() > longest {
            break;
        }
    }
    Ok((answer.status(), bytes))
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

/// Without what may be a secret.
pub fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.to_string()
}

/// What is called so below it.
pub fn below(url: &Url, name: &str) -> Url {
    let mut below = url.clone();
    let folder = url.path().trim_end_matches('/').to_owned();
    below.set_path(&format!("{folder}/{name}"));
    below
}
