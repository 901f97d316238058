/*! Pins: their shape, and what shape alone cannot say. */

use std::collections::BTreeMap;

use super::diagnostic::Diagnostics;
use super::document::{Part, Parts};
use super::extend::Flat;
use super::rule::{in_shadow, inherited_from};
use super::shape::{Field, Shape, optional, required};
use super::{sections, variants};
use crate::pin::{MOST, PinSet, TOOLS, ToolDigest};
use crate::rule::Mode;

pub(super) const PIN: &[Field] = &[
    required(
        "name",
        Shape::Name,
        "Names the pins in records, and in what gateways remember of them.",
    ),
    optional("description", Shape::Text, "Whose tools these are, and who looked at them."),
    optional(
        "sections",
        Shape::List(&Shape::Name),
        "The pins are meant for routes that name one of these sections of the bundle. Absent: for every route.",
    ),
    optional(
        "match",
        Shape::Record(MATCH),
        "The pins are meant for what goes there. Absent: for everything.",
    ),
    required(
        "tools",
        Shape::Map(&Shape::Text),
        "The tools by name, each with the digest of its definition, `sha256:` and 64 digits, as `gatehouse bundle pins` prints it. Where pins are meant for a place, every other tool there is `unpinned`.",
    ),
    optional(
        "mode",
        Shape::OneOf(variants::of::<Mode>),
        "`shadow`: what differs is recorded and counted, and stays in lists.",
    ),
];

const MATCH: &[Field] = &[optional("http", Shape::Record(PLACE), "Where the request goes.")];

const TEXTS: Shape = Shape::List(&Shape::Text);

const PLACE: &[Field] = &[
    optional(
        "path",
        TEXTS,
        "Globs for the path as the upstream sees it, as in rules, in any case.",
    ),
    optional("host", TEXTS, "Globs for the host as the upstream sees it."),
];

pub(super) fn check_all(
    parts: &Parts,
    flat: &[Flat],
    diagnostics: &mut Diagnostics,
) -> Vec<PinSet> {
    let mut names: BTreeMap<String, &Part> = BTreeMap::new();
    let mut sets = Vec::new();
    for part in &parts.pins {
        sections::check(part, parts, flat, diagnostics);
        if !has_digests(part, diagnostics) {
            continue;
        }
        let mut set: PinSet = match serde_json::from_value(part.json.clone()) {
            Ok(set) => set,
            Err(error) => {
                let message = format!("the pins cannot be read: {error}");
                diagnostics.add("GH104", &part.node.place, message);
                continue;
            }
        };
        if let Some(first) = names.insert(set.name.clone(), part) {
            let place = &first.node.place;
            let message = format!("there are two sets of pins named `{}`", set.name);
            let help = format!("the other is at {}:{}", place.file, place.line);
            diagnostics.add_with_help("GH111", part.node.place_of("name"), message, help);
        }
        set.from = inherited_from(part, parts, flat);
        if in_shadow(part.source, parts, flat) {
            set.mode = Mode::Shadow;
        }
        sets.push(set);
    }
    if let Some(part) = parts.pins.get(MOST) {
        let message = format!("{} sets of pins are more than a bundle may have", parts.pins.len());
        let help = format!("a bundle has at most {MOST}; join those for the same places");
        diagnostics.add_with_help("GH136", &part.node.place, message, help);
    }
    let tools: usize = sets.iter().map(|set| set.tools.len()).sum();
    if let Some(part) = parts.pins.last()
        && tools > TOOLS
    {
        let message = format!("{tools} pinned tools are more than a bundle may have");
        let help = format!("a bundle pins at most {TOOLS}: leave out what no agent calls");
        diagnostics.add_with_help("GH136", &part.node.place, message, help);
    }
    sets
}

/// Whether each tool has one.
fn has_digests(part: &Part, diagnostics: &mut Diagnostics) -> bool {
    let mut sound = true;
    let tools = part.json.get("tools").and_then(|tools| tools.as_object());
    let nodes = part.node.get("tools");
    for (tool, digest) in tools.into_iter().flatten() {
        let text = digest.as_str().unwrap_or_default();
        if let Err(wrong) = ToolDigest::try_from(text.to_owned()) {
            let place = nodes.map_or(&part.node.place, |nodes| nodes.place_of(tool));
            let message = format!("the pin of `{tool}` is no digest: {wrong}");
            let help = "`gatehouse bundle pins` prints them for a saved answer to `tools/list`";
            diagnostics.add_with_help("GH136", place, message, help);
            sound = false;
        }
    }
    sound
}

#[cfg(test)]
mod tests;
