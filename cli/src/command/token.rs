/*! `gatehouse token`: an access token for trying things out. */

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::Args;

use crate::data::DataDir;
use crate::data::keys::IssuerKey;
use crate::token::{AUDIENCE, Request, mint};
use crate::{lifetime, print};

#[derive(Args)]
pub struct Arguments {
    /// Data folder of the gateway that is to take the token; made where it is named and missing. `./gatehouse-data` if
    /// it is not said.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Whom the token names.
    #[arg(long, value_name = "NAME")]
    sub: String,
    /// A group the subject is in; may be repeated.
    #[arg(long, value_name = "G")]
    group: Vec<String>,
    /// A scope of the token, as rules with `requires_scope` ask for; may be repeated.
    #[arg(long, value_name = "S")]
    scope: Vec<String>,
    /// A person the token belongs to, who then cannot approve what it asks for; may be repeated.
    #[arg(long, value_name = "NAME")]
    owner: Vec<String>,
    /// Whom the token is meant for.
    #[arg(long, value_name = "A", default_value = AUDIENCE)]
    aud: String,
    /// How long it is good for: 30s, 15m, 1h, 2d.
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = lifetime::parse)]
    ttl: Duration,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let data = folder(arguments.data.as_deref(), Path::new(super::DATA))?;
    print::warn(&new_issuer(&data).into_iter().collect::<Vec<_>>());
    let key = IssuerKey::of(&data)?;
    let request = Request {
        subject: &arguments.sub,
        groups: &arguments.group,
        scopes: &arguments.scope,
        owners: &arguments.owner,
        audience: &arguments.aud,
        lifetime: arguments.ttl,
    };
    print::out(&mint(&key, &request)?)?;
    Ok(ExitCode::SUCCESS)
}

/// A folder that nobody named and no gateway made would give tokens that none takes.
fn folder(named: Option<&Path>, usual: &Path) -> Result<DataDir> {
    match named {
        Some(path) => DataDir::create(path),
        None => DataDir::open(usual),
    }
}

/// Tokens may be made before the first run; a name that is misspelled looks the same.
fn new_issuer(data: &DataDir) -> Option<String> {
    let shown = data.root().display();
    (!IssuerKey::is_made(data)).then(|| {
        format!(
            "no gateway ran on `{shown}` yet: this makes a new issuer there, whose tokens only `gatehouse run --data {shown}` takes"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::{folder, new_issuer};
    use crate::data::keys::IssuerKey;

    #[test]
    fn a_folder_is_made_only_where_it_is_named() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("data");
        let missing = folder(None, &path).unwrap_err().to_string();
        assert!(missing.starts_with("there is no data folder"), "{missing}");
        assert!(missing.contains("--data") && !path.exists(), "{missing}");

        let data = folder(Some(&path), &parent.path().join("usual")).unwrap();
        let warning = new_issuer(&data).unwrap();
        assert!(warning.contains(&format!("run --data {}", path.display())), "{warning}");
        IssuerKey::of(&data).unwrap();
        assert_eq!(new_issuer(&data), None);
        assert_eq!(folder(None, &path).unwrap().root(), path);
    }
}
