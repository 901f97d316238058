/*! Whether a request to a model's API asks for a model or a tool that a rule names. */

use super::facts::Facts;
use super::matching::Matched;
use super::values::{Of, all, name_fits};
use crate::protocol::{Member, ModelTool};
use crate::rule::OpenaiMatch;

pub(super) fn asks(wanted: &OpenaiMatch, of: Of, facts: &Facts<'_>) -> Matched {
    let Some(request) = facts.model_request() else { return Matched::No };
    // Others may settle it the other way.
    let unless_others = |found: Matched, others: bool| {
        let settled = if of == Of::Any { Matched::Yes } else { Matched::No };
        if found != settled && others { Matched::Unavailable } else { found }
    };
    let model = || {
        if wanted.model.is_empty() {
            return Matched::Yes;
        }
        let models = request.models.iter();
        let found = of.these(models.map(|model| name_fits(model, &wanted.model, facts)));
        unless_others(found, request.others || request.other_models)
    };
    let tool = || {
        if !wanted.asks_for_tools() {
            return Matched::Yes;
        }
        let found = of.these(request.tools.iter().map(|tool| fits(wanted, tool, of, facts)));
        unless_others(found, request.others)
    };
    let parts: [&dyn Fn() -> Matched; 2] = [&model, &tool];
    all(parts.into_iter().map(|part| part()))
}

/// All that is said about tools has to hold of one of them.
fn fits(wanted: &OpenaiMatch, tool: &ModelTool, of: Of, facts: &Facts<'_>) -> Matched {
    // A host is the same in any case, and it is the caller who writes it.
    let any_case = of == Of::Any;
    let parts = [
        (&wanted.tool_type, &tool.kind, false),
        (&wanted.tool, &tool.name, false),
        (&wanted.server, &tool.server, any_case),
        (&wanted.server_label, &tool.server_label, false),
    ];
    all(parts.into_iter().filter(|(globs, ..)| !globs.is_empty()).map(
        |(globs, member, any_case)| match member {
            Member::Text(text) if any_case => {
                let globs: Vec<_> = globs.iter().map(|glob| glob.to_lowercase()).collect();
                name_fits(&text.to_lowercase(), &globs, facts)
            }
            Member::Text(text) => name_fits(text, globs, facts),
            Member::Missing => Matched::No,
            Member::Unknown => Matched::Unavailable,
        },
    ))
}
