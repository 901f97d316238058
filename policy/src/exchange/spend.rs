/*!
What an exchange draws on its caller's budgets: itself and its body before anything of it is judged, the
body of the response as it flows. Charged is whatever passes identity, so that calls that are denied or
cannot be read are limited as well; what a budget refuses is not charged.
*/

use crate::budget::{Account, Budget, Caller, Spent, Used, Window};
use crate::call::Kind;
use crate::engine::Engine;
use crate::protocol;
use crate::record::BudgetRecord;
use crate::rule::Mode;

use super::event::Now;
use super::judge;
use super::receiving::Receiving;
use super::refuse::{Asked, Refused};

/// Bytes of a response between two looks into the ledger.
const STRIDE: u64 = 64 * 1024;

/// What the response is charged to.
#[derive(Default)]
pub struct Spending {
    accounts: Vec<Account>,
    waiting: u64,
}

pub struct Charged {
    pub spending: Spending,
    /// Those that are used up, also in shadow.
    pub exceeded: Vec<BudgetRecord>,
    pub refused: Option<Refused>,
}

impl Spending {
    pub fn is_counting(&self) -> bool {
        !self.accounts.is_empty()
    }

    /// So many bytes more of the response; `last`: no more will come.
    pub fn more(&mut self, engine: &mut Engine, bytes: usize, last: bool, now: Now) {
        self.waiting = self.waiting.saturating_add(bytes as u64);
        if self.waiting == 0 || (self.waiting < STRIDE && !last) {
            return;
        }
        let spent = Spent { requests: 0, bytes: std::mem::take(&mut self.waiting) };
        for account in &self.accounts {
            let sight = engine.ledger.look(account);
            let _: Result<(), ((), u64)> =
                engine.ledger.add(account, sight, spent, now.seconds(), |_| None);
        }
    }
}

/// All budgets are looked at before one is charged: a call that one of them refuses costs nothing of the
/// others, but for what other workers do in that moment.
pub fn charge(engine: &mut Engine, receiving: &Receiving, body: &[u8], now: Now) -> Charged {
    let bundle = std::sync::Arc::clone(&engine.bundle);
    let mut charged =
        Charged { spending: Spending::default(), exceeded: Vec::new(), refused: None };
    if bundle.budgets.is_empty() {
        return charged;
    }
    let Receiving { principal, admitted, route, method, .. } = receiving;
    let sections = route.name.sections.names();
    let caller = Caller {
        principal,
        method,
        path: &admitted.normal_path,
        host: &admitted.host,
        sections: &sections,
        kinds: &|| kinds(receiving, body),
    };
    let (seconds, size) = (now.seconds(), body.len() as u64);
    let ledger = &mut engine.ledger;
    let mut fitting = Vec::new();
    for budget in caller.concerned(&bundle.budgets) {
        let account = ledger.account(budget, principal);
        let sight = ledger.look(&account);
        let (spent, until) = ledger.spent(&account, &sight, seconds);
        match budget.over(spent, size) {
            None => fitting.push((budget, account, sight)),
            Some(used) => charged.exceed(budget, used, seconds, until),
        }
    }
    if admitted.said.dry_run {
        return charged;
    }
    let spent = Spent { requests: 1, bytes: size };
    for (budget, account, sight) in fitting {
        if charged.refused.is_some() {
            return charged;
        }
        match ledger.add(&account, sight, spent, seconds, |spent| budget.over(spent, size)) {
            Err((used, until)) => charged.exceed(budget, used, seconds, until),
            Ok(()) if budget.bytes.is_some() => charged.spending.accounts.push(account),
            Ok(()) => {}
        }
    }
    charged
}

impl Charged {
    fn exceed(&mut self, budget: &Budget, used: Used, now: u64, until: u64) {
        let (name, mode) = (budget.name.clone(), budget.mode);
        let seconds = Window::new(now, budget.per_seconds).seconds_to(until);
        // Before the longest wait is over another try is refused again.
        let longer =
            self.refused.as_ref().is_none_or(|refused| refused.retry_after < Some(seconds));
        if mode == Mode::Enforce && longer {
            self.refused = Some(Refused::over_budget(&name, seconds));
        }
        self.exceeded.push(BudgetRecord { budget: name, mode, used });
    }
}

/// All kinds that the call may be of: what cannot be read may be of any.
fn kinds(receiving: &Receiving, body: &[u8]) -> Vec<Kind> {
    let all = [Kind::Http, Kind::Mcp, Kind::Openai];
    if receiving.route.kind != Kind::Auto {
        return vec![receiving.route.kind];
    }
    let Some(text) = judge::text(body) else { return all.to_vec() };
    match protocol::read(Kind::Auto, &receiving.method, &receiving.admitted.headers, text) {
        Ok(protocol) => all.into_iter().filter(|kind| protocol.is(*kind)).collect(),
        Err(_) => all.to_vec(),
    }
}

/// In whose protocol a call is answered that no rule was asked about.
pub fn asked(receiving: &Receiving, body: &[u8]) -> Asked {
    let kind = receiving.route.kind;
    let read = judge::text(body).and_then(|text| {
        protocol::read(kind, &receiving.method, &receiving.admitted.headers, text).ok()
    });
    match read {
        Some(protocol) => Asked { kind: protocol.kind, mcp: protocol.mcp },
        None => Asked { kind, mcp: None },
    }
}
