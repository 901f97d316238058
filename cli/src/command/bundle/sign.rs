/*! `gatehouse bundle sign`: a signature beside a compiled bundle. */

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::{Context, Result, ensure};
use clap::Args;
use policy::bundle::Bundle;
use policy::bundle::signature::{Statement, sign};
use serde_json::json;

use crate::bundle::former::{Former, not_raised};
use crate::bundle::signed;
use crate::print::{self, Format};

#[derive(Args)]
pub struct Arguments {
    /// Private key in PEM (PKCS #8), Ed25519 or P-256.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Sign a step back: the highest serial that gateways have seen, which this bundle replaces.
    #[arg(long, value_name = "SERIAL")]
    replaces: Option<u64>,
    /// Compiled bundle; its signatures are kept in BUNDLE.sig, one a line.
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
}

pub fn run(arguments: &Arguments, format: Format) -> Result<ExitCode> {
    let (path, key) = (&arguments.bundle, &arguments.key);
    let file = fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let bundle = Bundle::decode(&file)
        .with_context(|| format!("`{}`; sign what `bundle build` wrote", path.display()))?;
    let pem =
        fs::read_to_string(key).with_context(|| format!("cannot read `{}`", key.display()))?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
    let statement = Statement { replaces: arguments.replaces, ..bundle.statement() };
    let signature = sign(&pem, statement, now).with_context(|| {
        format!("`{}` is no private Ed25519 or P-256 key in PEM (PKCS #8)", key.display())
    })?;
    let file = signed::file_of(path);
    let mut all = signed::signatures(path)?;
    let former: Vec<Statement> = all.iter().filter_map(|one| signed::stated(one)).collect();
    let former = former.iter().filter(|said| said.revision != bundle.revision);
    let warning = not_raised(Former::signed(former), &file, &bundle, arguments.replaces);
    let warnings: Vec<String> = warning.into_iter().collect();
    print::warn(&warnings);
    // What the same key said of what the file held before is said anew.
    all.retain(|one| !signed::is_of_another(one, &pem, &bundle));
    all.push(signature);
    ensure!(all.len() <= signed::MOST, "`{}` holds too many signatures", file.display());
    fs::write(&file, all.join("\n") + "\n")
        .with_context(|| format!("cannot write `{}`", file.display()))?;
    let shown = file.display();
    print::out(&match format {
        Format::Json => print::json(&json!({
            "revision": bundle.revision, "serial": bundle.serial, "file": file, "warnings": warnings,
        }))?,
        Format::Human => format!("signed {} in {shown}", bundle.revision),
    })?;
    Ok(ExitCode::SUCCESS)
}
