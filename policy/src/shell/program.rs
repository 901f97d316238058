/*! One program with its arguments: who judges it. */

mod cloud;
mod cluster;
mod delete;
mod disk;
mod fetch;
mod host;
mod permission;
mod repository;
mod send;
mod sql;
mod text;

use super::argv::{Call, joined};
use super::expand::Field;
use super::flow::{ANY, Flow, PLAIN};
use super::judge::Judge;
use super::{ShellEffect, paths};

const SHELLS: &[&str] = &[
    "sh", "bash", "zsh", "dash", "ksh", "ash", "mksh", "fish", "csh", "tcsh", "rbash", "pdksh",
    "yash",
];

pub(super) fn is_shell(name: &str) -> bool {
    SHELLS.contains(&name)
}

#[rustfmt::skip]
const INTERPRETERS: &[&str] = &[
    "python", "pypy", "perl", "ruby", "node", "nodejs", "php", "lua", "luajit", "deno", "bun",
    "irb", "osascript", "tclsh", "ipython", "Rscript", "groovy", "jshell", "guile", "julia",
    "elixir", "ts-node", "tsx", "jruby",
];

/// Also with a version behind: `python3.12`.
pub(super) fn is_interpreter(name: &str) -> bool {
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '-');
    INTERPRETERS.contains(&name)
}

/// What they print is a name, a number or a path.
#[rustfmt::skip]
const PLAIN_OUTPUT: &[&str] = &[
    "pwd", "mktemp", "date", "whoami", "hostname", "id", "nproc", "uname", "dirname", "basename",
    "realpath", "readlink", "wc", "which", "seq", "expr", "pgrep", "pidof", "lsof", "tty", "arch",
    "getconf", "tput", "logname", "uuidgen", "sha256sum", "md5sum", "sha1sum", "cksum", "stat",
    "du", "df", "ls", "bc",
];

/// They print nothing of interest to whoever reads it.
const SILENT: &[&str] = &[
    "cd", "export", "set", "true", "false", ":", "mkdir", "sleep", "touch", "unset", "umask",
    "shopt", "pushd", "popd", "test", "[", "wait", "ulimit", "return", "exit", "break", "continue",
    "shift", "readonly", "disown", "chmod", "chown", "cp", "mv", "ln", "rm",
];

/// At an argument, by everyone who looks for one of theirs.
const LOOKS: usize = 16;

impl Judge<'_> {
    pub fn invoke(&mut self, fields: &[Field], stdin: &Flow) -> Flow {
        if !self.deeper() {
            return Flow::default();
        }
        self.work.spend(fields.iter().map(|field| field.text.len() + LOOKS).sum());
        let flow = self.invoke_here(fields, stdin);
        self.depth -= 1;
        flow
    }

    fn invoke_here(&mut self, fields: &[Field], stdin: &Flow) -> Flow {
        let Some((first, args)) = fields.split_first() else { return Flow::empty() };
        let name = paths::program(&first.text);
        let is_open = name.contains([ANY, PLAIN]) || (first.glob && name != "[");
        if is_open || (name.is_empty() && !first.text.is_empty()) {
            self.found.unresolved = true;
            return Flow::default();
        }
        // `/etc/init.d/nginx stop`
        if first.text.contains("/init.d/") && args.iter().any(|field| field.text == "stop") {
            self.add(ShellEffect::HostControl);
        }
        if let Some(flow) = self.runs_file(&first.text) {
            return flow;
        }
        // Taken out, so that an alias of itself ends.
        if let Some(alias) = self.state.aliases.remove(&first.text) {
            let mut text = joined(args);
            text.text = format!("{alias} {}", text.text);
            return self.feed_field(&text, stdin);
        }
        let call = Call { name, args };
        if !call.asks_help() {
            self.escapes(&call, stdin);
        }
        match self.unwrapped(&call, stdin) {
            Some(flow) => flow,
            None => self.program(&call, stdin),
        }
    }

    fn program(&mut self, call: &Call<'_>, stdin: &Flow) -> Flow {
        if is_shell(call.name) {
            return self.shell(call, stdin);
        }
        if is_interpreter(call.name) {
            return self.interpreter(call, stdin);
        }
        if !call.asks_help() {
            self.delete(call);
            self.disk(call, stdin);
            self.permission(call, stdin);
            self.host(call, stdin);
            self.cluster(call, stdin);
            self.cloud(call, stdin);
            self.repository(call);
            self.database(call, stdin);
            self.send(call, stdin);
        }
        if let Some(flow) = self.fetch(call, stdin) {
            return flow;
        }
        if let Some(flow) = self.writes(call, stdin) {
            return flow;
        }
        if SILENT.contains(&call.name) {
            return Flow::empty();
        }
        let plain = PLAIN_OUTPUT.contains(&call.name) || prints_name(call);
        let secret = stdin.secret || call.args.iter().any(|field| self.is_secret(field));
        Flow { plain, secret, ..stdin.changed() }
    }

    /// A file of keys or passwords, or one that such went into.
    pub fn is_secret(&self, field: &Field) -> bool {
        field.flow.secret
            || paths::is_secret(&field.text)
            || self.state.file(&field.text).is_some_and(|flow| flow.secret)
    }
}

fn prints_name(call: &Call<'_>) -> bool {
    let first = call.args.first().map(|field| field.text.as_str()).unwrap_or_default();
    match call.name {
        "git" => ["rev-parse", "branch", "describe", "symbolic-ref", "merge-base", "rev-list"]
            .contains(&first),
        "go" => first == "env",
        "brew" | "npm" | "yarn" => ["--prefix", "root", "prefix", "bin"].contains(&first),
        _ => ["--version", "-v", "-V"].contains(&first),
    }
}
