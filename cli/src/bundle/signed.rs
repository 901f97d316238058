/*! Signatures beside a compiled bundle, and the people whose signatures are asked for. */

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwt_simple::prelude::{ES256KeyPair, Ed25519KeyPair};
use policy::bundle::Bundle;
use policy::bundle::signature::{SignerConfig, Signers, SignersConfig, Statement};
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

/// Those whose signatures are asked for, as the command line names them.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Public keys in PEM; each owner is called by the name of the file.
    pub keys: Vec<PathBuf>,
    pub required: usize,
    /// `NAME=SECTION` of owners who may sign sections alone.
    pub sections: Vec<String>,
}

impl Signed {
    /// Fails if the bundle is not signed as it has to be.
    pub fn read(bundles: &[PathBuf], wanted: &Wanted) -> Result<Self> {
        if wanted.keys.is_empty() {
            return Ok(Self::default());
        }
        let [bundle] = bundles else {
            anyhow::bail!("with --bundle-signer name one compiled bundle by --bundle");
        };
        ensure!(bundle.is_file(), "`{}` is no compiled bundle", bundle.display());
        let config = wanted.config()?;
        ensure!(!super::is_packed(bundle)?, super::packed(bundle));
        let signatures = signatures(bundle)?;
        let invalid = |why| Invalid::Damaged(bundle.clone(), why);
        let content = fs::read(bundle)
            .with_context(|| format!("cannot read the bundle `{}`", bundle.display()))?;
        let content = Bundle::decode(&content).map_err(invalid)?;
        // The filter checks it again: what it runs need not be what was read here.
        Signers::new(config.clone())?.take(&signatures, &content).map_err(invalid)?;
        Ok(Self { signatures, signers: Some(config) })
    }

    /// Of bundles that are fetched: each brings its signatures.
    pub fn of_fetched(wanted: &Wanted) -> Result<Self> {
        let config = wanted.config()?;
        Signers::new(config.clone())?;
        Ok(Self { signatures: Vec::new(), signers: Some(config) })
    }
}

impl Wanted {
    fn config(&self) -> Result<SignersConfig> {
        let mut keys = self.keys.iter().map(|file| key(file)).collect::<Result<Vec<_>>>()?;
        for text in &self.sections {
            let (name, section) = text.split_once('=').with_context(|| {
                format!("`{text}` names no section; write NAME=SECTION, NAME as the key's file")
            })?;
            let known: Vec<String> = keys.iter().map(|key| format!("`{}`", key.name)).collect();
            let key = keys.iter_mut().find(|key| key.name == name).with_context(|| {
                format!("there is no signer `{name}`; there is {}", known.join(", "))
            })?;
            ensure!(!section.is_empty(), "`{text}` names no section");
            key.sections.get_or_insert_default().push(section.to_owned());
        }
        Ok(SignersConfig { keys, required: self.required })
    }
}

fn key(file: &Path) -> Result<SignerConfig> {
    let key = fs::read_to_string(file)
        .with_context(|| format!("cannot read the key `{}`", file.display()))?;
    let name = file.file_stem().map(|name| name.to_string_lossy().into_owned());
    Ok(SignerConfig { name: name.unwrap_or_default(), key, sections: None })
}

pub fn file_of(bundle: &Path) -> PathBuf {
    let mut name = bundle.as_os_str().to_owned();
    name.push(".sig");
    name.into()
}

/// None where nobody signed yet.
pub fn signatures(bundle: &Path) -> Result<Vec<String>> {
    read(&file_of(bundle))
}

