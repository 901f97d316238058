/*! Programs that run another one, which is what counts. */

use super::argv::{Call, joined, takes_next};
use super::expand::Field;
use super::flow::{ANY, Flow, PLAIN};
use super::judge::Judge;
use super::{ShellEffect, paths, program};

/// The program's name, its options that take the next argument, and how many arguments stand before the
/// command.
type Wrapper = (&'static str, &'static str, &'static [&'static str], usize);

const WRAPPERS: &[Wrapper] = &[
    (
        "sudo",
        "ugpCDhrtTUR",
        &["user", "group", "prompt", "chdir", "host", "role", "type", "chroot"],
        0,
    ),
    ("doas", "uC", &[], 0),
    ("pkexec", "", &["user"], 0),
    ("env", "uC", &["unset", "chdir"], 0),
    ("nohup", "", &[], 0),
    ("nice", "n", &["adjustment"], 0),
    ("ionice", "cn", &["class", "classdata"], 0),
    ("chrt", "", &[], 1),
    ("taskset", "", &[], 1),
    ("numactl", "NmCpil", &[], 0),
    ("time", "fo", &["format", "output"], 0),
    ("gtime", "fo", &["format", "output"], 0),
    ("timeout", "ks", &["kill-after", "signal"], 1),
    ("gtimeout", "ks", &["kill-after", "signal"], 1),
    ("stdbuf", "ioe", &["input", "output", "error"], 0),
    ("setsid", "", &[], 0),
    ("builtin", "", &[], 0),
    ("command", "", &[], 0),
    ("exec", "a", &[], 0),
    ("noglob", "", &[], 0),
    ("nocorrect", "", &[], 0),
    ("chroot", "", &["userspec", "groups"], 1),
    ("fakeroot", "", &[], 0),
    ("proot", "rbwq", &[], 0),
    ("unshare", "", &["setuid", "setgid"], 0),
    ("nsenter", "tSG", &["target", "setuid", "setgid"], 0),
    ("systemd-run", "pEu", &["unit", "property", "setenv", "slice", "uid", "gid"], 0),
    ("systemd-inhibit", "", &["what", "who", "why", "mode"], 0),
    ("gosu", "", &[], 1),
    ("su-exec", "", &[], 1),
    ("setpriv", "", &["reuid", "regid"], 0),
    ("capsh", "", &[], 0),
    ("setarch", "", &[], 0),
    ("linux64", "", &[], 0),
    ("linux32", "", &[], 0),
    ("strace", "eopsSuEaPIOX", &[], 0),
    ("ltrace", "eopsnuaF", &[], 0),
    ("perf-record", "", &[], 0),
    ("valgrind", "", &[], 0),
    ("catchsegv", "", &[], 0),
    ("caffeinate", "tw", &[], 0),
    ("unbuffer", "", &[], 0),
    ("torsocks", "", &[], 0),
    ("torify", "", &[], 0),
    ("proxychains", "f", &[], 0),
    ("proxychains4", "f", &[], 0),
    ("rlwrap", "", &[], 0),
    ("xvfb-run", "ens", &[], 0),
    ("dbus-run-session", "", &[], 0),
    ("dbus-launch", "", &[], 0),
    ("tini", "", &[], 0),
    ("dumb-init", "", &[], 0),
    ("busybox", "", &[], 0),
    ("toybox", "", &[], 0),
    ("firejail", "", &[], 0),
    ("aws-vault", "", &[], 2),
    ("chronic", "", &[], 0),
    ("retry", "tdn", &[], 0),
    ("hyperfine", "wrmM", &[], 0),
    ("entr", "", &[], 0),
    ("sshpass", "pfe", &[], 0),
    ("sg", "", &[], 1),
    ("daemonize", "", &[], 0),
    ("start-stop-daemon", "", &[], 0),
    ("screen", "SsctTphe", &[], 0),
    ("npx", "pc", &["package"], 0),
    ("bunx", "", &[], 0),
    ("pnpx", "", &[], 0),
    ("dotenv", "fe", &[], 0),
    ("op-run", "", &[], 0),
];

