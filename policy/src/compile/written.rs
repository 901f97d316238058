/*! Where rules and budgets are written, for whoever has to change one. */

use serde_json::{Map, Value as Json};

use super::Source;
use super::diagnostic::Diagnostics;
use super::document::{is_part, path_of};
use super::extend::flatten;
use super::yaml::{self, Node, Value};

/// One rule or budget in a source.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    pub name: String,
    /// As messages call it.
    pub file: String,
    /// Name of the source it is in.
    pub source: String,
    /// Its first line and its last, counted from 1.
    pub lines: (u32, u32),
    /// Of its first character, counted from 1.
    pub column: u32,
    /// What stands before that in its line: `- ` of a list, mostly.
    pub before: String,
    /// It stands between braces.
    pub flow: bool,
    /// What it says, before anything is checked or filled in.
    pub says: Json,
    /// Lines of its members, such as `match.http.path`.
    pub members: Vec<(String, u32)>,
}

impl Written {
    pub fn line_of(&self, member: &str) -> Option<u32> {
        self.members.iter().find(|(name, _)| name == member).map(|(_, line)| *line)
    }

    /// The lines of a member of its own, up to the next.
    pub fn extent(&self, member: &str) -> Option<(u32, u32)> {
        let from = self.line_of(member)?;
        let own = self.members.iter().filter(|(name, line)| !name.contains('.') && *line > from);
        Some((from, own.map(|(_, line)| line - 1).min().unwrap_or(self.lines.1)))
    }
}

/// Of a bundle that compiles: what takes the place of another stands before it.
pub fn rules(sources: &[Source]) -> Vec<Written> {
    all(sources, "rules")
}

pub fn budgets(sources: &[Source]) -> Vec<Written> {
    all(sources, "budgets")
}

/// `salt` of the bundle that this source is.
pub fn salt(sources: &[Source], source: &str) -> Option<String> {
    let flat = flatten(sources);
    let source = flat.iter().find(|one| one.source.name == source)?;
    let parts = source.source.files.iter().filter(|file| is_part(&file.path));
    let nodes = parts.filter_map(|f| yaml::read(&f.path, &f.text, &mut Diagnostics::default()));
    nodes.into_iter().find_map(|node| Some(node.get("bundle")?.get("salt")?.text()?.to_owned()))
}

fn all(sources: &[Source], what: &str) -> Vec<Written> {
    let mut all = Vec::new();
    for flat in flatten(sources) {
        let source = &flat.source;
        for file in source.files.iter().filter(|file| is_part(&file.path)) {
            let path = path_of(source, file);
            let Some(node) = yaml::read(&path, &file.text, &mut Diagnostics::default()) else {
                continue;
            };
            let lines: Vec<&str> = file.text.lines().collect();
            let entries = node.get(what).map(Node::entries).unwrap_or_default();
            all.extend(entries.iter().filter_map(|entry| one(entry, &lines, &path, source)));
        }
    }
    all
}

fn one(node: &Node, lines: &[&str], file: &str, source: &Source) -> Option<Written> {
    let mut members = Vec::new();
    places(node, "", &mut members);
    let (line, column) = (node.place.line, node.place.column);
    let at = |line: u32| lines.get((line as usize).saturating_sub(1)).copied().unwrap_or_default();
    let deepest = members.iter().map(|(_, line)| *line).max().unwrap_or(line).max(line);
    // What is indented at least as far belongs to it, such as the rest of a text.
    let indent = (column as usize).saturating_sub(1);
    let within = |line: &str| {
        let inner = line.trim_start();
        inner.is_empty() || line.len() - inner.len() >= indent
    };
    let (mut last, mut next) = (deepest, deepest + 1);
    while (next as usize) <= lines.len() && within(at(next)) {
        if !at(next).trim().is_empty() && !at(next).trim_start().starts_with('#') {
            last = next;
        }
        next += 1;
    }
    Some(Written {
        name: node.get("name")?.text()?.to_owned(),
        file: file.to_owned(),
        source: source.name.clone(),
        lines: (line, last),
        column,
        before: at(line).chars().take(indent).collect(),
        flow: at(line).chars().nth(indent) == Some('{'),
        says: json(node),
        members,
    })
}

fn places(node: &Node, before: &str, all: &mut Vec<(String, u32)>) {
    let Value::Map(members) = &node.value else { return };
    for (key, value) in members {
        let name = format!("{before}{}", key.text().unwrap_or_default());
        places(value, &format!("{name}."), all);
        all.push((name, key.place.line));
    }
}

fn json(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Flag(flag) => (*flag).into(),
        Value::Whole(number) => (*number).into(),
        Value::Number(number) => (*number).into(),
        Value::Text(text) => text.as_str().into(),
        Value::List(entries) => entries.iter().map(json).collect(),
        Value::Map(members) => {
            let member = |(key, value): &(Node, Node)| Some((key.text()?.to_owned(), json(value)));
            Json::Object(members.iter().filter_map(member).collect::<Map<_, _>>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::SourceFile;
    use super::*;

    const TEXT: &str = "bundle: {name: b, version: '1', salt: 0123456789abcdef}
rules:
  # The first.
  - name: one
    on: request
    match:
      http:
        path: /a
    when: >-
      action.method == 'GET'
      && true
    effect: deny

  - {name: two, on: request, match: {http: {path: /b}}, effect: deny}
budgets:
  - name: few
    requests: 3
    per: 1h
";

    #[test]
    fn rules_and_budgets_are_found_where_they_are_written() {
        let file = SourceFile { path: "r.yaml".into(), text: TEXT.into() };
        let sources = [Source { name: "b".into(), files: vec![file], ..Source::default() }];
        let all = rules(&sources);
        let [one, two] = all.as_slice() else { panic!("{all:?}") };
        assert_eq!((one.name.as_str(), one.file.as_str(), one.lines), ("one", "b/r.yaml", (4, 12)));
        assert_eq!((one.column, one.before.as_str(), one.flow), (5, "  - ", false));
        assert_eq!(one.line_of("match.http.path"), Some(8));
        assert_eq!(one.extent("when"), Some((9, 11)));
        assert_eq!(one.extent("effect"), Some((12, 12)));
        assert_eq!(one.says["match"]["http"]["path"], "/a");
        assert_eq!((two.name.as_str(), two.lines, two.flow), ("two", (14, 14), true));
        let few = &budgets(&sources)[0];
        assert_eq!((few.lines, few.line_of("per")), ((16, 18), Some(18)));
        assert_eq!(salt(&sources, "b").as_deref(), Some("0123456789abcdef"));
    }
}
