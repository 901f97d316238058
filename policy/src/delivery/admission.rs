/*!
Whether a fetched file may become the bundle in force. Steps, each done in a tick of its own:
first whatever costs little and needs nobody's trust, up to the signatures; only what signers vouch
for is then read whole.
*/

use super::artefact;
use super::lineage::Lineage;
use crate::bundle::signature::{Said, Signers, Statement};
use crate::bundle::{self, Bundle, LoadError};
use crate::case::Case;

/// Verifications of signatures that one file may cause: some 60 ms in the module.
const MOST_CHECKS: usize = 128;

/// Stable words, for metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The server did not answer with a file.
    Unreachable,
    /// Cut short, changed, of another format, or not what a bundle is.
    Damaged,
    Unsigned,
    /// Its serial does not follow.
    Older,
    Expired,
    /// One of its own tests fails.
    Tests,
    /// Signers who may not sign all that it changes.
    Sections,
}

impl Why {
    pub const ALL: [Self; 7] = [
        Self::Unreachable,
        Self::Damaged,
        Self::Unsigned,
        Self::Older,
        Self::Expired,
        Self::Tests,
        Self::Sections,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Damaged => "damaged",
            Self::Unsigned => "unsigned",
            Self::Older => "older",
            Self::Expired => "expired",
            Self::Tests => "tests",
            Self::Sections => "sections",
        }
    }

    /// For a gauge; 0 is no error.
    pub fn number(self) -> u64 {
        self as u64 + 1
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub why: Why,
    pub text: String,
}

pub enum Proof {
    Next(Proven),
    /// The bundle in force, in another file: somebody signed it too.
    Same,
}

/// Vouched for by its signers, and not read whole yet.
pub struct Proven {
    bundle: Vec<u8>,
    said: Said,
    lineage: Lineage,
}

fn refused(why: Why, text: impl Into<String>) -> Refused {
    Refused { why, text: text.into() }
}

fn damaged(error: LoadError) -> Refused {
    refused(Why::Damaged, error.0)
}

/// `active`: the revision in force; `now` in Unix seconds.
pub fn prove(
    file: &[u8],
    signers: &Signers,
    lineage: &Lineage,
    active: &str,
    now: u64,
) -> Result<Proof, Refused> {
    let artefact = artefact::read(file).map_err(damaged)?;
    let (manifest, statement): (_, Statement) =
        bundle::summary(artefact.bundle).map_err(damaged)?;
    if signers.cost(artefact.signatures.len()) > MOST_CHECKS {
        return Err(refused(Why::Unsigned, "it has too many signatures to check them all"));
    }
    let said = signers.hear(&artefact.signatures);
    let signed =
        signers.check(&said, &statement).map_err(|error| refused(Why::Unsigned, error.0))?;
    if statement.revision == active {
        return Ok(Proof::Same);
    }
    let lineage =
        lineage.follow(manifest.serial, &signed).map_err(|text| refused(Why::Older, text))?;
    if manifest.not_after.is_some_and(|until| now >= until) {
        return Err(refused(Why::Expired, "it is past its `not_after`: release it anew"));
    }
    Ok(Proof::Next(Proven { bundle: artefact.bundle.to_vec(), said, lineage }))
}

impl Proven {
    /// The bundle, its own tests, and what may follow it.
    pub fn read(self, signers: &Signers) -> Result<(Bundle, Vec<Case>, Lineage), Refused> {
        let bundle = Bundle::decode(&self.bundle).map_err(damaged)?;
        let over_reaching = |text: String| refused(Why::Sections, text);
        let vouched = signers
            .cover(&self.said, &bundle, self.lineage.highest())
            .map_err(|error| over_reaching(error.0))?;
        let lineage = self.lineage.vouched(vouched).map_err(over_reaching)?;
        Ok((bundle, bundle::cases(&self.bundle).map_err(damaged)?, lineage))
    }
}
