/*! `gatehouse bundle hash`: what stands for a value in `allow_findings`, so that the value itself does not. */

use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;
use policy::allowance;
use serde_json::json;

use crate::print::{self, Format};

/// More than any finding has.
const VALUE_MAX: u64 = 64 * 1024;

#[derive(Args)]
pub struct Arguments {
    /// Kind of finding that the value is.
    #[arg(long)]
    kind: String,
    /// File that holds the `salt` of the bundle, and nothing else.
    #[arg(long, value_name = "FILE", conflicts_with = "salt")]
    salt_file: Option<PathBuf>,
    /// The `salt` of the bundle.
    #[arg(long, required_unless_present = "salt_file")]
    salt: Option<String>,
}

/// The value comes by standard input: a command line can be read by others.
pub fn run(arguments: &Arguments, format: Format) -> Result<ExitCode> {
    let salt = match (&arguments.salt, &arguments.salt_file) {
        (Some(salt), _) => salt.clone(),
        (None, Some(file)) => std::fs::read_to_string(file)
            .with_context(|| format!("cannot read `{}`", file.display()))?,
        (None, None) => bail!("say the bundle's salt by `--salt`"),
    };
    let mut value = Vec::new();
    std::io::stdin().take(VALUE_MAX).read_to_end(&mut value)?;
    let digest = digest(salt.trim(), &arguments.kind, &value)?;
    print::out(&match format {
        Format::Human => digest,
        Format::Json => print::json(&json!({ "kind": arguments.kind, "value": digest }))?,
    })?;
    Ok(ExitCode::SUCCESS)
}

fn digest(salt: &str, kind: &str, value: &[u8]) -> Result<String> {
    if value.trim_ascii().is_empty() {
        bail!("there is no value on standard input; pipe it in, such as by `printf %s VALUE |`");
    }
    Ok(allowance::digest(salt, kind, value))
}

#[cfg(test)]
mod tests {
    use super::{allowance, digest};

    #[test]
    fn line_ends_do_not_count_and_nothing_is_no_value() {
        let salt = "0123456789abcdef";
        let own = digest(salt, "key", b"key-1\n").unwrap();
        assert_eq!(own, allowance::digest(salt, "key", b"key-1"));
        assert!(own.starts_with("blake2b-256:"));
        assert!(digest(salt, "key", b" \n").is_err());
    }
}
