/*! SQL and its like, given to the client of a database. */

use crate::shell::ShellEffect::{HostControl, SqlViaShell};
use crate::shell::argv::{Call, joined};
use crate::shell::expand::Field;
use crate::shell::flow::{ANY, Flow, PLAIN};
use crate::shell::judge::Judge;
use crate::sql::{self, SqlEffect};

/// The letters and long options that say what to run, of clients that read it from their input otherwise.
const CLIENTS: &[(&str, &str, &[&str])] = &[
    ("psql", "c", &["command"]),
    ("pgcli", "c", &["command"]),
    ("usql", "c", &["command"]),
    ("mysql", "e", &["execute", "init-command"]),
    ("mariadb", "e", &["execute", "init-command"]),
    ("mycli", "e", &["execute"]),
    ("sqlite3", "", &["cmd"]),
    ("sqlite", "", &[]),
    ("duckdb", "cs", &["cmd", "command"]),
    ("litecli", "e", &["execute"]),
    ("sqlcmd", "Qq", &["query", "initial-query"]),
    ("mssql-cli", "Q", &["query"]),
    ("clickhouse-client", "q", &["query"]),
    ("clickhouse", "q", &["query"]),
    ("cockroach", "e", &["execute"]),
    ("snowsql", "q", &["query"]),
    ("snow", "q", &["query"]),
    ("cqlsh", "e", &["execute"]),
    ("ysqlsh", "c", &["command"]),
    ("vsql", "c", &[]),
    ("hive", "e", &[]),
    ("beeline", "e", &[]),
    ("spark-sql", "e", &[]),
    ("impala-shell", "q", &["query"]),
    ("trino", "", &["execute"]),
    ("presto", "", &["execute"]),
    ("sqlplus", "", &[]),
    ("isql", "", &[]),
    ("tsql", "", &[]),
    ("osql", "Qq", &[]),
    ("db2", "", &[]),
    ("influx", "", &["execute"]),
];

const DOCUMENT_CLIENTS: &[&str] =
    &["mongo", "mongosh", "redis-cli", "valkey-cli", "keydb-cli", "cypher-shell", "etcdctl"];

/// Words of clients that are no SQL, in capitals.
#[rustfmt::skip]
const DESTROYING: &[&str] = &[
    "DROPDATABASE", ".DROP(", "DELETEMANY({})", "REMOVE({})", "DROPUSER", "DROPROLE", "DROPINDEX",
    "SHUTDOWN", "CREATEUSER", "GRANTROLES", "FLUSHALL", "FLUSHDB", "CONFIG SET", "CONFIG REWRITE",
    "SLAVEOF", "REPLICAOF", "MODULE LOAD", "ACL SETUSER", "ACL DELUSER", "DETACH DELETE",
    "DROP CONSTRAINT", "DROP INDEX", "SCRIPT FLUSH", "CLUSTER RESET", "DEBUG SEGFAULT",
];

