/*! Shells: their program is an argument, a file, or their input. */

use crate::shell::ShellEffect;
use crate::shell::argv::{Call, joined};
use crate::shell::expand::Field;
use crate::shell::flow::{ANY, Flow};
use crate::shell::judge::Judge;

impl Judge<'_> {
    pub(super) fn windows(&mut self, call: &Call<'_>, stdin: &Flow) -> Flow {
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
        self.reads_startup();
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
}
