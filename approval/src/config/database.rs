/*! Where holds are kept. */

use std::fmt;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use reqwest::Url;

use super::Secret;
use crate::view::visible_line;

#[derive(Clone, Debug)]
pub enum Database {
    /// A file of this replica alone; made if absent.
    Sqlite(PathBuf),
    /// `postgres://USER:PASSWORD@HOST/NAME?sslmode=verify-full`; shared by all replicas.
    Postgres(Secret),
}

/// In messages: the URL has a password in it.
impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(file) => write!(f, "`{}`", file.display()),
            Self::Postgres(url) => match host(url) {
                Some(host) => write!(f, "the PostgreSQL database at `{}`", visible_line(&host)),
                None => f.write_str("the PostgreSQL database"),
            },
        }
    }
}

/// With the port, if one is said.
fn host(url: &Secret) -> Option<String> {
    let url = Url::parse(url.reveal()).ok()?;
    let query = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value);
    let said = query("host").or_else(|| query("hostaddr")).map(std::borrow::Cow::into_owned);
    let host =
        said.or_else(|| url.host_str().map(str::to_owned)).filter(|host| !host.is_empty())?;
    Some(url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}")))
}

/// A password goes over a network only where somebody said how it is protected there.
pub fn check(url: &Secret) -> anyhow::Result<()> {
    let url = Url::parse(url.reveal()).ok().context("it is no URL")?;
    let schemes = ["postgres", "postgresql"];
    ensure!(
        schemes.contains(&url.scheme()),
        "it is no URL of PostgreSQL; say postgres://USER:PASSWORD@HOST/NAME?sslmode=verify-full"
    );
    // Whichever of them counts.
    let named = url.query_pairs().filter(|(key, _)| ["host", "hostaddr"].contains(&&**key));
    let named = named.map(|(_, host)| host.into_owned());
    let mut hosts = named.chain([url.host_str().unwrap_or_default().to_owned()]);
    let near = hosts.all(|host| {
        ["", "localhost", "127.0.0.1", "::1", "[::1]"].contains(&host.as_str())
            || host.starts_with('/')
            || host.to_ascii_lowercase().starts_with("%2f")
    });
    let mut modes = url.query_pairs().filter(|(key, _)| ["sslmode", "ssl-mode"].contains(&&**key));
    let sound = |mode: &str| ["verify-full", "verify-ca", "disable"].contains(&mode);
    ensure!(
        near || modes.clone().next().is_some(),
        "say in the URL how the connection is protected: sslmode=verify-full, or disable where \
         something else does it"
    );
    ensure!(
        near || modes.all(|(_, mode)| sound(&mode)),
        "by its `sslmode` whoever is in between reads the password and writes approvals: say \
         verify-full or verify-ca with `sslrootcert`, or disable where something else protects \
         the connection"
    );
    Ok(())
}
