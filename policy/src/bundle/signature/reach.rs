/*!
What signers may sign. One who is limited to sections speaks for the rules of these alone; for each part
of a bundle as many have to speak as are asked for, each by a statement about this very release or about
another one in which that part was the same.
*/

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{Said, Signers, Statement};
use crate::bundle::{Bundle, LoadError};

/// How far a release may be ahead of the last one that those signed who may sign everything. Serials
/// only rise, so whoever could choose any would have the last word.
const AHEAD: u64 = 1_000_000;

/// Parts that a gateway knows of, those in force among them.
const MOST_KNOWN: usize = 512;

/// Orders what was said of a part: by the highest serial it knows of, and of steps back the further.
pub type Rank = (u64, Reverse<u64>);

/// What a bundle's parts are, and how new that is. `None` is the part that is meant for all routes.
pub type Vouched = BTreeMap<Option<String>, (String, Rank)>;

impl Signers {
    /// Whether anybody may sign a part only.
    pub fn are_limited(&self) -> bool {
        self.keys.iter().any(|signer| signer.sections.is_some())
    }

    /// An error names the first part for which too few signers spoke. `said` is all that they signed,
    /// `highest` the highest serial that is known once the bundle is in force.
    pub fn cover(&self, said: &Said, bundle: &Bundle, highest: u64) -> Result<Vouched, LoadError> {
        let mut vouched = Vouched::new();
        if !self.are_limited() {
            return Ok(vouched);
        }
        let names = bundle.sections.iter().map(|name| Some(name.clone()));
        for part in [None].into_iter().chain(names) {
            let digest = bundle
                .parts
                .as_ref()
                .map_or(Some(bundle.revision.as_str()), |parts| parts.get(part.as_deref()));
            let digest = digest.unwrap_or_default().to_owned();
            let Some((serial, step)) = self.rank(said, bundle, part.as_deref(), &digest) else {
                return Err(self.too_few(part.as_deref()));
            };
            // Nobody may make a part newer than the release it comes in.
            let rank = (serial.min(highest), step);
            vouched.insert(part, (digest, rank));
        }
        let common = vouched.get(&None).map_or(0, |(_, (serial, _))| *serial);
        if highest > common.saturating_add(AHEAD) {
            return Err(LoadError(format!(
                "its serial {highest} is more than {AHEAD} above {common}, the last one that was signed by who may sign everything"
            )));
        }
        Ok(vouched)
    }

    /// The rank that as many as are asked for reach for this part.
    fn rank(&self, said: &Said, bundle: &Bundle, part: Option<&str>, digest: &str) -> Option<Rank> {
        let about = |statement: &&Statement| {
            let same = statement.parts.as_ref().and_then(|parts| parts.get(part)) == Some(digest);
            let release =
                statement.revision == bundle.revision && statement.serial == bundle.serial;
            release || same
        };
        let speaking = self.keys.iter().enumerate().filter(|(_, signer)| signer.may_sign(part));
        let mut ranks: Vec<Rank> = speaking
            .filter_map(|(index, _)| said.by(index).filter(about).map(rank_of).max())
            .collect();
        ranks.sort_unstable_by_key(|rank| Reverse(*rank));
        self.required.checked_sub(1).and_then(|last| ranks.get(last)).copied()
    }

    fn too_few(&self, part: Option<&str>) -> LoadError {
        let required = self.required;
        LoadError(match part {
            Some(name) => format!(
                "its section `{name}` is not signed by {required} of those who may sign it: who changed it has to ask them"
            ),
            None => format!(
                "what it says for all routes is not signed by {required} of those who may sign everything: a limited signer may change no more than rules of the own sections"
            ),
        })
    }
}

fn rank_of(statement: &Statement) -> Rank {
    let highest = statement.replaces.unwrap_or_default().max(statement.serial);
    (highest, Reverse(statement.serial))
}

/// What becomes of what is in force once `next` is. An error if a part would go back to what it was:
/// the statements of then are still good signatures.
pub fn follow(now: &Vouched, next: Vouched) -> Result<Vouched, String> {
    let mut following = Vouched::new();
    for (part, (digest, rank)) in next {
        let known = now.get(&part);
        if known.is_some_and(|(known, newest)| *known != digest && rank <= *newest) {
            let what = part.map_or("what it says for all routes".to_owned(), |name| {
                format!("its section `{name}`")
            });
            return Err(format!("{what} is older than what is in force: it was changed since"));
        }
        let newest = known.map_or(rank, |(_, newest)| rank.max(*newest));
        following.insert(part, (digest, newest));
    }
    // A section that is taken away may come back, and not as what it was before.
    let absent = now.iter().filter(|(part, _)| !following.contains_key(*part));
    let mut absent: Vec<_> = absent.map(|(part, known)| (part.clone(), known.clone())).collect();
    absent.sort_by_key(|(_, (_, rank))| Reverse(*rank));
    absent.truncate(MOST_KNOWN.saturating_sub(following.len()));
    following.extend(absent);
    Ok(following)
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;

    use super::{MOST_KNOWN, Vouched, follow};

    fn release(serial: u64, parts: &[(&str, &str, u64)]) -> Vouched {
        let common = (None, (serial.to_string(), (serial, Reverse(serial))));
        let sections = parts.iter().map(|(name, digest, serial)| {
            (Some((*name).to_owned()), ((*digest).to_owned(), (*serial, Reverse(*serial))))
        });
        [common].into_iter().chain(sections).collect()
    }

    #[test]
    fn a_section_that_was_taken_away_does_not_come_back_as_it_was_before() {
        let six = follow(&release(5, &[("stock", "x", 5)]), release(6, &[("stock", "y", 6)]));
        let without = follow(&six.unwrap(), release(7, &[])).unwrap();
        let without = follow(&without, release(8, &[])).unwrap();
        let back = |digest, rank| follow(&without, release(9, &[("stock", digest, rank)]));
        assert!(back("x", 5).unwrap_err().contains("section `stock` is older"));
        assert!(back("x", 6).is_err());
        assert!(back("y", 6).is_ok() && back("z", 9).is_ok());
    }

    #[test]
    fn what_is_known_of_absent_sections_has_a_bound() {
        let mut known = Vouched::new();
        for serial in 1..=MOST_KNOWN as u64 + 10 {
            let name = format!("s{serial}");
            known = follow(&known, release(serial, &[(&name, "x", serial)])).unwrap();
        }
        assert_eq!(known.len(), MOST_KNOWN);
        let knows = |serial: usize| known.contains_key(&Some(format!("s{serial}")));
        assert!(known.contains_key(&None) && knows(MOST_KNOWN + 10) && knows(MOST_KNOWN));
        assert!(!knows(1), "the oldest goes first");
    }
}
