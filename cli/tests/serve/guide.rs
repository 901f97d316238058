//! The guide's example is sound and starts; what is wrong is told and starts nothing.

use crate::client::Filter;
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

/// The guide's own commands, and what they make is taken by the service and by its client.
#[tokio::test]
async fn the_certificates_of_the_guide_prove_both_ends() {
    let mut setup = Setup::new();
    let (_, section) = GUIDE.split_once("## Certificates").unwrap();
    let (_, rest) = section.split_once("```sh\n").unwrap();
    let (commands, _) = rest.split_once("```").unwrap();
    let made = tempfile::tempdir_in(setup.folder.path()).unwrap();
    let shell = std::process::Command::new("sh")
        .args(["-e", "-c", commands])
        .current_dir(made.path())
        .output()
        .unwrap();
    assert!(shell.status.success(), "{}", String::from_utf8_lossy(&shell.stderr));
    let read = |name: &str| std::fs::read_to_string(made.path().join(name)).unwrap();
    for (name, file) in
        [("ca.pem", "filter-ca.pem"), ("cert.pem", "cert.pem"), ("key.pem", "key.pem")]
    {
        std::fs::write(setup.path(file), read(name)).unwrap();
    }
    let stranger = Filter::new(&setup);
    (setup.ca, setup.filter_cert, setup.filter_key) =
        (read("ca.pem"), read("filter.pem"), read("filter.key"));
    let config = setup.configured(&format!("sqlite = \"{}\"", setup.path("holds.db").display()));
    let program = Program::start(gatehouse(&config, &[]));
    let ask = async |filter: &Filter| {
        filter.ask(program.filter, "GET", "/healthz", String::new()).await.map(|(status, _)| status)
    };
    assert_eq!(ask(&Filter::new(&setup)).await.unwrap(), hyper::StatusCode::OK);
    assert!(ask(&stranger).await.is_err(), "another authority's");
}

#[test]
fn a_log_in_a_file_has_no_colours_and_a_check_finds_what_a_start_would() {
    let setup = Setup::new();
    let file = setup.configured("postgres = {env = \"DATABASE\"}");
    let start = gatehouse(&file, &[]).env("DATABASE", "postgres://u:s3cret@127.0.0.1:1/g").output();
    let told = String::from_utf8(start.unwrap().stderr).unwrap();
    assert!(told.contains("PostgreSQL database at `127.0.0.1:1`"), "{told}");
    assert_eq!(told.matches("refused").count(), 1, "{told}");
    assert!(!told.contains("s3cret"), "{told}");
    let file = setup.configured("sqlite = \"/no/such/folder/holds.db\"");
    let checked =
        gatehouse(&file, &["--check"]).env("GATEHOUSE_LIMITS_OPEN", "7").output().unwrap();
    let told = String::from_utf8(checked.stderr).unwrap();
    assert_eq!(checked.status.code(), Some(1));
    assert!(
        told.contains("there is no folder for") && told.contains("with GATEHOUSE_LIMITS_OPEN of"),
        "{told}"
    );
    let file = setup.configured(&format!("sqlite = \"{}\"", setup.path("holds.db").display()));
    let mut command = gatehouse(&file, &[]);
    let log = setup.path("log");
    command.stderr(std::fs::File::create(&log).unwrap());
    Program::start(command).stop();
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("stopping") && !log.contains('\u{1b}'), "{log}");
}
