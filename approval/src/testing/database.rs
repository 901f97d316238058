/*!
Every test with a store runs twice: on SQLite, and on a real PostgreSQL that is started once for all
tests of this process and gives each a database of its own.
*/

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use crate::config::{Database, Secret};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    Sqlite,
    Postgres,
}

tokio::task_local! {
    static ON: On;
}

impl On {
    /// Where the test runs that asks; SQLite for one that is not made by `on_both`.
    pub fn current() -> Self {
        ON.try_with(|on| *on).unwrap_or(On::Sqlite)
    }

    pub async fn run<T>(self, test: impl Future<Output = T>) -> T {
        ON.scope(self, test).await
    }

    /// An empty database.
    pub async fn database(self, folder: &Path) -> Database {
        match self {
            On::Sqlite => Database::Sqlite(folder.join("holds.db")),
            On::Postgres => Database::Postgres(Secret::new(Server::get().database().await)),
        }
    }
}

/// Makes of a test two, `NAME::sqlite` and `NAME::postgres`.
macro_rules! on_both {
    ($(#[$attribute:meta])* async fn $name:ident() $body:block) => {
        $(#[$attribute])*
        async fn $name() $body

        mod $name {
            use crate::testing::On;

            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn sqlite() {
                On::Sqlite.run(super::$name()).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn postgres() {
                On::Postgres.run(super::$name()).await;
            }
        }
    };
}
pub(crate) use on_both;

/// Ends with this process, however that ends: then its standard input does.
struct Server {
    folder: String,
    made: AtomicU32,
    _process: Child,
}

impl Server {
    fn get() -> &'static Self {
        static SERVER: OnceLock<Server> = OnceLock::new();
        SERVER.get_or_init(Self::start)
    }

    fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../integration/tools/postgres.sh");
        let mut process = Command::new(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("integration/tools/postgres.sh starts");
        let mut folder = String::new();
        let output = process.stdout.take().expect("its output is piped");
        BufReader::new(output).read_line(&mut folder).expect("it says where it is");
        assert!(!folder.is_empty(), "no PostgreSQL for tests; see above");
        Self { folder: folder.trim().to_owned(), made: AtomicU32::new(0), _process: process }
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://gatehouse@{}/{database}", self.folder.replace('/', "%2F"))
    }

    async fn database(&self) -> String {
        let name = format!("test_{}", self.made.fetch_add(1, Ordering::Relaxed));
        let mut connection = PgConnection::connect(&self.url("postgres")).await.unwrap();
        connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
        connection.close().await.unwrap();
        self.url(&name)
    }
}
