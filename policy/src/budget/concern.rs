/*! Which budgets a call draws on. Compared broadly, as rules that stop calls are. */

use std::cell::OnceCell;

use super::Budget;
use crate::call::Kind;
use crate::decide::{is_at, is_by};
use crate::principal::Principal;
use crate::sections;

pub struct Caller<'a> {
    pub principal: &'a Principal,
    pub method: &'a str,
    /// As rules see it.
    pub path: &'a str,
    pub host: &'a str,
    pub sections: &'a [&'a str],
    /// Whether the call is of a kind; asked at most once, and only where a budget names kinds.
    pub kinds: &'a dyn Fn() -> Vec<Kind>,
}

impl Caller<'_> {
    pub fn concerned<'b>(&self, budgets: &'b [Budget]) -> Vec<&'b Budget> {
        let kinds = OnceCell::new();
        let speaks = |wanted: &[Kind]| {
            let own = || kinds.get_or_init(|| (self.kinds)());
            wanted.is_empty() || wanted.iter().any(|kind| own().contains(kind))
        };
        let concerns = |budget: &&Budget| {
            let wanted = &budget.matches;
            sections::meant_for(&budget.sections, self.sections)
                && wanted.principal.as_ref().is_none_or(|by| is_by(by, self.principal))
                && wanted.http.as_ref().is_none_or(|at| {
                    let place = (self.method, self.path, self.host);
                    is_at((&at.method, &at.path, &at.host), place)
                })
                && speaks(&wanted.kind)
        };
        budgets.iter().filter(concerns).collect()
    }
}
