/*! Starting and stopping: the one line, the files, what is left. */

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use integration::issuer::parts;
use integration::wait::{SOON, until};
use integration::{Call, Gateway, Upstream, place};
use rustix::process::Signal;
use tempfile::TempDir;

fn alive(pid: u32) -> bool {
    // A zombie's command line is empty.
    std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| !line.is_empty())
}

fn private(path: &Path) -> bool {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o077 == 0
}

/// Names of what is in the folder.
fn below(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The process and all it started, by pid.
fn family(pid: u32) -> Vec<u32> {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let children = threads.flat_map(|thread| {
        let children = std::fs::read_to_string(thread.path().join("children")).unwrap_or_default();
        let pids: Vec<u32> = children.split(' ').filter_map(|pid| pid.parse().ok()).collect();
        pids
    });
    std::iter::once(pid).chain(children.flat_map(family)).collect()
}

/// Files that the process has open and may write.
fn written(pid: u32) -> Vec<PathBuf> {
    let open = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().flatten();
    open.filter_map(|entry| {
        let info = format!("/proc/{pid}/fdinfo/{}", entry.file_name().to_str()?);
        let info = std::fs::read_to_string(info).ok()?;
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:"))?;
        let flags = u32::from_str_radix(flags.trim(), 8).ok()?;
        let file = std::fs::read_link(entry.path()).ok()?;
        // The lowest two bits are the access mode, 0 for reading.
        (flags & 3 != 0 && file.is_file()).then_some(file)
    })
    .collect()
}

/// A gateway that finds nothing but folders of its own to leave anything in.
struct Alone {
    gateway: Gateway,
    folder: TempDir,
}

impl Alone {
    /// `data`: below its folder; none: where it chooses itself.
    #[track_caller]
    fn start(data: Option<&str>, upstream: &Upstream) -> Self {
        let folder = place::folder();
        let path = |name: &str| folder.path().join(name);
        for name in ["home", "tmp", "cwd"] {
            std::fs::create_dir(path(name)).unwrap();
        }
        let build = Gateway::build()
            .upstream("/", &upstream.url())
            .env("HOME", path("home"))
            .env("TMPDIR", path("tmp"));
        let build = match data {
            Some(data) => build.data(&path(data)),
            None => build.inside(&path("cwd")),
        };
        Self { gateway: build.start(), folder }
    }

    fn below(&self, name: &str) -> Vec<String> {
        below(&self.folder.path().join(name))
    }

    /// Stops it, and looks for anything that is left.
    #[track_caller]
    fn stop_by(mut self, signal: Signal) {
        let Gateway { data, .. } = &self.gateway;
        let data = data.clone();
        let admin = PathBuf::from(self.gateway.run["admin"].as_str().unwrap());
        assert!(admin.exists() && data.join("run.json").exists());
        let family = family(self.gateway.process.pid());
        assert!(family.contains(&self.gateway.envoy_pid()), "{family:?}");
        let written: Vec<_> = family.iter().flat_map(|pid| written(*pid)).collect();
        assert!(written.contains(&self.gateway.records_file()), "{written:?}");
        assert!(written.iter().all(|file| file.starts_with(&data)), "{written:?}");
        let status = self.gateway.stop_by(signal);
        assert!(status.success(), "{signal:?}: {status}");
        // Everything is gone by the time it is.
        for pid in family {
            assert!(!alive(pid), "{pid} is left");
        }
        assert!(!data.join("run.json").exists());
        assert!(!admin.exists());
        // The records, the holds, the keys that stay, and how Envoy was started and what it said.
        assert_eq!(
            below(&data),
            ["approval.sqlite", "bundles", "envoy", "keys", "lock", "records", "records.sqlite"]
        );
        assert_eq!(below(&data.join("envoy")), ["bootstrap.json", "envoy.log", "secrets"]);
        assert!(!data.join("keys/filter.key").exists(), "a key of this run alone");
        assert_eq!(self.below("home"), [""; 0]);
        assert_eq!(self.below("tmp"), [""; 0]);
        let records = integration::record::read(&self.gateway.records_file());
        assert!(records.iter().any(|entry| entry.path() == "/x"));
    }
}

#[test]
fn it_stops_cleanly_and_leaves_only_the_data_folder() {
    let upstream = Upstream::start();
    let alone = Alone::start(Some("data"), &upstream);
    let gateway = &alone.gateway;
    let ready = gateway.process.output();
    let ready: Vec<_> = ready.lines().filter(|line| line.starts_with("ready ")).collect();
    assert_eq!(ready.len(), 1);
    assert!(ready[0].contains(" gateway=http://127.0.0.1:"), "{}", ready[0]);
    assert!(ready[0].contains(" console=http://127.0.0.1:"), "{}", ready[0]);
    assert!(ready[0].contains(&format!(" data={}", gateway.data.display())), "{}", ready[0]);
    let token = gateway.token("robot");
    Call::get("/x").token(&token).send(gateway).expect(200);
    assert!(private(&gateway.data.join("run.json")));
    for key in std::fs::read_dir(gateway.data.join("keys")).unwrap().flatten() {
        assert!(private(&key.path()), "{}", key.path().display());
    }
    assert_eq!(alone.below("cwd"), [""; 0]);
    alone.stop_by(Signal::TERM);
}

/// Ctrl-C, and the data folder in the folder it is started in.
#[test]
fn it_stops_cleanly_when_interrupted() {
    let upstream = Upstream::start();
    let alone = Alone::start(None, &upstream);
    let gateway = &alone.gateway;
    let cwd = alone.folder.path().join("cwd");
    assert!(gateway.process.output().contains(&format!("data={}", gateway.data.display())));
    // The other commands find it there, too.
    let mut token = std::process::Command::new(place::gatehouse());
    let token = token.args(["token", "--sub", "robot"]).current_dir(&cwd).output().unwrap();
    let token = String::from_utf8(token.stdout).unwrap();
    Call::get("/x").token(token.trim()).send(gateway).expect(200);
    assert_eq!(below(&cwd), ["gatehouse-data"]);
    alone.stop_by(Signal::INT);
}

/// A path that does not fit into the address of a socket: that is in a folder of its own, which goes.
#[test]
fn it_leaves_no_folder_of_its_socket() {
    let upstream = Upstream::start();
    let alone = Alone::start(Some(&"long-".repeat(25)), &upstream);
    let gateway = &alone.gateway;
    Call::get("/x").token(&gateway.token("robot")).send(gateway).expect(200);
    let admin = gateway.run["admin"].as_str().unwrap();
    assert!(Path::new(admin).starts_with(alone.folder.path().join("tmp")), "{admin}");
    assert_eq!(alone.below("tmp").len(), 1);
    assert!(private(Path::new(admin).parent().unwrap()));
    alone.stop_by(Signal::TERM);
}

#[test]
fn envoy_does_not_outlive_a_killed_gateway() {
    let upstream = Upstream::start();
    let mut gateway = Gateway::start(&upstream);
    let envoy = gateway.envoy_pid();
    gateway.process.signal(Signal::KILL);
    until("Envoy to end", SOON, || (!alive(envoy)).then_some(()));
    assert!(gateway.process.exited().is_some_and(|status| !status.success()));
}

#[test]
fn a_gateway_whose_envoy_died_ends_with_an_error() {
    let upstream = Upstream::start();
    let mut gateway = Gateway::start(&upstream);
    let pid = rustix::process::Pid::from_raw(gateway.envoy_pid() as i32).unwrap();
    rustix::process::kill_process(pid, Signal::KILL).unwrap();
    let status = until("gatehouse to end", SOON, || gateway.process.exited());
    assert!(!status.success());
}

#[test]
fn tokens_work_before_the_first_run_and_after_a_restart() {
    let folder = place::folder();
    let data = folder.path().join("data");
    let mut command = std::process::Command::new(place::gatehouse());
    let output = command
        .args(["token", "--sub", "early", "--group", "g", "--ttl", "2h"])
        .arg("--data")
        .arg(&data)
        .output()
        .unwrap();
    assert!(output.status.success());
    // It may be a name that is misspelled, as far as anybody knows.
    let warning = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        warning.contains(&format!("only `gatehouse run --data {}`", data.display())),
        "{warning}"
    );
    let token = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    let (_, claims) = parts(&token);
    assert_eq!(claims["sub"], "early");
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 7200);

    let upstream = Upstream::start();
    for round in 0..2 {
        let build = Gateway::build().upstream("/", &upstream.url()).data(&data);
        let mut gateway = build.start();
        let path = format!("/round-{round}");
        Call::get(path.clone()).token(&token).send(&gateway).expect(200);
        let record = gateway.record(&path, |entry| entry.path() == path);
        assert_eq!(record.record["principal"]["groups"], serde_json::json!(["g"]));
        assert!(gateway.stop().success());
    }
}

