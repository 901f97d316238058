/*! Values of conditions, borrowed from the call wherever they can be. */

use std::borrow::Cow;
use std::cmp::Ordering;

use super::{Fault, Steps, spelling};
use crate::json::Node;

#[derive(Clone, Debug)]
pub enum Value<'v> {
    Null,
    Flag(bool),
    Int(i64),
    Double(f64),
    Text(Cow<'v, str>),
    List(Vec<Value<'v>>),
    Map(Map<'v>),
}

#[derive(Clone, Debug)]
pub enum Map<'v> {
    Json(&'v [(Cow<'v, str>, Node<'v>)]),
    /// Names with their values, some of them more than once: each is a list.
    Named(Vec<(Cow<'v, str>, Cow<'v, str>)>),
}

impl<'v> Value<'v> {
    pub fn text(text: &'v str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    pub fn texts(texts: impl IntoIterator<Item = &'v str>) -> Self {
        Self::List(texts.into_iter().map(Self::text).collect())
    }

    /// A list is paid for by its entries, also those of lists in it.
    pub(crate) fn of_json(node: &'v Node<'v>, steps: &Steps) -> Result<Self, Fault> {
        Ok(match node {
            Node::Null => Self::Null,
            Node::Bool(flag) => Self::Flag(*flag),
            Node::Number(literal) => match (literal.parse(), literal.parse::<f64>()) {
                (Ok(whole), _) => Self::Int(whole),
                (_, Ok(number)) if number.is_finite() => Self::Double(number),
                _ => return Err(Fault::Overflow),
            },
            Node::Text(text) => Self::text(text),
            Node::Array(entries) => {
                steps.spend(entries.len())?;
                let entries = entries.iter().map(|entry| Self::of_json(entry, steps));
                Self::List(entries.collect::<Result<_, _>>()?)
            }
            Node::Object(members) => Self::Map(Map::Json(members)),
        })
    }

    /// Values of different types differ; numbers are one type.
    pub(super) fn equals(&self, other: &Self, steps: &Steps) -> Result<bool, Fault> {
        steps.spend(1)?;
        Ok(match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Flag(one), Self::Flag(other)) => one == other,
            (Self::Text(one), Self::Text(other)) => {
                steps.text(one.len().min(other.len()))?;
                one == other
            }
            (Self::List(one), Self::List(other)) => {
                if one.len() != other.len() {
                    return Ok(false);
                }
                for (one, other) in one.iter().zip(other) {
                    if !one.equals(other, steps)? {
                        return Ok(false);
                    }
                }
                true
            }
            (Self::Map(one), Self::Map(other)) => one.equals(other, steps)?,
            _ => numbers(self, other) == Some(Ordering::Equal),
        })
    }

    pub(super) fn order(&self, other: &Self, steps: &Steps) -> Result<Ordering, Fault> {
        match (self, other) {
            (Self::Flag(one), Self::Flag(other)) => Ok(one.cmp(other)),
            (Self::Text(one), Self::Text(other)) => {
                steps.text(one.len().min(other.len()))?;
                Ok(one.cmp(other))
            }
            _ => numbers(self, other).ok_or(Fault::Mismatch),
        }
    }
}

fn numbers(one: &Value<'_>, other: &Value<'_>) -> Option<Ordering> {
    match (one, other) {
        (Value::Int(one), Value::Int(other)) => Some(one.cmp(other)),
        (Value::Double(one), Value::Double(other)) => one.partial_cmp(other),
        (Value::Int(one), Value::Double(other)) => (*one as f64).partial_cmp(other),
        (Value::Double(one), Value::Int(other)) => one.partial_cmp(&(*other as f64)),
        _ => None,
    }
}

impl<'v> Map<'v> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Json(members) => members.len(),
            Self::Named(_) => self.keys().len(),
        }
    }

    /// Each once, in the order of the map.
    pub(super) fn keys(&self) -> Vec<Cow<'v, str>> {
        match self {
            Self::Json(members) => {
                members.iter().map(|(name, _)| Cow::Borrowed(name.as_ref())).collect()
            }
            Self::Named(pairs) => {
                let names: std::collections::BTreeSet<_> =
                    pairs.iter().map(|(name, _)| name.clone()).collect();
                names.into_iter().collect()
            }
        }
    }

    /// # Errors
    ///
    /// `Ambiguous` if it has the name in another case.
    pub(super) fn get(&self, name: &str, steps: &Steps) -> Result<Option<Value<'v>>, Fault> {
        match self {
            Self::Json(members) => spelling::member(members, name, steps)?
                .map(|member| Value::of_json(member, steps))
                .transpose(),
            Self::Named(pairs) => {
                spelling::one_spelling(pairs.iter().map(|(name, _)| name.as_ref()), name, steps)?;
                let values = pairs.iter().filter(|(other, _)| other == name);
                let values: Vec<_> = values.map(|(_, value)| Value::Text(value.clone())).collect();
                Ok((!values.is_empty()).then_some(Value::List(values)))
            }
        }
    }

    fn equals(&self, other: &Self, steps: &Steps) -> Result<bool, Fault> {
        let names = self.keys();
        if names.len() != other.len() {
            return Ok(false);
        }
        for name in names {
            let same = match (self.get(&name, steps)?, other.get(&name, steps)?) {
                (Some(one), Some(other)) => one.equals(&other, steps)?,
                _ => false,
            };
            if !same {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
