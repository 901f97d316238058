/*! A secret of the configuration: told by the place where it lies, never written out in the file. */

use std::fmt;
use std::path::PathBuf;

use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// `{file = "PATH"}` or `{env = "NAME"}`; read when the configuration is, without white space around it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Place {
    File(PathBuf),
    Env(String),
}

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let place = Place::deserialize(from)?;
        let text = match &place {
            Place::File(path) => std::fs::read_to_string(path)
                .map_err(|error| D::Error::custom(format!("`{}`: {error}", path.display()))),
            Place::Env(name) => std::env::var(name).map_err(|_| {
                D::Error::custom(format!("the environment variable `{name}` is not set"))
            }),
        }?;
        match text.trim() {
            "" => Err(D::Error::custom("the secret is empty")),
            text => Ok(Self(text.to_owned())),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}
