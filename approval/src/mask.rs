/*! Masks text before the store or a person gets to see it. */

use std::sync::Arc;

use policy::bundle::Bundle;
use policy::redact::{apply, redact};
use policy::scan::{Budget, scan_body};

/// What stands for text that could not be read in time. It is held back, never shown unmasked.
pub const WITHHELD: &str = "[not shown: too much work to mask]";

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Masked {
    pub text: String,
    /// Kinds of finding and how many of each.
    pub findings: Vec<(String, u32)>,
    pub withheld: bool,
}

pub trait Mask: Send + Sync {
    /// JSON stays JSON; anything else is plain text.
    fn mask(&self, text: &str) -> Masked;
}

/// Every pattern of the bundle, whatever its rules say.
pub struct BundleMask(pub Arc<Bundle>);

impl Mask for BundleMask {
    fn mask(&self, text: &str) -> Masked {
        let scanner = &self.0.scanner;
        let mut budget = Budget::for_body(text.len());
        let Ok(findings) = scan_body(scanner, text.as_bytes(), &mut budget) else {
            return Masked { text: WITHHELD.to_owned(), findings: Vec::new(), withheld: true };
        };
        let edits = redact(scanner, text.as_bytes(), &findings, |_| true);
        let masked = apply(text.as_bytes(), &edits);
        Masked {
            text: String::from_utf8_lossy(&masked).into_owned(),
            findings: findings.counts(),
            withheld: false,
        }
    }
}
