/*!
`when` of a rule: from the text of CEL to what the filter evaluates. The parser is the `cel` crate's;
which names and types there are is checked here, since it has no checker.
*/

mod calls;
mod check;
mod operators;
mod place;
mod regex;
mod syntax;
mod time;
mod types;
mod vocabulary;

pub(super) use vocabulary::{VARIABLES, about};

use super::Source;
use super::diagnostic::{Diagnostics, Place};
use super::document::Part;
use crate::condition::{DEPTH_MAX, Expression, NODES_MAX};
use crate::rule::Phase;

/// Characters of one condition.
const LENGTH_MAX: usize = 4096;

/// For the parser: it takes 100 kB for each level of parentheses, and a sum of the greatest length is
/// 2000 levels.
const STACK: usize = 64 * 1024 * 1024;

/// A mistake at a place in the condition, in characters.
pub(super) struct Mistake {
    code: &'static str,
    at: usize,
    message: String,
    help: String,
}

impl Mistake {
    fn new(
        code: &'static str,
        at: usize,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self { code, at, message: message.into(), help: help.into() }
    }
}

/// The condition of a rule, if it has one that is sound. `kinds`: of all findings there are.
pub(super) fn lower(
    part: &Part,
    phase: Phase,
    kinds: &[&str],
    sources: &[Source],
    diagnostics: &mut Diagnostics,
) -> Option<Expression> {
    let node = part.node.get("when")?;
    let text = node.text()?;
    match compile(text, phase, kinds) {
        Ok(condition) => Some(condition),
        Err(mistakes) => {
            for Mistake { code, at, message, help } in mistakes {
                let place: Place = place::of(&node.place, text, at, sources);
                diagnostics.add_with_help(code, &place, message, help);
            }
            None
        }
    }
}

pub(super) fn compile(
    text: &str,
    phase: Phase,
    kinds: &[&str],
) -> Result<Expression, Vec<Mistake>> {
    if text.chars().count() > LENGTH_MAX {
        return Err(too_large(format!("is longer than {LENGTH_MAX} characters")));
    }
    let compile = || {
        let parsed = syntax::parse(text)?;
        let condition = check::check(&parsed, phase, kinds)?;
        if condition.depth(DEPTH_MAX).is_none() {
            return Err(too_deep());
        }
        if condition.nodes() > NODES_MAX {
            return Err(too_large(format!("has more than {NODES_MAX} parts")));
        }
        Ok(condition)
    };
    let joined = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        thread.spawn_scoped(scope, compile).ok()?.join().ok()
    });
    let no_room = || Err(too_large("needs more memory than there is".to_owned()));
    joined.unwrap_or_else(no_room)
}

fn too_deep() -> Vec<Mistake> {
    too_large(format!("is nested deeper than {DEPTH_MAX} levels"))
}

fn too_large(how: String) -> Vec<Mistake> {
    let help = "split it into several rules, or say a part of it by `match`";
    vec![Mistake::new("GH124", 0, format!("the condition {how}"), help)]
}

#[cfg(test)]
mod tests;
