/*!
Programs of other languages that stand in a command: `python3 -c ..`, `node -e ..`, here-documents.

Not parsed: names are looked for outside of literals and comments, and what they are given is read where it
is a literal. That is enough to tell a line that prints something from one that deletes.
*/

mod lexer;

use super::ShellEffect::{
    CredentialExfil, DiskDestroy, HostControl, PermissionChange, RecursiveDelete, RemoteCode,
    SqlViaShell,
};
use super::argv::Call;
use super::flow::{ANY, Flow};
use super::judge::Judge;
use super::paths;
use super::program;
use crate::sql::{self, SqlEffect};
use lexer::{Code, lexed};

/// They delete a tree.
const DELETING: &[&str] = &[
    "rmtree",
    "removedirs",
    "remove_tree",
    "rm_rf",
    "rm_r",
    "remove_dir",
    "remove_entry",
    "remove_entry_secure",
    "rimraf",
    "rmSync",
    "rmdirSync",
    "deleteDirectory",
    "emptyDirSync",
    "removeSync",
    "delete_folder",
    "rm_f",
    "rmdir_r",
];

/// They delete one thing: many, in a loop.
const DELETING_ONE: &[&str] = &["remove", "unlink", "unlinkSync", "rmdir", "delete"];
const LOOPS: &[&str] = &[
    "for",
    "foreach",
    "while",
    "walk",
    "glob",
    "rglob",
    "map",
    "forEach",
    "scandir",
    "listdir",
    "readdirSync",
    "each",
    "Find",
];

/// They run a program.
const RUNNING: &[&str] = &[
    "system",
    "popen",
    "Popen",
    "subprocess",
    "spawn",
    "spawnSync",
    "execSync",
    "execFile",
    "execFileSync",
    "child_process",
    "shell_exec",
    "passthru",
    "proc_open",
    "pcntl_exec",
    "Open3",
    "check_output",
    "check_call",
    "getoutput",
    "getstatusoutput",
    "execvp",
    "execv",
    "execl",
    "execlp",
    "execve",
    "spawnlp",
    "spawnl",
    "spawnvp",
    "posix_spawn",
    "qx",
    "capture2",
    "Command",
    "execa",
    "shelljs",
    "create_subprocess_shell",
    "create_subprocess_exec",
    "execute",
    "startProcess",
    "pty",
];

const NETWORK: &[&str] = &[
    "urlopen",
    "urlretrieve",
    "requests",
    "httpx",
    "aiohttp",
    "socket",
    "http",
    "https",
    "fetch",
    "axios",
    "net",
    "Net",
    "LWP",
    "IO",
    "TCPSocket",
    "fsockopen",
    "curl_exec",
    "curl_init",
    "open_uri",
    "URI",
    "smtplib",
    "ftplib",
    "Socket",
    "paramiko",
    "boto3",
    "create_connection",
    "socketpair",
    "got",
    "dgram",
    "tls",
    "urllib",
    "urllib3",
    "file_get_contents",
];

