/*!
Programs of other languages that stand in a command: `python3 -c ..`, `node -e ..`, here-documents.

Not parsed: names are looked for outside of literals and comments, and what they are given is read where it
is a literal. That is enough to tell a line that prints something from one that deletes.
*/

mod interpreter;
mod lexer;
mod names;
mod programs;

use super::ShellEffect::{
    CredentialExfil, DiskDestroy, HostControl, PermissionChange, RecursiveDelete, RemoteCode,
    SqlViaShell,
};
use super::flow::{ANY, Flow};
use super::judge::Judge;
use super::paths;
use super::program;
use crate::sql::{self, SqlEffect};
use lexer::{Code, lexed};
use names::{DELETING, DELETING_ONE, LOOPS, NETWORK, RUNNING};

impl Judge<'_> {
    /// What code would do.
    pub fn code(&mut self, language: &str, text: &str) -> Flow {
        if text.trim_start().starts_with(ANY) {
            self.found.unresolved = true;
            return Flow::default();
        }
        if !self.deeper() {
            return Flow::default();
        }
        self.work.spend(text.len() * 8);
        let code = lexed(text, language);
        let flow = self.judge_code(language, &code);
        self.depth -= 1;
        flow
    }

    fn judge_code(&mut self, language: &str, code: &Code) -> Flow {
        let has =
            |names: &[&str]| code.names.iter().any(|(name, _)| names.contains(&name.as_str()));
        let calls = |names: &[&str]| {
            code.names
                .iter()
                .any(|(name, end)| names.contains(&name.as_str()) && code.is_called(*end))
        };
        let literal =
            |test: &dyn Fn(&str) -> bool| code.literals.iter().any(|(_, text)| test(text));
        let network = calls_network(code)
            || literal(&|text| text.contains("http://") || text.contains("https://"));
        if has(DELETING) || (has(&["rm", "rmdir", "rmSync"]) && has(&["recursive"])) {
            self.add(RecursiveDelete);
        }
        if calls(DELETING_ONE)
            && has(LOOPS)
            && (has(&["os", "fs", "File", "Path", "pathlib", "unlink", "FileUtils"]))
        {
            self.add(RecursiveDelete);
        }
        if has(&["array_map", "array_walk"]) && literal(&|text| text == "unlink") {
            self.add(RecursiveDelete);
        }
        if language.starts_with("perl")
            && has(&["unlink"])
            && (has(&["glob"]) || code.blanked.contains('<'))
        {
            self.add(RecursiveDelete);
        }
        let opens = has(&[
            "open",
            "openSync",
            "createWriteStream",
            "writeFile",
            "writeFileSync",
            "write",
            "write_bytes",
        ]);
        if opens && literal(&paths::is_disk) {
            self.add(DiskDestroy);
        }
        if opens
            && literal(&|text| paths::grants_access(text))
            && literal(&|text| ["a", "w", "w+", "a+", ">>"].contains(&text))
        {
            self.add(PermissionChange);
        }
        if calls(&["chmod", "chmodSync", "fchmod"])
            && ["0o777", "0777", "0o666", "0o4755", "511"]
                .iter()
                .any(|mode| code.blanked.contains(mode))
        {
            self.add(PermissionChange);
        }
        if calls(&["kill"]) && code.blanked.replace(' ', "").contains("kill(-1")
            || (has(&["fork"]) && has(&["while", "loop"]))
        {
            self.add(HostControl);
        }
        if has(&["reboot", "shutdown"])
            && has(&["os", "ctypes", "libc"])
            && calls(&["reboot", "shutdown"])
            && !has(&["socket", "executor"])
        {
            self.add(HostControl);
        }
        let runs = has(RUNNING)
            || literal(&|text| ["child_process", "node:child_process"].contains(&text))
            || code.ticks;
        let secret = literal(&|text| paths::is_secret(text.trim_start_matches("~/")))
            || (has(&["environ", "env", "ENV"])
                && (calls(&[
                    "dict",
                    "dumps",
                    "str",
                    "stringify",
                    "urlencode",
                    "to_json",
                    "json_encode",
                ])));
        if network && secret {
            self.add(CredentialExfil);
        }
        let shells = literal(&|text| {
            program::is_shell(paths::program(text.split_whitespace().next().unwrap_or_default()))
        });
        if network
            && has(&["dup2", "pty", "fork", "socket", "Socket", "TCPSocket", "fsockopen", "net"])
            && (runs || has(&["exec"]))
            && (shells || has(&["dup2"]))
        {
            self.add(RemoteCode);
        }
        let bare = takes_bare_words(language)
            && code.names.iter().any(|(name, end)| {
                ["exec", "eval"].contains(&name.as_str()) && code.is_followed_by_name(*end)
            });
        let evaluates = bare
            || calls(&[
                "exec",
                "eval",
                "execfile",
                "Function",
                "instance_eval",
                "class_eval",
                "loadstring",
                "runInNewContext",
                "runInThisContext",
            ]) && !(language == "node"
                && !calls(&["eval", "Function"])
                && has(&["exec"])
                && (has(&["child_process"]) || runs));
        if evaluates
            && network
            && has(&[
                "read",
                "text",
                "content",
                "urlopen",
                "get",
                "then",
                "body",
                "file_get_contents",
            ])
        {
            self.add(RemoteCode);
        }
        if runs
            || (calls(&["exec"])
                && ["perl", "ruby", "php"].iter().any(|name| language.starts_with(name)))
        {
            self.programs(code);
        }
        if evaluates {
            self.evaluated(language, code);
        }
        let obscured = has(&[
            "getattr",
            "__import__",
            "globals",
            "import_module",
            "b64decode",
            "fromhex",
            "unhexlify",
            "marshal",
            "chr",
            "fromCharCode",
        ]) && (evaluates || calls(&["getattr"]) || calls(&["globals"]))
            && self.found.effects.is_empty();
        self.found.unresolved |= obscured
            && !(calls(&["getattr"])
                && !evaluates
                && !has(&["os", "shutil", "subprocess", "builtins"]));
        if has(&[
            "execute",
            "executescript",
            "query",
            "executeRaw",
            "exec",
            "executemany",
            "executeRawUnsafe",
        ]) {
            let statements: Vec<String> =
                code.literals.iter().map(|(_, text)| text.clone()).collect();
            for text in statements.iter().filter(|text| sql::looks_like_sql(text)) {
                self.risky_sql(text);
            }
        }
        Flow { secret: secret && !network, remote: network, ..Flow::default() }
    }

    fn risky_sql(&mut self, text: &str) {
        if !self.work.spend(text.len()) {
            return;
        }
        let found = sql::classify_within(text, &sql::Work::for_bytes(text.len()));
        const PLAIN: &[SqlEffect] = &[
            SqlEffect::Read,
            SqlEffect::Insert,
            SqlEffect::Update,
            SqlEffect::Delete,
            SqlEffect::Create,
            SqlEffect::DynamicSql,
        ];
        if found.effects.iter().any(|effect| !PLAIN.contains(effect)) {
            self.add(SqlViaShell);
        }
    }
}

/// `exec code`, without brackets.
fn takes_bare_words(language: &str) -> bool {
    ["python", "pypy", "perl", "ruby", "jruby"].iter().any(|name| language.starts_with(name))
}

fn calls_network(code: &Code) -> bool {
    code.names.iter().any(|(name, _)| {
        let name = name.as_str();
        NETWORK.contains(&name) && !["http", "https", "net", "IO", "URI"].contains(&name)
    }) || code
        .literals
        .iter()
        .any(|(_, text)| ["http", "https", "net", "tls", "dgram"].contains(&text.as_str()))
        || (code.names.iter().any(|(name, _)| name == "http")
            && code.names.iter().any(|(name, _)| name == "client"))
}
