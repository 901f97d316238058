/*! The files of a source: which parts there are, each checked against its shape. */

use serde_json::Value as Json;

use super::budget::BUDGET as LIMIT;
use super::cases::CASE;
use super::diagnostic::{Diagnostics, Place};
use super::pattern::PATTERN;
use super::pin::PIN;
use super::rule::RULE;
use super::shape::{Field, Shape, optional, required};
use super::yaml::{self, Node};
use super::{Source, SourceFile, variants};
use crate::rule::{DefaultEffect, Mode};

/// A part of a source: as it was written and what it lowers to.
pub(super) struct Part {
    pub(super) node: Node,
    pub(super) json: Json,
    /// Which of the sources it is in.
    pub(super) source: usize,
}

#[derive(Default)]
pub(super) struct Parts {
    /// The place of each source, and the parts named `bundle` in it; `None`: with mistakes.
    pub(super) bundles: Vec<(Place, Vec<Option<Part>>)>,
    pub(super) rules: Vec<Part>,
    pub(super) patterns: Vec<Part>,
    pub(super) budgets: Vec<Part>,
    pub(super) pins: Vec<Part>,
}

const BUNDLE: &[Field] = &[
    required("name", Shape::Name, "What the bundle is called."),
    required("version", Shape::Text, "Release of the bundle, for people."),
    optional(
        "serial",
        Shape::Count,
        "A number that only ever rises, from one release to the next.",
    ),
    optional(
        "not_after",
        Shape::Instant,
        "From then on no gateway takes the bundle any more; one that runs it goes on and raises an alarm.",
    ),
    optional(
        "mode",
        Shape::OneOf(variants::of::<Mode>),
        "`shadow`: all rules of the bundle are computed, recorded and counted, and none is acted on, whatever they say themselves.",
    ),
    optional(
        "extends",
        Shape::List(&Shape::Text),
        "Bundles whose rules and patterns are taken over: `secrets` is one that is built in, `../base` a folder or file, relative to this bundle.",
    ),
    optional(
        "disable",
        Shape::List(&Shape::Name),
        "Inherited rules that are left out. A rule of the same name may take the place of one.",
    ),
    optional(
        "default",
        Shape::OneOf(variants::of::<DefaultEffect>),
        "What a request gets that no rule speaks for; `allow` if it is not said. With `deny` only a rule with `effect: allow` or `hold` lets a request pass. Of bundles that run together one with `deny` is enough; one in shadow has no say.",
    ),
    optional(
        "sections",
        Shape::List(&Shape::Name),
        "Parts of the bundle that routes choose by name. A rule may be meant for some of them; a route that names one no bundle declares is refused whole.",
    ),
    optional(
        "salt",
        Shape::Text,
        "Random text of 16 characters or more, under which `allow_findings` names values; `gatehouse bundle hash` reads it.",
    ),
    optional("description", Shape::Text, "What the bundle is for, in a sentence."),
];

const RULES: Shape = Shape::Record(RULE);
const PATTERNS: Shape = Shape::Record(PATTERN);
const BUDGETS: Shape = Shape::Record(LIMIT);
const PINS: Shape = Shape::Record(PIN);

impl Parts {
    /// The salt of the bundle of this source.
    pub(super) fn salt(&self, source: usize) -> Option<&str> {
        let parts = source.checked_sub(1).and_then(|index| self.bundles.get(index));
        let parts = parts.into_iter().flat_map(|(_, parts)| parts.iter().flatten());
        parts.filter_map(|part| part.json.get("salt")?.as_str()).next()
    }

    /// Whether the bundle of this source is only tried.
    pub(super) fn in_shadow(&self, source: usize) -> bool {
        let parts = source.checked_sub(1).and_then(|index| self.bundles.get(index));
        parts.is_some_and(|(_, parts)| {
            parts.iter().flatten().any(|part| part.json.get("mode") == Some(&"shadow".into()))
        })
    }
}

