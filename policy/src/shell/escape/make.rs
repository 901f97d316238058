/*! make: recipes are shell, and its variables choose which. */

use crate::shell::argv::Call;
use crate::shell::flow::{ANY, Flow, PLAIN};
use crate::shell::judge::Judge;
use crate::shell::{paths, program};

impl Judge<'_> {
    pub(super) fn make(&mut self, call: &Call<'_>, stdin: &Flow) {
        let parsed = call.parsed("fECoWI", "jlO", &["file", "makefile", "eval"]);
        for file in parsed.of(&["f", "file", "makefile"]) {
            let flow = self.named(file, stdin);
            self.feed_language(&flow, Self::makefile);
        }
        for text in parsed.of(&["E", "eval"]) {
            if !self.is_unknown(&text.text) {
                self.makefile(&text.text);
            }
        }
        for (name, value) in parsed.operands.iter().filter_map(|field| field.text.split_once('=')) {
            let name = name.trim_end_matches([':', '?', '+', '!']);
            match name {
                "SHELL" | ".SHELLFLAGS" => self.recipe_shell(value),
                // Most are words of a compiler, and what they do depends on the file.
                _ if !value.contains([ANY, PLAIN]) => self.effects_of(value),
                _ => {}
            }
        }
    }

    fn recipe_shell(&mut self, value: &str) {
        let first = value.split_whitespace().next().unwrap_or_default();
        let known = program::is_shell(paths::program(first)) || value.starts_with('-');
        self.found.unresolved |= !known;
        if !known {
            self.text(value, Flow::default());
        }
    }

    /// Recipes, and what the file itself runs.
    fn makefile(&mut self, text: &str) {
        if !self.work.spend(text.len()) {
            return;
        }
        let text = text.replace("\\\n", " ");
        for line in text.lines() {
            let name = line.split(['=', ':', '?']).next().unwrap_or_default().trim();
            if name == "SHELL" || name == ".SHELLFLAGS" {
                let value = line.split_once('=').map(|(_, value)| value).unwrap_or_default();
                self.recipe_shell(value.trim());
                continue;
            }
            for (at, _) in line.match_indices("$(shell ") {
                let command = line.get(at + "$(shell ".len()..).unwrap_or_default();
                self.text(command.strip_suffix(')').unwrap_or(command), Flow::empty());
            }
            let recipe = match line.strip_prefix('\t') {
                Some(recipe) => Some(recipe),
                None => line.split_once("!=").or(line.split_once(';')).map(|(_, recipe)| recipe),
            };
            if let Some(recipe) = recipe {
                let command = recipe.trim_start().trim_start_matches(['@', '-', '+']);
                self.text(&command.replace("$$", "$"), Flow::empty());
            }
        }
    }

    /// What a text does if it is run, which is not said.
    fn effects_of(&mut self, text: &str) {
        let (unresolved, unparsed) = (self.found.unresolved, self.found.unparsed);
        self.text(text, Flow::empty());
        self.found.unresolved = unresolved;
        self.found.unparsed = unparsed;
    }
}
