/*! Values of conditions, borrowed from the call wherever they can be. */

use std::borrow::Cow;
use std::cmp::Ordering;
use std::rc::Rc;

use super::map::Map;
use super::{Fault, Steps, number};
use crate::json::Node;

/// A copy takes one step, however deep it is; owned text is paid for by `Value::copied`.
#[derive(Clone, Debug)]
pub enum Value<'v> {
    Null,
    Flag(bool),
    Int(i64),
    Double(f64),
    Text(Cow<'v, str>, Origin),
    /// Unix seconds.
    Moment(i64),
    /// Seconds.
    Span(i64),
    List(List<'v>),
    Map(Map<'v>),
}

/// Where text comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It is text by its declaration or by how it was made.
    Declared,
    /// It is text because the caller's JSON has text there.
    Json,
}

#[derive(Clone, Debug)]
pub enum List<'v> {
    /// Entries are read when they are asked for.
    Json(&'v [Node<'v>]),
    Made(Rc<[Value<'v>]>),
}

impl<'v> Value<'v> {
    pub fn text(text: impl Into<Cow<'v, str>>) -> Self {
        Self::Text(text.into(), Origin::Declared)
    }

    pub fn texts(texts: impl IntoIterator<Item = &'v str>) -> Self {
        Self::list(texts.into_iter().map(Self::text))
    }

    pub fn list(entries: impl IntoIterator<Item = Self>) -> Self {
        Self::List(List::Made(entries.into_iter().collect()))
    }

    /// As cheap for a long list as for a number. Text is looked at.
    ///
    /// # Errors
    ///
    /// `Ambiguous` for text that ends at a NUL for some readers and goes on for others.
    pub(crate) fn of_json(node: &'v Node<'v>, steps: &Steps) -> Result<Self, Fault> {
        Ok(match node {
            Node::Null => Self::Null,
            Node::Bool(flag) => Self::Flag(*flag),
            Node::Number(literal) => number::of_literal(literal)?,
            Node::Text(text) => {
                steps.text(text.len())?;
                if text.contains('\0') {
                    return Err(Fault::Ambiguous);
                }
                Self::Text(Cow::Borrowed(text), Origin::Json)
            }
            Node::Array(entries) => Self::List(List::Json(entries)),
            Node::Object(members) => Self::Map(Map::Json(members)),
        })
    }

    pub(super) fn copied(&self, steps: &Steps) -> Result<Self, Fault> {
        if let Self::Text(Cow::Owned(text), _) = self {
            steps.text(text.len())?;
        }
        Ok(self.clone())
    }

    /// Only null differs from values of another type; numbers are one type.
    ///
    /// # Errors
    ///
    /// `Stricter` if the types differ: servers may take `1` or `"true"` for `true`.
    pub(super) fn equals(&self, other: &Self, steps: &Steps) -> Result<bool, Fault> {
        steps.spend(1)?;
        Ok(match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Null, _) | (_, Self::Null) => false,
            (Self::Flag(one), Self::Flag(other)) => one == other,
            (Self::Moment(one), Self::Moment(other)) | (Self::Span(one), Self::Span(other)) => {
                one == other
            }
            (Self::Text(one, _), Self::Text(other, _)) => {
                steps.text(one.len().min(other.len()))?;
                one == other
            }
            (Self::List(one), Self::List(other)) => one.equals(other, steps)?,
            (Self::Map(one), Self::Map(other)) => one.equals(other, steps)?,
            _ => number::order(self, other).ok_or(Fault::Stricter)? == Ordering::Equal,
        })
    }

    pub(super) fn order(&self, other: &Self, steps: &Steps) -> Result<Ordering, Fault> {
        match (self, other) {
            (Self::Flag(one), Self::Flag(other)) => Ok(one.cmp(other)),
            (Self::Moment(one), Self::Moment(other)) | (Self::Span(one), Self::Span(other)) => {
                Ok(one.cmp(other))
            }
            (Self::Text(one, _), Self::Text(other, _)) => {
                steps.text(one.len().min(other.len()))?;
                Ok(one.cmp(other))
            }
            _ => number::order(self, other).ok_or(Fault::Mismatch),
        }
    }
}

impl<'v> List<'v> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Json(entries) => entries.len(),
            Self::Made(entries) => entries.len(),
        }
    }

    pub(super) fn entry(&self, at: usize, steps: &Steps) -> Result<Option<Value<'v>>, Fault> {
        match self {
            Self::Json(entries) => {
                entries.get(at).map(|entry| Value::of_json(entry, steps)).transpose()
            }
            Self::Made(entries) => entries.get(at).map(|entry| entry.copied(steps)).transpose(),
        }
    }

    pub(super) fn entries<'l>(
        &'l self,
        steps: &'l Steps,
    ) -> impl Iterator<Item = Result<Value<'v>, Fault>> + 'l {
        (0..self.len()).filter_map(|at| self.entry(at, steps).transpose())
    }

    fn equals(&self, other: &Self, steps: &Steps) -> Result<bool, Fault> {
        if self.len() != other.len() {
            return Ok(false);
        }
        for (one, other) in self.entries(steps).zip(other.entries(steps)) {
            if !one?.equals(&other?, steps)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
