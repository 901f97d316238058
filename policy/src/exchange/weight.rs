/*! What an exchange keeps in memory while it is on hold, in bytes, so that a limit on them is one. */

use crate::answer::HeldProposal;
use crate::call::Call;
use crate::principal::Principal;
use crate::protocol::McpCall;

/// Copies of what stands in a head, and of the names in a message: of the call, of what it would be judged again by,
/// of what its answer is judged by, and of what answers it.
const COPIES: usize = 4;

/// A call, and the body that goes on in place of its own.
pub fn of_call(call: &Call, mcp: Option<&McpCall>, rewritten: Option<&Vec<u8>>) -> usize {
    let names = head(call) + mcp.map_or(0, McpCall::size);
    COPIES * names + call.body.len() + rewritten.map_or(0, Vec::len)
}

/// The end of an answer, and the calls in it: read, spelled one way, asked for, and what comes of the request.
pub fn of_answer(withheld: usize, proposals: &[HeldProposal]) -> usize {
    let one = |proposal: &HeldProposal| COPIES * (head(&proposal.call) + proposal.call.body.len());
    withheld + proposals.iter().map(one).sum::<usize>()
}

fn head(call: &Call) -> usize {
    call.size() - call.body.len() + principal(&call.principal)
}

fn principal(principal: &Principal) -> usize {
    let Principal { issuer, subject, groups, agent, owners, scopes } = principal;
    let lists = [groups, owners, scopes].into_iter().flatten();
    let lists: usize = lists.map(|name| name.len() + size_of::<String>()).sum();
    issuer.len() + subject.len() + agent.as_ref().map_or(0, String::len) + lists
}
