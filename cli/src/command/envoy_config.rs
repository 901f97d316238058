/*! `gatehouse envoy-config`: the example for mesh operators, from the source that `run` uses, and a look at theirs. */

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::Value;

use crate::envoy::{example, promise};
use crate::print;
use crate::upstream::Target;

#[derive(Args)]
pub struct Arguments {
    /// Folder to write to.
    #[arg(long, value_name = "DIR", required_unless_present = "check")]
    out: Option<PathBuf>,
    /// Has records sent to a collector of OpenTelemetry, too: gRPC, as http://HOST:4317.
    #[arg(long, value_name = "URL", requires = "out")]
    otlp: Option<String>,
    /// A configuration of Envoy, or routes alone, in YAML or JSON: tells what breaks the promise of a route that
    /// says `replay: off`, and exits with 1 if something does; may be repeated.
    #[arg(long, value_name = "FILE")]
    check: Vec<PathBuf>,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    if let Some(folder) = &arguments.out {
        write(folder, collector(arguments.otlp.as_deref())?)?;
    }
    let mut broken = false;
    for path in &arguments.check {
        let shown = path.display();
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read `{shown}`"))?;
        let config: Value = serde_saphyr::from_str(&text)
            .with_context(|| format!("`{shown}` is neither YAML nor JSON"))?;
        for line in promise::broken(&config) {
            broken = true;
            print::out(&format!("{shown}: {}", print::clean(&line)))?;
        }
    }
    Ok(if broken { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Where a collector of OpenTelemetry is: nothing is chosen there by a path.
pub fn collector(url: Option<&str>) -> Result<Option<Target>> {
    const WRITE: &str = "write for example --otlp http://127.0.0.1:4317";
    let Some(url) = url else { return Ok(None) };
    ensure!(
        url.starts_with("http://") || url.starts_with("https://"),
        "a collector is reached by http or https; {WRITE}"
    );
    let target = Target::parse(url).context("--otlp")?;
    ensure!(target.base() == "/", "gRPC has no path to choose; {WRITE}");
    Ok(Some(target))
}

fn write(out: &Path, otlp: Option<Target>) -> Result<()> {
    for (name, value) in example::files(otlp)? {
        let path = out.join(name);
        let folder = path.parent().unwrap_or(out);
        std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&path, example::text(&value)))
            .with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(())
}
