/*! Makes of the written configuration the one that a service is started with. */

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use policy::bundle::Bundle;

use super::file::{self, Entry, File};
use super::mistakes::Mistakes;
use super::{
    Config, Database, KEEP_DAYS, LocalApprover, Records, Secret, SigningKey, Tls, database,
};
use crate::approver::Person;
use crate::chains::remote::HttpAnchor;
use crate::chains::{Checkpointing, Witness, Witnessing};
use crate::console::{Allowed, Viewers};
use crate::{random, tlog};

/// In base64, as the filter's configuration has them; the first is the one that signs.
#[derive(Debug, serde::Serialize)]
pub struct PublicKeys {
    pub grant_key: Vec<String>,
    pub receipt_key: Vec<String>,
    /// Who verifies records trusts it; gateways do not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checkpoint_key: Vec<String>,
    /// Of the log of checkpoints, as witnesses are given it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_key: Option<String>,
}

impl File {
    /// All that is wrong is told at once. `masking` masks what people see.
    pub fn config(self, masking: Arc<Bundle>) -> Result<Config, Mistakes> {
        let mut told = Mistakes::default();
        let filter_listen = told.required("filter.listen", self.filter.listen);
        let console_listen = told.required("console.listen", self.console.listen);
        let tls = tls(&self.filter, &mut told);
        let database = database(self.store.place(), &mut told);
        let grant_key = signing("keys.grant", self.keys.grant.as_ref(), &mut told);
        let receipt_key = signing("keys.receipt", self.keys.receipt.as_ref(), &mut told);
        let records = database.as_ref().and_then(|of| records(&self.records, of, &mut told));
        let checkpointing = checkpointing(&self.keys, self.checkpoints, &mut told);
        let digest_key = told
            .required("keys.digest", self.keys.digest.as_ref())
            .and_then(|key| told.of("keys.digest", digest(key)));
        let approvers: Vec<_> =
            self.approvers.into_iter().filter_map(|one| approver(one, &mut told)).collect();
        let (
            Some(filter_listen),
            Some(console_listen),
            Some(tls),
            Some(database),
            Some(records),
            Some(grant_key),
            Some(receipt_key),
            Some(digest_key),
        ) = (
            filter_listen,
            console_listen,
            tls,
            database,
            records,
            grant_key,
            receipt_key,
            digest_key,
        )
        else {
            return Err(told);
        };
        let config = Config {
            filter_listen,
            console_listen,
            database,
            keep_days: self.store.keep_days.unwrap_or(KEEP_DAYS),
            tls,
            grant_key,
            receipt_key,
            digest_key,
            approvers,
            bundle: masking,
            public_url: self.console.public_url,
            oidc: self.oidc,
            owners: self.owners,
            channels: self.channels,
            limits: self.limits,
            checkpointing,
            records,
            viewers: Viewers::Groups(self.sessions.viewers),
            killers: Allowed::Groups(self.kills.groups),
        };
        config.mistakes(&mut told);
        told.check()?;
        Ok(config)
    }

    /// What the gateways have to trust.
    pub fn public_keys(&self) -> anyhow::Result<PublicKeys> {
        let public = |first: &Option<Secret>, others: &[Secret]| {
            let keys = first.iter().chain(others);
            keys.map(|key| Ok(STANDARD.encode(SigningKey::from_pem(key.reveal())?.public_bytes())))
                .collect::<anyhow::Result<Vec<_>>>()
        };
        let file::Keys { grant, receipt, grant_others, receipt_others, checkpoint, .. } =
            &self.keys;
        Ok(PublicKeys {
            grant_key: public(grant, grant_others).context("`keys.grant`")?,
            receipt_key: public(receipt, receipt_others).context("`keys.receipt`")?,
            checkpoint_key: public(checkpoint, &[]).context("`keys.checkpoint`")?,
            log_key: checkpoint.as_ref().map(|key| self.log_key(key)).transpose()?,
        })
    }

    fn log_key(&self, key: &Secret) -> anyhow::Result<String> {
        let key = SigningKey::from_pem(key.reveal()).context("`keys.checkpoint`")?;
        let written = self.checkpoints.as_ref().and_then(|one| one.log.as_ref());
        let origin = written.and_then(|log| log.origin.clone());
        let origin = origin.unwrap_or_else(|| tlog::origin(&key.public_bytes()));
        Ok(key.vkey(&origin).context("`checkpoints.log.origin`")?.to_string())
    }
}

fn tls(filter: &file::Filter, told: &mut Mistakes) -> Option<Tls> {
    let ca = told.required("filter.ca", filter.ca.as_deref());
    let cert = told.required("filter.cert", filter.cert.as_deref());
    let key = told.required("filter.key", filter.key.as_ref());
    let ca_pem = ca.and_then(|ca| told.of("filter.ca", text(ca)));
    let cert_pem = cert.and_then(|cert| told.of("filter.cert", text(cert)));
    Some(Tls { ca_pem: ca_pem?, cert_pem: cert_pem?, key_pem: key?.reveal().to_owned() })
}

fn text(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))
}

/// What a section says of its database.
struct Place<'f> {
    section: &'static str,
    sqlite: Option<&'f PathBuf>,
    postgres: Option<&'f Secret>,
}