impl Judge<'_> {
    pub fn database(&mut self, call: &Call<'_>, stdin: &Flow) {
        if let Some((name, letters, long)) = CLIENTS.iter().find(|(name, ..)| *name == call.name) {
            let mut texts = call.values(letters, long);
            if ["sqlite3", "sqlite", "duckdb"].contains(name) {
                texts.extend(
                    call.operands("cs", &["cmd", "init", "separator"]).into_iter().skip(1).cloned(),
                );
            } else if *name == "db2" {
                texts.push(joined(call.args));
            }
            let lists = call.has("l", &["list"]) && *name == "psql";
            let files =
                call.values(if *name == "sqlcmd" { "i" } else { "f" }, &["file", "queries-file"]);
            for file in &files {
                let flow = if file.text == "-" { stdin.clone() } else { self.read(file) };
                self.statements(&flow);
            }
            if texts.is_empty() && files.is_empty() && !lists {
                self.statements(stdin);
            }
            for field in texts {
                self.statement(&field.text);
            }
            return;
        }
        if DOCUMENT_CLIENTS.contains(&call.name) {
            let mut text = joined(call.args).text;
            text.push(' ');
            text.push_str(stdin.text.as_deref().unwrap_or_default());
            let text = text.to_ascii_uppercase();
            let close: String = text.chars().filter(|c| !c.is_whitespace()).collect();
            if DESTROYING.iter().any(|word| text.contains(word) || close.contains(word)) {
                self.add(SqlViaShell);
            }
            self.found.unresolved |=
                call.name.ends_with("-cli") && call.args.first().is_some_and(Field::may_be_option);
            return;
        }
        let says = |words: &[&str]| call.says(words);
        let destroys = match call.name {
            "dropdb" | "dropuser" | "pg_dropcluster" | "pg_resetwal" | "createuser" => {
                !call.asks_help()
            }
            "mysqladmin" | "mariadb-admin" => says(&["drop", "shutdown", "password"]),
            "pg_restore" => call.has("c", &["clean"]),
            "pg_ctl" | "pg_ctlcluster" => {
                if says(&["stop", "kill"]) {
                    self.add(HostControl);
                }
                false
            }
            // Tools of frameworks that empty a database.
            "rails" | "rake" | "bin/rails" | "mix" | "sequelize" | "sequelize-cli" | "artisan"
            | "prisma" | "knex" | "typeorm" | "drizzle-kit" | "flyway" | "liquibase"
            | "django-admin" | "manage.py" | "alembic" | "dbmate" | "goose" | "migrate" | "php"
            | "supabase" => call.texts().any(|text| {
                let text = text.to_ascii_lowercase();
                #[rustfmt::skip]
                const WORDS: &[&str] = &[
                    "db:drop", "db:reset", "db:purge", "db:wipe", "migrate:fresh", "migrate:reset",
                    "ecto.drop", "ecto.reset", "db:drop:all", "schema:drop", "drop-all", "dropall",
                    "flush", "reset_db", "--force-reset", "reset", "clean", "db:schema:load",
                    "db:migrate:reset", "drop", "down-to", "sqlflush",
                ];
                WORDS.contains(&text.as_str())
            }),
            _ => false,
        };
        if destroys {
            self.add(SqlViaShell);
        }
    }

    /// What a client reads from its input.
    fn statements(&mut self, stdin: &Flow) {
        match stdin.text.clone() {
            Some(text) => self.statement(&text),
            None => self.found.unresolved |= stdin.remote,
        }
    }

    pub fn statement(&mut self, text: &str) {
        if text.trim_start().starts_with(ANY) {
            self.found.unresolved = true;
            return;
        }
        if !self.work.spend(text.len()) {
            return;
        }
        let mut own = String::new();
        for line in text.lines() {
            let start = line.trim_start();
            if let Some(command) = start
                .strip_prefix("\\!")
                .or(start.strip_prefix(".shell"))
                .or(start.strip_prefix(".system"))
            {
                self.text(command, Flow::empty());
            } else if !start.starts_with('\\') && !start.starts_with('.') {
                own.push_str(&line.replace([ANY, PLAIN], "x1"));
                own.push('\n');
            }
        }
        // They may stand behind a statement as well.
        if let Some((_, command)) = own.split_once("\\!") {
            self.text(command, Flow::empty());
        }
        if own.trim().is_empty() {
            return;
        }
        let found = sql::classify_within(&own, &sql::Work::for_bytes(own.len()));
        const PLAIN_EFFECTS: &[SqlEffect] = &[
            SqlEffect::Read,
            SqlEffect::Insert,
            SqlEffect::Update,
            SqlEffect::Delete,
            SqlEffect::Create,
        ];
        if found.effects.iter().any(|effect| !PLAIN_EFFECTS.contains(effect)) {
            self.add(SqlViaShell);
        }
        self.found.unparsed |= found.unparsed;
    }
}
