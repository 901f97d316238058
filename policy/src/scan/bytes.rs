/*! Sets of bytes: what may stand at a place in a trigger or next to a finding. */

use serde::{Deserialize, Serialize};

/// In a bundle a list of inclusive ranges.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(from = "Vec<(u8, u8)>", into = "Vec<(u8, u8)>")]
pub struct ByteSet([u64; 4]);

impl ByteSet {
    pub const EMPTY: Self = Self([0; 4]);

    pub fn insert(&mut self, byte: u8) {
        let [first, second, third, fourth] = &mut self.0;
        let quarter = match byte >> 6 {
            0 => first,
            1 => second,
            2 => third,
            _ => fourth,
        };
        *quarter |= 1 << (byte & 63);
    }

    pub fn contains(&self, byte: u8) -> bool {
        let [first, second, third, fourth] = self.0;
        let quarter = match byte >> 6 {
            0 => first,
            1 => second,
            2 => third,
            _ => fourth,
        };
        quarter >> (byte & 63) & 1 == 1
    }

    pub fn union(mut self, other: Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(own, others)| *own |= others);
        self
    }

    pub fn len(&self) -> u32 {
        self.0.iter().map(|quarter| quarter.count_ones()).sum()
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
