/*! Reads the configuration: the file, with what the environment says in its place. */

use std::path::Path;

use anyhow::{Context, bail, ensure};
use toml::{Table, Value};

use super::file::File;

/// `GATEHOUSE_<SECTION>_<KEY>` in capitals stands for `key` of `[section]`.
const PREFIX: &str = "GATEHOUSE_";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    /// Separated by commas.
    List,
    /// Told by its place in the file alone.
    Secret,
}

use Kind::{List, Number, Secret, Text};

/// Sections that are there once, and what the environment may say of each.
const PLAIN: &[(&str, &[(&str, Kind)])] = &[
    ("filter", &[("listen", Text), ("ca", Text), ("cert", Text), ("key", Secret)]),
    ("console", &[("listen", Text), ("public_url", Text)]),
    ("store", &[("sqlite", Text), ("postgres", Secret), ("keep_days", Number)]),
    (
        "records",
        &[("sqlite", Text), ("postgres", Secret), ("keep_days", Number), ("keep_bytes", Number)],
    ),
    ("sessions", &[("viewers", List)]),
    ("kills", &[("groups", List)]),
    ("keys", &[("grant", Secret), ("receipt", Secret), ("digest", Secret)]),
    ("bundle", &[("path", Text)]),
    (
        "oidc",
        &[
            ("issuer", Text),
            ("client_id", Text),
            ("client_secret", Secret),
            ("scopes", List),
            ("groups_claim", Text),
            ("human_claim", Text),
            ("allowed_groups", List),
        ],
    ),
    (
        "limits",
        &[
            ("open_per_principal", Number),
            ("bytes_per_principal", Number),
            ("open_per_tenant", Number),
            ("bytes_per_tenant", Number),
            ("opened_per_minute", Number),
            ("open", Number),
            ("open_bytes", Number),
            ("call_bytes", Number),
            ("decisions_per_minute", Number),
            ("record_bytes_per_minute", Number),
            ("record_bytes_per_minute_per_tenant", Number),
            ("record_streams_per_tenant", Number),
        ],
    ),
];

impl File {
    /// `environment`: all variables of the process.
    pub fn read(
        path: &Path,
        environment: impl Iterator<Item = (String, String)>,
    ) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read `{}`", path.display()))?;
        Self::parse(&text, environment).with_context(|| format!("in `{}`", path.display()))
    }

    pub(super) fn parse(
        text: &str,
        environment: impl Iterator<Item = (String, String)>,
    ) -> anyhow::Result<Self> {
        let written: Self = toml::from_str(text).map_err(|error| told(text, &error))?;
        let mut table: Table = toml::from_str(text).map_err(|error| told(text, &error))?;
        let mut said = Vec::new();
        for (name, value) in environment {
            let Some(rest) = name.strip_prefix(PREFIX) else { continue };
            let rest = rest.to_ascii_lowercase();
            let of = |(section, keys): &(&'static str, &'static [(&'static str, Kind)])| {
                let key = rest.strip_prefix(*section)?.strip_prefix('_')?;
                Some((*section, *keys, key.to_owned()))
            };
            let Some((section, keys, key)) = PLAIN.iter().find_map(of) else { continue };
            match keys.iter().find(|(known, _)| *known == key) {
                Some((_, Secret)) => bail!(
                    "`{name}`: a secret is not taken from there by itself; write `{key} = {{env = \
                     \"{name}\"}}` into `[{section}]`"
                ),
                Some((key, kind)) => {
                    let section = table
                        .entry(section)
                        .or_insert_with(|| Value::Table(Table::new()))
                        .as_table_mut()
                        .with_context(|| format!("`{section}` is no section"))?;
                    section.insert((*key).to_owned(), typed(&name, &value, *kind)?);
                    let file = table.clone().try_into::<Self>();
                    file.map_err(|error| anyhow::anyhow!("`{name}`: {}", error.message()))?;
                    said.push(name);
                }
                None => ensure!(
                    names(&table, &name),
                    "the environment variable `{name}` names no key of `[{section}]`"
                ),
            }
        }
        if said.is_empty() {
            return Ok(written);
        }
        let file: Self = table.try_into().map_err(|error: toml::de::Error| {
            anyhow::anyhow!("with the environment: {}", error.message())
        })?;
        Ok(Self { environment: said, ..file })
    }
}

fn typed(name: &str, value: &str, kind: Kind) -> anyhow::Result<Value> {
    Ok(match kind {
        Text | Secret => Value::String(value.to_owned()),
        Number => {
            Value::Integer(value.trim().parse().with_context(|| format!("`{name}` is no number"))?)
        }
        List => {
            let words = value.split(',').map(str::trim).filter(|word| !word.is_empty());
            Value::Array(words.map(|word| Value::String(word.to_owned())).collect())
        }
    })
}

/// Whether a secret is taken from this variable.
fn names(table: &Table, variable: &str) -> bool {
    fn within(value: &Value, variable: &str) -> bool {
        match value {
            Value::Table(table) => names(table, variable),
            Value::Array(values) => values.iter().any(|value| within(value, variable)),
            _ => false,
        }
    }
    table.get("env").and_then(Value::as_str) == Some(variable)
        || table.values().any(|value| within(value, variable))
}

/// Without the line itself, which may hold a secret by mistake.
fn told(text: &str, error: &toml::de::Error) -> anyhow::Error {
    let line = error.span().map(|span| text[..span.start].matches('\n').count() + 1);
    match line {
        Some(line) => anyhow::anyhow!("line {line}: {}", error.message()),
        None => anyhow::anyhow!("{}", error.message()),
    }
}

#[cfg(test)]
mod tests {
    use super::{File, Kind, PLAIN};

    /// What the environment may name are keys that there are.
    #[test]
    fn each_name_stands_for_a_key() {
        for (section, keys) in PLAIN {
            for (key, kind) in keys.iter().filter(|(_, kind)| *kind != Kind::Secret) {
                let name = format!("GATEHOUSE_{section}_{key}").to_uppercase();
                let value = match kind {
                    Kind::Number => "7",
                    _ if *key == "listen" => "127.0.0.1:1",
                    _ => "x",
                };
                let written = "[oidc]\nissuer = \"i\"\nclient_id = \"c\"\n";
                let file = File::parse(written, [(name, value.to_owned())].into_iter());
                assert!(file.is_ok(), "{section}.{key}: {:?}", file.err());
            }
        }
    }
}
