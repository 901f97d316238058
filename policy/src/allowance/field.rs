/*! Fields of a JSON body: JSON pointers (RFC 6901) in which `*` is any one step. */

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::json::{self, Token};
use crate::scan::holds_json;

/// Steps of a pointer; more would make the walk of a body slower than its size.
const STEPS_MAX: usize = 32;
const DEPTH_MAX: usize = 64;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pointer {
    text: String,
    /// `None` is `*`.
    steps: Vec<Option<String>>,
}

impl TryFrom<String> for Pointer {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let steps = text.strip_prefix('/').ok_or("a JSON pointer begins with `/`")?;
        let step = |step: &str| match step {
            "*" => None,
            step => Some(json::unescaped(step)),
        };
        let steps: Vec<_> = steps.split('/').map(step).collect();
        match steps.len() <= STEPS_MAX {
            true => Ok(Self { text, steps }),
            false => Err("the JSON pointer has more than 32 steps"),
        }
    }
}

impl From<Pointer> for String {
    fn from(pointer: Pointer) -> Self {
        pointer.text
    }
}

/// A string or number in one of the fields, and the kinds that may stand in it.
pub(super) struct Leaf<'k> {
    pub(super) span: Range<usize>,
    pub(super) kinds: Vec<&'k str>,
}

/// An open array or object.
struct Open {
    /// Which pointers lead here.
    leads: Vec<bool>,
    /// In an array, the number of the next entry.
    index: Option<usize>,
}

/// The fields' strings and numbers, in order. `None`: the body is not JSON that all read alike.
///
/// One pass, whatever the names are: each pointer is followed step by step.
pub(super) fn leaves<'k>(body: &[u8], fields: &[(&'k str, &Pointer)]) -> Option<Vec<Leaf<'k>>> {
    let text = std::str::from_utf8(body).ok()?;
    json::Node::parse(text, DEPTH_MAX).ok()?;
    let mut reader = json::Reader::new(text, DEPTH_MAX).ok()?;
    let mut open: Vec<Open> = Vec::new();
    let mut leaves = Vec::new();
    // Which pointers lead to the value that comes next.
    let mut next = vec![true; fields.len()];
    loop {
        let from = reader.offset();
        let Some(token) = reader.next().ok()? else { return Some(leaves) };
        let depth = open.len();
        if let Some(Open { index: Some(index), leads }) = open.last_mut()
            && !matches!(token, Token::ArrayEnd | Token::ObjectEnd)
        {
            next = step(fields, leads, depth, &index.to_string());
            *index += 1;
        }
        match token {
            Token::Key(name) => {
                let leads = open.last().map(|open| open.leads.as_slice()).unwrap_or_default();
                next = step(fields, leads, depth, &name);
            }
            Token::ObjectStart => open.push(Open { leads: next.clone(), index: None }),
            Token::ArrayStart => open.push(Open { leads: next.clone(), index: Some(0) }),
            Token::ObjectEnd | Token::ArrayEnd => drop(open.pop()),
            Token::Text(text) if holds_json(text.as_bytes()) => {}
            Token::Text(_) | Token::Number(_) => {
                let ends = |(number, (_, pointer)): &(usize, &(&str, &Pointer))| {
                    pointer.steps.len() == depth && next.get(*number) == Some(&true)
                };
                let kinds: Vec<&str> =
                    fields.iter().enumerate().filter(ends).map(|(_, (kind, _))| *kind).collect();
                if !kinds.is_empty() {
                    leaves.push(Leaf { span: from..reader.offset(), kinds });
                }
            }
            Token::True | Token::False | Token::Null => {}
        }
    }
}

/// Which pointers lead on by this step.
fn step(fields: &[(&str, &Pointer)], leads: &[bool], depth: usize, name: &str) -> Vec<bool> {
    let one = |((_, pointer), leads): (&(&str, &Pointer), &bool)| {
        let wanted = depth.checked_sub(1).and_then(|at| pointer.steps.get(at));
        *leads && wanted.is_some_and(|wanted| wanted.as_ref().is_none_or(|wanted| wanted == name))
    };
    fields.iter().zip(leads).map(one).collect()
}
