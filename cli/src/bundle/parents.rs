/*! What a bundle builds on: other folders and files, and the bundles that are built in. */

use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result};
use include_dir::Dir;
use policy::compile::{Parent, Source, extends};

use super::{EMBEDDED, built_in, plain};

/// Bundles that build on each other.
const DEEPEST: usize = 16;

/// `at`: the folder or file of the bundle; `None`: it is built in. What is not found is told with its
/// place by the compiler.
pub fn with_parents(source: Source, at: Option<&Path>) -> Source {
    let name = at.map_or(source.name.clone(), |at| clean(at).display().to_string());
    load(source, at, &mut vec![name])
}

fn load(mut source: Source, at: Option<&Path>, chain: &mut Vec<String>) -> Source {
    let wanted = extends(&source).into_iter();
    source.parents =
        wanted.map(|wanted| Parent { found: find(&wanted, at, chain), wanted }).collect();
    source
}

fn find(wanted: &str, at: Option<&Path>, chain: &mut Vec<String>) -> Result<Source, String> {
    let path = match (wanted.starts_with("./") || wanted.starts_with("../"), at) {
        (true, Some(at)) => {
            let folder = if at.is_dir() { at } else { at.parent().unwrap_or(at) };
            Some(clean(&folder.join(wanted)))
        }
        (true, None) => return Err("a bundle that is built in extends only others".to_owned()),
        (false, _) => None,
    };
    let name = path.as_ref().map_or(wanted.to_owned(), |path| path.display().to_string());
    if chain.contains(&name) {
        return Err(format!("it builds on itself: {} → {name}", chain.join(" → ")));
    }
    if chain.len() >= DEEPEST {
        return Err(format!("more than {DEEPEST} bundles build on each other"));
    }
    let source = match &path {
        Some(path) if !path.exists() => {
            return Err(format!("there is no folder or file `{name}`"));
        }
        Some(path) => plain(path).map_err(|error| format!("{error:#}"))?,
        None => folder(wanted).map(built_in).ok_or_else(|| no_such_name(wanted))?,
    };
    chain.push(name);
    let source = load(source, path.as_deref(), chain);
    chain.pop();
    Ok(source)
}

/// By its name alone, without any path.
pub fn built_in_as(name: &str) -> Result<Source> {
    let found = folder(name).with_context(|| {
        format!("there is no folder or file `{name}`, and no bundle of this name is built in: there is {}", names())
    })?;
    Ok(with_parents(built_in(found), None))
}

fn folder(name: &str) -> Option<&'static Dir<'static>> {
    EMBEDDED.dirs().find(|folder| is_bundle(folder) && folder.path() == Path::new(name))
}

fn is_bundle(folder: &Dir<'_>) -> bool {
    folder.contains(folder.path().join("bundle.yaml"))
}

fn names() -> String {
    let folders = EMBEDDED.dirs().filter(|folder| is_bundle(folder));
    let names: Vec<String> =
        folders.map(|folder| format!("`{}`", folder.path().display())).collect();
    names.join(", ")
}

fn no_such_name(wanted: &str) -> String {
    let hint = if wanted.contains(['/', '.']) { "; a path begins with `./` or `../`" } else { "" };
    format!("no bundle of this name is built in: there is {}{hint}", names())
}

