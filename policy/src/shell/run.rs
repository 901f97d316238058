/*! Commands in the order they are run, and what flows between them. */

use super::ShellEffect;
use super::expand::{Choice, Field};
use super::flow::{ANY, Flow};
use super::judge::Judge;
use super::paths;
use super::syntax::{Command, Direction, Kind, Pipeline, Redirect, Script, Simple, Word};

/// What the redirections of a command make of its ends.
#[derive(Default)]
struct Ends {
    stdin: Option<Flow>,
    /// Files its output goes to, and whether behind what is in them.
    stdout: Vec<(String, bool)>,
}

impl Judge<'_> {
    pub fn script(&mut self, script: &Script, stdin: &Flow) -> Flow {
        let mut all = Flow::empty();
        for pipeline in &script.pipelines {
            if !self.work.spend(1) {
                break;
            }
            all = all.and(self.pipeline(pipeline, stdin));
        }
        all
    }

    /// Of a substitution.
    pub fn output(&mut self, script: &Script) -> Flow {
        if !self.deeper() {
            return Flow::default();
        }
        let sinks = std::mem::take(&mut self.sinks);
        let flow = match script.pipelines.as_slice() {
            // `$(< file)`
            [Pipeline { commands, .. }] => match commands.as_slice() {
                [command] if reads_only(command) => {
                    self.ends(&command.redirects, &Choice::new()).stdin.unwrap_or_default()
                }
                _ => self.script(script, &Flow::empty()),
            },
            _ => self.script(script, &Flow::empty()),
        };
        self.sinks = sinks;
        self.depth -= 1;
        flow
    }

    fn pipeline(&mut self, pipeline: &Pipeline, stdin: &Flow) -> Flow {
        let mut flow = stdin.clone();
        for command in &pipeline.commands {
            flow = self.command(command, &flow);
        }
        flow
    }

    fn command(&mut self, command: &Command, stdin: &Flow) -> Flow {
        if let Kind::Simple(simple) = &command.kind {
            return self.simple(simple, &command.redirects, stdin);
        }
        if !self.deeper() {
            return Flow::default();
        }
        let none = Choice::new();
        let ends = self.ends(&command.redirects, &none);
        let stdin = ends.stdin.clone().unwrap_or_else(|| stdin.clone());
        let flow = match &command.kind {
            Kind::Simple(_) => Flow::default(),
            Kind::Group(script) => self.script(script, &stdin),
            Kind::Loop(script) => self.again(|judge| judge.script(script, &stdin)),
            Kind::For { name, words, body } => {
                self.for_values(name, words.as_deref());
                self.again(|judge| judge.script(body, &stdin))
            }
            Kind::Case { word, body } => {
                self.one(word, &none);
                self.script(body, &stdin)
            }
            Kind::Test(words) => {
                self.fields(words, &none);
                Flow::empty()
            }
            Kind::Function { name, body } => {
                self.state.functions.insert(name.clone());
                if breeds(name, body) {
                    self.add(ShellEffect::HostControl);
                }
                let arguments = self.state.arguments.take();
                self.again(|judge| judge.command(body, &Flow::default()));
                self.state.arguments = arguments;
                Flow::empty()
            }
        };
        self.depth -= 1;
        self.leave(ends, flow)
    }

    fn again<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        self.state.again += 1;
        let value = run(self);
        self.state.again -= 1;
        value
    }

    fn for_values(&mut self, name: &str, words: Option<&[Word]>) {
        let Some(words) = words else {
            let value = self.state.values("@");
            value.into_iter().flatten().for_each(|one| self.state.assign(name, vec![one]));
            return;
        };
        let all: Vec<&Word> = words.iter().collect();
        for choice in self.choices(&all) {
            for field in self.fields(words, &choice) {
                self.state.assign(name, vec![field.text]);
            }
        }
    }

    fn simple(&mut self, simple: &Simple, redirects: &[Redirect], stdin: &Flow) -> Flow {
        let mut words: Vec<&Word> = simple.words.iter().collect();
        words.extend(simple.assignments.iter().flat_map(|assignment| &assignment.values));
        words.extend(redirects.iter().map(|redirect| &redirect.target));
        let mut all = None;
        for choice in self.choices(&words) {
            if !self.work.spend(1) {
                break;
            }
            for assignment in &simple.assignments {
                let value: Vec<String> = match assignment.values.as_slice() {
                    [value] => {
                        let value = self.one(value, &choice);
                        self.assigned(&assignment.name, &value);
                        vec![value.text]
                    }
                    values => self.fields(values, &choice).into_iter().map(|f| f.text).collect(),
                };
                if assignment.append {
                    self.state.append(&assignment.name, &value);
                } else {
                    self.state.assign(&assignment.name, value);
                }
            }
            let outer = std::mem::take(&mut self.sinks);
            let fields = self.fields(&simple.words, &choice);
            let ends = self.ends(redirects, &choice);
            let stdin = ends.stdin.clone().unwrap_or_else(|| stdin.clone());
            let is_empty = fields.is_empty();
            let flow = if is_empty { Flow::empty() } else { self.invoke(&fields, &stdin) };
            if !is_empty && connects(&ends) && self.talks(&fields) {
                self.add(ShellEffect::RemoteCode);
            }
            let flow = self.leave(ends, flow);
            for (path, script) in std::mem::replace(&mut self.sinks, outer) {
                let written = self.state.file(&path).cloned().unwrap_or_default();
                if self.deeper() {
                    self.script(&script, &written);
                    self.depth -= 1;
                }
            }
            all = Some(match all {
                None => flow,
                Some(Flow { text, .. }) if text == flow.text => flow,
                Some(other) => other.and(flow).changed(),
            });
        }
        all.unwrap_or_else(Flow::empty)
    }

    /// A shell with a connection for its ends, or a descriptor opened for one.
    fn talks(&self, fields: &[Field]) -> bool {
        let name = fields.first().map(|field| paths::program(&field.text)).unwrap_or_default();
        name == "exec" || super::program::is_shell(name) || super::program::is_interpreter(name)
    }

    fn ends(&mut self, redirects: &[Redirect], choice: &Choice) -> Ends {
        let mut ends = Ends::default();
        for redirect in redirects {
            let target = match &redirect.document {
                Some(document) => document.get().cloned().unwrap_or_default(),
                None => redirect.target.clone(),
            };
            let target = self.one(&target, choice);
            match redirect.direction {
                Direction::Document => ends.stdin = Some(text_flow(target)),
                Direction::Text => {
                    let mut flow = text_flow(target);
                    flow.text = flow.text.map(|text| format!("{text}\n").into());
                    ends.stdin = Some(flow);
                }
                Direction::Read => ends.stdin = Some(self.read(&target)),
                Direction::Both => {
                    ends.stdin = Some(self.read(&target));
                    ends.stdout.push((target.text, true));
                }
                Direction::Duplicate if !is_descriptor(&target.text) => {
                    ends.stdout.push((target.text, false));
                }
                Direction::Duplicate => {}
                // What goes wrong is of no interest, but where it goes is.
                Direction::Write | Direction::Append => {
                    let append = redirect.direction == Direction::Append;
                    if redirect.descriptor.is_some_and(|number| number > 1) {
                        self.written(&target.text, &Flow::empty());
                    } else {
                        ends.stdout.push((target.text, append));
                    }
                }
            }
        }
        ends
    }

    /// The content of a file.
    pub fn read(&mut self, field: &Field) -> Flow {
        if let Some(flow) = self.state.file(&field.text) {
            return flow.clone();
        }
        if is_connection(&field.text) {
            return Flow::remote();
        }
        let open = field.text.contains(ANY);
        let secret = field.flow.secret || paths::is_secret(&field.text);
        Flow { secret, local: !open, ..Flow::default() }
    }

    fn leave(&mut self, ends: Ends, flow: Flow) -> Flow {
        if ends.stdout.is_empty() {
            return flow;
        }
        for (path, append) in ends.stdout {
            self.written(&path, &flow);
            self.state.write(&path, flow.clone(), append);
        }
        Flow::empty()
    }

    /// Something is written to a path.
    pub fn written(&mut self, path: &str, flow: &Flow) {
        if paths::is_disk(path) {
            self.add(ShellEffect::DiskDestroy);
        }
        if paths::grants_access(path) {
            self.add(ShellEffect::PermissionChange);
        }
        if paths::controls_host(path) {
            self.add(ShellEffect::HostControl);
        }
        if is_connection(path) {
            self.sent(flow);
        }
    }

    /// Something goes to another machine.
    pub fn sent(&mut self, flow: &Flow) {
        if flow.secret || flow.token {
            self.add(ShellEffect::CredentialExfil);
        }
        if flow.shell {
            self.add(ShellEffect::RemoteCode);
        }
    }
}