/// What nobody named and no gateway made is not made here: no gateway would take such a token.
#[test]
fn a_token_without_a_gateway_is_refused() {
    let folder = place::folder();
    let mut command = std::process::Command::new(place::gatehouse());
    let output = command.args(["token", "--sub", "a"]).current_dir(folder.path()).output().unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("there is no data folder") && said.contains("--data"), "{said}");
    assert_eq!(below(folder.path()), [""; 0]);
}

#[test]
fn two_gateways_do_not_share_a_folder() {
    let upstream = Upstream::start();
    let gateway = Gateway::start(&upstream);
    let build = Gateway::build().upstream("/", &upstream.url());
    let second = build.command(&gateway.data).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&second.stderr).contains("already runs"));
}

#[test]
fn a_wrong_option_ends_with_one() {
    for arguments in [
        &["run"][..],
        &["run", "--upstream", "ftp://x"],
        &["run", "--upstream", "nonsense"],
        &["token"],
        &["nothing"],
    ] {
        let output =
            std::process::Command::new(place::gatehouse()).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
}

/// A slow upstream is not cut: a tool may take its time.
#[test]
fn a_slow_answer_is_awaited() {
    let case = integration::shared::case();
    let gate = std::sync::Arc::new(integration::wait::Gate::default());
    let slow = integration::Reply { steps: vec![integration::reply::Step::Wait(gate.clone())] };
    let mut steps = slow.steps;
    steps.extend(integration::Reply::text("late").steps);
    case.reply("slow", integration::Reply { steps });
    let answer = case.get("slow").start(case.gateway);
    gate.wait_until_reached();
    assert!(!answer.is_finished(), "the caller got an answer that nobody gave");
    gate.open();
    assert_eq!(answer.join().unwrap().expect(200).text(), "late");
}

/// Not even with a folder of its own: half of the calls would meet the other one's rules.
#[test]
fn two_gateways_do_not_share_a_port() {
    let upstream = Upstream::start();
    let gateway = Gateway::start(&upstream);
    let folder = place::folder();
    let output = std::process::Command::new(place::gatehouse())
        .args(["run", "--upstream", &upstream.url(), "--console", "127.0.0.1:0", "--listen"])
        .arg(&gateway.address)
        .arg("--data")
        .arg(folder.path().join("data"))
        .env("ENVOY_PATH", place::envoy())
        .env("GATEHOUSE_WASM", place::module())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!String::from_utf8_lossy(&output.stdout).contains("ready"));
}