/// What a file may hold.
pub(super) const FILE: &[Field] = &[
    optional("bundle", Shape::Record(BUNDLE), "The bundle itself; once in each bundle."),
    optional("rules", Shape::List(&RULES), "What happens to calls and responses."),
    optional("patterns", Shape::List(&PATTERNS), "What can be found in them."),
    optional(
        "budgets",
        Shape::List(&BUDGETS),
        "How much each principal may call, by issuer and subject. Counted in each Envoy by itself.",
    ),
    optional(
        "pins",
        Shape::List(&PINS),
        "Definitions of tools of MCP that somebody has looked at. One that a list shows otherwise is cut out of the list; rules ask for it by `match.mcp.definition`.",
    ),
    optional(
        "tests",
        Shape::List(&CASES),
        "Calls and responses, and what the bundle must make of them.",
    ),
];
const CASES: Shape = Shape::Record(CASE);

/// Reads all sources. Files under `tests/`, and files that are no YAML, are none of the bundle.
pub(super) fn read(sources: &[Source], diagnostics: &mut Diagnostics) -> Parts {
    let mut parts = Parts::default();
    for source in sources {
        let place = Place { file: source.name.clone(), line: 1, column: 1, ..Place::default() };
        parts.bundles.push((place, Vec::new()));
        let mut unread = false;
        for file in source.files.iter().filter(|file| is_part(&file.path)) {
            let path = path_of(source, file);
            match yaml::read(&path, &file.text, diagnostics) {
                Some(node) => read_file(&node, &mut parts, diagnostics),
                // It may have been the one that holds it.
                None => unread = true,
            }
        }
        if let Some((_, bundles)) = parts.bundles.last_mut()
            && bundles.is_empty()
            && unread
        {
            bundles.push(None);
        }
    }
    parts
}

/// What messages call a file of a source.
pub(super) fn path_of(source: &Source, file: &SourceFile) -> String {
    if file.path.is_empty() || file.path == source.name {
        return source.name.clone();
    }
    format!("{}/{}", source.name.trim_end_matches('/'), file.path)
}

/// A source that is a single file has no path below it.
pub(super) fn is_yaml(path: &str) -> bool {
    path.is_empty() || path.ends_with(".yaml") || path.ends_with(".yml")
}

pub(super) fn is_part(path: &str) -> bool {
    is_yaml(path) && !path.split('/').any(|folder| folder == "tests")
}

fn read_file(node: &Node, parts: &mut Parts, diagnostics: &mut Diagnostics) {
    let yaml::Value::Map(members) = &node.value else {
        let message = format!("expected a mapping, found {}", node.type_name());
        let help = "a file holds `bundle:`, `rules:` or `patterns:`";
        diagnostics.add_with_help("GH104", &node.place, message, help);
        return;
    };
    let source = parts.bundles.len();
    for (key, value) in members {
        match key.text().unwrap_or_default() {
            "bundle" => {
                let part = part(&Shape::Record(BUNDLE), value, source, diagnostics);
                if let Some((_, bundles)) = parts.bundles.last_mut() {
                    bundles.push(part);
                }
            }
            "rules" => parts.rules.extend(entries(&RULES, value, source, diagnostics)),
            "patterns" => parts.patterns.extend(entries(&PATTERNS, value, source, diagnostics)),
            "budgets" => parts.budgets.extend(entries(&BUDGETS, value, source, diagnostics)),
            "pins" => parts.pins.extend(entries(&PINS, value, source, diagnostics)),
            "tests" => {}
            unknown => {
                let help = super::suggest::help(unknown, FILE.iter().map(|field| field.name));
                let message = format!("unknown field `{unknown}`");
                diagnostics.add_with_help("GH102", &key.place, message, help);
            }
        }
    }
}

fn entries(
    shape: &'static Shape,
    list: &Node,
    source: usize,
    diagnostics: &mut Diagnostics,
) -> Vec<Part> {
    list.entries().iter().filter_map(|entry| part(shape, entry, source, diagnostics)).collect()
}

fn part(shape: &Shape, node: &Node, source: usize, diagnostics: &mut Diagnostics) -> Option<Part> {
    Some(Part { node: node.clone(), json: shape.check(node, diagnostics)?, source })
}
