//! One set of texts that try to be more than text, for every surface on which an agent's words are shown.

use serde::Deserialize;

/// As JSON has it: what no string can hold, half a surrogate pair, is there too.
const TEXTS: &str = include_str!("hostile.json");

#[derive(Clone, Debug, Deserialize)]
pub struct Hostile {
    pub name: String,
    /// A literal of JSON.
    json: String,
    /// How often it is repeated.
    #[serde(default = "once")]
    times: usize,
}

fn once() -> usize {
    1
}

impl Hostile {
    pub fn all() -> Vec<Self> {
        serde_json::from_str(TEXTS).unwrap()
    }

    /// The literal, as a body has it.
    pub fn literal(&self) -> String {
        format!("\"{}\"", self.json.repeat(self.times))
    }

    /// `None`: only a body can say it.
    pub fn text(&self) -> Option<String> {
        serde_json::from_str(&self.literal()).ok()
    }
}