/// One a line; none where there is no file.
pub fn read(file: &Path) -> Result<Vec<String>> {
    match fs::read_to_string(file) {
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

/// What a signature says it is for, whoever made it: enough to warn its author, and no proof.
pub fn stated(signature: &str) -> Option<Statement> {
    let claims = URL_SAFE_NO_PAD.decode(signature.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&claims).ok()
}

/// Whether the owner of this private key made it, of another revision.
pub fn is_of_another(signature: &str, pem: &str, bundle: &Bundle) -> bool {
    let key = Ed25519KeyPair::from_pem(pem).map(|pair| pair.public_key().to_pem());
    let key =
        key.or_else(|_| ES256KeyPair::from_pem(pem).and_then(|pair| pair.public_key().to_pem()));
    let signer = |key| SignerConfig { name: "own".to_owned(), key, sections: None };
    let Some((stated, key)) = stated(signature).zip(key.ok()) else { return false };
    let signers = Signers::new(SignersConfig { keys: vec![signer(key)], required: 1 });
    let own =
        signers.is_ok_and(|own| own.check(&own.hear(&[signature.to_owned()]), &stated).is_ok());
    own && stated.revision != bundle.revision
}

#[cfg(test)]
mod tests {
    use jwt_simple::prelude::{ES256KeyPair, Ed25519KeyPair};
    use policy::bundle::signature::sign;

    use super::{Bundle, Signed, Wanted, file_of, fs, is_of_another};
    use crate::bundle::load;

    #[test]
    fn what_a_key_said_of_another_revision_is_told_from_the_rest() {
        let (now, before) = (load(&[]).unwrap(), load(&["secrets".into()]).unwrap());
        let (now, before) = (Bundle::decode(&now).unwrap(), Bundle::decode(&before).unwrap());
        let keys =
            [Ed25519KeyPair::generate().to_pem(), ES256KeyPair::generate().to_pem().unwrap()];
        for (own, other) in [(&keys[0], &keys[1]), (&keys[1], &keys[0])] {
            let earlier = sign(own, before.statement(), 0).unwrap();
            assert!(is_of_another(&earlier, own, &now));
            assert!(!is_of_another(&earlier, own, &before), "of this revision");
            assert!(!is_of_another(&earlier, other, &now), "of somebody else");
            let (head, _) = earlier.rsplit_once('.').unwrap();
            assert!(!is_of_another(&format!("{head}.AAAA"), own, &now), "of nobody");
            assert!(!is_of_another("a.b.c", own, &now));
        }
    }

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
        let wanted = |required| Wanted { keys: files.to_vec(), required, sections: vec![] };
        let read = |required| Signed::read(std::slice::from_ref(&bundle), &wanted(required));
        let text = |result: anyhow::Result<Signed>| result.unwrap_err().to_string();
        assert!(text(read(1)).contains("has 0 of the 1 signatures"));
        let statement = Bundle::decode(&fs::read(&bundle).unwrap()).unwrap().statement();
        let signature = sign(&keys[0].1, statement.clone(), 0).unwrap();
        fs::write(file_of(&bundle), format!("{signature}\n\n")).unwrap();
        let signed = read(1).unwrap();
        assert_eq!(signed.signatures, [signature]);
        assert_eq!(signed.signers.unwrap().keys[0].name, "ada.pub");
        assert!(text(read(2)).contains("has 1 of the 2 signatures"));
        assert_eq!(Signed::read(&[], &Wanted::default()).unwrap(), Signed::default());
        assert!(text(Signed::read(&[], &wanted(1))).contains("name one compiled bundle"));
        assert!(text(Signed::read(&[folder.path().into()], &wanted(1))).contains("no compiled"));
    }

    #[test]
    fn signers_may_be_limited_to_sections() {
        let folder = tempfile::tempdir().unwrap();
        let keys: Vec<_> = ["ada", "ben"]
            .map(|name| {
                let file = folder.path().join(format!("{name}.pub"));
                let pair = Ed25519KeyPair::generate();
                std::fs::write(&file, pair.public_key().to_pem()).unwrap();
                file
            })
            .into();
        let with = |sections: &[&str], required| {
            let sections = sections.iter().map(|one| (*one).to_owned()).collect();
            Signed::of_fetched(&Wanted { keys: keys.clone(), required, sections })
        };
        let signers = with(&["ben=pay", "ben=stock"], 1).unwrap().signers.unwrap();
        assert_eq!(signers.keys[0].sections, None);
        assert_eq!(signers.keys[1].sections.as_deref(), Some(&["pay".into(), "stock".into()][..]));
        let text = |result: anyhow::Result<Signed>| format!("{:#}", result.unwrap_err());
        assert!(text(with(&["bob=pay"], 1)).contains("no signer `bob`; there is `ada`, `ben`"));
        assert!(text(with(&["ben"], 1)).contains("NAME=SECTION"));
        assert!(text(with(&["ben="], 1)).contains("names no section"));
        assert!(text(with(&["ben=pay"], 2)).contains("1 of the signers may sign"));
    }
}
