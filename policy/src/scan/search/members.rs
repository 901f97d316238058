/*! The patterns for the members read last: the records of a list have the same few names over and over. */

use crate::scan::label::ByName;

/// As many as a record has members.
const KEPT_MAX: usize = 24;

#[derive(Clone, Default)]
pub(super) struct Members {
    /// Names as they were written, and the patterns for each.
    kept: Vec<(Vec<u8>, Vec<u16>)>,
    /// The one that the next new name takes the place of.
    oldest: usize,
}

impl Members {
    pub(super) fn of(&mut self, member: &[u8], names: &ByName) -> &[u16] {
        let at = match self.kept.iter().position(|(name, _)| name == member) {
            Some(at) => at,
            None => self.keep((member.to_vec(), names.of(member))),
        };
        self.kept.get(at).map_or(&[], |(_, patterns)| patterns)
    }

    fn keep(&mut self, one: (Vec<u8>, Vec<u16>)) -> usize {
        if self.kept.len() < KEPT_MAX {
            self.kept.push(one);
            return self.kept.len() - 1;
        }
        let at = self.oldest;
        if let Some(old) = self.kept.get_mut(at) {
            *old = one;
        }
        self.oldest = (at + 1) % KEPT_MAX;
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgets_the_oldest_only() {
        let fields = ["password".to_owned()];
        let names = ByName::new(std::iter::once((7, fields.as_slice())));
        let mut members = Members::default();
        for round in 0..3 {
            for number in 0..2 * KEPT_MAX {
                let name = format!("column {number}");
                assert!(members.of(name.as_bytes(), &names).is_empty(), "{round}");
                assert_eq!(members.of(b"password", &names), [7]);
            }
        }
        assert_eq!(members.kept.len(), KEPT_MAX);
    }
}
