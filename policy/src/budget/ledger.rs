/*!
What principals have spent, for all workers of one Envoy: a fixed number of cells in its shared data, since
keys there are never deleted. Which cell is a principal's, and what it is called in there, nobody can tell
without the deployment's key.

Any plugin with the same `vm_id` can write there, so each cell is sealed. One that does not open is made
anew from what this worker counted by itself; so is one that others write to all the time. A worker takes
nobody's word for less than it counted itself: whoever puts back an older cell gives each worker's callers
no more than one limit.
*/

use std::collections::HashMap;

use hmac_sha256::{HMAC, Hash};

use super::Budget;
use super::cell::{Cell, Spent, Tag};
use super::window::Window;
use crate::bundle::wire::put_block;
use crate::delivery::Board;
use crate::digest;
use crate::principal::Principal;

const CELLS: u16 = 2048;
const SEAL: usize = 32;
/// Each loss is another worker's success, so there is no losing for ever among honest ones.
const TRIES: usize = 64;
/// Where a cell was never written: Envoy takes the write then, and refuses it if one is there by now.
const NEVER: u32 = u32::MAX;

pub struct Ledger {
    seal: [u8; 32],
    name: String,
    board: Option<Box<dyn Board>>,
    /// What this worker counted by itself.
    own: HashMap<u16, Cell>,
}

/// Of one principal under one budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub(super) tag: Tag,
    pub(super) cell: u16,
    pub(super) per: u64,
}

/// A cell as it was read, for the one write that follows.
pub struct Sight {
    cell: Cell,
    cas: Option<u32>,
}

impl Ledger {
    pub fn new(secret: &[u8]) -> Self {
        let seal = HMAC::mac(b"gatehouse budgets", secret);
        let hash = Hash::hash(&seal);
        let name = digest::hex(hash.get(..8).unwrap_or_default());
        Self { seal, name, board: None, own: HashMap::new() }
    }

    /// Until then this worker counts alone.
    pub fn share(&mut self, board: Box<dyn Board>) {
        self.board = Some(board);
    }

    /// What it calls its cells in the shared data.
    pub fn shared_keys(&self) -> impl Iterator<Item = String> {
        (0..CELLS).map(|cell| self.cell_name(cell))
    }

    /// By the budget's name and length: another limit goes on with what was spent.
    pub fn account(&self, budget: &Budget, principal: &Principal) -> Account {
        let per = budget.per_seconds;
        let mut framed = Vec::new();
        let (issuer, subject) = principal.key();
        for piece in [b"account", budget.name.as_bytes(), &per.to_le_bytes(), issuer.as_bytes()] {
            put_block(&mut framed, piece);
        }
        put_block(&mut framed, subject.as_bytes());
        let mac = HMAC::mac(&framed, self.seal);
        let (tag, rest) = mac.split_first_chunk().unwrap_or((&[0; 16], &[]));
        let cell = rest.first_chunk().map_or(0, |bytes| u16::from_le_bytes(*bytes)) % CELLS;
        Account { tag: *tag, cell, per }
    }

    pub fn look(&self, account: &Account) -> Sight {
        let name = self.cell_name(account.cell);
        let (value, cas) = self.board.as_ref().map_or((None, None), |board| board.get(&name));
        // Written, and empty, is not as it was left.
        let opened = match (&value, cas) {
            (None, None) => Some(Cell::default()),
            (value, _) => self.open(account.cell, value.as_deref().unwrap_or_default()),
        };
        let cell =
            opened.unwrap_or_else(|| self.own.get(&account.cell).cloned().unwrap_or_default());
        Sight { cell, cas }
    }

    /// What was spent, and until when that counts.
    pub fn spent(&self, account: &Account, sight: &Sight, now: u64) -> (Spent, u64) {
        let window = Window::new(now, account.per);
        let (all, until) = sight.cell.spent(&account.tag, window);
        match self.own.get(&account.cell).map(|own| own.spent(&account.tag, window)) {
            Some((own, own_until)) => (all.max(own), until.max(own_until)),
            None => (all, until),
        }
    }

    /// Adds to it if `fits` says so of what was spent before; else tells until when that counts.
    pub fn add<O>(
        &mut self,
        account: &Account,
        mut sight: Sight,
        more: Spent,
        now: u64,
        fits: impl Fn(Spent) -> Option<O>,
    ) -> Result<(), (O, u64)> {
        for _ in 0..TRIES {
            let (spent, until) = self.spent(account, &sight, now);
            if let Some(over) = fits(spent) {
                return Err((over, until));
            }
            sight.cell.put(account.tag, spent.plus(more), until, now);
            if self.write(account.cell, &sight) {
                break;
            }
            sight = self.look(account);
        }
        let window = Window::new(now, account.per);
        let own = self.own.entry(account.cell).or_default();
        let (spent, until) = own.spent(&account.tag, window);
        own.put(account.tag, spent.plus(more), until, now);
        Ok(())
    }

    fn write(&mut self, cell: u16, sight: &Sight) -> bool {
        let text = sight.cell.write();
        let mut value = self.seal_of(cell, &text).to_vec();
        value.extend(text);
        let name = self.cell_name(cell);
        let cas = Some(sight.cas.unwrap_or(NEVER));
        self.board.as_mut().is_none_or(|board| board.set(&name, &value, cas))
    }

    fn open(&self, cell: u16, value: &[u8]) -> Option<Cell> {
        let (seal, text) = value.split_first_chunk::<SEAL>()?;
        let sealed = digest::same(&self.seal_of(cell, text), seal);
        if sealed { Cell::read(text) } else { None }
    }

    /// A cell opens in its own place only.
    fn seal_of(&self, cell: u16, text: &[u8]) -> [u8; SEAL] {
        HMAC::mac([b"cell".as_slice(), &cell.to_le_bytes(), text].concat(), self.seal)
    }

    pub(super) fn cell_name(&self, cell: u16) -> String {
        format!("gatehouse-budget-{}-{cell}", self.name)
    }
}
