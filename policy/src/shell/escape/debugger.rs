/*! Debuggers run commands of a shell, code, and functions of what they debug. */

use crate::shell::argv::Call;
use crate::shell::flow::Flow;
use crate::shell::judge::Judge;

/// Options whose value is a command, and those whose value is a file of them.
#[rustfmt::skip]
const COMMANDS: &[&str] = &[
    "ex", "iex", "eval-command", "init-eval-command", "one-line", "one-line-before-file",
    "one-line-on-crash", "early-init-eval-command", "o", "O", "k",
];
const FILES: &[&str] =
    &["x", "ix", "command", "init-command", "source", "source-before-file", "s", "S"];

impl Judge<'_> {
    pub(super) fn debugger(&mut self, call: &Call<'_>, stdin: &Flow) {
        // Of gdb the letters mean other things.
        let letters = if call.name == "lldb" { "oOkKsSQ" } else { "x" };
        let long: Vec<&str> =
            COMMANDS.iter().chain(FILES).copied().filter(|name| name.len() > 1).collect();
        let parsed = call.parsed(letters, "", &long);
        for command in parsed.of(COMMANDS) {
            self.debugger_command(&command.text);
        }
        for file in parsed.of(FILES) {
            let flow = self.named(file, stdin);
            self.feed_language(&flow, |judge, text| {
                text.lines().for_each(|line| judge.debugger_command(line));
            });
        }
        for line in stdin.text.as_deref().unwrap_or_default().lines() {
            self.debugger_command(line);
        }
        let args = call.texts().position(|text| ["--args", "-args", "--"].contains(&text));
        if let Some(at) = args {
            self.invoke(call.rest(at + 1), &Flow::default());
        }
    }

    fn debugger_command(&mut self, command: &str) {
        let command = command.trim();
        if self.is_unknown(command) {
            return;
        }
        if let Some(text) = command.strip_prefix('!') {
            self.text(text, Flow::empty());
            return;
        }
        let (verb, rest) = command.split_once([' ', '\t']).unwrap_or((command, ""));
        match verb {
            _ if verb.len() > 2 && "shell".starts_with(verb) => {
                self.text(rest, Flow::empty());
            }
            "platform" | "plat" => {
                let text = rest.trim_start().trim_start_matches(|c: char| c.is_alphabetic());
                self.text(text, Flow::empty());
            }
            // Behind the command whose output it reads.
            "pipe" | "|" => {
                let text = rest.split_once('|').map(|(_, text)| text).unwrap_or_default();
                self.text(text, Flow::default());
            }
            "python" | "py" | "python-interactive" | "pi" | "script" => {
                self.code("python", rest);
            }
            "guile" | "gu" => {
                self.code("guile", rest);
            }
            "source" | "so" => {
                let file = crate::shell::expand::Field::literal(rest.trim());
                let flow = self.read(&file);
                self.found.unresolved |= flow.text.is_some();
            }
            // A function of the program: `call (int)system("..")`.
            _ if ["system", "exec", "popen", "posix_spawn"].iter().any(|f| rest.contains(f)) => {
                self.code("c", rest);
            }
            _ => {}
        }
    }
}
