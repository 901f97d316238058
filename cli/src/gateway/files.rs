/*! What Envoy reads, written before it starts and, where only the running gateway uses it, removed
after it ended. */

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::data::DataDir;
use crate::data::file::{create_folder, open_private, remove as remove_file, replace};
use crate::data::pki::Pki;
use crate::envoy::{self, Plan};
use crate::random;

/// What fits into a socket address, with its closing zero byte.
const MAX_SOCKET_PATH: usize = 107;

pub fn approval_ca(data: &DataDir) -> PathBuf {
    data.keys().join("approval-ca.pem")
}

pub fn filter_certificate(data: &DataDir) -> PathBuf {
    data.keys().join("filter.pem")
}

pub fn filter_key(data: &DataDir) -> PathBuf {
    data.keys().join("filter.key")
}

pub fn secrets(data: &DataDir) -> PathBuf {
    data.envoy().join("secrets")
}

/// In the data folder, or, where its path is too long for a socket, in a folder of its own.
pub fn admin_socket(data: &DataDir) -> Result<PathBuf> {
    let socket = data.envoy().join("admin.sock");
    if socket.as_os_str().as_bytes().len() <= MAX_SOCKET_PATH {
        return Ok(socket);
    }
    let folder = std::env::temp_dir().join(format!("{SHORT}{}", random::hex::<8>()?));
    create_folder(&folder)?;
    Ok(folder.join("admin.sock"))
}

const SHORT: &str = "gatehouse-";

/// Everything the plan names. Returns where the bootstrap is.
pub fn write(data: &DataDir, plan: &Plan, pki: &Pki) -> Result<PathBuf> {
    create_folder(&data.envoy())?;
    if let Some(folder) = data.records().parent() {
        create_folder(folder)?;
    }
    // Envoy would make it readable for all.
    open_private(&data.records())?;
    replace(&approval_ca(data), pki.ca.as_bytes())?;
    replace(&filter_certificate(data), pki.filter.certificate.as_bytes())?;
    replace(&filter_key(data), pki.filter.key.as_bytes())?;
    create_folder(&plan.secrets)?;
    for (path, secret) in envoy::secrets(plan) {
        replace(&path, &serde_json::to_vec_pretty(&secret)?)?;
    }
    if let Some(socket) = &plan.admin {
        remove_file(socket)?;
    }
    let bootstrap = data.envoy().join("bootstrap.json");
    replace(&bootstrap, &serde_json::to_vec_pretty(&envoy::bootstrap(plan))?)?;
    Ok(bootstrap)
}

/// Keys, records, holds and logs stay.
pub fn remove(data: &DataDir, admin: &Path) {
    let removed = remove_file(&data.run_file())
        .and_then(|()| remove_file(admin))
        .and_then(|()| remove_file(&filter_key(data)))
        .and_then(|()| match admin.parent() {
            Some(folder) if !folder.starts_with(data.root()) => std::fs::remove_dir(folder)
                .with_context(|| format!("cannot remove `{}`", folder.display())),
            _ => Ok(()),
        });
    if let Err(error) = removed {
        eprintln!("warning: {error:#}");
    }
}
