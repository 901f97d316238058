/*! Sections: those that a bundle declares, and those that its rules name. */

use super::diagnostic::Diagnostics;
use super::document::{Part, Parts};
use super::extend::Flat;
use super::suggest;

/// What the part `bundle` of a source declares.
pub(super) fn declared(bundles: &[Option<Part>]) -> impl Iterator<Item = &str> {
    let lists = bundles.iter().flatten().filter_map(|part| part.json.get("sections")?.as_array());
    lists.flatten().filter_map(|name| name.as_str())
}

/// A rule names sections of its own bundle and of those this one builds on or is built on by: another one
/// that runs beside it today may not tomorrow.
pub(super) fn check(part: &Part, parts: &Parts, flat: &[Flat], diagnostics: &mut Diagnostics) {
    let Some(list) = part.node.get("sections") else { return };
    if list.entries().is_empty() {
        let message = "the rule is meant for no route: its list of sections is empty";
        let help = "leave `sections` out for every route, or name one";
        diagnostics.add_with_help("GH116", part.node.place_of("sections"), message, help);
    }
    let root = |index: usize| flat.get(index).map(|one| one.root);
    let own = part.source.checked_sub(1).and_then(root);
    let family = parts.bundles.iter().enumerate().filter(|(index, _)| root(*index) == own);
    let known: Vec<&str> = family.flat_map(|(_, (_, bundles))| declared(bundles)).collect();
    for entry in list.entries() {
        let name = entry.text().unwrap_or_default();
        if !known.contains(&name) {
            let help = match known.as_slice() {
                [] => "declare it: `sections: [...]` in the `bundle:` part".to_owned(),
                known => suggest::help(name, known.iter().copied()),
            };
            let message = format!("the bundle has no section `{name}`");
            diagnostics.add_with_help("GH116", &entry.place, message, help);
        }
    }
}
