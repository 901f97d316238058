/*! Starting and stopping: the one line, the files, what is left. */

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use integration::issuer::parts;
use integration::wait::{SOON, until};
use integration::{Call, Gateway, Upstream, place};

fn alive(pid: u32) -> bool {
    // A zombie's command line is empty.
    std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| !line.is_empty())
}

fn private(path: &Path) -> bool {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o077 == 0
}

#[test]
fn it_stops_cleanly_and_leaves_only_the_data_folder() {
    let upstream = Upstream::start();
    let mut gateway = Gateway::start(&upstream);
    let ready = gateway.process.output();
    let ready: Vec<_> = ready.lines().filter(|line| line.starts_with("ready ")).collect();
    assert_eq!(ready.len(), 1);
    assert!(ready[0].contains(" gateway=http://127.0.0.1:"), "{}", ready[0]);
    assert!(ready[0].contains(" console=http://127.0.0.1:"), "{}", ready[0]);
    assert!(ready[0].contains(&format!(" data={}", gateway.data.display())), "{}", ready[0]);
    let token = gateway.token("robot");
    Call::get("/x").token(&token).send(&gateway).expect(200);
    assert!(private(&gateway.data.join("run.json")));
    for key in std::fs::read_dir(gateway.data.join("keys")).unwrap().flatten() {
        assert!(private(&key.path()), "{}", key.path().display());
    }
    let envoy = gateway.envoy_pid();
    assert!(alive(envoy));
    let status = gateway.stop();
    assert!(status.success(), "{status}");
    until("Envoy to end", SOON, || (!alive(envoy)).then_some(()));
    assert!(integration::record::read(&gateway.records_file()).iter().any(|e| e.path() == "/x"));
}

#[test]
fn envoy_does_not_outlive_a_killed_gateway() {
    let upstream = Upstream::start();
    let mut gateway = Gateway::start(&upstream);
    let envoy = gateway.envoy_pid();
    gateway.process.signal(rustix::process::Signal::KILL);
    until("Envoy to end", SOON, || (!alive(envoy)).then_some(()));
    assert!(gateway.process.exited().is_some_and(|status| !status.success()));
}

#[test]
fn a_gateway_whose_envoy_died_ends_with_an_error() {
    let upstream = Upstream::start();
    let mut gateway = Gateway::start(&upstream);
    let pid = rustix::process::Pid::from_raw(gateway.envoy_pid() as i32).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
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
    case.upstream.wait_for(&case.path("slow"), 1);
    std::thread::sleep(Duration::from_millis(50));
    gate.open();
    assert_eq!(answer.join().unwrap().expect(200).text(), "late");
}
