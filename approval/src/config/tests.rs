use std::path::Path;

use super::{Database, File, Secret, SigningKey, database};
use crate::console::Viewers;
use crate::testing::bundle;

fn parse(text: &str, environment: &[(&str, &str)]) -> anyhow::Result<File> {
    let environment = environment.iter().map(|(name, value)| (name.to_string(), value.to_string()));
    File::parse(text, environment)
}

fn told(text: &str, environment: &[(&str, &str)]) -> String {
    format!("{:#}", parse(text, environment).err().unwrap())
}

/// A whole configuration over files in this folder.
fn whole(folder: &Path) -> String {
    let write = |name: &str, text: &str| {
        std::fs::write(folder.join(name), text).unwrap();
    };
    let params = rcgen::CertificateParams::new(vec!["approval".to_owned()]).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap().pem();
    write("ca.pem", &certificate);
    write("cert.pem", &certificate);
    write("key.pem", &key.serialize_pem());
    write("grant.pem", &SigningKey::generate().to_pem());
    write("receipt.pem", &SigningKey::generate().to_pem());
    write("digest.key", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n");
    write("dana.key", "a-key-of-thirty-two-characters-or-more\n");
    let folder = folder.display();
    format!(
        r#"
[filter]
listen = "127.0.0.1:0"
ca = "{folder}/ca.pem"
cert = "{folder}/cert.pem"
key = {{file = "{folder}/key.pem"}}
[console]
listen = "127.0.0.1:0"
[store]
sqlite = "{folder}/holds.db"
[keys]
grant = {{file = "{folder}/grant.pem"}}
receipt = {{file = "{folder}/receipt.pem"}}
digest = {{file = "{folder}/digest.key"}}
[[approvers]]
name = "dana"
groups = ["ops"]
key = {{file = "{folder}/dana.key"}}
"#
    )
}

#[test]
fn checkpoints_go_to_another_host_with_what_it_asks_for() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("checkpoint.pem");
    std::fs::write(&key, SigningKey::generate().to_pem()).unwrap();
    std::fs::write(folder.path().join("token"), "Bearer sesame\n").unwrap();
    let place = folder.path().display();
    let keys = format!("[keys]\ncheckpoint = {{file = \"{place}/checkpoint.pem\"}}\n");
    let with = |more: &str| {
        let text = whole(folder.path()).replace("[keys]\n", &keys);
        parse(&format!("{text}\n{more}"), &[]).unwrap().config(bundle())
    };
    let http = |url: &str| {
        format!(
            "[checkpoints.http]\nurl = \"{url}\"\nheaders = {{authorization = {{file = \"{place}/token\"}}}}"
        )
    };
    let config = with(&http("https://worm.example/gatehouse")).unwrap();
    let anchor = config.checkpointing.unwrap().http.unwrap();
    assert_eq!(anchor.headers.get("authorization").unwrap(), "Bearer sesame");
    let refused = format!("{}", with(&http("http://worm.example/")).err().unwrap());
    assert!(refused.contains("`checkpoints.http`") && refused.contains("https"), "{refused}");
    assert!(!refused.contains("sesame"));
    let nowhere = with(&format!("{}\nca = \"{place}/nowhere\"", http("https://worm.example/")));
    assert!(format!("{}", nowhere.err().unwrap()).contains("nowhere"));
}

#[test]
fn witnesses_of_the_checkpoints_are_named_by_their_keys() {
    let folder = tempfile::tempdir().unwrap();
    let key = SigningKey::generate();
    std::fs::write(folder.path().join("checkpoint.pem"), key.to_pem()).unwrap();
    let place = folder.path().display();
    let keys = format!("[keys]\ncheckpoint = {{file = \"{place}/checkpoint.pem\"}}\n");
    let text = whole(folder.path()).replace("[keys]\n", &keys);
    let with = |more: &str| parse(&format!("{text}\n{more}"), &[]).unwrap();
    let vkey = crate::tlog::tests::Cosigner::new("w.example/1").vkey.to_string();
    let witness = format!("witnesses = [{{url = \"https://w.example/\", key = \"{vkey}\"}}]");
    let log = format!("[checkpoints.log]\n{witness}");
    let made = with(&log).config(bundle()).unwrap().checkpointing.unwrap().witnessing.unwrap();
    assert_eq!((made.quorum, made.every.as_secs()), (1, 60));
    let own = key.vkey(&made.origin).unwrap().to_string();
    assert!(own.starts_with("gatehouse/checkpoints/"));
    assert_eq!(with(&log).public_keys().unwrap().log_key.as_ref(), Some(&own));
    assert_eq!(with("").public_keys().unwrap().log_key, Some(own));
    let named = format!("{log}\norigin = \"example.com/l\"");
    let named_key = with(&named).public_keys().unwrap().log_key.unwrap();
    assert!(named_key.starts_with("example.com/l+"));
    let refused = |more: &str| format!("{}", with(more).config(bundle()).err().unwrap());
    for (more, why) in [
        (format!("{log}\nquorum = 2"), "2 of 1"),
        (format!("{log}\nevery_seconds = 0"), "once a second"),
        (log.replace("https", "http"), "https"),
        (log.replace("w.example/1", "w.example/2"), "damaged"),
        (format!("{log}\norigin = \"a b\""), "`a b`"),
    ] {
        let said = refused(&more);
        assert!(said.contains("`checkpoints.log`") && said.contains(why), "{said}");
    }
}

