/*! Sets of bytes: what may stand at a place in a trigger or next to a finding. */

use serde::{Deserialize, Serialize};

/// In a bundle a list of inclusive ranges.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(from = "Vec<(u8, u8)>", into = "Vec<(u8, u8)>")]
pub struct ByteSet([u128; 2]);

impl ByteSet {
    pub const EMPTY: Self = Self([0; 2]);

    pub fn insert(&mut self, byte: u8) {
        let [low, high] = &mut self.0;
        let half = if byte < 128 { low } else { high };
        *half |= 1 << (byte & 127);
    }

    pub fn contains(&self, byte: u8) -> bool {
        let [low, high] = self.0;
        let half = if byte < 128 { low } else { high };
        half >> (byte & 127) & 1 == 1
    }

    pub fn union(self, other: Self) -> Self {
        let ([low, high], [other_low, other_high]) = (self.0, other.0);
        Self([low | other_low, high | other_high])
    }

    pub fn len(&self) -> u32 {
        self.0.iter().map(|half| half.count_ones()).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn ranges(&self) -> Vec<(u8, u8)> {
        let mut ranges: Vec<(u8, u8)> = Vec::new();
        for byte in (0..=u8::MAX).filter(|&byte| self.contains(byte)) {
            match ranges.last_mut() {
                Some((_, end)) if end.checked_add(1) == Some(byte) => *end = byte,
                _ => ranges.push((byte, byte)),
            }
        }
        ranges
    }
}

impl FromIterator<(u8, u8)> for ByteSet {
    fn from_iter<I: IntoIterator<Item = (u8, u8)>>(ranges: I) -> Self {
        let mut set = Self::EMPTY;
        for (first, last) in ranges {
            (first..=last).for_each(|byte| set.insert(byte));
        }
        set
    }
}

impl From<Vec<(u8, u8)>> for ByteSet {
    fn from(ranges: Vec<(u8, u8)>) -> Self {
        ranges.into_iter().collect()
    }
}

impl From<ByteSet> for Vec<(u8, u8)> {
    fn from(set: ByteSet) -> Self {
        set.ranges()
    }
}

#[cfg(test)]
mod tests {
    use super::ByteSet;

    #[test]
    fn ranges_come_back() {
        let ranges = vec![(0, 0), (b'0', b'9'), (126, 129), (255, 255)];
        let set = ByteSet::from(ranges.clone());
        assert_eq!(set.ranges(), ranges);
        assert_eq!(set.len(), 16);
        assert!(set.contains(128) && !set.contains(130));
    }
}
