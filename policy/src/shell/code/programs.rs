/*! Programs and code that code runs: what they are given, where it is a literal. */

use super::lexer::Code;
use super::names::{NETWORK, RUNNING};
use crate::shell::ShellEffect::RemoteCode;
use crate::shell::expand::Field;
use crate::shell::flow::{ANY, Flow};
use crate::shell::judge::Judge;

impl Judge<'_> {
    /// Literals behind the name of what runs a program.
    pub(super) fn programs(&mut self, code: &Code) {
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
            if given.is_list && given.literals.len() > 1 {
                let fields: Vec<Field> =
                    given.literals.iter().map(|text| Field::literal(text)).collect();
                self.invoke(&fields, &Flow::empty());
            }
            if given.has_calls && given.names.iter().any(|name| NETWORK.contains(&name.as_str())) {
                self.add(RemoteCode);
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

    pub(super) fn evaluated(&mut self, language: &str, code: &Code) {
        const EVALS: &[&str] =
            &["exec", "eval", "execfile", "Function", "instance_eval", "class_eval", "loadstring"];
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