#[test]
fn a_whole_configuration_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let text = whole(folder.path());
    let config = parse(&text, &[]).unwrap().config(bundle()).unwrap();
    assert!(matches!(&config.database, Database::Sqlite(file) if file.ends_with("holds.db")));
    assert_eq!(config.digest_key.len(), 32);
    let person = &config.approvers[0].person;
    assert_eq!((person.name.as_str(), person.groups.as_deref().unwrap().len()), ("dana", 1));
    // Nobody looks at what agents did until a group is named.
    assert_eq!(config.viewers, Viewers::Groups(Vec::new()));
    assert_eq!(config.killers, Viewers::Groups(Vec::new()));
    let named = format!("{text}[sessions]\nviewers = [\"audit\"]\n");
    let named = parse(&named, &[]).unwrap().config(bundle()).unwrap();
    assert_eq!(named.viewers, Viewers::Groups(vec!["audit".to_owned()]));
    let listed = parse(&text, &[("GATEHOUSE_SESSIONS_VIEWERS", "audit, security")]).unwrap();
    assert_eq!(listed.sessions.viewers, ["audit", "security"]);
    let named = parse(&format!("{text}[kills]\ngroups = [\"security\"]\n"), &[]).unwrap();
    let named = named.config(bundle()).unwrap();
    assert_eq!(named.killers, Viewers::Groups(vec!["security".to_owned()]));
    let listed = parse(&text, &[("GATEHOUSE_KILLS_GROUPS", "ops")]).unwrap();
    assert_eq!(listed.kills.groups, ["ops"]);
    let former = folder.path().join("receipt.pem");
    let rotating = text.replace(
        "[[approvers]]",
        &format!("grant_others = [{{file = \"{}\"}}]\n[[approvers]]", former.display()),
    );
    let keys = parse(&rotating, &[]).unwrap().public_keys().unwrap();
    assert_eq!((keys.grant_key.len(), keys.receipt_key.len()), (2, 1));
    assert_eq!(keys.grant_key[1], keys.receipt_key[0]);
}

#[test]
fn the_environment_stands_for_what_is_plain() {
    let folder = tempfile::tempdir().unwrap();
    let text = whole(folder.path());
    let file = parse(
        &text,
        &[
            ("GATEHOUSE_FILTER_LISTEN", "127.0.0.1:4711"),
            ("GATEHOUSE_CONSOLE_PUBLIC_URL", "https://approvals.example"),
            ("GATEHOUSE_LIMITS_OPEN", "77"),
            ("PATH", "/bin"),
            ("GATEHOUSE_LOG", "not a section of ours"),
        ],
    )
    .unwrap();
    assert_eq!(file.limits.open, 77);
    let config = file.config(bundle()).unwrap();
    assert_eq!(config.filter_listen.port(), 4711);
    assert_eq!(config.public_url.as_deref(), Some("https://approvals.example"));

    let typo = told(&text, &[("GATEHOUSE_LIMITS_OPNE", "1")]);
    assert!(typo.contains("`GATEHOUSE_LIMITS_OPNE` names no key"), "{typo}");
    let word = told(&text, &[("GATEHOUSE_LIMITS_OPEN", "many")]);
    assert!(word.contains("is no number"), "{word}");
    let secret = told(&text, &[("GATEHOUSE_FILTER_KEY", "s3cret")]);
    assert!(secret.contains("{env = \"GATEHOUSE_FILTER_KEY\"}"), "{secret}");
    assert!(!secret.contains("s3cret"));
    let address = told(&text, &[("GATEHOUSE_CONSOLE_LISTEN", "here")]);
    assert!(address.contains("`GATEHOUSE_CONSOLE_LISTEN`: `here` is no address"), "{address}");
    let plain = [("GATEHOUSE_CONSOLE_LISTEN", "0.0.0.0:1"), ("GATEHOUSE_LIMITS_OPEN", "77")];
    let plain = parse(&text, &plain).unwrap();
    assert_eq!(plain.environment, ["GATEHOUSE_CONSOLE_LISTEN", "GATEHOUSE_LIMITS_OPEN"]);
}

