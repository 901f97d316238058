/*! Access tokens of the development issuer. */

use std::time::Duration;

use anyhow::{Result, anyhow, ensure};
use jwt_simple::prelude::{Claims, EdDSAKeyPairLike, HeaderOptions};
use policy::identity::{self, Algorithm, IssuerConfig, KeySource};
use serde::{Deserialize, Serialize};

use crate::data::keys::IssuerKey;
use crate::random;

/// RFC 9068: an access token and nothing else.
const TYPE: &str = "at+jwt";

/// Whom a token is meant for unless said otherwise.
pub const AUDIENCE: &str = "gatehouse";

pub struct Request<'a> {
    pub subject: &'a str,
    pub groups: &'a [String],
    pub scopes: &'a [String],
    /// People it belongs to.
    pub owners: &'a [String],
    pub audience: &'a str,
    pub lifetime: Duration,
}

#[derive(Serialize, Deserialize)]
struct Custom {
    #[serde(skip_serializing_if = "<[String]>::is_empty", default)]
    groups: Vec<String>,
    /// RFC 9068: one text.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    scope: String,
    #[serde(skip_serializing_if = "<[String]>::is_empty", default)]
    owner: Vec<String>,
}

/// The claim that names whose a token is.
const OWNER: &str = "owner";

pub fn mint(key: &IssuerKey, request: &Request<'_>) -> Result<String> {
    ensure!(!request.subject.is_empty(), "a token names somebody; give --sub a name");
    ensure!(!request.audience.is_empty(), "a token is meant for somebody; give --aud a name");
    ensure!(
        request.scopes.iter().all(|scope| identity::is_scope(scope)),
        "a scope is printable ASCII without space, quote or backslash; give --scope once for each"
    );
    ensure!(
        request.owners.iter().all(|owner| !owner.trim().is_empty()),
        "an owner is somebody; give --owner a name"
    );
    let custom = Custom {
        groups: request.groups.to_vec(),
        scope: request.scopes.join(" "),
        owner: request.owners.to_vec(),
    };
    let lifetime = jwt_simple::prelude::Duration::from_secs(request.lifetime.as_secs());
    let claims = Claims::with_custom_claims(custom, lifetime)
        .with_issuer(key.issuer())
        .with_subject(request.subject)
        .with_audience(request.audience)
        .with_jwt_id(random::hex::<16>()?);
    let options = HeaderOptions { signature_type: Some(TYPE.to_owned()), ..Default::default() };
    key.pair
        .sign_with_options(claims, &options)
        .map_err(|error| anyhow!("the token cannot be signed: {error}"))
}

/// What the filter has to know to take these tokens.
pub fn issuer(key: &IssuerKey) -> IssuerConfig {
    IssuerConfig {
        issuer: key.issuer(),
        audiences: vec![AUDIENCE.to_owned()],
        algorithms: vec![Algorithm::EdDSA],
        keys: KeySource::Inline { jwks: key.jwks() },
        typ: Some(vec![TYPE.to_owned()]),
        required_claims: Default::default(),
        owner_claims: vec![OWNER.to_owned()],
        groups_claim: "groups".to_owned(),
        // Its tokens are made on the command line; nobody answers at the URL it is named by.
        authorization_server: false,
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use policy::identity::{Identity, Peer};

    use super::{AUDIENCE, Request, mint};
    use crate::data::DataDir;
    use crate::data::keys::IssuerKey;

    /// Through the very code that judges it in the filter.
    #[test]
    fn the_filter_takes_what_is_minted() {
        let folder = tempfile::tempdir().unwrap();
        let key = IssuerKey::of(&DataDir::create(folder.path()).unwrap()).unwrap();
        let groups = ["support".to_owned(), "eu".to_owned()];
        let scopes = ["orders.read".to_owned(), "orders.write".to_owned()];
        let owners = ["Ann".to_owned()];
        let hour = Duration::from_secs(3600);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let verify = |audience: &str, now: u64| {
            let (groups, scopes, owners) = (&groups, &scopes, &owners);
            let subject = "robot";
            let request = Request { subject, groups, scopes, owners, audience, lifetime: hour };
            let header = format!("Bearer {}", mint(&key, &request).unwrap());
            let config = crate::identity::local(&key).config;
            Identity::new(config).unwrap().verify(&[header.as_bytes()], Peer::default(), now)
        };
        let principal = verify(AUDIENCE, now).unwrap();
        assert_eq!(principal.key(), (key.issuer().as_str(), "robot"));
        assert_eq!(
            (principal.groups.as_slice(), principal.scopes.as_slice()),
            (&groups[..], &scopes[..])
        );
        assert_eq!(principal.owners, ["ann"]);
        assert!(verify("elsewhere", now).is_err());
        assert!(verify(AUDIENCE, now + 3600 + 35).is_err());
    }

    #[test]
    fn a_token_without_a_name_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let key = IssuerKey::of(&DataDir::create(folder.path()).unwrap()).unwrap();
        let lifetime = Duration::from_secs(60);
        let (groups, scopes, owners) = (&[][..], &[][..], &[][..]);
        let request = Request { subject: "", groups, scopes, owners, audience: AUDIENCE, lifetime };
        assert!(mint(&key, &request).is_err());
        let nobody = [" ".to_owned()];
        assert!(mint(&key, &Request { subject: "robot", owners: &nobody, ..request }).is_err());
        let two = ["a b".to_owned()];
        assert!(mint(&key, &Request { subject: "robot", scopes: &two, ..request }).is_err());
    }
}
