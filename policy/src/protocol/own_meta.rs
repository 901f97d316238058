/*!
What a message of MCP says to Gatehouse itself: members of `_meta` that begin with `gatehouse/`. They
are read here and go no further, so that no upstream is told what only the gateway says.
*/

use crate::json::{self, JsonError, Node, Step};
use crate::session;

const OWN: &str = "gatehouse/";
const RUN: &str = "gatehouse/run";

/// The id of the run that the message belongs to.
pub(super) fn run(params: &Node<'_>) -> Option<String> {
    session::named(params.get("_meta")?.get(RUN)?.text()?)
}

/// The message without what it says to Gatehouse, each other byte as it came. `None`: it says nothing.
///
/// As deep as the message is: a client's answer has `_meta` in what it is made of, too. But what a tool
/// is called with is the caller's own.
///
/// # Errors
///
/// Text that is not JSON; of a message that was read there is none.
pub fn without_own_meta(message: &Node<'_>, text: &str) -> Option<Result<String, JsonError>> {
    says_own_at_top(message).then(|| {
        let spans = json::member_spans(text, |way, name| {
            let is_argument = matches!(way, [params, arguments, ..]
                if params.is("params") && arguments.is("arguments"));
            let in_meta = matches!(way.last(), Some(Step::Member(last)) if is_meta(last));
            in_meta && !is_argument && is_own_meta(name)
        })?;
        Ok(json::without(text, &spans))
    })
}

fn says_own_at_top(message: &Node<'_>) -> bool {
    let members = |node: &Node<'_>, but: &str| {
        let mut members = node.members().unwrap_or_default().iter();
        members.any(|(name, member)| name != but && says_own(member, is_meta(name)))
    };
    members(message, "params")
        || message.get("params").is_some_and(|params| members(params, "arguments"))
}

fn says_own(node: &Node<'_>, in_meta: bool) -> bool {
    match node {
        Node::Object(members) => members.iter().any(|(name, member)| {
            (in_meta && is_own_meta(name)) || says_own(member, is_meta(name))
        }),
        Node::Array(items) => items.iter().any(|item| says_own(item, false)),
        Node::Text(_) | Node::Number(_) | Node::Bool(_) | Node::Null => false,
    }
}

/// Whatever their case: some readers ignore it.
pub fn is_meta(name: &str) -> bool {
    name.eq_ignore_ascii_case("_meta")
}

pub fn is_own_meta(name: &str) -> bool {
    json::folded(name).starts_with(OWN)
}

#[cfg(test)]
mod tests;
