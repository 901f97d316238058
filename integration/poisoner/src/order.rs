/*! What a test asks for, in its own few words: one a line, the rest of the line what it is about. */

use crate::ways::Way;

#[derive(Default)]
pub struct Order {
    pub tick_ms: u64,
    /// How often in one tick.
    pub rounds: usize,
    /// It only looks on until the workers wrote so often.
    pub after: usize,
    pub keys: Vec<String>,
    pub ways: Vec<Way>,
}

impl Order {
    /// None where it does not say what it means.
    pub fn read(text: &[u8]) -> Option<Self> {
        let mut order = Self { tick_ms: 1, rounds: 1, ..Self::default() };
        for line in std::str::from_utf8(text).ok()?.lines() {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            match word {
                "tick" => order.tick_ms = rest.parse().ok()?,
                "rounds" => order.rounds = rest.parse().ok()?,
                "after" => order.after = rest.parse().ok()?,
                "key" => order.keys.push(rest.to_owned()),
                "junk" => order.ways.push(Way::Junk),
                "empty" => order.ways.push(Way::Empty),
                "cut" => order.ways.push(Way::Cut),
                "old" => order.ways.push(Way::Old),
                "given" => order.ways.push(Way::Given(bytes(rest)?)),
                _ => return None,
            }
        }
        Some(order)
    }
}

/// Of text in hexadecimal.
fn bytes(hex: &str) -> Option<Vec<u8>> {
    let byte = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
    (0..hex.len()).step_by(2).map(byte).collect()
}
