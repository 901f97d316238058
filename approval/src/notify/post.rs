/*! A message by HTTP: one request, of whose answer the status counts and nothing is kept. */

use std::error::Error;
use std::time::Duration;

use anyhow::Context;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER, USER_AGENT};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, StatusCode, Url};

use super::plain::bounded;
use super::retry::Outcome;

const CONNECT: Duration = Duration::from_secs(5);
const WHOLE: Duration = Duration::from_secs(10);

pub struct Poster {
    client: Client,
    /// May be a secret: no error and no log names it.
    url: Url,
    /// How long an exchange may take.
    whole: Duration,
}

impl Poster {
    /// Nothing leads elsewhere: no redirect is followed and no proxy of the environment is used.
    pub fn new(url: Url, ca: Option<&[u8]>) -> anyhow::Result<Self> {
        let mut client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(CONNECT)
            .pool_max_idle_per_host(1);
        for certificate in ca.map(Certificate::from_pem_bundle).transpose()?.into_iter().flatten() {
            client = client.add_root_certificate(certificate);
        }
        let client = client.build().context("the HTTP client cannot be made")?;
        Ok(Self { client, url, whole: WHOLE })
    }

    pub async fn post(&self, body: String, headers: &[(&'static str, String)]) -> Outcome {
        let mut all = HeaderMap::new();
        all.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        all.insert(USER_AGENT, HeaderValue::from_static("gatehouse"));
        for (name, value) in headers {
            let Ok(value) = HeaderValue::from_str(value) else {
                return Outcome::refused(format!("the header `{name}` cannot be sent"));
            };
            all.insert(*name, value);
        }
        let request = self.client.post(self.url.clone()).timeout(self.whole);
        match request.headers(all).body(body).send().await {
            Ok(answer) => judged(answer.status(), answer.headers()),
            Err(error) => Outcome::failed(self.told(error)),
        }
    }

    fn told(&self, error: reqwest::Error) -> String {
        let timeout = error.is_timeout();
        let error = error.without_url();
        let mut cause: &dyn Error = &error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        // A library may put the address in its words one day.
        let hidden = [self.url.as_str(), self.url.path()].into_iter();
        let mut hidden = hidden.chain(self.url.query()).filter(|part| part.len() > 1);
        let cause = cause.to_string();
        match (timeout, hidden.any(|part| cause.contains(part))) {
            (true, _) => format!("no answer within {} s", self.whole.as_secs()),
            (false, true) => "the exchange failed".to_owned(),
            (false, false) if error.is_connect() => {
                bounded(&format!("cannot connect: {cause}"), 200)
            }
            (false, false) => bounded(&format!("the exchange failed: {cause}"), 200),
        }
    }
}

/// Its body is not read.
fn judged(status: StatusCode, headers: &HeaderMap) -> Outcome {
    let why = format!("the answer was {}", status.as_u16());
    match status {
        _ if status.is_success() => Outcome::Sent,
        _ if status.is_redirection() => {
            Outcome::failed(format!("{why}; redirects are not followed"))
        }
        // The scheme's word for: never again.
        StatusCode::GONE => Outcome::refused(why),
        _ => Outcome::Failed { why, after: retry_after(headers) },
    }
}

/// Seconds; a date is as good as nothing.
fn retry_after(headers: &HeaderMap) -> u64 {
    let value = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    value.and_then(|value| value.trim().parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests;
