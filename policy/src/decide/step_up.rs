/*! Whether a token with more scopes would let the call pass. */

use crate::reason::Reason;
use crate::rule::{Effect, Mode, Rule};

#[derive(Default)]
pub struct StepUp {
    scopes: Vec<String>,
    /// Something denies the call that no token changes.
    in_vain: bool,
}

impl StepUp {
    /// Of each rule that matched, what it does.
    pub fn add(&mut self, rule: &Rule, effect: Effect, reason: Reason) {
        if rule.mode == Mode::Shadow || effect != Effect::Deny {
            return;
        }
        self.in_vain |= rule.requires_scope.is_empty() || reason != Reason::Denied;
        for scope in &rule.requires_scope {
            if !self.scopes.contains(scope) {
                self.scopes.push(scope.clone());
            }
        }
    }

    /// All that the rules ask for together, so that one new token is enough.
    pub fn scopes(self) -> Option<Vec<String>> {
        (!self.in_vain && !self.scopes.is_empty()).then_some(self.scopes)
    }
}