/// Without `.` and, as far as that can be told, `..`: one name for one place.
fn clean(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(clean.components().next_back(), Some(Component::Normal(_))) =>
            {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use policy::bundle::Bundle;

    use super::clean;
    use crate::bundle::{load, sources};

    fn write(folder: &Path, file: &str, text: &str) {
        let path = folder.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn refusal(path: &Path) -> String {
        load(&[path.to_owned()]).unwrap_err().to_string()
    }

    #[test]
    fn folders_files_and_built_in_bundles_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let at = |file: &str, text: &str| write(folder.path(), file, text);
        at(
            "shop/bundle.yaml",
            "bundle: {name: shop, version: '1', extends: [../base, ./more.yaml]}\n",
        );
        at(
            "shop/rules/a.yaml",
            "rules: [{name: own, on: request, match: {http: {path: /a}}, effect: deny}]\n",
        );
        at("base/bundle.yaml", "bundle: {name: base, version: '7', extends: secrets}\n");
        at(
            "base/rules/b.yaml",
            "rules: [{name: of-base, on: request, match: {http: {path: /b}}, effect: deny}]\n",
        );
        at("shop/more.yaml", "bundle: {name: more, version: '1'}\n");
        // A file of the bundle itself is none that it can extend.
        let said = refusal(&folder.path().join("shop"));
        assert!(said.contains("GH110"), "{said}");
        std::fs::rename(folder.path().join("shop/more.yaml"), folder.path().join("more.yaml"))
            .unwrap();
        at(
            "shop/bundle.yaml",
            "bundle: {name: shop, version: '1', extends: [../base, ../more.yaml]}\n",
        );
        let file = load(&[folder.path().join("shop")]).unwrap();
        let bundle = Bundle::decode(&file).unwrap();
        assert_eq!((bundle.name.as_str(), bundle.version.as_str()), ("shop", "1"));
        let from = |name: &str| {
            let rule = bundle.rules.iter().find(|rule| rule.name == name);
            rule.unwrap_or_else(|| panic!("{name}")).from.clone()
        };
        assert_eq!((from("own"), from("of-base")), (None, Some("base".into())));
        assert!(bundle.rules.iter().any(|rule| rule.from.as_deref() == Some("secrets")));
        assert!(bundle.scanner.kinds().len() > 3, "with its patterns");
        // The same, wherever it lies.
        let moved = tempfile::tempdir().unwrap();
        let target = moved.path().join("deeper");
        std::fs::rename(folder.path(), &target).unwrap();
        assert_eq!(load(&[target.join("shop/../shop")]).unwrap(), file);
    }

    #[test]
    fn a_name_is_a_built_in_bundle_where_nothing_lies_there() {
        let built_in = Bundle::decode(&load(&["secrets".into()]).unwrap()).unwrap();
        assert_eq!(built_in.name, "secrets");
        let two = load(&["secrets".into(), "personal-data".into()]).unwrap();
        assert!(Bundle::decode(&two).unwrap().rules.len() > built_in.rules.len());
        for name in ["secretz", "schema", "secrets/rules", "./secrets", "/nowhere/secrets"] {
            let said = load(&[name.into()]).unwrap_err().to_string();
            let all = format!("no folder or file `{name}`, and no bundle of this name is built in");
            assert!(said.contains(&all) && said.contains("`personal-data`, "), "{said}");
        }
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("secrets");
        write(&own, "bundle.yaml", "bundle: {name: own, version: '1'}\n");
        assert_eq!(Bundle::decode(&load(&[own]).unwrap()).unwrap().name, "own");
    }

    #[test]
    fn what_is_not_found_is_told_at_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let shop = folder.path().join("shop");
        for (extends, why) in [
            ("../base", "there is no folder or file"),
            ("secret", "no bundle of this name is built in: there is `allow-all`"),
            ("base/rules", "a path begins with `./` or `../`"),
            ("schema", "no bundle of this name"),
            ("../shop", "it builds on itself"),
            ("./", "it builds on itself"),
        ] {
            let text = format!("bundle: {{name: shop, version: '1', extends: [{extends}]}}\n");
            write(&shop, "bundle.yaml", &text);
            let said = refusal(&shop);
            assert!(said.contains("GH117") && said.contains(why), "{extends}: {said}");
            assert!(said.contains("shop/bundle.yaml:1:46"), "{said}");
        }
        write(&shop, "bundle.yaml", "bundle: {name: shop, version: '1', extends: ../two}\n");
        write(
            folder.path(),
            "two/bundle.yaml",
            "bundle: {name: two, version: '1', extends: ../shop}\n",
        );
        let said = refusal(&shop);
        assert!(said.contains("two/bundle.yaml:1") && said.contains("builds on itself"), "{said}");
        assert_eq!(sources(&[shop]).unwrap()[0].parents.len(), 1);
    }

    #[test]
    fn places_have_one_name() {
        for (path, cleaned) in [
            ("a/../b", "b"),
            ("./a/./b/", "a/b"),
            ("../a", "../a"),
            ("a/../../b", "../b"),
            ("/a/../b", "/b"),
        ] {
            assert_eq!(clean(Path::new(path)), Path::new(cleaned), "{path}");
        }
    }
}
