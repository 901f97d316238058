//! A PostgreSQL for one test, which ends with it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

pub struct Postgres {
    folder: String,
    process: Child,
}

impl Postgres {
    pub fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../integration/tools/postgres.sh");
        let mut command = Command::new(script);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("integration/tools/postgres.sh starts");
        let mut folder = String::new();
        let output = process.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut folder).unwrap();
        assert!(!folder.is_empty(), "no PostgreSQL for tests; see above");
        Self { folder: folder.trim().to_owned(), process }
    }

    pub fn url(&self) -> String {
        format!("postgres://gatehouse@{}/postgres", self.folder.replace('/', "%2F"))
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}
