/*! What is found out about one text, and what is remembered on the way. */

use std::rc::Rc;

use super::expand::Field;
use super::flow::{ANY, Flow};
use super::parse;
use super::state::State;
use super::syntax::Script;
use super::work::Work;
use super::{Shell, ShellEffect};

/// Text in text, as in `sh -c`, and programs that run programs.
const MAX_DEPTH: usize = 16;

pub(super) struct Judge<'w> {
    pub work: &'w Work,
    pub found: Shell,
    pub state: State,
    pub depth: usize,
    /// Of `>( )` in the command that is judged, with their paths.
    pub sinks: Vec<(String, Rc<Script>)>,
}

impl<'w> Judge<'w> {
    pub fn new(work: &'w Work) -> Self {
        let (found, state) = (Shell::default(), State::new());
        Self { work, found, state, depth: 0, sinks: Vec::new() }
    }

    pub fn finish(mut self) -> Shell {
        self.found.over_budget = self.work.is_over();
        self.found.unparsed |= self.found.over_budget;
        self.found
    }

    pub fn add(&mut self, effect: ShellEffect) {
        self.found.effects.insert(effect);
    }

    /// Runs text as a shell with this input would; what it writes.
    pub fn text(&mut self, text: &str, stdin: Flow) -> Flow {
        if !self.deeper() {
            return Flow::default();
        }
        let parsed = parse::parse(text, self.work);
        self.found.unparsed |= parsed.broken;
        self.state.foresee(&parsed.assigned);
        let flow = self.script(&parsed.script, &stdin);
        self.depth -= 1;
        flow
    }

    pub fn argv(&mut self, words: &[&str]) {
        let fields: Vec<Field> = words.iter().map(|word| Field::literal(word)).collect();
        self.invoke(&fields, &Flow::empty());
    }

    /// Whether one level more may be looked at. Whoever was let in goes back by `depth`.
    pub fn deeper(&mut self) -> bool {
        let may = self.depth < MAX_DEPTH && !self.work.is_over();
        if may {
            self.depth += 1;
        } else {
            self.found.unparsed = true;
        }
        may
    }

    /// A shell reads this as its program.
    pub fn feed_shell(&mut self, flow: &Flow) -> Flow {
        if flow.remote {
            self.add(ShellEffect::RemoteCode);
        } else if let Some(text) = flow.text.clone() {
            return self.text(&text, Flow::empty());
        } else if !flow.local {
            self.found.unresolved = true;
        }
        Flow::default()
    }

    /// Like `feed_shell`, for text that is an argument.
    pub fn feed_field(&mut self, field: &Field, stdin: &Flow) -> Flow {
        if field.flow.remote {
            self.add(ShellEffect::RemoteCode);
            return Flow::default();
        }
        let is_whole = field.text.trim().chars().eq([ANY]);
        if field.flow.local && is_whole {
            return Flow::default();
        }
        self.text(&field.text, stdin.clone())
    }
}