/// The same behind a word of their own: `poetry run`, `bundle exec`.
const BY_WORD: &[(&str, &[&str])] = &[
    ("poetry", &["run"]),
    ("pipenv", &["run"]),
    ("uv", &["run"]),
    ("uvx", &[]),
    ("pdm", &["run"]),
    ("hatch", &["run"]),
    ("rye", &["run"]),
    ("conda", &["run"]),
    ("mamba", &["run"]),
    ("micromamba", &["run"]),
    ("bundle", &["exec"]),
    ("pnpm", &["exec", "dlx"]),
    ("yarn", &["exec", "dlx"]),
    ("npm", &["exec"]),
    ("bun", &["x"]),
    ("rbenv", &["exec"]),
    ("pyenv", &["exec"]),
    ("asdf", &["exec"]),
    ("mise", &["exec", "x"]),
    ("direnv", &["exec"]),
    ("doppler", &["run"]),
    ("op", &["run"]),
    ("chamber", &["exec"]),
    ("perf", &["stat", "record"]),
    ("nix", &["develop", "shell", "run"]),
    ("flatpak", &["run"]),
];

/// The command behind options, assignments and so many arguments.
fn stripped<'f>(args: &'f [Field], (name, valued, long, before): &Wrapper) -> &'f [Field] {
    let mut before = *before;
    let mut at = 0;
    while let Some(field) = args.get(at) {
        let text = field.text.as_str();
        if text == "--" {
            at += 1;
            break;
        }
        if text.len() > 1 && text.starts_with('-') {
            at += 1 + usize::from(takes_next(text, valued, long));
        } else if is_assignment(text) && ["sudo", "env", "doas", "dotenv"].contains(name) {
            at += 1;
        } else if before > 0 {
            before -= 1;
            at += 1;
        } else {
            break;
        }
    }
    // Behind `--` the arguments before the command are still to come.
    args.get(at + before..).unwrap_or_default()
}

fn is_assignment(text: &str) -> bool {
    text.split_once('=').is_some_and(|(name, _)| super::parse::is_name(name))
}

