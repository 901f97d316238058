/*!
What an exchange counts as in Envoy's statistics: the effect it had, and the one it would have had by
rules in shadow, so that a bundle can be watched before it is enforced.
*/

use crate::record::Record;
use crate::rule::{Effect, Mode};

/// Every counter there is.
pub const COUNTERS: [&str; 13] = [
    "gatehouse_effects.enforce.allow",
    "gatehouse_effects.enforce.redact",
    "gatehouse_effects.enforce.hold",
    "gatehouse_effects.enforce.deny",
    "gatehouse_effects.shadow.allow",
    "gatehouse_effects.shadow.redact",
    "gatehouse_effects.shadow.hold",
    "gatehouse_effects.shadow.deny",
    "gatehouse_dry_runs",
    "gatehouse_budgets.enforce.exceeded",
    "gatehouse_budgets.shadow.exceeded",
    "gatehouse_definitions.enforce.changed",
    "gatehouse_definitions.shadow.changed",
];

/// The counters that a finished exchange raises by one: of each mode the greatest effect. Without a rule
/// in shadow that matched there is nothing to count for shadow. A dry run had no effect at all.
pub fn counters(record: &Record) -> impl Iterator<Item = &'static str> {
    let [.., dry_runs, budgets, would_budgets, changed, would_changed] = COUNTERS;
    let dry_run = record.dry_run.then_some(dry_runs);
    let greatest = |mode: Mode| {
        let rules = record.verdict.rules.iter().filter(move |rule| rule.mode == mode);
        // A budget in shadow that is used up would have stopped the call.
        let stopped = exceeded(record, mode).then_some(Effect::Deny);
        rules.map(|rule| rule.effect).chain(stopped).max()
    };
    let enforced = record.verdict.effect.max(greatest(Mode::Enforce));
    let enforced = enforced.map(|effect| name(Mode::Enforce, effect));
    let shadowed = greatest(Mode::Shadow).map(|effect| name(Mode::Shadow, effect));
    let of = |mode, name| exceeded(record, mode).then_some(name);
    let budgets = [of(Mode::Enforce, budgets), of(Mode::Shadow, would_budgets)];
    let shows = |mode| record.response.changed.iter().any(|one| one.mode == mode);
    let of = |mode, name| shows(mode).then_some(name);
    let definitions = [of(Mode::Enforce, changed), of(Mode::Shadow, would_changed)];
    let others = budgets.into_iter().chain(definitions).flatten();
    let effects = enforced.into_iter().chain(shadowed).chain(others);
    let effects = effects.filter(|_| !record.dry_run);
    dry_run.into_iter().chain(effects)
}

fn exceeded(record: &Record, mode: Mode) -> bool {
    record.verdict.budgets.iter().any(|one| one.mode == mode)
}

fn name(mode: Mode, effect: Effect) -> &'static str {
    let [allow, redact, hold, deny, would_allow, would_redact, would_hold, would_deny, ..] =
        COUNTERS;
    match (mode, effect) {
        (Mode::Enforce, Effect::Allow) => allow,
        (Mode::Enforce, Effect::Redact) => redact,
        (Mode::Enforce, Effect::Hold) => hold,
        (Mode::Enforce, Effect::Deny) => deny,
        (Mode::Shadow, Effect::Allow) => would_allow,
        (Mode::Shadow, Effect::Redact) => would_redact,
        (Mode::Shadow, Effect::Hold) => would_hold,
        (Mode::Shadow, Effect::Deny) => would_deny,
    }
}
