/*! Maps of conditions: names with values. */

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::rc::Rc;

use super::value::Value;
use super::{Fault, Steps, spelling};
use crate::json::Node;

type Members<'v> = &'v [(Cow<'v, str>, Node<'v>)];

#[derive(Clone, Debug)]
pub enum Map<'v> {
    /// Where the caller's JSON has a map and could have anything else.
    Json(Members<'v>),
    /// JSON that is a map by its declaration.
    Declared(Members<'v>),
    /// Names with their values, some of them more than once: each is a list.
    Named(Rc<[(Cow<'v, str>, Cow<'v, str>)]>),
}

impl<'v> Map<'v> {
    /// Each name once, in the order of the map, in whatever spelling it stands there.
    ///
    /// # Errors
    ///
    /// `Stricter` for a map that may stand where a list was meant.
    pub(super) fn names(&self, steps: &Steps) -> Result<Vec<Cow<'v, str>>, Fault> {
        match self {
            Self::Json(_) => Err(Fault::Stricter),
            Self::Declared(_) | Self::Named(_) => self.keys(steps),
        }
    }

    fn keys(&self, steps: &Steps) -> Result<Vec<Cow<'v, str>>, Fault> {
        match self {
            Self::Json(members) | Self::Declared(members) => {
                steps.spend(members.len())?;
                Ok(members.iter().map(|(name, _)| Cow::Borrowed(name.as_ref())).collect())
            }
            Self::Named(pairs) => {
                for (name, _) in pairs.iter() {
                    steps.text(name.len())?;
                }
                let names: BTreeSet<_> = pairs.iter().map(|(name, _)| name.clone()).collect();
                Ok(names.into_iter().collect())
            }
        }
    }

    /// # Errors
    ///
    /// `Stricter` for a map that may stand where a list was meant, `Ambiguous` as in `get`.
    pub(super) fn has(&self, name: &Value<'_>, steps: &Steps) -> Result<bool, Fault> {
        match (self, name) {
            (Self::Json(_), _) => Err(Fault::Stricter),
            (_, Value::Text(name, _)) => Ok(self.get(name, steps)?.is_some()),
            // JSON has no such names, and `1` may have been meant as `"1"`.
            (_, Value::Int(_) | Value::Double(_) | Value::Flag(_)) => Err(Fault::Stricter),
            _ => Err(Fault::Mismatch),
        }
    }

    /// # Errors
    ///
    /// `Ambiguous` if it has the name in another case.
    pub(super) fn get(&self, name: &str, steps: &Steps) -> Result<Option<Value<'v>>, Fault> {
        match self {
            Self::Json(members) | Self::Declared(members) => {
                let found = spelling::member(members, name, steps)?;
                found.map(|node| Value::of_json(node, steps)).transpose()
            }
            Self::Named(pairs) => {
                spelling::one_spelling(pairs.iter().map(|(name, _)| name.as_ref()), name, steps)?;
                let values = pairs.iter().filter(|(other, _)| other == name);
                let values = values.map(|(_, value)| Value::text(value.clone()).copied(steps));
                let values: Vec<_> = values.collect::<Result<_, _>>()?;
                Ok((!values.is_empty()).then(|| Value::list(values)))
            }
        }
    }

    /// Each name is looked up, and paid for as such.
    pub(super) fn equals(&self, other: &Self, steps: &Steps) -> Result<bool, Fault> {
        let names = self.keys(steps)?;
        if names.len() != other.keys(steps)?.len() {
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
