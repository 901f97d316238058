/*! Variables that make the next program run something. */

use super::table::VARIABLES;
use crate::shell::expand::Field;
use crate::shell::flow::Flow;
use crate::shell::judge::Judge;

impl Judge<'_> {
    /// A variable is given this value.
    pub fn assigned(&mut self, name: &str, value: &Field) {
        // What only the machine knows was there before.
        let own = VARIABLES.contains(&name) && !value.text.trim().chars().eq([super::ANY]);
        if own || (VARIABLES.contains(&name) && value.flow.remote) {
            self.feed_field(value, &Flow::local());
        }
    }

    /// A shell begins by reading the files that these variables name.
    pub fn reads_startup(&mut self) {
        for name in ["BASH_ENV", "ENV"] {
            if !self.state.is_set(name) {
                continue;
            }
            for text in self.state.values(name).into_iter().flatten() {
                let known = self.state.file(&text).cloned();
                // `ENV=prod` is something else to everybody but such a shell.
                let is_path = name == "BASH_ENV"
                    || (text.contains('/') && text.starts_with(['/', '.', '~', super::PLAIN]));
                match known {
                    Some(flow) => {
                        self.feed_shell(&flow);
                    }
                    // Nobody sets it to a file but to have it run.
                    None if is_path && !text.is_empty() => {
                        self.found.unresolved = true;
                        self.text(&text, Flow::local());
                    }
                    None => {}
                }
            }
        }
    }
}
