/*! The manifest of the bundle that several sources make together. */

use std::collections::BTreeSet;

use serde::Deserialize;

use super::diagnostic::Diagnostics;
use super::document::{Part, Parts};
use super::extend::Flat;
use super::sections::declared;
use crate::bundle::{Manifest, bounds};
use crate::rule::DefaultEffect;

/// Names and versions are joined with `+`; serials are added, so that the sum rises with each. All of it
/// expires with the first of them, and denies by default if one of them
/// does. What is inherited has no say in name, version and serial.
pub(super) fn merge(parts: &Parts, flat: &[Flat], diagnostics: &mut Diagnostics) -> Manifest {
    let mut names: Vec<&str> = Vec::new();
    let mut versions: Vec<&str> = Vec::new();
    let mut serial = 0u64;
    let mut not_after: Option<u64> = None;
    let mut default = DefaultEffect::default();
    let mut sections: BTreeSet<&str> = BTreeSet::new();
    for (index, (place, bundles)) in parts.bundles.iter().enumerate() {
        let inherited = flat.get(index).is_some_and(|one| one.is_inherited(index));
        sections.extend(declared(bundles));
        match bundles.as_slice() {
            [Some(Part { json, .. })] => {
                let text = |name: &str| json.get(name).and_then(|v| v.as_str()).unwrap_or_default();
                if !inherited {
                    names.push(text("name"));
                    versions.push(text("version"));
                    let own = json.get("serial").and_then(|serial| serial.as_u64());
                    serial = serial.saturating_add(own.unwrap_or_default());
                }
                let until = json.get("not_after").and_then(|until| until.as_u64());
                not_after = not_after.into_iter().chain(until).min();
                let own = json.get("default").map(DefaultEffect::deserialize);
                // Nothing of a bundle in shadow is acted on.
                if !super::rule::in_shadow(index + 1, parts, flat) {
                    default = default.stricter(own.and_then(Result::ok).unwrap_or_default());
                }
            }
            [] => diagnostics.add_with_help(
                "GH110",
                place,
                "the bundle has no `bundle:` part",
                "say `bundle: {name: ..., version: ...}` in bundle.yaml",
            ),
            [None] => {}
            [..] => diagnostics.add("GH110", place, "the bundle has two `bundle:` parts"),
        }
    }
    versions.dedup();
    let place = parts.bundles.first().map(|(place, _)| place.clone()).unwrap_or_default();
    if sections.len() > bounds::SECTIONS {
        let message = format!("a bundle has at most {} sections", bounds::SECTIONS);
        let help = "put what belongs together into one section, or make two bundles of it";
        diagnostics.add_with_help("GH107", &place, message, help);
    }
    let (name, version) = (names.join("+"), versions.join("+"));
    for (what, text) in [("name", &name), ("version", &version)] {
        if text.len() > bounds::TEXT {
            let message = format!("the {what} of a bundle has at most {} bytes", bounds::TEXT);
            let help = match parts.bundles.len() {
                1 => "shorten it: what happened belongs into a change log",
                _ => "those of bundles that are put together are joined with `+`: shorten them",
            };
            diagnostics.add_with_help("GH107", &place, message, help);
        }
    }
    Manifest {
        name,
        version,
        serial,
        not_after,
        default,
        sections: sections.into_iter().map(str::to_owned).collect(),
    }
}
