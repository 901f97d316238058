/*!
Lines with nothing but Envoy's words. Where no filter was there to number them, several within one millisecond may say
the very same: a store would take them for one that came again.
*/

use std::collections::HashMap;

use super::Line;

/// Different lines that are remembered. Those that say the same stand near each other.
const MOST: usize = 4096;

/// Numbers lines that say the same, in the order in which they stand in one file or came in one stream: whoever reads
/// these again gives them the same numbers, and one who begins in the middle smaller ones.
#[derive(Debug, Default)]
pub struct Alike(HashMap<[u8; 32], u64>);

impl Alike {
    pub fn number(&mut self, line: &mut Line) {
        if line.record.is_some() || line.link.is_some() {
            return;
        }
        let Ok(words) = serde_json::to_vec(&line.envoy) else { return };
        // A stream may keep some thousand of them, and each may be a kilobyte.
        let words = hmac_sha256::Hash::hash(&words);
        if self.0.len() >= MOST {
            self.0.clear();
        }
        let next = self.0.entry(words).or_default();
        line.again = *next;
        *next += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_without_a_name_of_their_own_are_numbered() {
        let mut alike = Alike::default();
        let mut bare = Line::default();
        let mut other = Line::default();
        other.envoy.status = 400;
        let mut named = Line { record: Some("{}".into()), ..Line::default() };
        let mut numbers = Vec::new();
        for line in [&mut bare.clone(), &mut other, &mut named, &mut bare.clone(), &mut bare] {
            alike.number(line);
            numbers.push(line.again);
        }
        assert_eq!(numbers, [0, 0, 0, 1, 2]);
    }
}
