/*! A PostgreSQL for one test, which may crash and start again, and ends with the test. */

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::place;

pub struct Postgres {
    folder: String,
    orders: Option<ChildStdin>,
    said: BufReader<ChildStdout>,
    process: Child,
}

impl Postgres {
    #[track_caller]
    pub fn start() -> Self {
        let mut command = Command::new(place::root().join("integration/tools/postgres.sh"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("integration/tools/postgres.sh starts");
        let said = BufReader::new(process.stdout.take().unwrap());
        let orders = process.stdin.take();
        let mut postgres = Self { folder: String::new(), orders, said, process };
        postgres.folder = postgres.line();
        assert!(!postgres.folder.is_empty(), "no PostgreSQL for tests; see above");
        postgres
    }

    /// An empty database.
    pub fn url(&self) -> String {
        format!("postgres://gatehouse@{}/postgres", self.folder.replace('/', "%2F"))
    }

    /// It goes without a word, as in a failure; what was committed stays.
    #[track_caller]
    pub fn crash(&mut self) {
        self.order("crash");
    }

    /// Returns once it answers.
    #[track_caller]
    pub fn start_again(&mut self) {
        self.order("start");
    }

    #[track_caller]
    fn order(&mut self, order: &str) {
        writeln!(self.orders.as_ref().unwrap(), "{order}").unwrap();
        assert_eq!(self.line(), order);
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.said.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.orders.take());
        let _ = self.process.wait();
    }
}
