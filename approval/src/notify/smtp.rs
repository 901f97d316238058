/*! A message by mail, handed to the one server that the configuration names. */

use std::error::Error as _;
use std::time::Duration;

use anyhow::Context;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message as Letter, Tokio1Executor};

use super::plain::bounded;
use super::retry::Outcome;
use crate::config::{Mail, Security, smtp};

/// For each answer of the server, and for all of it.
const STEP: Duration = Duration::from_secs(10);
const WHOLE: Duration = Duration::from_secs(30);

pub struct Postman {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    /// How long handing over may take.
    whole: Duration,
}

impl Postman {
    pub fn new(mail: &Mail, ca: Option<&[u8]>) -> anyhow::Result<Self> {
        let (host, port, security) = smtp(&mail.server).map_err(anyhow::Error::msg)?;
        let mut tls = TlsParameters::builder(host.clone());
        if let Some(pem) = ca {
            tls = tls.add_root_certificate(Certificate::from_pem(pem).context("`ca`")?);
        }
        let tls = match security {
            Security::Tls => Tls::Wrapper(tls.build().context("TLS cannot be set up")?),
            Security::Starttls => Tls::Required(tls.build().context("TLS cannot be set up")?),
            Security::Loopback => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(port)
            .tls(tls)
            .timeout(Some(STEP));
        if let (Some(user), Some(password)) = (&mail.user, &mail.password) {
            builder = builder.credentials(Credentials::new(user.clone(), password.reveal().into()));
        }
        Ok(Self { transport: builder.build(), whole: WHOLE })
    }

    pub async fn send(&self, letter: Letter) -> Outcome {
        match tokio::time::timeout(self.whole, self.transport.send(letter)).await {
            Ok(Ok(_)) => Outcome::Sent,
            Ok(Err(error)) => judged(&error),
            Err(_) => Outcome::failed(format!("no answer within {} s", self.whole.as_secs())),
        }
    }
}

/// A server's words may be anybody's; they are shown as what they are.
fn judged(error: &Error) -> Outcome {
    let cause = error.source().map(ToString::to_string).unwrap_or_else(|| error.to_string());
    let cause = bounded(&cause, 200);
    match error.status() {
        // About this very letter. A login that is refused today may be right again in an hour.
        Some(code) if (550..560).contains(&u16::from(code)) => {
            Outcome::refused(format!("the mail server refused it with {code}: {cause}"))
        }
        Some(code) => Outcome::failed(format!("the mail server answered {code}: {cause}")),
        None if error.is_timeout() => {
            Outcome::failed(format!("no answer within {} s", STEP.as_secs()))
        }
        None => Outcome::failed(format!("cannot hand it to the mail server: {cause}")),
    }
}

#[cfg(test)]
mod tests;