impl file::Store {
    fn place(&self) -> Place<'_> {
        let (sqlite, postgres) = (self.sqlite.as_ref(), self.postgres.as_ref());
        Place { section: "store", sqlite, postgres }
    }
}

impl File {
    /// Where records are kept; for those who read them and start no service.
    pub fn records(&self) -> Result<Records, Mistakes> {
        let mut told = Mistakes::default();
        let database = database(self.store.place(), &mut told);
        let records = database.as_ref().and_then(|of| records(&self.records, of, &mut told));
        told.check()?;
        records.ok_or_else(Mistakes::default)
    }

    /// The database of holds, where checkpoints are, and what signs them; for those who start no service.
    pub fn checkpointing(self) -> Result<(Database, Option<Checkpointing>), Mistakes> {
        let mut told = Mistakes::default();
        let database = database(self.store.place(), &mut told);
        let made = checkpointing(&self.keys, self.checkpoints, &mut told);
        told.check()?;
        Ok((database.ok_or_else(Mistakes::default)?, made))
    }
}

fn records(said: &file::Records, holds: &Database, told: &mut Mistakes) -> Option<Records> {
    let beside = Records::beside(holds);
    let (sqlite, postgres) = (said.sqlite.as_ref(), said.postgres.as_ref());
    let database = match (sqlite, postgres) {
        (None, None) => beside.database,
        _ => database(Place { section: "records", sqlite, postgres }, told)?,
    };
    Some(Records {
        database,
        keep_days: said.keep_days.unwrap_or(beside.keep_days),
        keep_bytes: said.keep_bytes.unwrap_or(beside.keep_bytes),
    })
}

fn database(place: Place<'_>, told: &mut Mistakes) -> Option<Database> {
    let section = place.section;
    match (place.sqlite, place.postgres) {
        (Some(file), None) => {
            let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
            if !folder.is_none_or(Path::is_dir) {
                told.add(format!(
                    "`{section}.sqlite`: there is no folder for `{}`",
                    file.display()
                ));
                return None;
            }
            Some(Database::Sqlite(file.clone()))
        }
        (None, Some(url)) => {
            told.of(&format!("{section}.postgres"), database::check(url))?;
            Some(Database::Postgres(url.clone()))
        }
        _ => {
            told.add(format!("say one of `{section}.sqlite` and `{section}.postgres`"));
            None
        }
    }
}

fn signing(place: &str, key: Option<&Secret>, told: &mut Mistakes) -> Option<SigningKey> {
    let key = told.required(place, key)?;
    told.of(place, SigningKey::from_pem(key.reveal()))
}

fn checkpointing(
    keys: &file::Keys,
    written: Option<file::Checkpoints>,
    told: &mut Mistakes,
) -> Option<Checkpointing> {
    if keys.checkpoint.is_none() {
        told.unless(written.is_none(), "`checkpoints` need `keys.checkpoint`, which signs them");
        return None;
    }
    let key = signing("keys.checkpoint", keys.checkpoint.as_ref(), told)?;
    let file::Checkpoints { every_seconds, file, http, log } = written.unwrap_or_default();
    let http = http.and_then(|http| told.of("checkpoints.http", anchor(&http)));
    told.unless((1..=3600).contains(&every_seconds), "`checkpoints.every_seconds` is 1 to 3600");
    let witnessing = log.and_then(|log| told.of("checkpoints.log", witnessing(&key, log)));
    let every = Duration::from_secs(every_seconds);
    Some(Checkpointing { key, every, file, http, witnessing })
}

fn witnessing(key: &SigningKey, written: file::LogFile) -> anyhow::Result<Witnessing> {
    let file::LogFile { origin, quorum, every_seconds, file, witnesses } = written;
    let witness =
        |one: &file::WitnessUrl| Witness::new(&one.url, &one.key, roots(one.ca.as_ref())?);
    let witnesses = witnesses.iter().map(witness).collect::<anyhow::Result<_>>()?;
    let every = Duration::from_secs(every_seconds);
    Ok(Witnessing { file, ..Witnessing::new(key, origin, witnesses, quorum, every)? })
}

fn roots(path: Option<&PathBuf>) -> anyhow::Result<Option<Vec<u8>>> {
    let read = |path: &PathBuf| {
        std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))
    };
    path.map(read).transpose()
}

fn anchor(written: &file::AnchorUrl) -> anyhow::Result<HttpAnchor> {
    let headers = written.headers.iter().map(|(name, value)| (name.as_str(), value.reveal()));
    HttpAnchor::new(&written.url, headers, roots(written.ca.as_ref())?)
}

fn digest(key: &Secret) -> anyhow::Result<Vec<u8>> {
    STANDARD.decode(key.reveal()).ok().context("it is not base64")
}

/// The first login link is asked for with the key, so nobody is told the code.
fn approver(entry: Entry, told: &mut Mistakes) -> Option<LocalApprover> {
    let code = random::secret().context("no randomness");
    Some(LocalApprover {
        person: Person::local(entry.name, Some(entry.groups)),
        key: entry.key.reveal().to_owned(),
        login_code: told.of("approvers", code)?,
    })
}