fn text_flow(field: Field) -> Flow {
    Flow { secret: field.flow.secret, remote: field.flow.remote, ..Flow::of(&field.text) }
}

fn is_descriptor(text: &str) -> bool {
    let digits = text.strip_suffix('-').unwrap_or(text);
    !text.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_connection(path: &str) -> bool {
    path.starts_with("/dev/tcp/") || path.starts_with("/dev/udp/")
}

fn connects(ends: &Ends) -> bool {
    ends.stdout.iter().any(|(path, _)| is_connection(path))
        || ends.stdin.as_ref().is_some_and(|flow| flow.remote && flow.text.is_none())
}

fn reads_only(command: &Command) -> bool {
    matches!(&command.kind, Kind::Simple(simple) if simple.words.is_empty() && simple.assignments.is_empty())
}

/// A fork bomb: a function that calls itself in a pipe or in the background.
fn breeds(name: &str, body: &Command) -> bool {
    let calls = |command: &Command| match &command.kind {
        Kind::Simple(simple) => {
            simple.words.first().and_then(Word::as_text).is_some_and(|w| w == name)
        }
        _ => false,
    };
    let script = match &body.kind {
        Kind::Group(script) | Kind::Loop(script) | Kind::For { body: script, .. } => script,
        _ => return false,
    };
    script.pipelines.iter().any(|pipeline| {
        let own = pipeline.commands.iter().filter(|command| calls(command)).count();
        own > 1
            || (own > 0 && (pipeline.background || pipeline.commands.len() > 1))
            || pipeline.commands.iter().any(|command| breeds(name, command))
    })
}