impl Judge<'_> {
    pub fn interpreter(&mut self, call: &Call<'_>, stdin: &Flow) -> Flow {
        let mut texts = Vec::new();
        let mut file = None;
        let mut args = call.args.iter();
        let python = call.name.starts_with("py") || call.name == "ipython";
        while let Some(field) = args.next() {
            let text = field.text.as_str();
            if text == "-" || !text.starts_with('-') {
                file = Some(field);
                break;
            }
            let is_code = match text.strip_prefix("--") {
                Some(long) => ["eval", "print", "run"].contains(&long),
                None => text.get(1..).is_some_and(|letters| match python {
                    true => letters.contains('c'),
                    false => {
                        letters.contains(['e', 'E', 'p'])
                            && !letters.starts_with(['M', 'I', 'm', 'r'])
                            || (letters == "r" && call.name.starts_with("php"))
                    }
                }),
            };
            if let Some((_, code)) =
                text.split_once('=').filter(|(name, _)| ["--eval", "--print"].contains(name))
            {
                texts.push(super::expand::Field { text: code.to_owned(), ..field.clone() });
            } else if python && text == "-m" {
                let module = args.next().map(|field| field.text.as_str()).unwrap_or_default();
                let rest: Vec<_> = args.cloned().collect();
                return self.module(module, &rest, stdin);
            } else if is_code && !text.contains("version") {
                texts.extend(args.next().cloned());
                if python {
                    break;
                }
            } else if ["-W", "-X", "-r", "--require", "-I", "-M", "--import"].contains(&text) {
                args.next();
            }
        }
        if texts.is_empty() {
            return match file.map(|field| field.text.as_str()) {
                Some("eval") if ["deno", "bun"].contains(&call.name) => args
                    .next()
                    .map(|field| field.text.clone())
                    .map_or(Flow::default(), |code| self.code(call.name, &code)),
                Some("artisan" | "bin/rails" | "manage.py") => {
                    let rest: Vec<_> = file.into_iter().chain(args).cloned().collect();
                    self.invoke(&rest, stdin)
                }
                Some(path) if path.ends_with("manage.py") => {
                    let rest: Vec<_> = file.into_iter().chain(args).cloned().collect();
                    self.invoke(&rest, stdin)
                }
                None | Some("-" | "/dev/stdin") if !call.asks_help() => {
                    self.feed_interpreter(call.name, stdin)
                }
                _ => match file {
                    Some(field) if field.may_be_option() => {
                        self.found.unresolved = true;
                        Flow::default()
                    }
                    Some(field) => {
                        let flow = self.read(field);
                        self.feed_interpreter(call.name, &flow)
                    }
                    None => Flow::default(),
                },
            };
        }
        let mut flow = Flow { text: None, ..stdin.changed() };
        for field in texts {
            if field.flow.remote {
                self.add(RemoteCode);
            } else {
                let made = self.code(call.name, &field.text);
                flow.secret |= made.secret;
                flow.remote |= made.remote;
            }
        }
        flow
    }

    /// `python -m`
    fn module(&mut self, name: &str, rest: &[super::expand::Field], stdin: &Flow) -> Flow {
        if ["http.server", "SimpleHTTPServer", "pip", "pytest", "venv", "json.tool"].contains(&name)
        {
            return stdin.changed();
        }
        if program::is_shell(name) || name == "base64" {
            return stdin.changed();
        }
        let _ = rest;
        stdin.changed()
    }

    /// An interpreter reads its program from this.
    pub fn feed_interpreter(&mut self, name: &str, flow: &Flow) -> Flow {
        if flow.remote {
            self.add(RemoteCode);
        } else if let Some(text) = flow.text.clone() {
            return self.code(name, &text);
        } else if !flow.local {
            self.found.unresolved = true;
        }
        Flow::default()
    }

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
        let evaluates = calls(&[
            "exec",
            "eval",
            "compile",
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

    /// Literals behind the name of what runs a program.
    fn programs(&mut self, code: &Code) {
        let mut seen = false;
        let mut starts: Vec<usize> = Vec::new();
        for (name, end) in &code.names {
            let direct = RUNNING.contains(&name.as_str())
                || ["exec", "run", "call", "spawn"].contains(&name.as_str());
            if direct && code.is_called(*end) {
                starts.push(*end);
            }
        }
        for start in starts {
            seen = true;
            let given = code.arguments(start);
            let mut text = given.literals.join(" ");
            if given.literals.is_empty() {
                // `spawn()` of nothing, and variables.
                if given.has_names {
                    self.found.unresolved = true;
                }
                continue;
            }
            if given.starts_with_name {
                text.insert(0, ANY);
            } else if given.has_joins {
                text.push(ANY);
            }
            self.text(&text, Flow::empty());
        }
        for text in &code.ticked {
            seen = true;
            self.text(text, Flow::empty());
        }
        if !seen {
            for (_, text) in &code.literals {
                let words = text.split_whitespace().count();
                if words > 1 {
                    self.text(text, Flow::empty());
                }
            }
        }
    }

    fn evaluated(&mut self, language: &str, code: &Code) {
        const EVALS: &[&str] = &[
            "exec",
            "eval",
            "compile",
            "execfile",
            "Function",
            "instance_eval",
            "class_eval",
            "loadstring",
        ];
        let starts: Vec<usize> = code
            .names
            .iter()
            .filter(|(name, end)| EVALS.contains(&name.as_str()) && code.is_called(*end))
            .map(|(_, end)| *end)
            .collect();
        for start in starts {
            let given = code.arguments(start);
            if given.literals.is_empty() || given.has_calls {
                self.found.unresolved |= given.has_names || given.has_calls;
            }
            for text in &given.literals {
                self.code(language, text);
            }
        }
    }
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
