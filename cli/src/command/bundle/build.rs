/*! `gatehouse bundle build` and `check`: the same work, with and without a file at the end. */

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::{Context, Result};
use clap::Args;
use policy::bundle::{Bundle, cases};
use serde_json::json;

use crate::bundle::former::{Former, not_raised};
use crate::bundle::tested::{released, with_tests};
use crate::bundle::{compiled, sources};
use crate::print::{self, Format};

#[derive(Args)]
pub struct Build {
    /// File to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Leave the tests out, and do not run them.
    #[arg(long)]
    without_tests: bool,
    #[command(flatten)]
    check: Check,
}

#[derive(Args)]
pub struct Check {
    /// Folders, YAML files or names of built-in bundles.
    #[arg(value_name = "SOURCE", required = true)]
    sources: Vec<PathBuf>,
}

pub fn build(arguments: &Build, format: Format) -> Result<ExitCode> {
    let sources = sources(&arguments.check.sources)?;
    let file = if arguments.without_tests { compiled(&sources)? } else { released(&sources)? };
    let out = &arguments.out;
    let bundle = Bundle::decode(&file)?;
    let serial = not_raised(Former::compiled(out), out, &bundle, None);
    std::fs::write(out, &file).with_context(|| format!("cannot write `{}`", out.display()))?;
    told(&file, serial, format)
}

pub fn check(arguments: &Check, format: Format) -> Result<ExitCode> {
    told(&with_tests(&sources(&arguments.sources)?)?, None, format)
}

/// `serial`: a warning of it.
fn told(file: &[u8], serial: Option<String>, format: Format) -> Result<ExitCode> {
    let (bundle, tests) = (Bundle::decode(file)?, cases(file)?.len());
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
    let warnings: Vec<String> = serial.into_iter().chain(ended(&bundle, now)).collect();
    print::warn(&warnings);
    print::out(&match format {
        Format::Json => print::json(&json!({
            "warnings": warnings,
            "name": bundle.name,
            "version": bundle.version,
            "revision": bundle.revision,
            "rules": bundle.rules.len(),
            "tests": tests,
            "bytes": file.len(),
            "diagnostics": [],
        }))?,
        Format::Human => format!(
            "{} {}: {}, {}, {}, {}",
            print::clean(&bundle.name),
            print::clean(&bundle.version),
            print::count(bundle.rules.len(), "rule"),
            print::count(tests, "test"),
            print::count(file.len(), "byte"),
            bundle.revision
        ),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Allowances that ended: they do nothing any more and should go.
fn ended(bundle: &Bundle, now: u64) -> Vec<String> {
    let all =
        bundle.rules.iter().flat_map(|rule| rule.allow_findings.iter().map(move |one| (rule, one)));
    all.filter(|(_, one)| now >= one.until)
        .map(|(rule, one)| {
            format!(
                "`{}` leaves `{}` alone no more: its allowance ended; remove it or renew `until` ({})",
                rule.name, one.kind, one.reason
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use policy::bundle::Bundle;
    use policy::compile::{Source, SourceFile, compile};

    use super::ended;

    #[test]
    fn allowances_that_ended_are_told() {
        let text = "bundle: {name: a, version: '1'}\nrules:\n  - {name: r, on: request, effect: deny, match: {findings: key},\n     allow_findings: {kind: key, field: /a, until: '1970-01-01T00:00:10Z', reason: a test}}\npatterns:\n  - {name: key, kind: key, regex: 'key-[a-z0-9]{24}'}\n";
        let file = SourceFile { path: String::new(), text: text.into() };
        let file =
            compile(&[Source { name: "a.yaml".into(), files: vec![file], ..Source::default() }])
                .unwrap();
        let bundle = Bundle::decode(&file).unwrap();
        assert!(ended(&bundle, 9).is_empty());
        assert_eq!(
            ended(&bundle, 10),
            [
                "`r` leaves `key` alone no more: its allowance ended; remove it or renew `until` (a test)"
            ]
        );
    }
}
