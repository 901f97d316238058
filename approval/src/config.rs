/*! What the service is started with. Secrets in it never reach the store, a page or a log. */

mod channel;
mod database;
mod file;
mod limits;
mod made;
mod mistakes;
mod oidc;
mod owner;
mod read;
mod records;
mod secret;

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use jwt_simple::prelude::{Ed25519KeyPair, Ed25519PublicKey};
use policy::bundle::Bundle;

use crate::approver::{Person, distinct};
use crate::chains::Checkpointing;
use crate::console::{Allowed, Places, Viewers};
use crate::tls;
use crate::view::{shows, visible_line};

pub use channel::{Channel, ChannelKind, Mail};
pub(crate) use channel::{Security, smtp, url, webhook_key};
pub use database::Database;
pub use file::File;
pub use limits::Limits;
pub use made::PublicKeys;
pub use mistakes::Mistakes;
pub use oidc::{Oidc, secure};
pub use owner::Owner;
pub use records::Records;
pub use secret::Secret;

/// Longer than a denial keeps calls like it from passing by a standing grant.
const LEAST_DAYS: u32 = 8;

/// How long settled holds are kept where nobody says.
pub const KEEP_DAYS: u32 = 90;

pub struct Config {
    /// The filter's listener: mutual TLS only.
    pub filter_listen: SocketAddr,
    /// The people's listener: pages and the command line's JSON. Plain HTTP, so loopback or
    /// behind a TLS proxy named by `public_url`.
    pub console_listen: SocketAddr,
    pub database: Database,
    /// How long settled holds are kept, with all that belongs to them; 0: for ever.
    pub keep_days: u32,
    pub tls: Tls,
    pub grant_key: SigningKey,
    pub receipt_key: SigningKey,
    /// Key of `policy::digest`, the same as the filter's.
    pub digest_key: Vec<u8>,
    /// Who may decide; at least one.
    pub approvers: Vec<LocalApprover>,
    /// Masks everything that people see and the store keeps.
    pub bundle: Arc<Bundle>,
    /// Where people reach the console, if not at `console_listen`; for links, Host and Origin.
    pub public_url: Option<String>,
    /// Where else approvers come from.
    pub oidc: Option<Oidc>,
    /// The first entry that fits an agent says whose it is, besides its token.
    pub owners: Vec<Owner>,
    pub channels: Vec<Channel>,
    pub limits: Limits,
    /// How it says of records how far they are; without it only workers know.
    pub checkpointing: Option<Checkpointing>,
    /// Where records of exchanges are kept, and how long.
    pub records: Records,
    /// Who may look at them.
    pub viewers: Viewers,
    /// Who may set and lift kills.
    pub killers: Allowed,
}

/// An approver who is known by a key of the deployment's own.
pub struct LocalApprover {
    /// The name is in grants, pages and the audit trail.
    pub person: Person,
    /// Bearer on `/v1`; at least 32 characters.
    pub key: String,
    /// Code of the first one-time login link; at least 32 characters.
    pub login_code: String,
}

/// The filter's listener proves itself with `cert_pem`; its client has to chain to `ca_pem` and
/// carry the URI SAN `spiffe://gatehouse/filter`.
pub struct Tls {
    pub ca_pem: String,
    pub cert_pem: String,
    pub key_pem: String,
}

/// An Ed25519 key that signs one kind of statement.
pub struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    pub fn generate() -> Self {
        Self(Ed25519KeyPair::generate())
    }

    /// PKCS #8 PEM, as `to_pem` writes it.
    pub fn from_pem(pem: &str) -> anyhow::Result<Self> {
        let key = Ed25519KeyPair::from_pem(pem)
            .map_err(|_| anyhow::anyhow!("the signing key is not an Ed25519 key in PKCS #8 PEM"))?;
        Ok(Self(key))
    }

    pub fn to_pem(&self) -> String {
        self.0.to_pem()
    }

    /// The raw 32 bytes that `policy::grant::GrantKeys` takes.
    pub fn public_bytes(&self) -> Vec<u8> {
        let public: Ed25519PublicKey = self.0.public_key();
        public.to_bytes()
    }

    pub(crate) fn pair(&self) -> &Ed25519KeyPair {
        &self.0
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

impl Config {
    /// What can be told wrong before anything is bound.
    pub(crate) fn check(&self) -> Result<(), Mistakes> {
        let mut told = Mistakes::default();
        self.mistakes(&mut told);
        told.check()
    }

    pub(crate) fn mistakes(&self, told: &mut Mistakes) {
        let long = |text: &str| text.len() >= 32;
        let checkpoints = self.checkpointing.as_ref().map(|made| &made.key);
        let keys = || [&self.grant_key, &self.receipt_key].into_iter().chain(checkpoints);
        let different: BTreeSet<_> = keys().map(SigningKey::public_bytes).collect();
        told.unless(
            different.len() == keys().count(),
            "grants, receipts and checkpoints need a key each",
        );
        told.unless(self.digest_key.len() >= 32, "the digest key needs at least 32 bytes");
        told.of("limits", self.limits.check());
        told.unless(
            self.keep_days == 0 || self.keep_days >= LEAST_DAYS,
            "`store.keep_days` is 8 or more, since denials count for 7 days, or 0: kept for ever",
        );
        told.of("records", self.records.check(&self.database));
        let people = &self.approvers;
        told.of("oidc", self.oidc.iter().try_for_each(Oidc::check));
        told.unless(
            !people.is_empty() || self.oidc.is_some(),
            "somebody has to be able to decide: name approvers or a login provider",
        );
        let secrets = people.iter().flat_map(|one| [one.key.as_str(), one.login_code.as_str()]);
        told.unless(distinct(secrets), "each approver needs a key and a login code of their own");
        for (index, one) in people.iter().enumerate() {
            let name = &one.person.name;
            let shown = visible_line(name);
            told.unless(
                long(&one.key) && long(&one.login_code),
                &format!("the key of approver `{shown}` needs at least 32 characters"),
            );
            let before = people.iter().take(index).map(|one| one.person.name.as_str());
            told.unless(
                distinct(before.chain([name.as_str()])),
                &format!(
                    "each approver needs a name of their own: `{shown}` is empty or there twice"
                ),
            );
            told.unless(
                shows(name),
                &format!("the name of approver `{shown}` has characters that nobody sees"),
            );
            // One human with a key and an account would be two in a quorum, and not the owner of their agent.
            let by_mail = self.oidc.as_ref().is_none_or(|oidc| oidc.human_claim != "email");
            told.unless(
                by_mail || name.contains('@'),
                &format!("approver `{shown}` has to be named by the address that the login provider has of them"),
            );
        }
        told.of("owners", self.owners.iter().try_for_each(Owner::check));
        let plain = self.public_url.is_none() && !self.console_listen.ip().is_loopback();
        told.unless(
            !plain,
            "the console speaks plain HTTP: listen on loopback, or set the public url of the TLS \
             proxy in front of it",
        );
        told.of("channels", Channel::check_all(&self.channels));
        if let Some(url) = &self.public_url {
            let url = url.trim_end_matches('/');
            told.of("console.public_url", Places::new(self.console_listen, url));
        }
        told.of("filter", tls::server_config(&self.tls));
    }
}

#[cfg(test)]
mod tests;
