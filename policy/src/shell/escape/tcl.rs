/*! Tcl and expect, whose scripts start programs. */

use crate::shell::ShellEffect::RecursiveDelete;
use crate::shell::argv::Call;
use crate::shell::flow::{ANY, Flow};
use crate::shell::judge::Judge;

/// Commands that start a program.
const RUNNING: &[&str] = &["spawn", "exp_spawn", "exec", "system", "exp_system", "overlay", "open"];

impl Judge<'_> {
    pub(super) fn tcl_program(&mut self, call: &Call<'_>, stdin: &Flow) {
        let parsed = call.parsed("cf", "", &["command"]);
        for text in parsed.of(&["c", "command"]) {
            self.tcl(&text.text);
        }
        let file = parsed.of(&["f"]).next().or(parsed.operands.first().copied()).cloned();
        match file {
            Some(file) => {
                let flow = self.named(&file, stdin);
                self.feed_language(&flow, Self::tcl);
            }
            None if parsed.values.is_empty() && !call.asks_help() => {
                self.feed_language(stdin, Self::tcl);
            }
            None => {}
        }
    }

    /// What stands behind the commands that start programs, up to where their command ends.
    pub(super) fn tcl(&mut self, text: &str) {
        if self.is_unknown(text) || !self.work.spend(text.len()) {
            return;
        }
        let mut at = 0;
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let start = rest.find(|c: char| c.is_ascii_alphabetic() || c == '_');
            let Some(start) = start else { return };
            let word = rest.get(start..).unwrap_or_default();
            let end = word.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':');
            let (name, behind) =
                word.split_at_checked(end.unwrap_or(word.len())).unwrap_or((word, ""));
            let before = rest.get(..start).unwrap_or_default().trim_end_matches([' ', '\t']);
            let before =
                if before.is_empty() { text.get(..at).unwrap_or_default() } else { before };
            let begins = before.trim_end_matches([' ', '\t']);
            let begins = begins.is_empty() || begins.ends_with(['\n', ';', '[', '{']);
            if begins && RUNNING.contains(&name) {
                self.tcl_command(name, behind);
            }
            if begins && name == "file" && behind.trim_start().starts_with("delete -force") {
                self.add(RecursiveDelete);
            }
            at += start + name.len().max(1);
        }
    }

    fn tcl_command(&mut self, name: &str, behind: &str) {
        let mut command = String::new();
        let mut depth = 0usize;
        let mut quoted = false;
        for c in behind.trim_start().chars() {
            match c {
                '"' => quoted = !quoted,
                '{' | '[' => depth += 1,
                '}' | ']' if depth == 0 => break,
                '}' | ']' => depth -= 1,
                '\n' | ';' if depth == 0 && !quoted => break,
                _ => {}
            }
            // Braces quote as single quotes do.
            command.push(match c {
                '{' | '}' => '\'',
                other => other,
            });
        }
        let command = command.replace("'*'", "");
        let mut command = command.trim_start();
        while let Some(rest) = command.strip_prefix('-') {
            command = rest.split_once(' ').map(|(_, rest)| rest).unwrap_or_default().trim_start();
        }
        if name == "open" {
            let Some(piped) = command.trim_start_matches(['"', '\'']).strip_prefix('|') else {
                return;
            };
            self.text(piped.trim_end_matches(['"', '\'']), Flow::empty());
            return;
        }
        if name.ends_with("system") {
            command = command.trim_end().trim_matches('"');
        }
        // What a variable or another command makes of it.
        if command.starts_with(['$', '[', ANY]) {
            self.found.unresolved = true;
        } else {
            self.text(command, Flow::empty());
        }
    }
}
