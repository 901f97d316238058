/*!
Pins: definitions of tools that somebody has looked at, by their digests. A server that says something else
of a tool than it did then (its description, its schema) may have changed what the tool is for, and what
it tells a model to do.
*/

mod definition;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use hmac_sha256::Hash;
use serde::{Deserialize, Serialize};

use crate::decide::is_at;
use crate::digest;
use crate::json::{Shape, Spanned, canonical};
use crate::rule::Mode;
use crate::sections;

pub use definition::{Definition, Observed, of_call};

/// Pin sets of one bundle: each that concerns a call is asked about its tool.
pub const MOST: usize = 64;
/// Tools of all of them together: what a list showed of each is remembered.
pub const TOOLS: usize = 4096;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinSet {
    pub name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Only on routes that name one of them; empty: on every route.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<String>,
    #[serde(default, rename = "match", skip_serializing_if = "PinMatch::is_all")]
    pub matches: PinMatch,
    pub tools: BTreeMap<String, ToolDigest>,
    #[serde(default)]
    pub mode: Mode,
    /// The bundle it is taken over from, where its own one extends others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinMatch {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<PinPlace>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinPlace {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub host: Vec<String>,
}

impl PinMatch {
    fn is_all(&self) -> bool {
        *self == Self::default()
    }
}

/// SHA-256 of a definition in its canonical form, without `_meta`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ToolDigest(pub [u8; 32]);

impl ToolDigest {
    /// Of the tool as a list has it. `None`: this is no object, or not strict JSON.
    pub fn of(tool: &str) -> Option<Self> {
        let text = canonical(tool, |path| path != ["_meta"])?;
        text.starts_with('{').then(|| Self(Hash::hash(text.as_bytes())))
    }
}

impl fmt::Display for ToolDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", digest::hex(&self.0))
    }
}

impl From<ToolDigest> for String {
    fn from(digest: ToolDigest) -> Self {
        digest.to_string()
    }
}

impl TryFrom<String> for ToolDigest {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        const WRONG: &str = "a digest is `sha256:` and 64 hexadecimal digits in lower case";
        let digits = text.strip_prefix("sha256:").filter(|digits| digits.len() == 64);
        let mut digits = digits.ok_or(WRONG)?.bytes().map(|byte| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        });
        let mut digest = [0; 32];
        for byte in &mut digest {
            let (Some(Some(high)), Some(Some(low))) = (digits.next(), digits.next()) else {
                return Err(WRONG);
            };
            *byte = high << 4 | low;
        }
        Ok(Self(digest))
    }
}

/// Where a call goes, as rules see it.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    pub path: &'a str,
    pub host: &'a str,
    pub sections: &'a [&'a str],
}

/// Those that are meant for a place. Compared broadly, as rules that stop calls are.
pub fn concerned<'p>(pins: &'p [PinSet], place: Place<'_>) -> Vec<&'p PinSet> {
    let concerns = |set: &&PinSet| {
        let there = |at: &PinPlace| is_at((&[], &at.path, &at.host), ("", place.path, place.host));
        sections::meant_for(&set.sections, place.sections)
            && set.matches.http.as_ref().is_none_or(there)
    };
    pins.iter().filter(concerns).collect()
}

/// What of pin sets no gateway can keep.
pub(crate) fn unsound(pins: &[PinSet]) -> Option<&'static str> {
    if pins.len() > MOST || pins.iter().map(|set| set.tools.len()).sum::<usize>() > TOOLS {
        return Some("the bundle pins more than 64 sets, or more than 4096 tools");
    }
    let mut names = BTreeSet::new();
    let twice = !pins.iter().all(|set| names.insert(set.name.as_str()));
    twice.then_some("two pin sets of the bundle have the same name")
}

/// The tools of an answer to `tools/list`: the whole message, or its result. In the order of their names.
///
/// # Errors
///
/// For people: what is wrong with it.
pub fn of_answer(text: &str) -> Result<BTreeMap<String, ToolDigest>, String> {
    let text = text.trim();
    crate::json::Node::parse(text, crate::json::MAX_DEPTH).map_err(|error| error.to_string())?;
    let root = Spanned::parse(text).map_err(|error| error.to_string())?;
    let tools = root.get("result").unwrap_or(&root).get("tools");
    let Some(Shape::Array(tools)) = tools.map(|tools| &tools.shape) else {
        return Err("there is no list `tools` in it: save the answer to `tools/list`".into());
    };
    let mut pins = BTreeMap::new();
    for tool in tools {
        let name = tool.get("name").and_then(Spanned::text);
        let digest = text.get(tool.span.clone()).and_then(ToolDigest::of);
        let (Some(name), Some(digest)) = (name, digest) else {
            return Err("a tool in it has no name".into());
        };
        if pins.insert(name.to_owned(), digest).is_some_and(|other| other != digest) {
            return Err(format!("there are two tools named `{name}` in it that differ"));
        }
    }
    Ok(pins)
}

#[cfg(test)]
mod tests;
