/*! What each pattern must and must not find, tried on the compiled bundle itself. */

use super::diagnostic::Diagnostics;
use super::document::Part;
use super::yaml::Node;
use crate::bundle::Bundle;
use crate::redact::mark;
use crate::scan::{Budget, Scanner, scan_body};

/// Gives the bundle, read back.
pub(super) fn check(
    patterns: &[Part],
    file: &[u8],
    diagnostics: &mut Diagnostics,
) -> Option<Bundle> {
    let bundle = match Bundle::decode(file) {
        Ok(bundle) => bundle,
        Err(error) => {
            // Cannot happen unless compiler and reader disagree; then nothing may be built.
            diagnostics.add("GH300", &Default::default(), error.to_string());
            return None;
        }
    };
    for (number, part) in patterns.iter().enumerate() {
        let number = number as u16;
        let examples = part.node.get("examples");
        let of = |name: &str| examples.and_then(|e| e.get(name)).map(texts).unwrap_or_default();
        for example in of("match") {
            if !finds(&bundle.scanner, number, &example.joined()) {
                let message = "the pattern does not find this example";
                diagnostics.add("GH301", &example.place, message);
            }
        }
        for example in of("no_match") {
            if finds(&bundle.scanner, number, &example.joined()) {
                let message = "the pattern finds this example, which it must not";
                diagnostics.add("GH302", &example.place, message);
            }
        }
        if finds(&bundle.scanner, number, &mark(bundle.scanner.kind(number))) {
            let message = "the pattern finds what redacting leaves behind";
            diagnostics.add("GH303", part.node.place_of("regex"), message);
        }
    }
    Some(bundle)
}

/// A list holds one example per entry, and an entry may be a list itself.
fn texts(list: &Node) -> Vec<&Node> {
    list.entries().iter().collect()
}

/// An example is a body: JSON where it reads as JSON, so that its matches stand in fields.
fn finds(scanner: &Scanner, pattern: u16, text: &str) -> bool {
    scan_body(scanner, text.as_bytes(), &mut Budget::for_body(text.len()))
        .is_ok_and(|findings| findings.iter().any(|finding| finding.pattern == pattern))
}
