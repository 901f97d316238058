/*! Which console, and as whom: of the gateway on a data folder, or one that is named, with a key. */

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::print::clean;

/// The key itself, where no file has it.
const KEY: &str = "GATEHOUSE_KEY";

#[derive(Args, Default)]
pub struct Place {
    /// Console of `gatehouse serve`, as people reach it: https, or http on this machine.
    #[arg(long, value_name = "URL", env = "GATEHOUSE_CONSOLE", global = true)]
    pub console: Option<String>,
    /// Your key there; else it is taken from GATEHOUSE_KEY.
    #[arg(long, value_name = "FILE", global = true)]
    key_file: Option<PathBuf>,
    /// Certificates (PEM) that may have signed the console's, besides those the system trusts.
    #[arg(long, value_name = "FILE", env = "GATEHOUSE_CA", global = true)]
    ca: Option<PathBuf>,
    /// Data folder of a local gateway, whose console it is then [default: ./gatehouse-data]
    #[arg(long, value_name = "DIR", global = true)]
    data: Option<PathBuf>,
}

/// A console that is named.
#[derive(Debug)]
pub struct Named {
    pub url: String,
    pub key: String,
    /// Where the key is from, for messages.
    pub key_at: String,
    pub ca: Option<Vec<u8>>,
}

impl Place {
    /// Empty in the environment is as good as absent.
    pub fn named(&self) -> Result<Option<Named>> {
        let url = self.console.as_deref().filter(|url| !url.is_empty());
        let (Some(url), None) = (url, &self.data) else {
            ensure!(
                self.key_file.is_none() || self.data.is_some(),
                "say with --console URL whose key that is"
            );
            ensure!(
                self.key_file.is_none(),
                "a local gateway has its keys in its data folder: leave out --key-file, or --data"
            );
            return Ok(None);
        };
        let (key, key_at) = self.key(std::env::var(KEY).ok())?;
        let ca = self.ca.as_deref().filter(|path| !path.as_os_str().is_empty());
        let ca = ca.map(|path| {
            std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))
        });
        Ok(Some(Named { url: url.to_owned(), key, key_at, ca: ca.transpose()? }))
    }

    pub fn data(&self, default: &str) -> PathBuf {
        self.data.clone().unwrap_or_else(|| default.into())
    }

    fn key(&self, variable: Option<String>) -> Result<(String, String)> {
        if let Some(path) = &self.key_file {
            return Ok((read(path)?, format!("`{}`", path.display())));
        }
        match variable.as_deref().map(str::trim) {
            None | Some("") => bail!(
                "say your key with --key-file FILE or in the environment variable {KEY}; whoever runs the console \
                 gives it to you"
            ),
            Some(key) => Ok((key.to_owned(), format!("`{KEY}`"))),
        }
    }
}

fn read(path: &Path) -> Result<String> {
    let shown = clean(&path.display().to_string());
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read `{shown}`"))?;
    let key = text.trim();
    ensure!(!key.is_empty(), "there is no key in `{shown}`");
    Ok(key.to_owned())
}

#[cfg(test)]
mod tests {
    use super::Place;

    fn place(console: Option<&str>, key: Option<&str>, data: Option<&str>) -> Place {
        let key_file = key.map(Into::into);
        Place { console: console.map(Into::into), key_file, ca: None, data: data.map(Into::into) }
    }

    #[test]
    fn a_console_is_named_with_a_key() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let (key, empty) = (at("dana.key", " abc\n"), at("empty", "\n"));
        let url = Some("https://a.example");
        let named = place(url, Some(&key), None).named().unwrap().unwrap();
        assert_eq!((named.url.as_str(), named.key.as_str()), ("https://a.example", "abc"));
        assert!(named.key_at.contains("dana.key"));
        // A folder that is said is meant, whatever the environment names.
        assert!(place(url, None, Some("d")).named().unwrap().is_none());
        assert!(place(Some(""), None, None).named().unwrap().is_none());
        for (wrong, told) in [
            (place(url, Some(&empty), None), "no key in"),
            (place(url, Some("/no/where"), None), "cannot read"),
            (place(None, Some(&key), None), "--console URL"),
            (place(url, Some(&key), Some("d")), "leave out"),
        ] {
            let said = format!("{:#}", wrong.named().unwrap_err());
            assert!(said.contains(told), "{said}");
        }
        let none = place(url, None, None).key(None).unwrap_err().to_string();
        assert!(none.contains("--key-file FILE") && none.contains("GATEHOUSE_KEY"), "{none}");
        assert_eq!(place(url, None, None).key(Some(" k ".into())).unwrap().0, "k");
    }
}
