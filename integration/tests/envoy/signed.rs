/*! A bundle runs only with the signatures that are asked for: at the start, and in the filter itself. */

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use integration::{Call, Gateway, Upstream, envoy, place};
use jwt_simple::prelude::Ed25519KeyPair;
use serde_json::{Value, json};

struct Scene {
    folder: tempfile::TempDir,
    bundle: PathBuf,
}

fn gatehouse(arguments: &[&str]) -> Output {
    Command::new(place::gatehouse()).args(arguments).output().unwrap()
}

impl Scene {
    /// A compiled bundle, and two people with keys.
    fn new() -> Self {
        let folder = place::folder();
        let at = |name: &str| folder.path().join(name);
        for name in ["ada", "ben"] {
            let pair = Ed25519KeyPair::generate();
            std::fs::write(at(&format!("{name}.pem")), pair.to_pem()).unwrap();
            std::fs::write(at(&format!("{name}.pub")), pair.public_key().to_pem()).unwrap();
        }
        let bundle = at("b.bundle");
        let source = place::root().join("policy-bundles/baseline");
        let (source, out) = (source.to_str().unwrap(), bundle.to_str().unwrap());
        assert!(gatehouse(&["bundle", "build", source, "--out", out]).status.success());
        Self { folder, bundle }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn sign(&self, who: &str) {
        let key = self.file(&format!("{who}.pem"));
        let (key, bundle) = (key.to_str().unwrap(), self.bundle.to_str().unwrap());
        let output = gatehouse(&["bundle", "sign", "--key", key, bundle]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// What a start with these signers says before it ends.
    fn refusal(&self, bundle: &Path, signers: &[&str], required: &str) -> String {
        let mut command = Command::new(place::gatehouse());
        command.args(["run", "--upstream", "http://127.0.0.1:9", "--bundle-signatures", required]);
        command.args(["--listen", "127.0.0.1:0", "--console", "127.0.0.1:0"]);
        command.arg("--data").arg(self.file("data")).arg("--bundle").arg(bundle);
        for signer in signers {
            command.arg("--bundle-signer").arg(self.file(&format!("{signer}.pub")));
        }
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "{said}");
        said
    }
}

#[test]
fn a_bundle_that_is_not_signed_as_asked_does_not_start() {
    let scene = Scene::new();
    assert!(scene.refusal(&scene.bundle, &["ada"], "1").contains("0 of the 1 signatures"));
    scene.sign("ben");
    assert!(scene.refusal(&scene.bundle, &["ada"], "1").contains("0 of the 1 signatures"));
    assert!(scene.refusal(&scene.bundle, &["ada", "ben"], "2").contains("1 of the 2 signatures"));
    // Another bundle with the signatures of this one.
    let source = place::root().join("policy-bundles/secrets");
    let (source, other) = (source.to_str().unwrap(), scene.file("other.bundle"));
    let out = other.to_str().unwrap();
    assert!(gatehouse(&["bundle", "build", source, "--out", out]).status.success());
    std::fs::copy(scene.file("b.bundle.sig"), scene.file("other.bundle.sig")).unwrap();
    assert!(scene.refusal(&other, &["ben"], "1").contains("0 of the 1 signatures"));
    let mut damaged = std::fs::read(&scene.bundle).unwrap();
    *damaged.last_mut().unwrap() ^= 1;
    std::fs::write(&scene.bundle, damaged).unwrap();
    assert!(scene.refusal(&scene.bundle, &["ben"], "1").contains("damaged"));
}

#[test]
fn the_filter_checks_the_signatures_itself() {
    let (scene, upstream) = (Scene::new(), Upstream::start());
    scene.sign("ada");
    scene.sign("ben");
    let mut builder = Gateway::build().upstream("/", &upstream.url());
    for argument in ["--bundle", "--bundle-signer", "--bundle-signer"]
        .into_iter()
        .zip(["b.bundle", "ada.pub", "ben.pub"])
    {
        builder = builder.arg(argument.0).arg(scene.file(argument.1));
    }
    let gateway = builder.arg("--bundle-signatures").arg("2").start();
    let drop = json!({ "sql": "DROP DATABASE customers" });
    let call = Call::post("/query").token(&gateway.token("robot")).json(&drop);
    call.send(&gateway).expect_refusal(403, "denied");

    let file = scene.file("bootstrap.json");
    let taken = |change: &dyn Fn(&mut Value)| {
        let mut bootstrap = envoy::bootstrap(&gateway);
        envoy::plugin(&mut bootstrap, change);
        std::fs::write(&file, bootstrap.to_string()).unwrap();
        let (taken, said) = envoy::validate(&file);
        assert!(taken || said.contains("configuration refused"), "{said}");
        taken
    };
    assert!(taken(&|_| {}));
    assert!(!taken(&|config| config["bundle_signatures"] = json!([])));
    assert!(!taken(&|config| drop_first(&mut config["bundle_signatures"])));
    let token = gateway.token("robot");
    assert!(!taken(&|config| config["bundle_signatures"][0] = json!(token)));
}

fn drop_first(list: &mut Value) {
    list.as_array_mut().unwrap().remove(0);
}
