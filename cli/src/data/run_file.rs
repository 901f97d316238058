/*! `run.json`: where the running gateway is and how its owner proves to be the local approver. */

use std::io::ErrorKind;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::{DataDir, file};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFile {
    pub pid: u32,
    pub envoy_pid: u32,
    pub gateway: String,
    pub console: String,
    /// Bearer of the first approver at the console.
    pub approver_key: String,
    /// All of them, in the order in which they were named.
    pub approvers: Vec<ApproverEntry>,
    /// Where the console listens, whatever its public address.
    pub console_address: String,
    /// Of the first approver; good for one login.
    pub login_url: String,
    /// Where the filter asks the approval service; mutual TLS.
    pub approval: String,
    /// Unix socket of Envoy's admin interface.
    pub admin: PathBuf,
    /// `iss` of the tokens of `gatehouse token`.
    pub issuer: String,
    /// Of the bundle in force.
    pub revision: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApproverEntry {
    pub name: String,
    /// Bearer at the console.
    pub key: String,
    /// Good for one login.
    pub login_url: String,
}

impl RunFile {
    pub fn write(&self, data: &DataDir) -> Result<()> {
        file::replace(&data.run_file(), &serde_json::to_vec_pretty(self)?)
    }

    pub fn read(data: &DataDir) -> Result<Self> {
        let path = data.run_file();
        let content = match std::fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => bail!(
                "no gateway runs on `{}`; start one with `gatehouse run`",
                data.root().display()
            ),
            read => read.with_context(|| format!("cannot read `{}`", path.display()))?,
        };
        serde_json::from_slice(&content)
            .with_context(|| format!("`{}` is damaged; restart the gateway", path.display()))
    }
}