#[test]
fn mistakes_name_their_line_and_no_secret() {
    let cases = [
        (
            "[filter]\nlisten = \"127.0.0.1:1\"\nlisten_on = 1\n",
            "line 3: unknown field `listen_on`",
        ),
        ("[filters]\n", "line 1: unknown field `filters`"),
        (
            "[filter]\nlisten = \"x:1\"\n",
            "line 2: `x:1` is no address; say an IP address and a port, such as",
        ),
        ("[limits]\n\nopen = \"many\"\n", "line 3: invalid type"),
        ("[limits]\nopen = -1\n", "line 2"),
        ("[keys]\ngrant = \"s3cret\"\n", "line 2: a secret is not written out here"),
        ("[keys]\ngrant = {text = \"s3cret\"}\n", "line 2: that is not a secret's place"),
        ("[keys]\ngrant = {file = \"/no/where\"}\n", "line 2: `/no/where`: No such file"),
        ("[keys]\ngrant = {env = \"NO_SUCH_NAME\"}\n", "`NO_SUCH_NAME` is not set"),
        ("[keys]\ngrant = s3cret\n", "line 2"),
        ("[[approvers]]\nkey = {file = \"/dev/null\"}\n", "`/dev/null` is empty"),
    ];
    for (text, wanted) in cases {
        let told = told(text, &[]);
        assert!(told.contains(wanted), "{told}");
        assert!(!told.contains("s3cret"), "{told}");
    }
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let nothing = parse("", &[]).unwrap().config(bundle()).err().unwrap().to_string();
    for place in ["filter.listen", "filter.ca", "filter.key", "console.listen", "keys.digest"] {
        assert!(nothing.contains(&format!("`{place}` is missing")), "{nothing}");
    }
    assert!(nothing.contains("`store.sqlite` and `store.postgres`"), "{nothing}");
    let folder = tempfile::tempdir().unwrap();
    let text = whole(folder.path())
        .replace("receipt.pem", "grant.pem")
        .replace("listen = \"127.0.0.1:0\"\n[store]", "listen = \"0.0.0.0:0\"\n[store]")
        + "[limits]\nopen = 0\n";
    std::fs::write(folder.path().join("dana.key"), "short").unwrap();
    let several = parse(&text, &[]).unwrap().config(bundle()).err().unwrap().to_string();
    let nowhere = text.replace("holds.db", "none/holds.db");
    let nowhere = parse(&nowhere, &[]).unwrap().config(bundle()).err().unwrap().to_string();
    assert!(nowhere.contains("`store.sqlite`: there is no folder for"), "{nowhere}");
    let key = format!("\"{}/dana.key\"", folder.path().display());
    let twice = format!("{text}[[approvers]]\nname = \"Dana\"\nkey = {{file = {key}}}\n");
    let twice = parse(&twice, &[]).unwrap().config(bundle()).err().unwrap().to_string();
    assert!(twice.contains("`Dana` is empty or there twice"), "{twice}");
    for wanted in ["a key each", "loopback", "limit of 0", "approver `dana` needs at least 32"] {
        assert!(several.contains(wanted), "{wanted}: {several}");
    }
}

#[test]
fn settled_holds_are_kept_for_some_days() {
    let folder = tempfile::tempdir().unwrap();
    let text = whole(folder.path());
    let kept = |days: Option<&str>| {
        let text = match days {
            Some(days) => text.replace("[store]", &format!("[store]\nkeep_days = {days}")),
            None => text.clone(),
        };
        let file = parse(&text, &[]).map_err(|error| format!("{error:#}"))?;
        file.config(bundle()).map(|config| config.keep_days).map_err(|told| told.to_string())
    };
    assert_eq!(kept(None), Ok(90));
    assert_eq!((kept(Some("8")), kept(Some("0"))), (Ok(8), Ok(0)));
    for wrong in ["7", "1", "-1", "\"90\"", "4294967296"] {
        let told = kept(Some(wrong)).unwrap_err();
        assert!(told.contains("keep_days") || told.contains("line"), "{told}");
    }
}

