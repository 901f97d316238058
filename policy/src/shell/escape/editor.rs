/*! Editors and pagers: `!` of vi's line of commands, code in scripts of editors. */

use crate::shell::ShellEffect::RecursiveDelete;
use crate::shell::argv::Call;
use crate::shell::flow::Flow;
use crate::shell::judge::Judge;

/// Commands behind which another language stands.
#[rustfmt::skip]
const LANGUAGES: &[(&str, &str)] = &[
    ("python", "python"), ("python3", "python"), ("py", "python"), ("py3", "python"), ("pyx", "python"),
    ("lua", "lua"), ("perl", "perl"), ("ruby", "ruby"), ("rub", "ruby"), ("tcl", "tcl"),
];

/// Functions of Vim that run a program.
const RUNNING: &[&str] =
    &["system", "systemlist", "termopen", "jobstart", "job_start", "term_start"];

impl Judge<'_> {
    pub(super) fn editor(&mut self, call: &Call<'_>) {
        let parsed = call.parsed("cS", "", &["cmd"]);
        let begun = call.texts().filter_map(|text| text.strip_prefix('+'));
        let begun: Vec<&str> = begun.collect();
        if !["less", "more", "ed"].contains(&call.name) {
            for command in parsed.of(&["c", "cmd"]) {
                self.editor_command(&command.text);
            }
            for file in parsed.of(&["S"]) {
                let flow = self.read(file);
                self.feed_language(&flow, |judge, text| {
                    text.lines().for_each(|line| judge.editor_command(line));
                });
            }
        }
        for command in begun {
            self.editor_command(command);
        }
    }

    fn editor_command(&mut self, command: &str) {
        if self.is_unknown(command) || !self.work.spend(command.len()) {
            return;
        }
        let plain = command.trim_start_matches(|c: char| c == ':' || c.is_whitespace() || c == '%');
        let verb = plain.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        let rest = plain.get(verb.len()..).unwrap_or_default();
        if let Some((_, language)) = LANGUAGES.iter().find(|(name, _)| *name == verb) {
            self.code(language, rest);
            return;
        }
        if verb.len() > 2 && "terminal".starts_with(verb) {
            self.text(rest.trim_start_matches('!'), Flow::empty());
            return;
        }
        // Behind a letter it is the bang of `q!`.
        for (at, _) in command.match_indices('!') {
            let before = command.get(..at).unwrap_or_default();
            if !before.ends_with(|c: char| c.is_ascii_alphanumeric()) {
                self.text(command.get(at + 1..).unwrap_or_default(), Flow::default());
                break;
            }
        }
        if RUNNING.iter().any(|name| command.contains(&format!("{name}("))) {
            self.literals_run(command);
        }
        if command.contains("delete(") && command.contains("rf") {
            self.add(RecursiveDelete);
        }
    }

    pub(super) fn emacs(&mut self, call: &Call<'_>) {
        let parsed = call.parsed("l", "", &["eval", "execute", "load", "script"]);
        for text in parsed.of(&["eval", "execute"]) {
            self.lisp(&text.text);
        }
        for file in parsed.of(&["l", "load", "script"]) {
            let flow = self.read(file);
            self.feed_language(&flow, Self::lisp);
        }
    }

    fn lisp(&mut self, text: &str) {
        if self.is_unknown(text) || !self.work.spend(text.len()) {
            return;
        }
        if text.contains("delete-directory") {
            self.add(RecursiveDelete);
        }
        let runs = ["shell-command", "call-process", "start-process", "make-process", "(compile "];
        if runs.iter().any(|name| text.contains(name)) {
            self.literals_run(text);
        }
    }

    /// Each literal by itself, and all of them as the words of one command.
    fn literals_run(&mut self, text: &str) {
        let quote = if text.contains('"') { '"' } else { '\'' };
        let literals: Vec<&str> = text.split(quote).skip(1).step_by(2).collect();
        self.found.unresolved |= literals.is_empty();
        for literal in &literals {
            self.text(literal, Flow::empty());
        }
        if literals.len() > 1 {
            self.text(&literals.join(" "), Flow::empty());
        }
    }
}
