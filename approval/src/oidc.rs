/*!
Approvers who log in at an OpenID provider: authorization code with PKCE, and an ID token that is checked whole.

The provider may be down when the service starts, and change its keys while it runs. What it is, is asked when it is
needed, kept, and asked again when a token names a key that is not known.
*/

mod attempt;
mod claims;
mod fetch;

use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthenticationFlow, CoreClaimName, CoreClaimType, CoreClient,
    CoreClientAuthMethod, CoreGrantType, CoreIdToken, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm,
    CoreResponseMode, CoreResponseType, CoreSubjectIdentifierType,
};
use openidconnect::{
    AdditionalProviderMetadata, AuthType, AuthorizationCode, ClaimsVerificationError, ClientId,
    ClientSecret, CsrfToken, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier,
    ProviderMetadata, RedirectUrl, RequestTokenError, Scope, TokenResponse,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::Mutex;

use crate::approver::{Account, Person};
use crate::clock::{Clock, SystemClock};
use crate::config::{Oidc, secure};

pub use attempt::Attempt;

/// Keys are asked for again no sooner: tokens with made-up keys must not make us a nuisance to the provider.
const ASK_AGAIN: Duration = Duration::from_secs(5);
/// How long a provider that did not answer is not asked again.
const FAILURE_KEPT: Duration = Duration::from_secs(3);
/// Seconds our clock and the provider's may differ.
const SKEW: i64 = 60;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct More {
    /// RFC 9207.
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for More {}

type Metadata = ProviderMetadata<
    More,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

pub struct Provider {
    config: Oidc,
    redirect: RedirectUrl,
    http: reqwest::Client,
    known: Mutex<Option<Known>>,
    /// When it was asked in vain.
    failed: Mutex<Option<Instant>>,
}

struct Known {
    metadata: Arc<Metadata>,
    /// When it was asked for again because it did not fit.
    renewed: Option<Instant>,
}

/// Why somebody is not logged in.
#[derive(Debug)]
pub enum Failure {
    /// The provider does not answer, or not as one.
    Unavailable,
    /// In words for the page; never with what is secret.
    Refused(String),
    /// The provider says who it is, and that is nobody who approves, or not any more.
    TurnedAway { who: String, why: String },
}

/// What the provider sent the browser back with.
pub struct Callback<'a> {
    pub code: &'a str,
    pub issuer: Option<&'a str>,
}

impl Provider {
    /// `console_url`: without a slash at the end.
    pub fn new(config: Oidc, console_url: &str) -> anyhow::Result<Self> {
        config.check()?;
        let redirect = RedirectUrl::new(format!("{console_url}/login/callback"))?;
        Ok(Self {
            config,
            redirect,
            http: fetch::client()?,
            known: Mutex::new(None),
            failed: Mutex::new(None),
        })
    }

    /// Where people are sent, in a word.
    pub fn host(&self) -> String {
        let host = self.config.issuer.parse::<axum::http::Uri>().ok();
        host.and_then(|uri| uri.host().map(str::to_owned)).unwrap_or_default()
    }

    /// The url of the provider's page for this try.
    pub async fn begin(&self, attempt: &Attempt) -> Result<String, Failure> {
        let metadata = self.metadata(None).await?;
        let client = CoreClient::from_provider_metadata(
            (*metadata).clone(),
            ClientId::new(self.config.client_id.clone()),
            None,
        )
        .set_redirect_uri(self.redirect.clone());
        let (state, nonce) = (attempt.state(), attempt.nonce());
        let verifier = PkceCodeVerifier::new(attempt.verifier());
        let (url, ..) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                || CsrfToken::new(state),
                || Nonce::new(nonce),
            )
            .add_scopes(self.config.scopes.iter().cloned().map(Scope::new))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url();
        Ok(url.into())
    }

    /// Who came back. The caller has compared the state.
    pub async fn finish(&self, attempt: &Attempt, back: &Callback<'_>) -> Result<Person, Failure> {
        let metadata = self.metadata(None).await?;
        let names_itself =
            metadata.additional_metadata().authorization_response_iss_parameter_supported;
        match back.issuer {
            Some(issuer) if issuer == self.config.issuer => {}
            None if !names_itself => {}
            _ => return Err(refused("the answer comes from another provider")),
        }
        let token = self.exchange(&metadata, attempt, back.code).await?;
        let nonce = Nonce::new(attempt.nonce());
        match self.verified(&metadata, &token, &nonce) {
            // The provider may have changed its keys.
            Err(ClaimsVerificationError::SignatureVerification(_)) => {
                let metadata = self.metadata(Some(&metadata)).await?;
                self.verified(&metadata, &token, &nonce)
            }
            other => other,
        }
        .map_err(|error| {
            tracing::warn!(%error, "an ID token does not hold");
            refused("the provider's statement about you does not hold")
        })
        .and_then(|claims| {
            claims::person(&self.config, &claims).map_err(|why| {
                match claims.get("sub").and_then(Value::as_str) {
                    Some(subject) => {
                        Failure::TurnedAway { who: Account::who(&self.config.issuer, subject), why }
                    }
                    None => Failure::Refused(why),
                }
            })
        })
    }

    async fn exchange(
        &self,
        metadata: &Metadata,
        attempt: &Attempt,
        code: &str,
    ) -> Result<CoreIdToken, Failure> {
        let secret = self.config.client_secret.as_ref();
        let client = CoreClient::from_provider_metadata(
            metadata.clone(),
            ClientId::new(self.config.client_id.clone()),
            secret.map(|secret| ClientSecret::new(secret.reveal().to_owned())),
        )
        .set_redirect_uri(self.redirect.clone())
        .set_auth_type(auth_type(metadata));
        let http = |request| fetch::fetch(self.http.clone(), request);
        let answer = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|_| Failure::Unavailable)?
            .set_pkce_verifier(PkceCodeVerifier::new(attempt.verifier()))
            .request_async(&http)
            .await;
        let answer = answer.map_err(|error| match error {
            RequestTokenError::ServerResponse(told) => {
                let told = told.error().as_ref().to_owned();
                tracing::warn!(told, "the login provider refuses a code");
                Failure::Refused(format!(
                    "the provider refuses: {told}; begin again, and tell whoever runs this service if it stays so"
                ))
            }
            // Its body may hold tokens: it is in no log.
            RequestTokenError::Parse(..) => {
                tracing::error!("the login provider answers with no token");
                Failure::Unavailable
            }
            RequestTokenError::Request(error) => {
                tracing::error!(%error, "the login provider gives no token");
                Failure::Unavailable
            }
            RequestTokenError::Other(error) => {
                tracing::error!(error, "the login provider gives no token");
                Failure::Unavailable
            }
        })?;
        answer.id_token().cloned().ok_or_else(|| refused("the provider says nothing about you"))
    }

    /// Signature, algorithm, issuer, audience, authorized party, lifetime and nonce.
    fn verified(
        &self,
        metadata: &Metadata,
        token: &CoreIdToken,
        nonce: &Nonce,
    ) -> Result<Map<String, Value>, ClaimsVerificationError> {
        let client = CoreClient::from_provider_metadata(
            metadata.clone(),
            ClientId::new(self.config.client_id.clone()),
            None,
        );
        let offered = metadata.id_token_signing_alg_values_supported();
        let algorithms = offered.iter().filter(|one| SIGNING.contains(one)).cloned();
        let latest = i64::try_from(SystemClock.now()).unwrap_or(i64::MAX) + SKEW;
        let verifier = client
            .id_token_verifier()
            .set_allowed_algs(algorithms.collect::<Vec<_>>())
            .set_issue_time_verifier_fn(move |at| {
                (at.timestamp() <= latest)
                    .then_some(())
                    .ok_or_else(|| "issued in the future".to_owned())
            });
        token.claims(&verifier, nonce)?;
        let other = |text: &str| ClaimsVerificationError::Other(text.to_owned());
        let text = token.to_string();
        let payload = text.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
        let payload = payload.ok_or_else(|| other("no payload"))?;
        let claims: Map<String, Value> =
            serde_json::from_slice(&payload).map_err(|_| other("no claims"))?;
        match claims.get("azp") {
            None => {}
            Some(Value::String(party)) if *party == self.config.client_id => {}
            Some(_) => return Err(other("made for another client")),
        }
        Ok(claims)
    }

    /// What the provider says of itself. `stale`: it may not be this any more.
    async fn metadata(&self, stale: Option<&Arc<Metadata>>) -> Result<Arc<Metadata>, Failure> {
        let mut known = self.known.lock().await;
        if let Some(known) = &mut *known {
            let newer = stale.is_none_or(|stale| !Arc::ptr_eq(stale, &known.metadata));
            if newer || known.renewed.is_some_and(|at| at.elapsed() < ASK_AGAIN) {
                return Ok(known.metadata.clone());
            }
            known.renewed = Some(Instant::now());
            known.metadata = Arc::new(self.discover().await?);
            return Ok(known.metadata.clone());
        }
        // Those who come meanwhile wait for the lock, and not for a try of their own each.
        let mut failed = self.failed.lock().await;
        if failed.is_some_and(|at| at.elapsed() < FAILURE_KEPT) {
            return Err(Failure::Unavailable);
        }
        let metadata = self.discover().await.inspect_err(|_| *failed = Some(Instant::now()))?;
        if failed.take().is_some() {
            tracing::info!(issuer = self.config.issuer, "the login provider answers again");
        }
        let metadata = Arc::new(metadata);
        *known = Some(Known { metadata: metadata.clone(), renewed: None });
        Ok(metadata)
    }

    async fn discover(&self) -> Result<Metadata, Failure> {
        let http = |request| fetch::fetch(self.http.clone(), request);
        let issuer =
            IssuerUrl::new(self.config.issuer.clone()).map_err(|_| Failure::Unavailable)?;
        let metadata = Metadata::discover_async(issuer, &http).await.map_err(|error| {
            tracing::error!(error = %told(&error), issuer = self.config.issuer, "the login provider cannot be used");
            Failure::Unavailable
        })?;
        let token = metadata.token_endpoint().map(|url| url.as_str());
        let endpoints = [
            metadata.authorization_endpoint().as_str(),
            token.unwrap_or_default(),
            metadata.jwks_uri().as_str(),
        ];
        // A query is theirs to have.
        let plain = |url: &str| url.split('?').next().is_some_and(secure);
        if !endpoints.into_iter().all(plain) {
            tracing::error!(
                issuer = self.config.issuer,
                "the login provider has an endpoint without TLS"
            );
            return Err(Failure::Unavailable);
        }
        Ok(metadata)
    }

    /// Asks at start, so that an operator hears of a mistake before an approver does; until it worked.
    pub async fn keep_asking(&self) {
        let mut pause = Duration::from_secs(1);
        while self.metadata(None).await.is_err() {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(60));
        }
    }
}

/// A key that only the provider has; never the client's secret, which the configuration shares.
const SIGNING: &[CoreJwsSigningAlgorithm] = &[
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// OpenID Connect Discovery: `client_secret_basic` where nothing is said.
fn auth_type(metadata: &Metadata) -> AuthType {
    let methods = metadata.token_endpoint_auth_methods_supported();
    let only_body = methods.is_some_and(|methods| {
        methods.contains(&CoreClientAuthMethod::ClientSecretPost)
            && !methods.contains(&CoreClientAuthMethod::ClientSecretBasic)
    });
    if only_body { AuthType::RequestBody } else { AuthType::BasicAuth }
}

fn refused(why: &str) -> Failure {
    Failure::Refused(why.to_owned())
}

/// Without the body of an answer.
fn told<E: std::error::Error + 'static>(error: &openidconnect::DiscoveryError<E>) -> String {
    use std::error::Error;
    let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
    format!("{error}{cause}")
}

#[cfg(test)]
mod tests;
