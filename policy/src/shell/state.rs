/*! What the commands so far have set: variables, files, functions. */

use std::collections::{BTreeMap, BTreeSet};

use super::flow::{ANY, Flow, PLAIN};

/// Values a variable may have, since which branch is taken is not known. With more it may be anything.
const MAX_VALUES: usize = 8;
const MAX_LENGTH: usize = 2048;
const MAX_FILES: usize = 256;

/// The words of an array; of anything else one.
pub(super) type Value = Vec<String>;

#[derive(Debug, Default)]
pub(super) struct State {
    variables: BTreeMap<String, Vec<Value>>,
    /// By literal assignments anywhere in the text, for bodies that run again.
    anywhere: BTreeMap<String, Vec<Value>>,
    pub files: BTreeMap<String, Flow>,
    pub functions: BTreeSet<String>,
    pub aliases: BTreeMap<String, String>,
    /// Of what `$1` means: unknown in a function.
    pub arguments: Option<Vec<String>>,
    /// Loops and functions around.
    pub again: usize,
    processes: usize,
}

/// Of the machine, and no options: `HOME` is a path, `RANDOM` a number.
#[rustfmt::skip]
const PLAIN_VARIABLES: &[&str] = &[
    "HOME", "PWD", "OLDPWD", "USER", "LOGNAME", "HOSTNAME", "TMPDIR", "TMP", "TEMP", "UID", "EUID",
    "GID", "PPID", "RANDOM", "SECONDS", "LINENO", "PATH", "LANG", "TERM", "SHLVL", "EPOCHSECONDS",
    "WORKSPACE", "GITHUB_WORKSPACE", "GITHUB_SHA", "GITHUB_REF_NAME", "CI_PROJECT_DIR",
    "VIRTUAL_ENV", "GOPATH", "JAVA_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME",
    "XDG_RUNTIME_DIR", "KUBECONFIG", "OSTYPE", "MACHTYPE", "HOSTTYPE", "BASH_VERSION", "COLUMNS",
    "LINES", "NVM_DIR", "CARGO_HOME",
];

impl State {
    pub fn new() -> Self {
        Self { arguments: Some(Vec::new()), ..Self::default() }
    }

    pub fn foresee(&mut self, assigned: &[(String, String)]) {
        for (name, value) in assigned {
            add(self.anywhere.entry(name.clone()).or_default(), vec![value.clone()]);
        }
    }

    pub fn assign(&mut self, name: &str, value: Value) {
        let name = name.split('[').next().unwrap_or_default();
        add(self.variables.entry(name.to_owned()).or_default(), value);
    }

    pub fn append(&mut self, name: &str, more: &Value) {
        let values = self.variables.entry(name.to_owned()).or_default();
        for mut value in std::mem::take(values) {
            match (more.as_slice(), value.last_mut()) {
                ([text], Some(last)) => last.push_str(text),
                _ => value.extend(more.iter().cloned()),
            }
            add(values, value);
        }
        if values.is_empty() {
            values.push(more.clone());
        }
    }

    /// All values it may have here.
    pub fn values(&self, name: &str) -> Vec<Value> {
        let mut values = self.variables.get(name).cloned().unwrap_or_default();
        if self.again > 0 {
            for value in self.anywhere.get(name).into_iter().flatten() {
                add(&mut values, value.clone());
            }
        }
        if values.is_empty() {
            values.push(self.given(name));
        }
        values
    }

    /// What was not set here.
    fn given(&self, name: &str) -> Value {
        let text = |text: &str| vec![text.to_owned()];
        match name {
            "IFS" => text(" "),
            "0" | "SHELL" | "BASH" => text("bash"),
            "?" | "$" | "!" | "#" | "-" | "_" => text(&PLAIN.to_string()),
            "@" | "*" => self.arguments.clone().unwrap_or_else(|| text(&ANY.to_string())),
            _ if PLAIN_VARIABLES.contains(&name) => text(&PLAIN.to_string()),
            _ => match (name.parse::<usize>(), &self.arguments) {
                (Ok(at), Some(arguments)) => {
                    text(at.checked_sub(1).and_then(|at| arguments.get(at)).map_or("", |one| one))
                }
                _ => text(&ANY.to_string()),
            },
        }
    }

    /// What an unquoted expansion is split at: blanks, and what `IFS` was set to.
    pub fn separators(&self) -> Vec<char> {
        let own = self.variables.get("IFS").into_iter().flatten().flatten();
        let own = own.flat_map(|text| text.chars().take(8));
        [' ', '\t', '\n', '\r'].into_iter().chain(own).collect()
    }

    pub fn is_set(&self, name: &str) -> bool {
        self.variables.contains_key(name)
    }

    /// What a file holds by what was done here. Only some are kept.
    pub fn write(&mut self, path: &str, flow: Flow, append: bool) {
        let path = plain_path(path);
        if path == "/dev/null" || (self.files.len() >= MAX_FILES && !self.files.contains_key(path))
        {
            return;
        }
        let flow = match self.files.remove(path) {
            Some(before) if append => before.and(flow),
            _ => flow,
        };
        self.files.insert(path.to_owned(), flow);
    }

    pub fn file(&self, path: &str) -> Option<&Flow> {
        self.files.get(plain_path(path))
    }

    /// A path of its own for what a substituted process writes.
    pub fn process(&mut self, flow: Flow) -> String {
        self.processes += 1;
        let path = format!("/dev/fd/{}", 100 + self.processes);
        self.files.insert(path.clone(), flow);
        path
    }
}

fn plain_path(path: &str) -> &str {
    path.strip_prefix("./").unwrap_or(path)
}

fn add(values: &mut Vec<Value>, value: Value) {
    let length: usize = value.iter().map(String::len).sum();
    if values.contains(&value) {
        return;
    }
    if values.len() < MAX_VALUES && length <= MAX_LENGTH {
        values.push(value);
        return;
    }
    // Too many to try each: what they have in common is whether they could be more than a name.
    let mut all = values.iter().chain([&value]).flatten();
    let plain = |text: &String| {
        !text.starts_with(['-', '+']) && !text.contains(ANY) && !text.contains(char::is_whitespace)
    };
    let one = if length <= MAX_LENGTH && all.all(plain) { PLAIN } else { ANY };
    drop(all);
    values.clear();
    values.push(vec![one.to_string()]);
}
