/*! One console over HTTP: that of a local gateway, or of `gatehouse serve` behind its name. */

use std::collections::VecDeque;
use std::error::Error;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Method, RequestBuilder, Response, Url};

use crate::print::clean;

const CONNECT: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(10);
/// Longer than any line of an event of the console.
const LONGEST_LINE: usize = 64 * 1024;
/// The console says something at least every 15 s.
const SILENCE: Duration = Duration::from_secs(60);

pub struct Client {
    http: reqwest::Client,
    base: Url,
    key: HeaderValue,
}

pub struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Client {
    /// `ca`: certificates in PEM that are trusted besides the system's.
    ///
    /// The key goes to this one host: no redirect is followed, and what is not TLS stays on this machine.
    pub fn new(url: &str, key: &str, ca: Option<&[u8]>) -> Result<Self> {
        let base = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
        let base = base.with_context(|| {
            format!(
                "`{}` is no URL of a console; say https://HOST or https://HOST:PORT",
                clean(url)
            )
        })?;
        ensure!(
            base.path() == "/" && base.query().is_none() && base.fragment().is_none(),
            "the URL of a console ends with its host or port: leave out what comes after"
        );
        ensure!(
            base.username().is_empty() && base.password().is_none(),
            "the URL of a console has no name and no password in it"
        );
        ensure!(
            approval::config::secure(base.as_str()),
            "`{}` would send the key in clear; say https, since http is for this machine alone",
            clean(url)
        );
        let secure = base.scheme() == "https";
        let mut http = reqwest::Client::builder()
            .redirect(Policy::none())
            .referer(false)
            .connect_timeout(CONNECT);
        if !secure {
            http = http.no_proxy().tls_built_in_root_certs(false);
        }
        for certificate in ca.map(certificates).transpose()?.into_iter().flatten() {
            http = http.add_root_certificate(certificate);
        }
        let key = HeaderValue::try_from(format!("Bearer {key}"));
        let mut key = key.ok().context("the key has characters in it that no key has")?;
        key.set_sensitive(true);
        Ok(Self { http: http.build().context("the HTTP client cannot be made")?, base, key })
    }

    /// `path` with its query. A body makes it JSON.
    pub async fn send(&self, method: Method, path: &str, body: Option<String>) -> Result<Reply> {
        let mut request = self.request(method, path)?.timeout(TIMEOUT);
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        let answer = request.send().await.map_err(|error| told(&error))?;
        let status = answer.status().as_u16();
        let body = answer.bytes().await.ok().context("the answer broke off")?;
        Ok(Reply { status, body: body.to_vec() })
    }

    /// The events of a stream (`text/event-stream`), as long as it lasts; with the status of the answer.
    pub async fn events(&self, path: &str) -> Result<(u16, Events)> {
        let request = self.request(Method::GET, path)?.header(ACCEPT, "text/event-stream");
        let answer = tokio::time::timeout(TIMEOUT, request.send()).await;
        let answer = answer.context("no answer in time")?.map_err(|error| told(&error))?;
        let status = answer.status().as_u16();
        Ok((status, Events { answer, begun: Vec::new(), ready: VecDeque::new() }))
    }

    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder> {
        let url = self.base.join(path)?;
        ensure!(url.origin() == self.base.origin(), "`{}` is another host's", clean(path));
        Ok(self.http.request(method, url).header(AUTHORIZATION, self.key.clone()))
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<Certificate>> {
    let all = Certificate::from_pem_bundle(pem).ok().context("no certificates in PEM")?;
    ensure!(!all.is_empty(), "no certificate in PEM");
    Ok(all)
}

/// The innermost cause says most.
fn told(error: &reqwest::Error) -> anyhow::Error {
    let mut cause: &dyn Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let cause = clean(&cause.to_string());
    if error.is_timeout() {
        return anyhow::anyhow!("no answer in {} s", TIMEOUT.as_secs());
    }
    if cause.contains("certificate") {
        return anyhow::anyhow!(
            "its certificate does not prove that it is the console ({cause}); name whoever signed it with --ca \
             FILE, or correct the host in the URL"
        );
    }
    anyhow::anyhow!("{cause}")
}

pub struct Events {
    answer: Response,
    /// Bytes of a line that has not ended.
    begun: Vec<u8>,
    ready: VecDeque<String>,
}

impl Events {
    /// The data of the next event; `None` where the stream ends.
    pub async fn next(&mut self) -> Result<Option<String>> {
        loop {
            if let Some(data) = self.ready.pop_front() {
                return Ok(Some(data));
            }
            let chunk = tokio::time::timeout(SILENCE, self.answer.chunk()).await;
            let chunk = chunk.context("the console fell silent")?;
            let Some(chunk) = chunk.ok().context("the stream broke off")? else { return Ok(None) };
            for byte in chunk {
                self.take(byte)?;
            }
        }
    }

    fn take(&mut self, byte: u8) -> Result<()> {
        if byte != b'\n' {
            self.begun.push(byte);
            if self.begun.len() > LONGEST_LINE {
                bail!("the console's stream is none of ours");
            }
            return Ok(());
        }
        let line = std::mem::take(&mut self.begun);
        if let Some(data) = line.strip_prefix(b"data: ") {
            self.ready.push_back(String::from_utf8_lossy(data).into_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Client;

    #[test]
    fn a_key_leaves_this_machine_over_tls_alone() {
        let made =
            |url: &str| Client::new(url, "k", None).map(drop).map_err(|error| error.to_string());
        for right in [
            "https://approvals.example",
            "https://a.example:8443/",
            "http://127.0.0.1:9",
            "http://[::1]:9",
        ] {
            made(right).unwrap();
        }
        for (wrong, told) in [
            ("approvals.example", "no URL of a console"),
            ("ftp://a.example", "no URL of a console"),
            ("http://a.example", "in clear"),
            ("http://127.0.0.1.a.example", "in clear"),
            ("https://a.example/console", "leave out"),
            ("https://a.example/?x=1", "leave out"),
            ("https://u:p@a.example", "no password"),
        ] {
            let said = made(wrong).unwrap_err();
            assert!(said.contains(told), "{wrong}: {said}");
        }
        let odd = Client::new("https://a.example", "k\nx", None).map(drop).unwrap_err();
        assert!(odd.to_string().contains("no key has"), "{odd}");
        let nothing =
            Client::new("https://a.example", "k", Some(b"nothing")).map(drop).unwrap_err();
        assert!(nothing.to_string().contains("no certificate"), "{nothing}");
    }
}
