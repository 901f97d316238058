/*! A secret of the configuration: told by the place where it lies, never written out in the file. */

use std::fmt;
use std::path::PathBuf;

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// `{file = "PATH"}` or `{env = "NAME"}`; read when the configuration is, without white space around it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

const PLACE: &str = "a secret's place: `{file = \"PATH\"}` or `{env = \"NAME\"}`";

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
        let place = from.deserialize_any(PlaceVisitor)?;
        let text = match &place {
            Place::File(path) => std::fs::read_to_string(path)
                .map_err(|error| D::Error::custom(format!("`{}`: {error}", path.display()))),
            Place::Env(name) => std::env::var(name).map_err(|_| {
                D::Error::custom(format!("the environment variable `{name}` is not set"))
            }),
        }?;
        match (text.trim(), place) {
            ("", Place::File(path)) => {
                Err(D::Error::custom(format!("the secret in `{}` is empty", path.display())))
            }
            ("", Place::Env(name)) => {
                Err(D::Error::custom(format!("the environment variable `{name}` is empty")))
            }
            (text, _) => Ok(Self(text.to_owned())),
        }
    }
}

struct PlaceVisitor;

impl<'de> Visitor<'de> for PlaceVisitor {
    type Value = Place;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PLACE)
    }

    /// Of what was written out by mistake nothing is said again.
    fn visit_str<E: Error>(self, _written_out: &str) -> Result<Place, E> {
        Err(E::custom(format!("a secret is not written out here; say {PLACE}")))
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Place, M::Error> {
        let unfit = || M::Error::custom(format!("that is not {PLACE}"));
        let place = match map.next_key::<String>()?.as_deref() {
            Some("file") => Place::File(map.next_value()?),
            Some("env") => Place::Env(map.next_value()?),
            _ => return Err(unfit()),
        };
        match map.next_key::<String>()? {
            None => Ok(place),
            Some(_) => Err(unfit()),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}
