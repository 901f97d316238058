/*! The bundle in force: the embedded ones, or those given instead. */

pub mod fetched;
pub mod former;
pub mod kept;
mod parents;
pub mod signed;
pub mod tested;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use include_dir::{Dir, include_dir};
use policy::bundle::wire::MAGIC;
use policy::bundle::{Bundle, LoadError};
use policy::compile::{Diagnostic, Source, SourceFile, compile};
use policy::delivery::artefact;

use crate::print::count;

/// Those that apply where no bundle is given.
const DEFAULT: &[&str] = &["baseline", "personal-data", "secrets"];

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../policy-bundles");

const MAX_DEPTH: u32 = 8;

/// A bundle that cannot be used: an exit code of its own.
#[derive(Debug)]
pub enum Invalid {
    Mistakes(Vec<Diagnostic>),
    Damaged(PathBuf, LoadError),
    /// What the bundle is called, how many of its tests fail, and of how many.
    Failing(String, usize, usize),
}

impl std::error::Error for Invalid {}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Invalid::Mistakes(mistakes) => {
                write!(f, "the bundle has {}", count(mistakes.len(), "mistake"))?;
                for mistake in mistakes {
                    write!(f, "\n\n{}", mistake.to_string().trim_end())?;
                }
                Ok(())
            }
            Invalid::Damaged(path, why) => write!(f, "`{}`: {why}", path.display()),
            Invalid::Failing(name, failing, all) => write!(
                f,
                "{failing} of the {all} tests of `{name}` fail, so no gateway takes what is built from it: see `gatehouse bundle test`"
            ),
        }
    }
}

/// Compiled as `bundle build` does, from folders, YAML files and names of bundles that are built in, or
/// one file that is compiled already.
pub fn load(paths: &[PathBuf]) -> Result<Vec<u8>> {
    if let [path] = paths
        && let Some(file) = ready_made(path)?
    {
        return Ok(file);
    }
    if paths.is_empty() {
        return compiled(&embedded());
    }
    tested::with_tests(&sources(paths)?)
}

/// The file, where it is compiled already.
fn ready_made(path: &Path) -> Result<Option<Vec<u8>>> {
    if !path.is_file() {
        return Ok(None);
    }
    let content = read(path)?;
    ensure!(!artefact::is_one(&content), packed(path));
    if !content.starts_with(&MAGIC) {
        return Ok(None);
    }
    Bundle::decode(&content).map_err(|why| Invalid::Damaged(path.to_owned(), why))?;
    Ok(Some(content))
}

fn is_packed(path: &Path) -> Result<bool> {
    Ok(artefact::is_one(&read(path)?))
}

/// Gateways fetch it; everybody else has what it was made of.
fn packed(path: &Path) -> String {
    format!(
        "`{}` is packed: a bundle with its signatures, which gateways fetch by --bundle-url; name the compiled bundle it was packed from",
        path.display()
    )
}

/// Without tests.
pub fn compiled(sources: &[Source]) -> Result<Vec<u8>> {
    compile(sources).map_err(|mistakes| Invalid::Mistakes(mistakes).into())
}

/// What masks the text of held calls: the bundle in force, and of the embedded ones each that can
/// stand beside it. A bundle that redacts nothing is no reason to show people card numbers.
pub fn for_masking(paths: &[PathBuf], in_force: &[u8]) -> Result<Vec<u8>> {
    if paths.is_empty() {
        return Ok(in_force.to_vec());
    }
    if matches!(paths, [path] if path.is_file() && read(path)?.starts_with(&MAGIC)) {
        // It cannot be taken apart again.
        let masks = !Bundle::decode(in_force)?.scanner.kinds().is_empty();
        return if masks { Ok(in_force.to_vec()) } else { compiled(&embedded()) };
    }
    let mut together = sources(paths)?;
    let mut masking = in_force.to_vec();
    for pack in embedded() {
        together.push(pack);
        match compile(&together) {
            Ok(compiled) => masking = compiled,
            Err(_) => drop(together.pop()),
        }
    }
    Ok(masking)
}

/// One source for each path or name.
pub fn sources(paths: &[PathBuf]) -> Result<Vec<Source>> {
    paths.iter().map(|path| source(path)).collect()
}

pub fn embedded() -> Vec<Source> {
    let folders = DEFAULT.iter().filter_map(|name| EMBEDDED.get_dir(name));
    folders.map(|folder| parents::with_parents(built_in(folder), None)).collect()
}

/// All that are built in, by name.
pub fn shipped() -> Vec<Source> {
    let mut all: Vec<Source> =
        EMBEDDED.dirs().map(built_in).filter(|source| !source.files.is_empty()).collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

/// Whether it comes with this program, so that nobody can edit it in its place.
pub fn is_built_in(source: &str) -> bool {
    EMBEDDED.dirs().any(|folder| folder.path() == Path::new(source)) && !Path::new(source).exists()
}

fn built_in(folder: &Dir<'_>) -> Source {
    let mut files = Vec::new();
    collect(folder, folder.path(), &mut files);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Source { name: folder.path().display().to_string(), files, ..Source::default() }
}

fn collect(folder: &Dir<'_>, root: &Path, files: &mut Vec<SourceFile>) {
    for file in folder.files() {
        let path = file.path().strip_prefix(root).unwrap_or(file.path());
        if let (true, Some(text)) = (is_yaml(path), file.contents_utf8()) {
            files.push(SourceFile { path: path.display().to_string(), text: text.to_owned() });
        }
    }
    folder.dirs().for_each(|inner| collect(inner, root, files));
}

/// What is there wins over a built-in bundle of the same name, as one that was copied and changed.
fn source(path: &Path) -> Result<Source> {
    if matches!(path.try_exists(), Ok(false)) {
        return parents::built_in_as(&path.display().to_string());
    }
    Ok(parents::with_parents(plain(path)?, Some(path)))
}

/// Without what it builds on.
fn plain(path: &Path) -> Result<Source> {
    let name = path.display().to_string();
    let mut files = Vec::new();
    if path.is_dir() {
        walk(path, path, 0, &mut files)?;
        ensure!(!files.is_empty(), "`{name}` is no bundle: it holds no YAML file");
        files.sort_by(|a, b| a.path.cmp(&b.path));
    } else {
        files.push(SourceFile { path: String::new(), text: text(path)? });
    }
    Ok(Source { name, files, ..Source::default() })
}

/// All YAML files, so that none is left out in silence. The compiler tells the tests apart.
fn walk(folder: &Path, root: &Path, depth: u32, files: &mut Vec<SourceFile>) -> Result<()> {
    ensure!(depth < MAX_DEPTH, "`{}` has too many folders in each other", root.display());
    let unreadable = || format!("cannot read the folder `{}`", folder.display());
    for entry in fs::read_dir(folder).with_context(unreadable)? {
        let entry = entry.with_context(unreadable)?;
        // Mounted ConfigMaps hold each file twice, once in a hidden folder.
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let path = entry.path();
        if path.is_dir() {
            walk(&path, root, depth + 1, files)?;
        } else if is_yaml(&path) {
            let inner = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            files.push(SourceFile { path: inner, text: text(&path)? });
        }
    }
    Ok(())
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "yaml" || end == "yml")
}

fn text(path: &Path) -> Result<String> {
    let content = read(path)?;
    ensure!(!artefact::is_one(&content), packed(path));
    String::from_utf8(content)
        .ok()
        .with_context(|| format!("`{}` is no text; a compiled bundle stands alone", path.display()))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read the bundle `{}`", path.display()))
}

#[cfg(test)]
mod tests;