impl Judge<'_> {
    /// `None`: the program is none that runs another.
    pub fn unwrapped(&mut self, call: &Call<'_>, stdin: &Flow) -> Option<Flow> {
        let args = call.args;
        if let Some(wrapper) = WRAPPERS.iter().find(|(name, ..)| *name == call.name) {
            return Some(self.known_wrapper(call, wrapper, stdin));
        }
        if let Some((_, words)) = BY_WORD.iter().find(|(name, _)| *name == call.name)
            && (words.is_empty()
                || args.first().is_some_and(|one| words.contains(&one.text.as_str())))
        {
            const OPTIONS: Wrapper = ("run", "np", &["name", "python", "with", "package"], 0);
            return Some(
                self.invoke(stripped(call.rest(usize::from(!words.is_empty())), &OPTIONS), stdin),
            );
        }
        Some(match call.name {
            "xargs" | "parallel" => self.xargs(call, stdin),
            "ssh" | "autossh" | "mosh" | "dbclient" => self.remote_shell(call, stdin),
            "su" | "runuser" => {
                let texts = call.values("c", &["command", "session-command"]);
                for text in &texts {
                    self.feed_field(text, stdin);
                }
                match (texts.is_empty(), call.name) {
                    (true, "runuser") => self
                        .invoke(stripped(args, &("runuser", "ugG", &["user", "group"], 0)), stdin),
                    (true, _) => self.feed_shell(stdin),
                    _ => Flow::default(),
                }
            }
            "script" => {
                for text in call.values("c", &["command"]) {
                    self.feed_field(&text, stdin);
                }
                Flow::default()
            }
            "flock" => {
                let texts = call.values("c", &["command"]);
                for text in &texts {
                    self.feed_field(text, stdin);
                }
                match texts.is_empty() {
                    true => self
                        .invoke(stripped(args, &("flock", "wE", &["timeout", "wait"], 1)), stdin),
                    false => Flow::default(),
                }
            }
            "watch" => {
                let rest = stripped(args, &("watch", "nq", &["interval"], 0));
                self.feed_field(&joined(rest), stdin)
            }
            "eval" => self.feed_field(&joined(args), stdin),
            "trap" => {
                if let Some(text) = args.first().filter(|field| !field.text.starts_with('-')) {
                    self.feed_field(text, &Flow::empty());
                }
                Flow::empty()
            }
            "at" | "batch" => match call.has("f", &[]) {
                true => Flow::default(),
                false => self.feed_shell(stdin),
            },
            "tmux" => {
                for field in args.iter().filter(|field| field.text.contains(' ')) {
                    self.feed_field(field, &Flow::empty());
                }
                Flow::empty()
            }
            "." | "source" => {
                let Some(file) = args.first() else { return Some(Flow::empty()) };
                if file.may_be_option() {
                    self.found.unresolved = true;
                }
                let flow = self.read(file);
                self.feed_shell(&flow)
            }
            "pwsh" | "powershell" | "powershell.exe" | "cmd" | "cmd.exe" => {
                self.windows(call, stdin)
            }
            _ => return None,
        })
    }

    fn known_wrapper(&mut self, call: &Call<'_>, wrapper: &Wrapper, stdin: &Flow) -> Flow {
        let args = call.args;
        match call.name {
            "env"
                if args.iter().any(|field| {
                    field.text.starts_with("-S") || field.text.starts_with("--split-string")
                }) =>
            {
                let texts = call.values("S", &["split-string"]);
                return texts.iter().fold(Flow::empty(), |_, text| self.feed_field(text, stdin));
            }
            "command" if call.has("vV", &[]) => return Flow::plain(),
            "sudo" if call.has("e", &["edit"]) && !call.has("E", &[]) => {
                for field in call.operands("ugpCDhrtTUR", &["user", "group"]) {
                    self.written(&field.text, &Flow::default());
                }
                return Flow::empty();
            }
            _ => {}
        }
        let rest = stripped(args, wrapper);
        match (rest.is_empty(), call.name) {
            (true, "env") => Flow::secret(),
            // A shell, then.
            (true, "sudo" | "doas" | "chroot" | "unshare" | "nsenter" | "screen") => {
                self.feed_shell(stdin)
            }
            (true, _) => Flow::empty(),
            _ => self.invoke(rest, stdin),
        }
    }

    fn xargs(&mut self, call: &Call<'_>, stdin: &Flow) -> Flow {
        const VALUED: Wrapper = (
            "xargs",
            "IadEnPsLJjS",
            &["arg-file", "delimiter", "max-args", "max-procs", "max-lines", "jobs"],
            0,
        );
        let rest = stripped(call.args, &VALUED);
        let given = call.texts().position(|text| text == ":::" || text == "::::");
        let (command, values) = match given {
            Some(_) => {
                let at = rest.iter().position(|f| f.text.starts_with(":::")).unwrap_or(rest.len());
                (
                    rest.get(..at).unwrap_or_default(),
                    rest.get(at + 1..).unwrap_or_default().to_vec(),
                )
            }
            None => (rest, self.input_words(stdin)),
        };
        let place = call.values("I", &["replace"]).into_iter().next().map(|field| field.text);
        let place = place.or((call.name == "parallel").then(|| "{}".to_owned()));
        let text: Vec<&str> = values.iter().map(|field| field.text.as_str()).collect();
        let text = text.join(" ");
        let mut replaced = false;
        let mut fields: Vec<Field> = Vec::new();
        for field in command {
            let mut field = field.clone();
            if let Some(place) =
                place.as_deref().filter(|place| !place.is_empty() && field.text.contains(place))
            {
                self.work.spend(field.text.len() * (1 + text.len()));
                if self.work.is_over() {
                    return Flow::default();
                }
                field.text = field.text.replace(place, &text);
                field.flow = values.first().map(|one| one.flow.clone()).unwrap_or_default();
                replaced = true;
            }
            fields.push(field);
        }
        if !replaced {
            fields.extend(values);
        }
        let Some(first) = command.first() else { return stdin.changed() };
        let name = paths::program(&first.text);
        if given.is_none()
            && stdin.text.is_none()
            && ["rm", "shred", "unlink", "srm"].contains(&name)
        {
            self.add(ShellEffect::RecursiveDelete);
        }
        if call.name == "parallel" {
            return self.feed_field(&joined(&fields), &Flow::empty());
        }
        self.invoke(&fields, &Flow::empty())
    }

    /// What a program reads from its input as its arguments.
    fn input_words(&self, stdin: &Flow) -> Vec<Field> {
        let flow = Flow { text: None, ..stdin.clone() };
        let field =
            |text: &str| Field { text: text.to_owned(), flow: flow.clone(), ..Field::default() };
        match &stdin.text {
            Some(text) => {
                text.split_whitespace().map(|w| field(w.trim_matches(['"', '\'']))).collect()
            }
            None => vec![field(if stdin.plain { "\u{2}" } else { "\u{1}" })],
        }
    }

    fn remote_shell(&mut self, call: &Call<'_>, stdin: &Flow) -> Flow {
        const SSH: Wrapper = ("ssh", "BbcDEeFIiJLlmMOopQRSWw", &[], 1);
        if call.args.iter().any(|field| field.text.to_ascii_lowercase().contains("proxycommand=")) {
            for field in call.args {
                if let Some((_, text)) = field
                    .text
                    .split_once('=')
                    .filter(|(name, _)| name.to_ascii_lowercase().ends_with("proxycommand"))
                {
                    self.text(text, Flow::empty());
                }
            }
        }
        self.sent(stdin);
        let rest = stripped(call.args, &SSH);
        if rest.is_empty() {
            let is_script = stdin.text.as_deref().is_none_or(|text| !text.is_empty());
            if is_script && !call.has("NL", &[]) {
                self.feed_shell(stdin);
            }
            return Flow::default();
        }
        self.feed_field(&joined(rest), stdin).changed()
    }

    fn windows(&mut self, call: &Call<'_>, stdin: &Flow) -> Flow {
        let lower = |field: &Field| field.text.to_ascii_lowercase();
        let is_command = |field: &Field| {
            let text = lower(field);
            ["/c", "/k"].contains(&text.as_str())
                || (text.starts_with("-c") && "-command".starts_with(&text))
        };
        if call.args.iter().any(|field| {
            let text = lower(field);
            text.starts_with("-e")
                && ("-encodedcommand".starts_with(&text) || text == "-enc" || text == "-ec")
        }) {
            self.found.unresolved = true;
        }
        if let Some(at) = call.args.iter().position(is_command) {
            let text = joined(call.rest(at + 1)).text.to_ascii_lowercase();
            let runs = text.contains("iex") || text.contains("invoke-expression");
            if runs
                && ["downloadstring", "iwr", "irm", "invoke-webrequest"]
                    .iter()
                    .any(|word| text.contains(word))
            {
                self.add(ShellEffect::RemoteCode);
            }
            return self.feed_field(&joined(call.rest(at + 1)), stdin);
        }
        match call.args.is_empty() || call.says(&["-"]) {
            true => self.feed_shell(stdin),
            false => Flow::default(),
        }
    }

    /// `sh`, in all its kinds.
    pub fn shell(&mut self, call: &Call<'_>, stdin: &Flow) -> Flow {
        let mut at = 0;
        let mut takes_text = false;
        let mut reads_input = false;
        while let Some(field) = call.args.get(at) {
            let text = field.text.as_str();
            if text == "--" || text == "-" {
                at += 1;
                break;
            }
            let is_option = text.len() > 1 && text.starts_with(['-', '+']);
            if !is_option {
                break;
            }
            if let Some(long) = text.strip_prefix("--") {
                at += 1 + usize::from(["rcfile", "init-file"].contains(&long));
                continue;
            }
            takes_text |= text.contains('c');
            reads_input |= text.contains('s');
            at += 1 + usize::from(text.ends_with('o') || text.ends_with('O'));
        }
        let rest = call.rest(at);
        match rest.first() {
            Some(field) if takes_text => {
                let arguments: Vec<String> =
                    rest.iter().skip(2).map(|field| field.text.clone()).collect();
                let outer = self.state.arguments.replace(arguments);
                let flow = self.feed_field(field, stdin);
                self.state.arguments = outer;
                flow
            }
            Some(file) if !reads_input => {
                if file.text.starts_with(ANY) {
                    self.found.unresolved = true;
                    return Flow::default();
                }
                let flow = match file.text.as_str() {
                    "/dev/stdin" => stdin.clone(),
                    _ => self.read(file),
                };
                self.feed_shell(&flow)
            }
            _ if call.asks_help() => Flow::default(),
            _ => {
                self.feed_shell(stdin);
                Flow { shell: true, ..Flow::default() }
            }
        }
    }

    /// A file is run by its name.
    pub fn runs_file(&mut self, path: &str) -> Option<Flow> {
        let flow = path.contains('/').then(|| self.state.file(path).cloned()).flatten()?;
        let first = flow.text.as_deref().and_then(|text| text.lines().next()).unwrap_or_default();
        let by = first
            .strip_prefix("#!")
            .map(|line| line.split_whitespace().map(paths::program).collect::<Vec<_>>());
        let by = by.unwrap_or_default();
        let interpreter = by.iter().find(|name| program::is_interpreter(name));
        Some(match interpreter {
            Some(name) => self.feed_interpreter(name, &flow),
            None => self.feed_shell(&flow),
        })
    }

    /// A placeholder of `find` and its like stands for a path.
    pub fn with_path(&self, fields: &[Field]) -> Vec<Field> {
        let path = format!("./{PLAIN}");
        let one = |field: &Field| Field { text: field.text.replace("{}", &path), ..field.clone() };
        fields.iter().map(one).collect()
    }
}
