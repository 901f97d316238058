/*! `gatehouse bundle pack`: a compiled bundle and its signatures as the one file that gateways fetch. */

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Args;
use policy::bundle::Bundle;
use policy::delivery::artefact;
use serde_json::json;

use crate::bundle::signed;
use crate::print::{self, Format};

#[derive(Args)]
pub struct Arguments {
    /// Compiled bundle with its signatures in BUNDLE.sig, as `bundle sign` wrote them.
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
    /// Signatures of an earlier release, for the sections that did not change; may be repeated.
    #[arg(long, value_name = "FILE.sig")]
    earlier: Vec<PathBuf>,
    /// File to write; a server gives it to gateways as it is.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub fn run(arguments: &Arguments, format: Format) -> Result<ExitCode> {
    let path = &arguments.bundle;
    let compiled = fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let bundle = Bundle::decode(&compiled)
        .with_context(|| format!("`{}`; pack what `bundle build` wrote", path.display()))?;
    let mut signatures = signed::signatures(path)?;
    ensure!(
        !signatures.is_empty(),
        "`{}` is signed by nobody, and no gateway would take it: use `bundle sign`",
        path.display()
    );
    for file in &arguments.earlier {
        ensure!(file.exists(), "cannot find the signatures `{}`", file.display());
        signatures.extend(signed::read(file)?);
    }
    let mut known = HashSet::new();
    signatures.retain(|one| known.insert(one.clone()));
    ensure!(signatures.len() <= signed::MOST, "one file holds at most {} signatures", signed::MOST);
    let packed = artefact::write(&compiled, &signatures);
    ensure!(packed.len() <= artefact::MAX_BYTES, "gateways fetch at most 24 MiB");
    // A server beside it, perhaps of another user, must never see half of it.
    let out = &arguments.out;
    let mut whole = out.as_os_str().to_owned();
    whole.push(".new");
    let written = fs::write(&whole, &packed).and_then(|()| fs::rename(&whole, out));
    written.with_context(|| format!("cannot write `{}`", out.display()))?;
    let (revision, serial, count) = (bundle.revision, bundle.serial, signatures.len());
    print::out(&match format {
        Format::Json => print::json(&json!({
            "revision": revision, "serial": serial, "signatures": count, "bytes": packed.len(),
        }))?,
        Format::Human => format!("{revision}, serial {serial}, {count} signatures"),
    })?;
    Ok(ExitCode::SUCCESS)
}