#[test]
fn records_are_kept_beside_the_holds_or_where_it_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let text = whole(folder.path());
    let kept = |more: &str| {
        let file = parse(&format!("{text}{more}"), &[]).map_err(|error| format!("{error:#}"))?;
        let records = file.records().map_err(|told| told.to_string())?;
        let config = file.config(bundle()).map_err(|told| told.to_string())?.records;
        assert_eq!(config.database.to_string(), records.database.to_string());
        Ok::<_, String>((config.database.to_string(), config.keep_days, config.keep_bytes))
    };
    let at = |name: &str| folder.path().join(name).display().to_string();
    let default = (format!("`{}`", at("records.sqlite")), 90, 20 << 30);
    assert_eq!(kept(""), Ok(default.clone()));
    let said = kept("[records]\nkeep_days = 1\nkeep_bytes = 0\n");
    assert_eq!(said, Ok((default.0, 1, 0)));
    let other = kept("[records]\npostgres = {env = \"PATH\"}\n").unwrap_err();
    assert!(other.contains("`records.postgres`: it is no URL"), "{other}");
    let same = kept(&format!("[records]\nsqlite = \"{}\"\n", at("holds.db"))).unwrap_err();
    assert!(same.contains("`records`: records need a file of their own"), "{same}");
    let nowhere = kept("[records]\nsqlite = \"/nowhere/at/all.db\"\n").unwrap_err();
    assert!(nowhere.contains("`records.sqlite`: there is no folder"), "{nowhere}");
}

#[test]
fn a_password_does_not_cross_a_network_by_chance() {
    let check = |url: &str| database::check(&Secret::new(url)).map_err(|error| error.to_string());
    for right in [
        "postgres://u:p@db.example/g?sslmode=verify-full",
        "postgresql://u:p@db.example/g?sslmode=disable",
        "postgres://u:p@db.example/g?sslmode=verify-ca",
        "postgres://u:p@127.0.0.1/g",
        "postgres://u@%2Fvar%2Frun%2Fpostgresql/g",
        "postgres:///g?host=/var/run/postgresql",
    ] {
        check(right).unwrap();
    }
    for wrong in [
        "postgres://u:p@db.example/g",
        "postgres://u:p@db.example/g?sslmode=prefer",
        "postgres://u:p@db.example/g?sslmode=allow",
        "postgres://u:p@db.example/g?ssl-mode=require",
        "postgres://u:p@db.example/g?sslmode=verify-full&sslmode=require",
        "postgres://u:p@127.0.0.1/g?hostaddr=192.0.2.1",
        "postgres://u:p@127.0.0.1/g?host=db.example",
        "postgres:///g?host=localhost&hostaddr=192.0.2.1",
        "postgres:///g?host=localhost&host=db.example",
        "mysql://u:p@127.0.0.1/g",
        "holds.db",
    ] {
        let told = check(wrong).unwrap_err();
        assert!(!told.contains("u:p"), "{told}");
    }
}

/// What lets somebody in, or makes one human two, is said and not left to chance.
#[test]
fn people_are_named_as_their_provider_names_them() {
    let folder = tempfile::tempdir().unwrap();
    let text = whole(folder.path());
    let provider = "[oidc]\nissuer = \"https://login.example\"\nclient_id = \"gatehouse\"\n";
    let told = |text: &str| match parse(text, &[]).unwrap().config(bundle()) {
        Ok(_) => String::new(),
        Err(mistakes) => mistakes.to_string(),
    };
    let nobody = told(&format!("{text}{provider}"));
    assert!(nobody.contains("lets nobody in"), "{nobody}");
    assert!(nobody.contains("approver `dana` has to be named by the address"), "{nobody}");
    let groups = format!("{text}{provider}allowed_groups = [\"ops\"]\n");
    let by_mail = groups.replace("name = \"dana\"", "name = \"dana@example.com\"");
    assert_eq!(told(&by_mail), "");
    assert_eq!(told(&format!("{groups}human_claim = \"employee\"\n")), "");
    let hidden = by_mail.replace("dana@", "dana\u{200b}@");
    assert!(told(&hidden).contains("characters that nobody sees"), "{}", told(&hidden));
    for (url, right) in [
        ("http://intranet", false),
        ("http://127.0.0.1:10081", true),
        ("https://approvals.example", true),
    ] {
        let at = text.replace("[store]", &format!("public_url = \"{url}\"\n[store]"));
        assert_eq!(told(&at).is_empty(), right, "{url}: {}", told(&at));
    }
}
