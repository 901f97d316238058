use std::path::PathBuf;

use policy::bundle::Bundle;

use super::{Invalid, embedded, for_masking, load};

const RULE: &str = "bundle: {name: mine, version: '1'}
rules:
- name: no-delete
  on: request
  match: {http: {method: [DELETE]}}
  effect: deny
";

fn rules(compiled: &[u8]) -> Vec<String> {
    Bundle::decode(compiled).unwrap().rules.into_iter().map(|rule| rule.name).collect()
}

#[test]
fn without_a_bundle_the_embedded_ones_apply() {
    let names: Vec<String> = embedded().into_iter().map(|source| source.name).collect();
    assert_eq!(names, ["baseline", "personal-data", "secrets"]);
    assert!(rules(&load(&[]).unwrap()).len() > 3);
}

#[test]
fn given_ones_replace_them_in_every_form() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.yaml");
    std::fs::write(&file, RULE).unwrap();
    let split = folder.path().join("split");
    std::fs::create_dir_all(split.join("rules")).unwrap();
    std::fs::create_dir_all(split.join("..data")).unwrap();
    std::fs::write(split.join("bundle.yaml"), "bundle: {name: two, version: '1'}\n").unwrap();
    let rule = RULE.split_once('\n').unwrap().1.replace("no-delete", "no-delete-2");
    std::fs::write(split.join("rules/a.yaml"), &rule).unwrap();
    std::fs::write(split.join("..data/a.yaml"), &rule).unwrap();
    std::fs::write(split.join("README.md"), "# Two").unwrap();

    let one = load(std::slice::from_ref(&file)).unwrap();
    assert_eq!(rules(&one), ["no-delete"]);
    assert_eq!(rules(&load(&[file, split]).unwrap()), ["no-delete", "no-delete-2"]);
    let compiled = folder.path().join("mine.bundle");
    std::fs::write(&compiled, &one).unwrap();
    assert_eq!(load(&[compiled]).unwrap(), one);
}

#[test]
fn approvers_never_see_less_masked_than_by_default() {
    let folder = tempfile::tempdir().unwrap();
    let kinds = |compiled: &[u8]| -> Vec<String> {
        let scanner = Bundle::decode(compiled).unwrap().scanner;
        scanner.kinds().into_iter().map(str::to_owned).collect()
    };
    let default = kinds(&load(&[]).unwrap());
    assert!(!default.is_empty());
    let file = folder.path().join("mine.yaml");
    std::fs::write(&file, RULE).unwrap();
    let mine = load(std::slice::from_ref(&file)).unwrap();
    assert!(kinds(&mine).is_empty());
    assert_eq!(kinds(&for_masking(&[file], &mine).unwrap()).len(), default.len());
    let compiled = folder.path().join("mine.bundle");
    std::fs::write(&compiled, &mine).unwrap();
    assert_eq!(kinds(&for_masking(&[compiled], &mine).unwrap()), default);
}

#[test]
fn mistakes_and_damage_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let invalid = |content: &[u8]| {
        let path: PathBuf = folder.path().join("bundle");
        std::fs::write(&path, content).unwrap();
        load(&[path]).unwrap_err().downcast::<Invalid>().unwrap().to_string()
    };
    let mistake = invalid(RULE.replace("effect: deny", "effect: burn").as_bytes());
    assert!(mistake.contains("burn"), "{mistake}");
    assert!(invalid(b"GHBUNDLE\0\0\0\0").contains("bundle"));
    assert!(mistake.starts_with("the bundle has 1 mistake\n"), "{mistake}");
    let packed = folder.path().join("b.gatehouse");
    std::fs::write(&packed, policy::delivery::artefact::write(b"GHBUNDLE", &[])).unwrap();
    for paths in [vec![packed.clone()], vec![packed, "secrets".into()]] {
        let said = load(&paths).unwrap_err().to_string();
        assert!(said.contains("b.gatehouse` is packed: "), "{said}");
    }
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    assert!(load(&[empty]).unwrap_err().to_string().contains("no YAML file"));
}
