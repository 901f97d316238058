/*!
Bundles that were in force, with the text they were compiled from, in the data folder of `gatehouse run`: what
judged a call may have been changed long before somebody asks why it did.
*/

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};
use policy::bundle::Bundle;
use policy::compile::{Parent, Source, SourceFile, compile, release};
use serde::{Deserialize, Serialize};

use super::{embedded, read, ready_made, sources};
use crate::data::DataDir;
use crate::data::file::{create_folder, remove, replace};

/// A developer may change it every minute.
const MOST: usize = 64;

/// A bundle, and what it was compiled from where that is at hand.
pub struct AtHand {
    pub bundle: Bundle,
    pub sources: Vec<Source>,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    name: String,
    files: Vec<(String, String)>,
    parents: Vec<(String, Kept)>,
}

/// The paths are those that `compiled` was made of; none: the embedded ones.
pub fn keep(data: &DataDir, paths: &[PathBuf], compiled: &[u8]) -> Result<()> {
    let folder = data.bundles();
    create_folder(&folder)?;
    let revision = Bundle::decode(compiled)?.revision;
    let ready = matches!(paths, [path] if ready_made(path)?.is_some());
    let written = match (ready, paths) {
        (true, _) => Vec::new(),
        (false, []) => embedded(),
        (false, paths) => sources(paths)?,
    };
    let written: Vec<Kept> = written.iter().map(Kept::of).collect();
    let [bundle, sources] = files(&folder, &revision);
    replace(&sources, &serde_json::to_vec(&written)?)?;
    replace(&bundle, compiled)?;
    forget(&folder)
}

/// The oldest, by when they were in force last.
fn forget(folder: &Path) -> Result<()> {
    let shown = || format!("cannot list the folder `{}`", folder.display());
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(shown)? {
        let path = entry.with_context(shown)?.path();
        if path.extension().is_some_and(|end| end == "bundle") {
            let at = std::fs::metadata(&path).and_then(|file| file.modified());
            all.push((at.unwrap_or(SystemTime::UNIX_EPOCH), path));
        }
    }
    all.sort();
    let many = all.len().saturating_sub(MOST);
    all.iter().take(many).try_for_each(|(_, path)| {
        remove(&path.with_extension("json"))?;
        remove(path)
    })
}

/// `None`: it has none of this revision.
pub fn find(data: &DataDir, revision: &str) -> Result<Option<AtHand>> {
    let [bundle, sources] = files(&data.bundles(), revision);
    if !bundle.exists() {
        return Ok(None);
    }
    let bundle = Bundle::decode(&read(&bundle)?)?;
    if bundle.revision != revision {
        return Ok(None);
    }
    let shown = || format!("`{}` is damaged", sources.display());
    let kept: Vec<Kept> = serde_json::from_slice(&read(&sources)?).with_context(shown)?;
    let sources: Vec<Source> = kept.into_iter().map(Kept::source).collect();
    // Somebody may have saved the file while it was compiled: of a text that never judged nothing is said.
    let own = matches!(of_revision(&sources, revision), Ok(Some(_)));
    Ok(Some(AtHand { bundle, sources: if own { sources } else { Vec::new() } }))
}

/// `None`: it is another. A bundle that fails its tests is run without them.
pub fn given(paths: &[PathBuf], revision: &str) -> Result<Option<AtHand>> {
    if let [path] = paths
        && let Some(compiled) = ready_made(path)?
    {
        let bundle = Bundle::decode(&compiled)?;
        let found = bundle.revision == revision;
        return Ok(found.then_some(AtHand { bundle, sources: Vec::new() }));
    }
    let sources = sources(paths)?;
    Ok(of_revision(&sources, revision)?.map(|bundle| AtHand { bundle, sources }))
}

/// What is compiled from the sources, with their tests or without, where that is of this revision.
fn of_revision(sources: &[Source], revision: &str) -> Result<Option<Bundle>> {
    for compiled in [release(sources), compile(sources)] {
        let compiled = compiled.map_err(super::Invalid::Mistakes)?;
        let bundle = Bundle::decode(&compiled)?;
        if bundle.revision == revision {
            return Ok(Some(bundle));
        }
    }
    Ok(None)
}

/// A record may say anything.
fn files(folder: &Path, revision: &str) -> [PathBuf; 2] {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let name: String = revision.chars().take(100).map(plain).collect();
    ["bundle", "json"].map(|end| folder.join(format!("{name}.{end}")))
}

impl Kept {
    fn of(source: &Source) -> Self {
        let found =
            |parent: &Parent| Some((parent.wanted.clone(), Self::of(parent.found.as_ref().ok()?)));
        Self {
            name: source.name.clone(),
            files: source.files.iter().map(|f| (f.path.clone(), f.text.clone())).collect(),
            parents: source.parents.iter().filter_map(found).collect(),
        }
    }

    fn source(self) -> Source {
        let file = |(path, text)| SourceFile { path, text };
        let parent = |(wanted, kept): (String, Self)| Parent { wanted, found: Ok(kept.source()) };
        Source {
            name: self.name,
            files: self.files.into_iter().map(file).collect(),
            parents: self.parents.into_iter().map(parent).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::{load, tested};

    #[test]
    fn what_was_in_force_is_found_again_with_its_text() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::create(&folder.path().join("data")).unwrap();
        let file = folder.path().join("b.yaml");
        let text = |version: usize| {
            format!("bundle: {{name: b, version: '{version}', extends: secrets}}\nrules: []\n")
        };
        std::fs::write(&file, text(1)).unwrap();
        let paths = [file.clone()];
        let first = tested::to_run(&paths).unwrap();
        keep(&data, &paths, &first).unwrap();
        let revision = Bundle::decode(&first).unwrap().revision;
        std::fs::write(&file, text(2)).unwrap();
        assert!(given(&paths, &revision).unwrap().is_none(), "it was changed meanwhile");
        let found = find(&data, &revision).unwrap().unwrap();
        assert_eq!(found.sources[0].files[0].text, text(1));
        let again = release(&found.sources).unwrap();
        assert_eq!(Bundle::decode(&again).unwrap().revision, revision);
        assert!(find(&data, "../../etc/passwd").unwrap().is_none());
        // Saved once more while it was compiled.
        keep(&data, &paths, &first).unwrap();
        let found = find(&data, &revision).unwrap().unwrap();
        assert_eq!((found.bundle.revision, found.sources.len()), (revision, 0));
        // One that is compiled has no text.
        let ready = folder.path().join("ready");
        std::fs::write(&ready, load(&paths).unwrap()).unwrap();
        let compiled = tested::to_run(std::slice::from_ref(&ready)).unwrap();
        keep(&data, &[ready], &compiled).unwrap();
        let revision = Bundle::decode(&compiled).unwrap().revision;
        assert!(find(&data, &revision).unwrap().unwrap().sources.is_empty());
    }
}
