/*! Bundles with their own tests, which pass. */

use std::path::PathBuf;

use anyhow::Result;
use policy::bundle::{Bundle, cases};
use policy::case::run;
use policy::compile::{Source, release};

use super::{Invalid, compiled, load, ready_made, sources};

/// As it is released.
pub fn released(sources: &[Source]) -> Result<Vec<u8>> {
    let file = with_tests(sources)?;
    let names: Vec<&str> = sources.iter().map(|source| source.name.as_str()).collect();
    check(file, &names.join(" "))
}

/// The tests too are free of mistakes; whether they pass is another question.
pub fn with_tests(sources: &[Source]) -> Result<Vec<u8>> {
    release(sources).map_err(|mistakes| Invalid::Mistakes(mistakes).into())
}

/// What `gatehouse run` puts in force. A compiled bundle has to pass its tests. One that is still being
/// written may be tried before they do, and says so. Of several each was tested for itself, and where
/// they are merged another result may be what is wanted.
pub fn to_run(paths: &[PathBuf]) -> Result<Vec<u8>> {
    match paths {
        [path] => match ready_made(path)? {
            Some(file) => check(file, &path.display().to_string()),
            None => as_written(&sources(paths)?),
        },
        [] => load(paths),
        _ => compiled(&sources(paths)?),
    }
}

fn as_written(sources: &[Source]) -> Result<Vec<u8>> {
    released(sources).or_else(|why| {
        let file = compiled(sources)?;
        eprintln!("warning: {why}");
        Ok(file)
    })
}

fn check(file: Vec<u8>, name: &str) -> Result<Vec<u8>> {
    let (bundle, cases) = (Bundle::decode(&file)?, cases(&file)?);
    let failing = cases.iter().filter(|case| !run(&bundle, case).failures.is_empty()).count();
    match failing {
        0 => Ok(file),
        _ => Err(Invalid::Failing(name.to_owned(), failing, cases.len()).into()),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{Invalid, sources, to_run};

    const BUNDLE: &str = "bundle: {name: mine, version: '1'}
rules:
- {name: no-delete, on: request, match: {http: {method: DELETE}}, effect: deny}
tests:
- {name: deleting is denied, request: {method: DELETE}, expect: {effect: deny}}
- {name: reading is not, request: {method: GET}, expect: {effect: EFFECT}}
";

    #[test]
    fn a_bundle_that_fails_its_tests_is_not_run() {
        let folder = tempfile::tempdir().unwrap();
        let source = |name: &str, effect: &str| -> PathBuf {
            let file = folder.path().join(name);
            std::fs::write(&file, BUNDLE.replace("EFFECT", effect)).unwrap();
            file
        };
        let (good, bad) = (source("good.yaml", "allow"), source("bad.yaml", "deny"));
        let ready = folder.path().join("ready");
        let compiled = |file: &PathBuf| {
            let file = super::with_tests(&sources(std::slice::from_ref(file)).unwrap());
            std::fs::write(&ready, file.unwrap()).unwrap();
            ready.clone()
        };
        assert!(to_run(std::slice::from_ref(&good)).is_ok());
        assert!(to_run(&[compiled(&good)]).is_ok());
        let error = to_run(&[compiled(&bad)]).unwrap_err();
        assert!(matches!(error.downcast_ref(), Some(Invalid::Failing(_, 1, 2))), "{error}");
        let tried = to_run(std::slice::from_ref(&bad)).unwrap();
        assert!(policy::bundle::cases(&tried).unwrap().is_empty(), "what was tried is no release");
    }
}
