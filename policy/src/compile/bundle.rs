/*! The manifest of the bundle that several sources make together. */

use std::collections::BTreeSet;

use serde::Deserialize;

use super::diagnostic::Diagnostics;
use super::document::{Part, Parts};
use super::sections::declared;
use crate::bundle::Manifest;
use crate::rule::DefaultEffect;

/// Names and versions are joined with `+`; serials are added, so that the sum rises with each. All of it
/// expires with the first of them, and denies by default if one of them does.
pub(super) fn merge(parts: &Parts, diagnostics: &mut Diagnostics) -> Manifest {
    let mut names: Vec<&str> = Vec::new();
    let mut versions: Vec<&str> = Vec::new();
    let mut serial = 0u64;
    let mut not_after: Option<u64> = None;
    let mut default = DefaultEffect::default();
    let mut sections: BTreeSet<&str> = BTreeSet::new();
    for (place, bundles) in &parts.bundles {
        sections.extend(declared(bundles));
        match bundles.as_slice() {
            [Some(Part { json, .. })] => {
                let text = |name: &str| json.get(name).and_then(|v| v.as_str()).unwrap_or_default();
                names.push(text("name"));
                versions.push(text("version"));
                let own = json.get("serial").and_then(|serial| serial.as_u64()).unwrap_or_default();
                serial = serial.saturating_add(own);
                let until = json.get("not_after").and_then(|until| until.as_u64());
                not_after = not_after.into_iter().chain(until).min();
                let own = json.get("default").map(DefaultEffect::deserialize);
                // Nothing of a bundle in shadow is acted on.
                if text("mode") != "shadow" {
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
    Manifest {
        name: names.join("+"),
        version: versions.join("+"),
        serial,
        not_after,
        default,
        sections: sections.into_iter().map(str::to_owned).collect(),
    }
}
