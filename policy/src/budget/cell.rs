/*!
One cell of the ledger: what some principals have spent. It never grows beyond `ENTRIES`. Where more of them
meet in one cell, the one that spent least makes room, and whoever is not listed begins with as much as
the most that was dropped: nobody gets more by driving others out.
*/

use super::window::Window;

pub const ENTRIES: usize = 32;
const ENTRY: usize = 40;
const FLOOR: usize = 24;

pub type Tag = [u8; 16];

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    pub requests: u64,
    pub bytes: u64,
}

impl Spent {
    pub fn max(self, other: Self) -> Self {
        Self { requests: self.requests.max(other.requests), bytes: self.bytes.max(other.bytes) }
    }

    pub fn plus(self, other: Self) -> Self {
        Self {
            requests: self.requests.saturating_add(other.requests),
            bytes: self.bytes.saturating_add(other.bytes),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    tag: Tag,
    until: u64,
    spent: Spent,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    entries: Vec<Entry>,
    /// What those that are not listed may have spent, and until when that counts.
    floor: Spent,
    floor_until: u64,
}

impl Cell {
    /// What counts as spent, and until when.
    pub fn spent(&self, tag: &Tag, window: Window) -> (Spent, u64) {
        let own = self.entries.iter().find(|entry| entry.tag == *tag);
        match own.filter(|own| window.holds(own.until)) {
            Some(own) => (own.spent, own.until),
            None if self.floor_holds(window.now()) => (self.floor, window.end()),
            None => (Spent::default(), window.end()),
        }
    }

    pub fn put(&mut self, tag: Tag, spent: Spent, until: u64, now: u64) {
        self.entries.retain(|entry| entry.tag != tag);
        if self.entries.len() >= ENTRIES {
            self.entries.retain(|entry| entry.until > now);
        }
        while self.entries.len() >= ENTRIES {
            self.drop_least(now);
        }
        self.entries.push(Entry { tag, until, spent });
    }

    fn drop_least(&mut self, now: u64) {
        let order = |(_, entry): &(usize, &Entry)| (entry.spent.requests, entry.spent.bytes);
        let Some((at, _)) = self.entries.iter().enumerate().min_by_key(order) else { return };
        let dropped = self.entries.swap_remove(at);
        if !self.floor_holds(now) {
            (self.floor, self.floor_until) = (Spent::default(), 0);
        }
        self.floor = self.floor.max(dropped.spent);
        self.floor_until = self.floor_until.max(dropped.until);
    }

    fn floor_holds(&self, now: u64) -> bool {
        Window::new(now, super::LONGEST).holds(self.floor_until)
    }

    pub fn write(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(FLOOR + ENTRY * self.entries.len());
        let numbers = |bytes: &mut Vec<u8>, until: u64, spent: Spent| {
            for number in [until, spent.requests, spent.bytes] {
                bytes.extend_from_slice(&number.to_le_bytes());
            }
        };
        numbers(&mut bytes, self.floor_until, self.floor);
        for entry in &self.entries {
            bytes.extend_from_slice(&entry.tag);
            numbers(&mut bytes, entry.until, entry.spent);
        }
        bytes
    }

    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (floor, list) = bytes.split_first_chunk::<FLOOR>()?;
        let (floor_until, floor) = numbers(floor)?;
        let (whole, rest) = list.as_chunks::<ENTRY>();
        if !rest.is_empty() || whole.len() > ENTRIES {
            return None;
        }
        let entry = |bytes: &[u8; ENTRY]| {
            let (tag, rest) = bytes.split_first_chunk()?;
            let (until, spent) = numbers(rest)?;
            Some(Entry { tag: *tag, until, spent })
        };
        let entries = whole.iter().map(entry).collect::<Option<_>>()?;
        Some(Self { entries, floor, floor_until })
    }
}

fn numbers(bytes: &[u8]) -> Option<(u64, Spent)> {
    let (numbers, _) = bytes.as_chunks::<8>();
    let [until, requests, bytes] = numbers else { return None };
    let of = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes);
    Some((of(until), Spent { requests: of(requests), bytes: of(bytes) }))
}
