/*! Signatures beside a compiled bundle, and the people whose signatures are asked for. */

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use policy::bundle::Bundle;
use policy::bundle::signature::{SignerConfig, Signers, SignersConfig};
use policy::delivery::artefact;

use super::Invalid;

/// Signatures kept beside one bundle.
pub const MOST: usize = artefact::MOST;

/// What the filter is told: the signatures, and who has to have signed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signed {
    pub signatures: Vec<String>,
    pub signers: Option<SignersConfig>,
}

impl Signed {
    /// Public keys in PEM; each is called by the name of its file. Fails if the bundle is not
    /// signed by `required` of them.
    pub fn read(bundles: &[PathBuf], signers: &[PathBuf], required: usize) -> Result<Self> {
        if signers.is_empty() {
            return Ok(Self::default());
        }
        let [bundle] = bundles else {
            anyhow::bail!("with --bundle-signer name one compiled bundle by --bundle");
        };
        ensure!(bundle.is_file(), "`{}` is no compiled bundle", bundle.display());
        let config = keys(signers, required)?;
        let signatures = signatures(bundle)?;
        let invalid = |why| Invalid::Damaged(bundle.clone(), why);
        let content = fs::read(bundle)
            .with_context(|| format!("cannot read the bundle `{}`", bundle.display()))?;
        let statement = Bundle::decode(&content).map_err(invalid)?.statement();
        // The filter checks it again: what it runs need not be what was read here.
        Signers::new(config.clone())?.check(&signatures, &statement).map_err(invalid)?;
        Ok(Self { signatures, signers: Some(config) })
    }

    /// Of bundles that are fetched: each brings its signatures.
    pub fn of_fetched(signers: &[PathBuf], required: usize) -> Result<Self> {
        let config = keys(signers, required)?;
        Signers::new(config.clone())?;
        Ok(Self { signatures: Vec::new(), signers: Some(config) })
    }
}

fn keys(signers: &[PathBuf], required: usize) -> Result<SignersConfig> {
    let key = |file: &PathBuf| -> Result<SignerConfig> {
        let key = fs::read_to_string(file)
            .with_context(|| format!("cannot read the key `{}`", file.display()))?;
        let name = file.file_stem().map(|name| name.to_string_lossy().into_owned());
        Ok(SignerConfig { name: name.unwrap_or_default(), key })
    };
    Ok(SignersConfig { keys: signers.iter().map(key).collect::<Result<_>>()?, required })
}

pub fn file_of(bundle: &Path) -> PathBuf {
    let mut name = bundle.as_os_str().to_owned();
    name.push(".sig");
    name.into()
}

/// None where nobody signed yet.
pub fn signatures(bundle: &Path) -> Result<Vec<String>> {
    let file = file_of(bundle);
    match fs::read_to_string(&file) {
        Ok(text) => Ok(text
            .lines()
            .map(str::trim)
            .filter(|l| !l.is_empty())
            .map(str::to_owned)
            .take(MOST)
            .collect()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error).with_context(|| format!("cannot read `{}`", file.display())),
    }
}

#[cfg(test)]
mod tests {
    use jwt_simple::prelude::Ed25519KeyPair;
    use policy::bundle::signature::sign;

    use super::{Bundle, Signed, file_of, fs};
    use crate::bundle::load;

    #[test]
    fn only_what_was_signed_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let bundle = folder.path().join("b.bundle");
        fs::write(&bundle, load(&[]).unwrap()).unwrap();
        let keys = ["ada", "ben"].map(|name| {
            let pair = Ed25519KeyPair::generate();
            let file = folder.path().join(format!("{name}.pub.pem"));
            fs::write(&file, pair.public_key().to_pem()).unwrap();
            (file, pair.to_pem())
        });
        let files = keys.clone().map(|(file, _)| file);
        let read = |required| Signed::read(std::slice::from_ref(&bundle), &files, required);
        let text = |result: anyhow::Result<Signed>| result.unwrap_err().to_string();
        assert!(text(read(1)).contains("has 0 of the 1 signatures"));
        let statement = Bundle::decode(&fs::read(&bundle).unwrap()).unwrap().statement();
        let signature = sign(&keys[0].1, statement.clone(), 0).unwrap();
        fs::write(file_of(&bundle), format!("{signature}\n\n")).unwrap();
        let signed = read(1).unwrap();
        assert_eq!(signed.signatures, [signature]);
        assert_eq!(signed.signers.unwrap().keys[0].name, "ada.pub");
        assert!(text(read(2)).contains("has 1 of the 2 signatures"));
        assert_eq!(Signed::read(&[], &[], 1).unwrap(), Signed::default());
        assert!(text(Signed::read(&[], &files, 1)).contains("name one compiled bundle"));
        assert!(text(Signed::read(&[folder.path().into()], &files, 1)).contains("no compiled"));
    }
}
