/*! Words to fields, by what the text tells of variables and outputs. */

mod brace;
mod parameter;

use std::collections::BTreeMap;
use std::rc::Rc;

use super::flow::{ANY, Flow, PLAIN};
use super::judge::Judge;
use super::syntax::{Parameter, Piece, Word};

/// One argument, as the program gets it.
#[derive(Clone, Debug, Default)]
pub(super) struct Field {
    pub text: String,
    /// Some of it was quoted, so that it is one argument whatever is in it.
    pub quoted: bool,
    /// It has an unquoted `*`, `?` or `[`: names of files stand for it.
    pub glob: bool,
    /// What was substituted in it came from.
    pub flow: Flow,
}

impl Field {
    pub fn literal(text: &str) -> Self {
        Self { text: text.to_owned(), quoted: true, ..Self::default() }
    }

    /// It may be an option, or several arguments.
    pub fn may_be_option(&self) -> bool {
        self.text.starts_with(ANY) || (self.text.contains(ANY) && !self.quoted)
    }
}

/// Which of its values each variable has.
pub(super) type Choice = BTreeMap<String, usize>;

impl Judge<'_> {
    pub fn fields(&mut self, words: &[Word], choice: &Choice) -> Vec<Field> {
        let mut fields = Vec::new();
        for word in words {
            for word in brace::expanded(word) {
                if !self.work.spend(1) {
                    return fields;
                }
                self.expand(&word, choice, &mut fields);
            }
        }
        fields
    }

    /// As the value of an assignment or the target of a redirection: always one.
    pub fn one(&mut self, word: &Word, choice: &Choice) -> Field {
        let mut fields = Vec::new();
        let mut word = word.clone();
        for piece in &mut word.pieces {
            match piece {
                Piece::Parameter { quoted, .. } | Piece::Output { quoted, .. } => *quoted = true,
                _ => {}
            }
        }
        self.expand(&word, choice, &mut fields);
        let mut all = fields.into_iter();
        let mut one = all.next().unwrap_or_default();
        for more in all {
            one.text.push(' ');
            one.text.push_str(&more.text);
            one.flow = std::mem::take(&mut one.flow).and(more.flow);
        }
        one
    }

    fn expand(&mut self, word: &Word, choice: &Choice, fields: &mut Vec<Field>) {
        let mut open = Open { field: Field::default(), started: false, fields };
        for piece in &word.pieces {
            match piece {
                Piece::Text { text, quoted } => {
                    self.work.spend(text.len());
                    open.push(text, *quoted);
                    open.field.glob |= !quoted && is_glob(text);
                }
                Piece::Parameter { parameter, quoted } => {
                    self.parameter_into(parameter, *quoted, choice, &mut open);
                }
                Piece::Output { script, quoted } => {
                    let flow = self.output(script);
                    let text = match &flow.text {
                        Some(text) => text.trim_end_matches(['\n', '\r']).to_owned(),
                        None if flow.plain => PLAIN.to_string(),
                        None => ANY.to_string(),
                    };
                    open.insert(&text, *quoted, self);
                    open.field.flow.secret |= flow.secret;
                    open.field.flow.token |= flow.token;
                    open.field.flow.remote |= flow.remote;
                    open.field.flow.local |= flow.local;
                }
                Piece::Process { script, written } => {
                    let flow = if *written { Flow::empty() } else { self.output(script) };
                    let path = self.state.process(flow);
                    if *written {
                        self.sinks.push((path.clone(), Rc::clone(script)));
                    }
                    open.push(&path, true);
                }
                Piece::Number(inner) => {
                    self.one(inner, choice);
                    open.push(&PLAIN.to_string(), true);
                }
            }
        }
        open.end();
    }

    fn parameter_into(
        &mut self,
        parameter: &Rc<Parameter>,
        quoted: bool,
        choice: &Choice,
        open: &mut Open<'_>,
    ) {
        let secret = parameter::names_secret(&parameter.name);
        let value = self.value(parameter, choice);
        open.field.flow.token |= secret && value.iter().any(|text| text.contains(ANY));
        let many = parameter.name == "@" || parameter.name.ends_with("[@]");
        if quoted && many {
            for (at, text) in value.iter().enumerate() {
                if at > 0 {
                    open.end();
                }
                open.push(text, true);
            }
            return;
        }
        let text = value.join(" ");
        open.insert(&text, quoted, self);
    }
}

struct Open<'f> {
    field: Field,
    started: bool,
    fields: &'f mut Vec<Field>,
}

impl Open<'_> {
    fn push(&mut self, text: &str, quoted: bool) {
        self.field.text.push_str(text);
        self.field.quoted |= quoted;
        self.started |= quoted || !text.is_empty();
    }

    /// What an expansion made: unquoted it is split.
    fn insert(&mut self, text: &str, quoted: bool, judge: &Judge<'_>) {
        judge.work.spend(text.len());
        if quoted {
            self.push(text, true);
            return;
        }
        self.field.glob |= is_glob(text);
        let separators = judge.state.separators();
        for (at, part) in text.split(separators.as_slice()).enumerate() {
            if at > 0 {
                self.end();
            }
            self.push(part, false);
        }
    }

    fn end(&mut self) {
        if self.started {
            self.fields.push(std::mem::take(&mut self.field));
        }
        self.field = Field::default();
        self.started = false;
    }
}

fn is_glob(text: &str) -> bool {
    text.contains(['*', '?'])
        || text.find('[').is_some_and(|at| text.get(at..).is_some_and(|t| t.contains(']')))
}
