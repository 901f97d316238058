/*! A change of a bundle's text: lines of a file that others take the place of, or a bundle of its own. */

use anyhow::{Context, Result, ensure};
use policy::compile::written::Written;
use policy::compile::{Parent, Source, SourceFile};
use serde::Serialize;
use serde_json::Value as Json;

use crate::bundle::is_built_in;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The rule that is changed, or the new one.
    pub rule: String,
    /// As messages call it. None: a bundle of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// From this line on, counted from 1,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// so many lines go,
    pub remove: u32,
    /// and this comes.
    pub text: String,
    /// A bundle that is built in, in whose place the new one is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_place_of: Option<String>,
}

/// The rule with one of its members set.
pub fn set(rule: &Written, member: &str, value: &[String]) -> Result<Change> {
    if is_built_in(&rule.source) {
        return own_bundle(rule, member, value);
    }
    let (line, remove, text) = if rule.flow {
        ensure!(
            rule.before.trim() == "-",
            "rule `{}` stands in one line with others, {}:{}; give it a line of its own",
            rule.name,
            rule.file,
            rule.lines.0
        );
        let whole = format!("{}{{{}}}", rule.before, changed(rule, member, value)?);
        (rule.lines.0, rule.lines.1 - rule.lines.0 + 1, whole)
    } else {
        let (line, remove) = match rule.extent(member) {
            Some((from, to)) => (from, to - from + 1),
            None => (rule.line_of("name").unwrap_or(rule.lines.0) + 1, 0),
        };
        let indent = " ".repeat((rule.column as usize).saturating_sub(1));
        let text: Vec<String> = value.iter().map(|line| format!("{indent}{line}")).collect();
        (line, remove, text.join("\n"))
    };
    let (rule, file) = (rule.name.clone(), Some(rule.file.clone()));
    Ok(Change { rule, file, line: Some(line), remove, text, in_place_of: None })
}

/// What is built in is taken over but for the rule, which comes in the bundle's own words.
fn own_bundle(rule: &Written, member: &str, value: &[String]) -> Result<Change> {
    let source = &rule.source;
    let text = format!(
        "bundle: {{name: {source}-here, version: \"1\", extends: [{source}], disable: [{}]}}\nrules:\n  - {{{}}}\n",
        rule.name,
        changed(rule, member, value)?
    );
    let in_place_of = Some(source.clone());
    Ok(Change { rule: rule.name.clone(), file: None, line: None, remove: 0, text, in_place_of })
}

/// All its members in one line, as JSON writes them, which is YAML, too.
fn changed(rule: &Written, member: &str, value: &[String]) -> Result<String> {
    let value: Json = serde_saphyr::from_str(&value.join("\n")).context("a part of a rule")?;
    let mut says = rule.says.clone();
    let members = says.as_object_mut().context("a rule is a mapping")?;
    members.insert(member.to_owned(), value.get(member).cloned().unwrap_or_default());
    let written = |(name, value): (&String, &Json)| Ok(format!("{name}: {}", one_line(value)?));
    let all: Result<Vec<String>> = says.as_object().into_iter().flatten().map(written).collect();
    Ok(all?.join(", "))
}

/// Strings keep to ASCII, so that a terminal shows what a file has.
pub fn one_line(value: &Json) -> Result<String> {
    let text = serde_json::to_string(value)?;
    let mut ascii = String::new();
    for c in text.chars() {
        if c.is_ascii() {
            ascii.push(c);
        } else {
            let mut units = [0; 2];
            c.encode_utf16(&mut units)
                .iter()
                .for_each(|unit| ascii.push_str(&format!("\\u{unit:04x}")));
        }
    }
    Ok(ascii)
}

impl Change {
    /// In place, as whoever follows it does.
    pub fn apply(&self, sources: &mut Vec<Source>) -> Result<()> {
        let Some(file) = &self.file else {
            return self.beside(sources);
        };
        let applied = sources.iter_mut().any(|source| self.within(file, source));
        ensure!(applied, "there is no file `{file}` in the bundle");
        Ok(())
    }

    fn within(&self, wanted: &str, source: &mut Source) -> bool {
        let name = source.name.trim_end_matches('/').to_owned();
        for file in &mut source.files {
            let whole = file.path.is_empty() || file.path == name;
            let path = if whole { name.clone() } else { format!("{name}/{}", file.path) };
            if path == wanted {
                file.text = self.applied(&file.text);
                return true;
            }
        }
        source.parents.iter_mut().any(|parent| match &mut parent.found {
            Ok(parent) => self.within(wanted, parent),
            Err(_) => false,
        })
    }

    pub fn applied(&self, text: &str) -> String {
        let mut lines: Vec<&str> = text.lines().collect();
        let from = (self.line.unwrap_or(1) as usize).saturating_sub(1).min(lines.len());
        let to = (from + self.remove as usize).min(lines.len());
        lines.splice(from..to, self.text.lines());
        lines.join("\n") + "\n"
    }

    /// Of a bundle of its own.
    pub fn beside_name(&self) -> String {
        format!("{}.yaml", self.rule)
    }

    fn beside(&self, sources: &mut Vec<Source>) -> Result<()> {
        let file = SourceFile { path: String::new(), text: self.text.clone() };
        let name = self.beside_name();
        let mut own = Source { name, files: vec![file], ..Source::default() };
        match &self.in_place_of {
            None => sources.push(own),
            Some(replaced) => {
                let at = sources.iter().position(|source| source.name == *replaced);
                let at = at.context("a bundle that another one extends cannot be replaced")?;
                let parent = sources.remove(at);
                own.parents = vec![Parent { wanted: replaced.clone(), found: Ok(parent) }];
                sources.insert(at, own);
            }
        }
        Ok(())
    }
}
