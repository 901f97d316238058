/*!
A member by its name, for servers that tell `Amount` from `amount` and for those that do not. Where
they would read different members, or one of them would find none, nobody knows which one counts.
*/

use std::borrow::Cow;

use super::{Fault, Steps};
use crate::json::Node;

/// Characters of two names that are folded and compared in one step.
const FOLDED: usize = 4;

pub(super) fn member<'v>(
    members: &'v [(Cow<'v, str>, Node<'v>)],
    name: &str,
    steps: &Steps,
) -> Result<Option<&'v Node<'v>>, Fault> {
    one_spelling(members.iter().map(|(name, _)| name.as_ref()), name, steps)?;
    Ok(members.iter().find(|(member, _)| member == name).map(|(_, node)| node))
}

/// # Errors
///
/// `Ambiguous` if one of the names is this one in another case.
pub(super) fn one_spelling<'n>(
    names: impl Iterator<Item = &'n str>,
    name: &str,
    steps: &Steps,
) -> Result<(), Fault> {
    for other in names {
        steps.spend(1)?;
        if is_respelled(other, name, steps)? {
            return Err(Fault::Ambiguous);
        }
    }
    Ok(())
}

/// It is paid for as far as the two are alike.
fn is_respelled(other: &str, name: &str, steps: &Steps) -> Result<bool, Fault> {
    if other.len() == name.len() {
        steps.text(name.len())?;
        if other == name {
            return Ok(false);
        }
    }
    let (mut other, mut name) = (folded(other), folded(name));
    loop {
        for _ in 0..FOLDED {
            match (other.next(), name.next()) {
                (None, None) => return Ok(true),
                (one, other) if one != other => return Ok(false),
                _ => {}
            }
        }
        steps.spend(1)?;
    }
}

/// As `json::folded`, without the text.
fn folded(name: &str) -> impl Iterator<Item = char> + '_ {
    name.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase)
}
