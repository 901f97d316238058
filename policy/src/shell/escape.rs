/*!
Programs that nobody takes for a shell and that run commands all the same: by an option, by a language
of their own, by a variable.

What they would run is judged as if it stood there. What is not told here counts as unresolved, and a
script that lies on the machine passes, as `sh script` does.
*/

mod awk;
mod debugger;
mod editor;
mod environment;
mod make;
mod sed;
mod ssh;
mod table;
mod tcl;

use super::argv::{Call, joined};
use super::expand::Field;
use super::flow::{ANY, Flow, PLAIN};
use super::judge::Judge;
use super::paths;
use table::{BANG_READERS, CODE, OPTIONS, RUNNERS, TEXTS};

/// Arguments that may be the first of a command.
const MAX_STARTS: usize = 24;

impl Judge<'_> {
    /// Whatever the program does besides.
    pub fn escapes(&mut self, call: &Call<'_>, stdin: &Flow) {
        let input = if stdin.remote { Flow::remote() } else { Flow::local() };
        for (_, letters, long) in OPTIONS.iter().filter(|(names, ..)| names.contains(&call.name)) {
            for (_, value) in call.parsed(letters, "", long).values {
                let text = value.text.strip_prefix("exec=").unwrap_or(&value.text).to_owned();
                self.feed_field(&Field { text, ..value }, &input);
            }
        }
        for (_, letters, long) in CODE.iter().filter(|(names, ..)| names.contains(&call.name)) {
            for (_, value) in call.parsed(letters, "", long).values {
                // Close enough: names of functions and literals are looked for.
                self.code("perl", &value.text);
            }
        }
        if RUNNERS.contains(&call.name)
            || ["ld-linux", "ld-musl"].iter().any(|name| call.name.starts_with(name))
        {
            self.started_somewhere(call.args);
        }
        if TEXTS.contains(&call.name) {
            for field in call.args.iter().filter(|field| field.text.contains(' ')) {
                self.feed_field(field, &Flow::empty());
            }
        }
        if BANG_READERS.contains(&call.name) {
            for line in stdin.text.as_deref().unwrap_or_default().lines() {
                if let Some(command) = line.trim_start().strip_prefix('!') {
                    self.text(command, Flow::empty());
                }
            }
        }
        self.by_name(call, stdin);
    }

    fn by_name(&mut self, call: &Call<'_>, stdin: &Flow) {
        let behind = |words: &[&str]| {
            let at = call.texts().position(|text| words.contains(&text));
            at.map(|at| call.rest(at + 1))
        };
        match call.name {
            "awk" | "gawk" | "mawk" | "nawk" | "original-awk" => self.awk(call, stdin),
            "sed" | "gsed" | "ssed" => self.sed(call, stdin),
            "make" | "gmake" | "bmake" => self.make(call, stdin),
            "gdb" | "lldb" | "cgdb" | "gdb-multiarch" => self.debugger(call, stdin),
            "vim" | "vi" | "ex" | "nvim" | "view" | "vimdiff" | "gvim" | "less" | "more" | "ed" => {
                self.editor(call);
            }
            "emacs" | "emacsclient" => self.emacs(call),
            "expect" | "tclsh" | "wish" => self.tcl_program(call, stdin),
            "ssh" | "scp" | "sftp" | "autossh" => self.ssh_options(call),
            "tar" | "gtar" => self.old_tar(call),
            "ip" => self.started_somewhere(behind(&["exec"]).unwrap_or_default()),
            "nix" => {
                let rest = behind(&["-c", "--command"]).unwrap_or_default();
                self.invoke(rest, stdin);
            }
            "cmake" => {
                let rest = behind(&["-E"]).unwrap_or_default();
                if rest.first().is_some_and(|field| field.text == "remove_directory") {
                    self.add(super::ShellEffect::RecursiveDelete);
                }
                self.invoke(rest, stdin);
            }
            "dc" => {
                for (_, text) in call.parsed("e", "", &["expression"]).values {
                    self.banged(&text.text);
                }
            }
            "strace" | "ltrace" => {
                for (_, target) in call.parsed("o", "", &["output"]).values {
                    if let Some(command) = target.text.strip_prefix(['|', '!']) {
                        self.text(command, Flow::default());
                    }
                }
            }
            "apt" | "apt-get" | "aptitude" => {
                for (_, setting) in call.parsed("o", "", &["option"]).values {
                    let hook = setting.text.split_once('=').filter(|(name, _)| {
                        let name = name.to_ascii_lowercase();
                        name.contains("invoke") || name.contains("run") || name.contains("hooks")
                    });
                    if let Some((_, command)) = hook {
                        self.text(command, Flow::empty());
                    }
                }
            }
            "find" | "gfind" => {
                const WRITES: &[&str] = &["-fprint", "-fprint0", "-fprintf", "-fls"];
                for pair in call.args.windows(2) {
                    if let [option, path] = pair
                        && WRITES.contains(&option.text.as_str())
                    {
                        self.written(&path.text, &Flow::default());
                    }
                }
            }
            _ => {}
        }
    }

    /// A command whose first word is one of these arguments.
    pub fn started_somewhere(&mut self, args: &[Field]) {
        self.found.unresolved |= args.len() > MAX_STARTS;
        for (at, field) in args.iter().enumerate().take(MAX_STARTS) {
            let name = paths::program(&field.text);
            let starts = !name.is_empty() && !name.contains(PLAIN) && !name.starts_with(['-', '.']);
            if starts {
                self.invoke(args.get(at..).unwrap_or_default(), &Flow::default());
            }
        }
    }

    /// A program of another language: from the network, from here, or from the machine.
    fn feed_language(&mut self, flow: &Flow, judge: impl FnOnce(&mut Self, &str)) {
        if flow.remote {
            self.add(super::ShellEffect::RemoteCode);
        } else if let Some(text) = flow.text.clone() {
            judge(self, &text);
        } else if !flow.local {
            self.found.unresolved = true;
        }
    }

    /// The file an option names, which may be the input.
    fn named(&mut self, file: &Field, stdin: &Flow) -> Flow {
        match file.text.as_str() {
            "-" | "/dev/stdin" => stdin.clone(),
            _ => self.read(file),
        }
    }

    /// All of it is something that only the machine knows.
    fn is_unknown(&mut self, text: &str) -> bool {
        let unknown = text.trim().chars().eq([ANY]);
        self.found.unresolved |= unknown;
        unknown
    }

    /// `!command` up to the end of the line.
    fn banged(&mut self, text: &str) {
        for line in text.lines() {
            if let Some((_, command)) = line.split_once('!') {
                self.text(command, Flow::empty());
            }
        }
    }

    /// `tar --checkpoint-action 'exec=..'` is an option; `tar cIf 'sh x' a b` has its own ways.
    fn old_tar(&mut self, call: &Call<'_>) {
        let Some((first, values)) = call.args.split_first() else { return };
        if first.text.starts_with('-') || !first.text.contains(['I', 'F']) {
            return;
        }
        for value in values {
            self.feed_field(&joined(std::slice::from_ref(value)), &Flow::local());
        }
    }
}
