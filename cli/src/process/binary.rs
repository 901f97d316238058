/*! Where Envoy and the filter are. */

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

/// `ENVOY_PATH`, or what func-e says.
pub fn envoy() -> Result<PathBuf> {
    if let Some(path) = given("ENVOY_PATH") {
        ensure!(path.is_file(), "`ENVOY_PATH` names `{}`, which is no file", path.display());
        return Ok(path);
    }
    let func_e = given("FUNC_E").unwrap_or_else(|| PathBuf::from("func-e"));
    let output = match Command::new(&func_e).arg("which").output() {
        Ok(output) => output,
        Err(error) => bail!(
            "no Envoy: `{}` cannot be run ({error}); install func-e, or set ENVOY_PATH to an \
             Envoy 1.40 or later",
            func_e.display()
        ),
    };
    let said = String::from_utf8_lossy(&output.stdout);
    let path = said.lines().map(str::trim).rfind(|line| !line.is_empty()).map(PathBuf::from);
    match path.filter(|path| output.status.success() && path.is_file()) {
        Some(path) => Ok(path),
        None => bail!(
            "no Envoy: `{} which` does not name one: {}",
            func_e.display(),
            String::from_utf8_lossy(&output.stderr).trim()
        ),
    }
}

/// `GATEHOUSE_WASM`, or beside this program, or one folder up (`target/gatehouse.wasm` for
/// `target/release/gatehouse`).
pub fn wasm() -> Result<PathBuf> {
    if let Some(path) = given("GATEHOUSE_WASM") {
        ensure!(path.is_file(), "`GATEHOUSE_WASM` names `{}`, which is no file", path.display());
        return Ok(std::path::absolute(path)?);
    }
    let program = env::current_exe().context("cannot tell where this program is")?;
    let folders = program.ancestors().skip(1).take(2);
    let found = folders.map(|folder| folder.join("gatehouse.wasm")).find(|path| path.is_file());
    found.context("the filter `gatehouse.wasm` is not beside this program; set GATEHOUSE_WASM")
}

/// Roots that https upstreams are checked against: `SSL_CERT_FILE`, or the system's.
pub fn roots() -> Result<PathBuf> {
    if let Some(path) = given("SSL_CERT_FILE") {
        ensure!(path.is_file(), "`SSL_CERT_FILE` names `{}`, which is no file", path.display());
        return Ok(std::path::absolute(path)?);
    }
    let usual = [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ];
    let found = usual.iter().map(Path::new).find(|path| path.is_file());
    let found = found.context(
        "an https upstream needs the system's root certificates; install the package \
         ca-certificates, or set SSL_CERT_FILE",
    )?;
    Ok(found.to_owned())
}

fn given(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}
