/*! A regular expression in a condition: an automaton that was built when the bundle was, so that the module needs no parser. */

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use regex_automata::Input;
use regex_automata::dfa::{Automaton, dense::DFA};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Fault;
use crate::bundle;

/// Bytes of one automaton.
pub const AUTOMATON_MAX: usize = 128 * 1024;

#[derive(Clone, Debug)]
pub struct Regex {
    text: String,
    /// As it lies in the bundle.
    bytes: Arc<[u8]>,
    automaton: Arc<DFA<Vec<u32>>>,
}

/// The automaton follows from the text.
impl PartialEq for Regex {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Regex {
    /// `None`: these bytes are no automaton.
    pub fn new(text: String, bytes: Vec<u8>) -> Option<Self> {
        if bytes.len() > AUTOMATON_MAX {
            return None;
        }
        let automaton = Arc::new(bundle::automaton(&bytes)?);
        Some(Self { text, bytes: bytes.into(), automaton })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it matches anywhere. One look at each byte at most.
    pub(super) fn finds(&self, text: &str) -> Result<bool, Fault> {
        let input = Input::new(text).earliest(true);
        let found = self.automaton.try_search_fwd(&input).map_err(|_| Fault::Unreadable)?;
        Ok(found.is_some())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    regex: String,
    automaton: String,
}

impl Serialize for Regex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Wire { regex: self.text.clone(), automaton: STANDARD.encode(&self.bytes) }
            .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Regex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Wire { regex, automaton } = Wire::deserialize(deserializer)?;
        let damaged = || D::Error::custom("an automaton of a condition cannot be read");
        let bytes = STANDARD.decode(automaton).map_err(|_| damaged())?;
        Self::new(regex, bytes).ok_or_else(damaged)
    }
}
