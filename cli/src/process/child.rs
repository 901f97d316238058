/*!
Envoy's life. It is started through this very program (`gatehouse envoy-child`), which asks the
kernel to end Envoy when the gateway is killed, and then becomes Envoy: so that not even SIGKILL
leaves an Envoy behind without the gateway.
*/

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Child;

use super::admin;
use crate::envoy::WORKERS;

/// Time for Envoy to write its logs before it is killed.
const GRACE: Duration = Duration::from_secs(10);
/// Time until it takes calls: it compiles the filter first.
const START: Duration = Duration::from_secs(90);
const POLL: Duration = Duration::from_millis(50);
/// Lines of its log that tell why it ended.
const TAIL: usize = 20;

pub struct Start<'a> {
    pub binary: &'a Path,
    pub bootstrap: &'a Path,
    pub log: &'a Path,
    pub log_level: &'a str,
}

pub struct Envoy {
    child: Child,
    log: PathBuf,
}

impl Envoy {
    /// Must be called on a thread that lives as long as the gateway: the kernel takes the end of
    /// this thread for the end of the gateway.
    pub fn start(start: &Start<'_>) -> Result<Self> {
        let log = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(true)
            .mode(0o600)
            .open(start.log)
            .with_context(|| format!("cannot write `{}`", start.log.display()))?;
        let mut command = std::process::Command::new(std::env::current_exe()?);
        command
            .arg("envoy-child")
            .arg(std::process::id().to_string())
            .arg(start.binary)
            .arg("--config-path")
            .arg(start.bootstrap)
            // Nobody restarts this Envoy in place, so it needs no shared memory.
            .arg("--disable-hot-restart")
            .args(["--concurrency", &WORKERS.to_string(), "--log-level", start.log_level])
            // What is not written yet is lost if Envoy is killed.
            .args(["--file-flush-interval-msec", "50"])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            // Out of the terminal's group, or Ctrl-C would reach it before us.
            .process_group(0);
        let child = tokio::process::Command::from(command)
            .kill_on_drop(true)
            .spawn()
            .context("Envoy cannot be started")?;
        Ok(Self { child, log: start.log.to_owned() })
    }

    pub fn pid(&self) -> u32 {
        self.child.id().unwrap_or_default()
    }

    /// Until it takes calls; its port.
    pub async fn ready(&mut self, socket: &Path) -> Result<u16> {
        let poll = async {
            while !admin::is_ready(socket).await {
                tokio::time::sleep(POLL).await;
            }
            admin::port(socket).await
        };
        tokio::select! {
            port = poll => port,
            error = ended(&mut self.child, &self.log) => Err(error),
            () = tokio::time::sleep(START) => {
                bail!("Envoy does not get ready in {} s{}", START.as_secs(), tail(&self.log))
            }
        }
    }

    /// Until it ends by itself, which it should not.
    pub async fn ended(&mut self) -> anyhow::Error {
        ended(&mut self.child, &self.log).await
    }

    pub async fn stop(mut self) -> Result<()> {
        let pid = self.child.id().and_then(|pid| Pid::from_raw(pid.cast_signed()));
        let Some(pid) = pid else { return Ok(()) };
        kill_process(pid, Signal::TERM).context("Envoy cannot be stopped")?;
        if tokio::time::timeout(GRACE, self.child.wait()).await.is_err() {
            self.child.kill().await.context("Envoy cannot be killed")?;
        }
        Ok(())
    }
}

async fn ended(child: &mut Child, log: &Path) -> anyhow::Error {
    let how = match child.wait().await {
        Ok(status) => said(status),
        Err(error) => format!("cannot be watched: {error}"),
    };
    anyhow::anyhow!("Envoy {how}{}", tail(log))
}

fn said(status: ExitStatus) -> String {
    format!("ended by itself ({status})")
}

/// The end of its log, for a message. Whatever is in there is shown without control characters.
fn tail(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    if lines.is_empty() {
        return String::new();
    }
    let last = &lines[lines.len().saturating_sub(TAIL)..];
    let shown: Vec<String> =
        last.iter().map(|line| format!("\n  {}", crate::print::clean(line))).collect();
    format!("; the end of {}:{}", log.display(), shown.concat())
}
