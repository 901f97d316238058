/*! `gatehouse bundle new`: a folder to begin with, that checks, tests and builds as it is. */

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::json;

use super::schema;
use crate::print::{self, Format};

#[derive(Args)]
pub struct Arguments {
    /// Folder to make; its last part names the bundle.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

const TEMPLATES: &[(&str, &str)] = &[
    ("README.md", include_str!("new/README.md")),
    ("bundle.yaml", include_str!("new/bundle.yaml")),
    ("patterns/order-token.yaml", include_str!("new/pattern.yaml")),
    ("rules/orders.yaml", include_str!("new/rules.yaml")),
    ("tests/orders.yaml", include_str!("new/tests.yaml")),
];

pub fn run(arguments: &Arguments, format: Format) -> Result<ExitCode> {
    let folder = &arguments.folder;
    let name = name(folder)?;
    let empty = fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none());
    ensure!(empty, "`{}` is there and not empty; name a folder that is not", folder.display());
    for (path, text) in TEMPLATES {
        write(&folder.join(path), &text.replace("BUNDLE", &name))?;
    }
    write(&folder.join("schema").join(schema::FILE), &(schema::text()? + "\n"))?;
    let shown = folder.display();
    print::out(&match format {
        Format::Json => print::json(&json!({ "name": name, "folder": folder }))?,
        Format::Human => {
            format!("made the bundle `{name}` in {shown}; next: gatehouse bundle test {shown}")
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// As the compiler wants names.
fn name(folder: &Path) -> Result<String> {
    let last = folder.file_name().map(|last| last.to_string_lossy().to_lowercase());
    let words: String = last
        .unwrap_or_default()
        .chars()
        .map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { ' ' })
        .collect();
    let name = words.split_whitespace().collect::<Vec<_>>().join("-");
    ensure!(
        (1..=64).contains(&name.len()),
        "`{}` gives the bundle no name; end it in 1 to 64 letters and digits",
        folder.display()
    );
    Ok(name)
}

fn write(file: &Path, text: &str) -> Result<()> {
    let told = || format!("cannot write `{}`", file.display());
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).with_context(told)?;
    }
    fs::write(file, text).with_context(told)
}

#[cfg(test)]
mod tests;
