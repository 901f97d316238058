/*! `gatehouse bundle pack`: a compiled bundle and its signatures as the one file that gateways fetch. */

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Args;
use policy::bundle::Bundle;
use policy::bundle::signature::Statement;
use policy::delivery::artefact;
use serde_json::json;

use crate::bundle::former::{Former, not_raised};
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
    let mut warnings = others(path, &bundle, &signatures)?;
    for file in &arguments.earlier {
        ensure!(file.exists(), "cannot find the signatures `{}`", file.display());
        signatures.extend(signed::read(file)?);
    }
    let mut known = HashSet::new();
    signatures.retain(|one| known.insert(one.clone()));
    ensure!(signatures.len() <= signed::MOST, "one file holds at most {} signatures", signed::MOST);
    let packed = artefact::write(&compiled, &signatures);
    ensure!(packed.len() <= artefact::MAX_BYTES, "gateways fetch at most 24 MiB");
    let out = &arguments.out;
    let own = of(&bundle, &signatures);
    let replaces = own.iter().filter_map(|said| said.replaces).max();
    warnings.extend(not_raised(Former::packed(out), out, &bundle, replaces));
    print::warn(&warnings);
    // A server beside it, perhaps of another user, must never see half of it.
    let mut whole = out.as_os_str().to_owned();
    whole.push(".new");
    let written = fs::write(&whole, &packed).and_then(|()| fs::rename(&whole, out));
    written.with_context(|| format!("cannot write `{}`", out.display()))?;
    let (revision, serial, count) = (&bundle.revision, bundle.serial, signatures.len());
    print::out(&match format {
        Format::Json => print::json(&json!({
            "revision": revision, "serial": serial, "signatures": count, "bytes": packed.len(),
            "warnings": warnings,
        }))?,
        Format::Human => {
            let earlier = match count - own.len() {
                0 => String::new(),
                others => format!(", {others} of them of other revisions"),
            };
            format!("{revision}, serial {serial}, {}{earlier}", print::count(count, "signature"))
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// What signatures of this very revision state.
fn of(bundle: &Bundle, signatures: &[String]) -> Vec<Statement> {
    let stated = signatures.iter().filter_map(|one| signed::stated(one));
    stated.filter(|said| said.revision == bundle.revision).collect()
}

/// Warns of signatures beside the bundle that are of what the file held before. An error if all are: no
/// gateway takes a release that nobody signed.
fn others(path: &Path, bundle: &Bundle, signatures: &[String]) -> Result<Vec<String>> {
    let file = signed::file_of(path);
    let (file, all) = (file.display(), print::count(signatures.len(), "signature"));
    let own = of(bundle, signatures).len();
    ensure!(
        own > 0,
        "`{file}` has {all}, none of which is of what `{}` holds now: use `bundle sign`",
        path.display()
    );
    let others = signatures.len() - own;
    let warning = format!(
        "`{file}` has {all}, {others} of which of another revision, which count for nothing that changed since: have it signed again by those who signed the other"
    );
    Ok(if others > 0 { vec![warning] } else { Vec::new() })
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use jwt_simple::prelude::Ed25519KeyPair;
    use policy::bundle::signature::sign;

    use super::{Arguments, Bundle, Format, others, run, signed};
    use crate::bundle::load;

    fn build(folder: &Path, serial: u64) -> (PathBuf, Bundle) {
        let (source, file) = (folder.join("b.yaml"), folder.join("b.bundle"));
        std::fs::write(&source, format!("bundle: {{name: b, version: '1', serial: {serial}}}\n"))
            .unwrap();
        let compiled = load(&[source]).unwrap();
        std::fs::write(&file, &compiled).unwrap();
        (file, Bundle::decode(&compiled).unwrap())
    }

    fn pack(file: &Path) -> anyhow::Result<std::process::ExitCode> {
        let out = file.with_extension("packed");
        run(&Arguments { bundle: file.into(), earlier: Vec::new(), out }, Format::Json)
    }

    #[test]
    fn a_release_that_was_not_signed_again_is_not_packed() {
        let folder = tempfile::tempdir().unwrap();
        let key = Ed25519KeyPair::generate().to_pem();
        let signature = |bundle: &Bundle| sign(&key, bundle.statement(), 0).unwrap();
        let (file, first) = build(folder.path(), 1);
        let beside = signed::file_of(&file);
        std::fs::write(&beside, signature(&first)).unwrap();
        assert!(pack(&file).is_ok());
        assert_eq!(others(&file, &first, &[signature(&first)]).unwrap(), [""; 0]);

        let (_, second) = build(folder.path(), 2);
        let said = pack(&file).unwrap_err().to_string();
        let why = format!("`{}` has 1 signature, none of which is of what", beside.display());
        assert!(said.contains(&why) && said.contains("use `bundle sign`"), "{said}");

        let both = [signature(&first), signature(&second)];
        std::fs::write(&beside, both.join("\n")).unwrap();
        assert!(pack(&file).is_ok());
        let warned = others(&file, &second, &both).unwrap();
        let why = format!("`{}` has 2 signatures, 1 of which of another", beside.display());
        assert!(warned.len() == 1 && warned[0].contains(&why), "{warned:?}");
    }
}
