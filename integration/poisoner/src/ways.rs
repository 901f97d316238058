/*! How it writes over a value. */

use proxy_wasm::hostcalls;

pub enum Way {
    Junk,
    Empty,
    /// The half of what the workers wrote last.
    Cut,
    /// What stood there when it began, seal and all.
    Old,
    /// What the test gave it, such as an older bundle.
    Given(Vec<u8>),
}

/// One key of the shared data.
pub struct Victim {
    key: String,
    /// What the workers wrote last, and what they had written when it began.
    last: Vec<u8>,
    old: Vec<u8>,
    /// What was found or written here.
    known: Option<Vec<u8>>,
}

impl Victim {
    pub fn new(key: &str) -> Self {
        Self { key: key.to_owned(), last: Vec::new(), old: Vec::new(), known: None }
    }

    /// Whether the workers wrote since.
    pub fn look(&mut self) -> bool {
        let found = hostcalls::get_shared_data(&self.key).ok().and_then(|(value, _)| value);
        let theirs = found.filter(|value| !value.is_empty() && Some(value) != self.known.as_ref());
        let Some(value) = theirs else { return false };
        self.last.clone_from(&value);
        self.known = Some(value);
        true
    }

    pub fn begin(&mut self) {
        self.old.clone_from(&self.last);
    }

    pub fn hit(&mut self, way: &Way) {
        let poison = match way {
            Way::Junk => b"poison".to_vec(),
            Way::Empty => Vec::new(),
            Way::Cut => self.last[..self.last.len() / 2].to_vec(),
            Way::Old => self.old.clone(),
            Way::Given(value) => value.clone(),
        };
        let _ = hostcalls::set_shared_data(&self.key, Some(&poison), None);
        self.known = Some(poison);
    }
}
