/*! Programs that run another one, which is what counts. */

mod shell;
mod table;
mod xargs;

use super::argv::{Call, joined, takes_next};
use super::expand::Field;
use super::flow::Flow;
use super::judge::Judge;
use super::{paths, program};

use table::{BY_WORD, WRAPPERS, Wrapper};

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

/// Where a program is, which is its name to whoever runs it.
pub(super) fn found(names: &[&Field]) -> Flow {
    let names: Vec<&str> = names.iter().map(|field| field.text.as_str()).collect();
    Flow::of(&names.join("\n"))
}

fn after_word<'f>(args: &'f [Field], word: &str) -> &'f [Field] {
    match args.split_first() {
        Some((first, rest)) if first.text == word => rest,
        _ => args,
    }
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
            "script" => self.recorded(call, stdin),
            "sg" => self.feed_field(&joined(after_word(call.rest(1), "-c")), stdin),
            "newgrp" => self.feed_shell(stdin),
            // Behind `--` the arguments of a shell.
            "capsh" => match call.texts().position(|text| text == "--") {
                Some(at) => self.shell(&Call { name: "bash", args: call.rest(at + 1) }, stdin),
                None => Flow::default(),
            },
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
            "command" if call.has("vV", &[]) => return found(&call.operands("", &[])),
            "sudo" if call.has("e", &["edit"]) && !call.has("E", &[]) => {
                for field in call.operands("ugpCDhrtTUR", &["user", "group"]) {
                    self.written(&field.text, &Flow::default());
                }
                return Flow::empty();
            }
            _ => {}
        }
        let rest = stripped(args, wrapper);
        let front = args.len() - rest.len();
        for field in args.iter().take(front).filter(|field| is_assignment(&field.text)) {
            if let Some((name, value)) = field.text.split_once('=') {
                self.assigned(name, &Field { text: value.to_owned(), ..field.clone() });
                self.state.assign(name, vec![value.to_owned()]);
            }
        }
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

    /// With `-c` a text, on other systems a file and a command, or what is typed.
    fn recorded(&mut self, call: &Call<'_>, stdin: &Flow) -> Flow {
        let parsed = call.parsed("cIOBTmEto", "", &["command"]);
        for text in parsed.of(&["c", "command"]) {
            self.feed_field(text, stdin);
        }
        match parsed.operands.get(1) {
            Some(first) => {
                let at = call.args.iter().position(|field| std::ptr::eq(field, *first));
                self.invoke(call.rest(at.unwrap_or_default()), stdin)
            }
            None if parsed.of(&["c", "command"]).next().is_none() && !stdin.is_empty() => {
                self.feed_shell(stdin)
            }
            None => Flow::default(),
        }
    }

    fn remote_shell(&mut self, call: &Call<'_>, stdin: &Flow) -> Flow {
        const SSH: Wrapper = ("ssh", "BbcDEeFIiJLlmMOopQRSWw", &[], 1);
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
}
