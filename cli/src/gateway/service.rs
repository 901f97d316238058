/*! The approval service of a local gateway: its people's listener where it was asked for, the
filter's on any port of loopback. */

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use approval::chains::Witnessing;
use approval::config::Database;
use approval::{Checkpointing, LocalApprover, Person, SigningKey};
use policy::bundle::Bundle;

use super::{Options, Witnesses};
use crate::data::keys::{self, ServiceKeys};
use crate::data::pki::Pki;
use crate::data::{DataDir, file};
use crate::random;

/// Between checkpoints of the chains of records.
const EVERY: Duration = Duration::from_secs(10);

/// `masking`: the compiled bundle that masks what people see.
pub fn config(
    options: &Options,
    data: &DataDir,
    keys: ServiceKeys,
    pki: &Pki,
    masking: &[u8],
) -> Result<approval::Config> {
    let database = Database::Sqlite(file::private(data.database())?);
    Ok(approval::Config {
        filter_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        console_listen: options.console,
        keep_days: approval::config::KEEP_DAYS,
        tls: approval::Tls {
            ca_pem: pki.ca.clone(),
            cert_pem: pki.server.certificate.clone(),
            key_pem: pki.server.key.clone(),
        },
        grant_key: keys.grant,
        receipt_key: keys.receipt,
        digest_key: keys.digest,
        approvers: approvers(&options.approvers, data)?,
        bundle: Arc::new(Bundle::decode(masking)?),
        public_url: options.console_url.clone(),
        oidc: None,
        owners: Vec::new(),
        channels: Vec::new(),
        limits: limits(&options.limits),
        checkpointing: Some(Checkpointing {
            http: options.anchor.clone(),
            witnessing: witnessing(&options.witnesses, &keys.checkpoint, data)?,
            ..checkpointing(keys.checkpoint, data)
        }),
        records: approval::config::Records {
            database: Database::Sqlite(file::private(data.records_database())?),
            keep_days: days(options.rotation.keep.age),
            ..approval::config::Records::beside(&database)
        },
        viewers: approval::Viewers::Approvers,
        killers: approval::Allowed::Approvers,
        database,
    })
}

pub fn checkpointing(key: SigningKey, data: &DataDir) -> Checkpointing {
    Checkpointing {
        key,
        every: EVERY,
        file: Some(data.checkpoints()),
        http: None,
        witnessing: None,
    }
}

fn witnessing(
    witnesses: &Witnesses,
    key: &SigningKey,
    data: &DataDir,
) -> Result<Option<Witnessing>> {
    let Witnesses { known, quorum, every, origin } = witnesses;
    if known.is_empty() {
        return Ok(None);
    }
    let made = Witnessing::new(key, origin.clone(), known.clone(), *quorum, *every);
    let made = made.context("--witness")?;
    Ok(Some(Witnessing { file: Some(data.tree_head()), ..made }))
}

/// A day that has begun counts.
fn days(time: Duration) -> u32 {
    u32::try_from(time.as_secs().div_ceil(24 * 3600)).unwrap_or(u32::MAX)
}

/// Whatever the gateway may hold, its service takes.
fn limits(gateway: &crate::envoy::Limits) -> approval::config::Limits {
    let least = approval::config::Limits::default();
    let call_bytes = u32::try_from(gateway.request_body).unwrap_or(u32::MAX);
    let bytes = least.bytes_per_principal.max(u64::from(call_bytes));
    approval::config::Limits {
        open_per_principal: gateway.holds_per_principal.max(1),
        open: least.open.max(gateway.holds_per_principal),
        call_bytes,
        bytes_per_principal: bytes,
        open_bytes: least.open_bytes.max(bytes),
        ..least
    }
}

fn approvers(people: &[Person], data: &DataDir) -> Result<Vec<LocalApprover>> {
    let known = |person: &Person| {
        let key = keys::approver(data, person.groups.is_some().then_some(&person.name))?;
        Ok(LocalApprover { person: person.clone(), key, login_code: random::key()? })
    };
    people.iter().map(known).collect()
}
