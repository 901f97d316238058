/*! A program under test: its output kept, shown only on failure, stopped by its pid. */

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::wait::until;

pub struct Process {
    name: String,
    child: Child,
    output: Arc<Mutex<String>>,
}

impl Process {
    /// The program dies with this process, however it ends.
    #[track_caller]
    pub fn spawn(name: &str, command: &Command) -> Self {
        let mut leashed = Command::new("setpriv");
        leashed.args(["--pdeathsig", "TERM", "--"]).arg(command.get_program());
        leashed.args(command.get_args());
        for (key, value) in command.get_envs() {
            match value {
                Some(value) => leashed.env(key, value),
                None => leashed.env_remove(key),
            };
        }
        if let Some(folder) = command.get_current_dir() {
            leashed.current_dir(folder);
        }
        leashed.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = spawn_from_lasting_thread(leashed)
            .unwrap_or_else(|error| panic!("cannot start {name}: {error}"));
        let output = Arc::new(Mutex::new(String::new()));
        collect(child.stdout.take().unwrap(), Arc::clone(&output));
        collect(child.stderr.take().unwrap(), Arc::clone(&output));
        Self { name: name.to_owned(), child, output }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it printed so far, both streams line by line.
    pub fn output(&self) -> String {
        self.output.lock().unwrap().clone()
    }

    /// Waits for a line that starts with `prefix`; panics if the program ends before.
    #[track_caller]
    pub fn line(&mut self, prefix: &str, limit: Duration) -> String {
        let Self { name, child, output } = self;
        until(&format!("{name} to print `{prefix}`"), limit, || {
            let text = output.lock().unwrap().clone();
            if let Some(line) = text.lines().find(|line| line.starts_with(prefix)) {
                return Some(line.to_owned());
            }
            if let Some(status) = child.try_wait().unwrap() {
                panic!("{name} ended with {status} before it printed `{prefix}`:\n{text}");
            }
            None
        })
    }

    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.pid() as i32).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// None while it runs.
    pub fn exited(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Asks it to stop by the signal and waits for it.
    #[track_caller]
    pub fn stop(&mut self, signal: Signal, limit: Duration) -> ExitStatus {
        if self.exited().is_none() {
            self.signal(signal);
        }
        let name = self.name.clone();
        until(&format!("{name} to stop"), limit, || self.exited())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("---- output of {} ----\n{}", self.name, self.output());
        }
        if self.exited().is_some() {
            return;
        }
        self.signal(Signal::TERM);
        let asked = Instant::now();
        while self.exited().is_none() && asked.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn collect(stream: impl Read + Send + 'static, output: Arc<Mutex<String>>) {
    std::thread::spawn(move || {
        let mut lines = BufReader::new(stream);
        let mut line = Vec::new();
        while matches!(lines.read_until(b'\n', &mut line), Ok(length) if length > 0) {
            output.lock().unwrap().push_str(&String::from_utf8_lossy(&line));
            line.clear();
        }
    });
}

/// The parent's death is noticed by thread, and the threads of tests end with their test.
fn spawn_from_lasting_thread(command: Command) -> std::io::Result<Child> {
    type Order = (Command, Sender<std::io::Result<Child>>);
    static SPAWNER: LazyLock<Mutex<Sender<Order>>> = LazyLock::new(|| {
        let (orders, inbox) = channel::<Order>();
        std::thread::spawn(move || {
            for (mut command, answer) in inbox {
                let _ = answer.send(command.spawn());
            }
        });
        Mutex::new(orders)
    });
    let (answer, child) = channel();
    SPAWNER.lock().unwrap().send((command, answer)).unwrap();
    child.recv().unwrap()
}
