//! The guide's example is sound and starts; what is wrong is told and starts nothing.

use crate::program::{Program, Setup, gatehouse, output};

const GUIDE: &str = include_str!("../../../docs/guide/serve.md");

/// The first block of TOML, over files of a folder here and on any port.
fn example(setup: &Setup) -> std::path::PathBuf {
    let (_, rest) = GUIDE.split_once("```toml\n").unwrap();
    let (text, _) = rest.split_once("```").unwrap();
    let folder = setup.folder.path().display().to_string();
    let text = text
        .replace("/etc/gatehouse", &folder)
        .replace("/var/lib/gatehouse", &folder)
        .replace("0.0.0.0:10443", "127.0.0.1:0")
        .replace("127.0.0.1:10081", "127.0.0.1:0");
    let file = setup.path("example.toml");
    std::fs::write(&file, text).unwrap();
    file
}

#[test]
fn the_example_of_the_guide_serves() {
    let setup = Setup::new();
    let file = example(&setup);
    let checked = output(&file, &["--check"]);
    let told = String::from_utf8_lossy(&checked.stderr).into_owned();
    assert!(checked.status.success(), "{told}");
    assert!(!setup.path("holds.db").exists(), "a check makes nothing");
    let keys = output(&file, &["--public-keys"]);
    let keys: serde_json::Value = serde_json::from_slice(&keys.stdout).unwrap();
    assert_eq!(keys["grant_key"].as_array().unwrap().len(), 1);
    let mut program = Program::start(gatehouse(&file, &[]));
    let database = std::fs::metadata(setup.path("holds.db")).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::mode(&database.permissions());
    assert_eq!(mode & 0o777, 0o600);
    program.stop();
}

#[test]
fn what_is_wrong_is_told_and_nothing_starts() {
    let setup = Setup::new();
    let file = setup.configured("sqlite = \"/no/such/folder/holds.db\"");
    let nowhere = output(&file, &[]);
    let told = String::from_utf8_lossy(&nowhere.stderr).into_owned();
    assert_eq!(nowhere.status.code(), Some(1));
    assert!(told.contains("there is no folder for `/no/such/folder/holds.db`"), "{told}");

    let file = setup.configured("sqlite = \"a.db\"\npostgres = {env = \"HOME\"}");
    std::fs::write(setup.path("dana.key"), "short").unwrap();
    std::fs::write(setup.path("cert.pem"), "nothing").unwrap();
    let several = output(&file, &["--check"]);
    let told = String::from_utf8_lossy(&several.stderr).into_owned();
    assert_eq!(several.status.code(), Some(1));
    assert!(told.contains("say one of `store.sqlite` and `store.postgres`"), "{told}");
    assert!(!told.contains("short") && !told.contains("nothing"), "{told}");
}
